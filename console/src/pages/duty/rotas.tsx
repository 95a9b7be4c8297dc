// The rota of one unit, week by week. Whoever may plan it changes a draft of it and puts that as a new version; earlier ones are kept by the server.
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useNow } from '../../api/clock';
import { may } from '../../api/session';
import { Icon } from '../../parts/icon';
import { Empty, Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { standingOf, usePutRota, useRotas, type Rota, type Shift } from './roster';
import { ShiftForm } from './shift_form';
import { beginsIn, daysOf, hours, mondayOf, same, withNextWeek } from './week';

function Week({ shifts, monday, now, remove }: { shifts: Shift[]; monday: Date; now: number; remove?: (shift: Shift) => void }) {
  const days = daysOf(monday);
  const [first = monday, last = monday] = [days[0], days[7]];
  const shown = shifts.filter((shift) => beginsIn(shift, first, last));
  const people = [...new Set(shown.map((shift) => shift.person))].sort();
  if (people.length === 0) return <Empty title="Nobody is planned in this week" icon="duty" />;
  const of = (person: string, at: number) => shown.filter((shift) => shift.person === person && beginsIn(shift, days[at] ?? first, days[at + 1] ?? last)).sort((a, b) => a.from.localeCompare(b.from));
  return (
    <div className="matrix-box" tabIndex={0} role="region" aria-label="Week">
      <table className="matrix week">
        <thead>
          <tr>
            <th scope="col">Who</th>
            {days.slice(0, 7).map((day) => (
              <th key={day.toISOString()} scope="col" className={mondayOf(now).getTime() <= day.getTime() && new Date(now).toDateString() === day.toDateString() ? 'today' : undefined}>
                {day.toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short' })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={person}>
              <th scope="row">{person}</th>
              {days.slice(0, 7).map((day, at) => (
                <td key={day.toISOString()}>
                  {of(person, at).map((shift) => (
                    <div key={shift.from + (shift.role ?? '')} className={`shift ${standingOf(shift, now) === 'now' ? 'going' : ''}`}>
                      <span>
                        <strong>{hours(shift)}</strong>
                        <span className="muted">{[shift.shift, shift.role && words(shift.role).toLowerCase()].filter(Boolean).join(', ')}</span>
                      </span>
                      {remove && (
                        <button type="button" className="button quiet icon-button" aria-label={`Remove ${person}, ${hours(shift)}`} onClick={() => remove(shift)}>
                          <Icon name="close" size={16} />
                        </button>
                      )}
                    </div>
                  ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Plan({ rota, now }: { rota: Rota; now: number }) {
  const [weeks, setWeeks] = useState(0);
  const [draft, setDraft] = useState<Rota | null>(null); // With the version that it was made from.
  const put = usePutRota();
  const { shifts } = draft ?? rota;
  const change = (next: Shift[]) => setDraft({ ...(draft ?? rota), shifts: next });
  const monday = mondayOf(now, weeks);
  const sunday = daysOf(monday)[6] ?? monday;
  const short = (day: Date) => day.toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
  const leave = () => {
    put.reset();
    setDraft(null);
  };
  return (
    <>
      <div className="card-head">
        <div className="actions week-steps">
          <button type="button" className="button icon-button" aria-label="The week before" onClick={() => setWeeks(weeks - 1)}>
            ‹
          </button>
          <p role="status">
            {short(monday)} to {short(sunday)}
          </p>
          <button type="button" className="button icon-button" aria-label="The week after" onClick={() => setWeeks(weeks + 1)}>
            ›
          </button>
          {weeks !== 0 && (
            <button type="button" className="button quiet" onClick={() => setWeeks(0)}>
              This week
            </button>
          )}
        </div>
        {may('roster.manage') && (
          <div className="actions">
            {draft ? (
              <>
                <button type="button" className="button quiet" onClick={() => change(withNextWeek(shifts, monday))}>
                  Copy to the next week
                </button>
                <button type="button" className="button" onClick={leave}>
                  Leave it
                </button>
                <button type="button" className="button primary" disabled={put.isPending} onClick={() => put.mutate(draft, { onSuccess: () => setDraft(null) })}>
                  Save the rota
                </button>
              </>
            ) : (
              <button type="button" className="button" onClick={() => setDraft(rota)}>
                Change
              </button>
            )}
          </div>
        )}
      </div>
      {put.error && <Failed error={put.error} />}
      {draft && <ShiftForm add={(more) => change([...shifts, ...more.filter((one) => !shifts.some((shift) => same(shift, one)))])} />}
      <Week shifts={shifts} monday={monday} now={now} remove={draft ? (gone) => change(shifts.filter((shift) => !same(shift, gone))) : undefined} />
      <p className="muted">{rota.version > 0 ? `Version ${rota.version}${rota.changed_by ? `, put by ${rota.changed_by}` : ''}.` : 'This unit has no rota yet.'}</p>
    </>
  );
}

function NewUnit({ first, choose }: { first: boolean; choose: (unit: string) => void }) {
  const [unit, setUnit] = useState('');
  return (
    <form
      className="actions"
      onSubmit={(event) => {
        event.preventDefault();
        if (unit.trim()) choose(unit.trim());
        setUnit('');
      }}
    >
      <label className="inline-field">
        <span>{first ? 'Unit' : 'Another unit'}</span>
        <input value={unit} autoComplete="off" onChange={(event) => setUnit(event.target.value)} />
      </label>
      <button type="submit" className="button" disabled={!unit.trim()}>
        Plan it
      </button>
    </form>
  );
}

export function Rotas() {
  const { data, error, refetch } = useRotas();
  const [search, setSearch] = useSearchParams();
  const now = useNow();
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (!data) return <Loading what="the rotas" rows={5} />;
  const chosen = search.get('unit') ?? data.items[0]?.unit ?? '';
  const units = [...new Set([...data.items.map((rota) => rota.unit), ...(chosen ? [chosen] : [])])].sort();
  const choose = (unit: string) => {
    const next = new URLSearchParams(search);
    next.set('unit', unit);
    setSearch(next, { replace: true });
  };
  return (
    <section className="card" aria-labelledby="rota">
      <div className="card-head">
        <h2 id="rota">{chosen ? `Rota of ${chosen}` : 'Rota'}</h2>
        <div className="actions">
          {units.length > 1 && (
            <label className="inline-field">
              <span>Unit</span>
              <select value={chosen} onChange={(event) => choose(event.target.value)}>
                {units.map((unit) => (
                  <option key={unit}>{unit}</option>
                ))}
              </select>
            </label>
          )}
          {may('roster.manage') && <NewUnit first={units.length === 0} choose={choose} />}
        </div>
      </div>
      {chosen ? <Plan key={chosen} rota={data.items.find((rota) => rota.unit === chosen) ?? { unit: chosen, version: 0, shifts: [] }} now={now} /> : <Empty title="No unit has a rota yet" icon="duty">With one, queues say who is on duty, and work can be handed to the least busy.</Empty>}
    </section>
  );
}
