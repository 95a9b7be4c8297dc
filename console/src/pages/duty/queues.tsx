// What waits for each role, by unit, and who is on duty for it. What has nobody comes first among equals: that is what needs an eye.
import { useState } from 'react';
import { may } from '../../api/session';
import { Empty, Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { HandOver, type Filter } from './hand_over';
import { useQueues, useRotas, type Queue } from './roster';

interface Group {
  role: string;
  open: number;
  late: number;
  rows: Queue[];
}

// Of roles with units, the units; of others the role alone. A unit in which nothing waits and nobody is on duty says nothing.
function groupsOf(queues: Queue[], unit: string): Group[] {
  const groups = new Map<string, Group>();
  for (const queue of queues) {
    const group = groups.get(queue.role) ?? { role: queue.role, open: 0, late: 0, rows: [] };
    groups.set(queue.role, group);
    if (queue.unit === undefined) Object.assign(group, { open: queue.open, late: queue.late });
    const said = queue.open > 0 || queue.on_duty.length > 0;
    if (said && queue.unit !== undefined && (!unit || queue.unit === unit)) group.rows.push(queue);
  }
  for (const group of groups.values()) {
    // Those who see only their own units are told no sum over all.
    group.open = Math.max(group.open, ...group.rows.map((row) => row.open), 0);
    group.late = Math.max(group.late, ...group.rows.map((row) => row.late), 0);
    group.rows.sort((a, b) => b.late - a.late || b.open - a.open || (a.unit ?? '').localeCompare(b.unit ?? ''));
  }
  const whole = queues.filter((queue) => queue.unit === undefined);
  return [...groups.values()]
    .filter((group) => group.rows.length > 0 || (!unit && group.open > 0))
    .map((group) => (group.rows.length > 0 ? group : { ...group, rows: whole.filter((queue) => queue.role === group.role) }))
    .sort((a, b) => b.late - a.late || b.open - a.open || a.role.localeCompare(b.role));
}

// Nobody is news where the unit's rota has the role at all; elsewhere it is so every day.
function OnDuty({ queue }: { queue: Queue }) {
  const rotas = useRotas().data?.items ?? [];
  if (queue.on_duty.length > 0) return <>{[...new Set(queue.on_duty)].join(', ')}</>;
  const planned = rotas.some((rota) => (queue.unit === undefined || rota.unit === queue.unit) && rota.shifts.some((shift) => (shift.role ?? queue.role) === queue.role));
  if (!planned) return <span className="muted">not planned</span>;
  return queue.open > 0 ? <span className="chip high">Nobody</span> : <span className="muted">nobody</span>;
}

// What is over all units is known; of a unit, and of what is late, it is counted up to a bound.
function counted(count: number, bound: number): string {
  return count >= bound ? `${bound.toLocaleString()}+` : count.toLocaleString();
}

interface RowProps {
  queue: Queue;
  bound: number;
  first: boolean;
  rows: number;
  most: number;
  handOver: (filter: Filter) => void;
}

function Row({ queue, bound, first, rows, most, handOver }: RowProps) {
  return (
    <tr>
      {first && (
        <th scope="rowgroup" rowSpan={rows}>
          {words(queue.role)}
        </th>
      )}
      <td className="left">{queue.unit ?? <span className="muted">any</span>}</td>
      <td>
        <span className="queue-bar">
          <meter min={0} max={most} value={queue.open} aria-label={`${words(queue.role)} ${queue.unit ?? ''}: ${queue.open} open`} />
          {queue.unit === undefined ? queue.open.toLocaleString() : counted(queue.open, bound)}
        </span>
      </td>
      <td>{queue.late > 0 ? <span className="chip urgent">{counted(queue.late, bound)}</span> : <span className="muted">–</span>}</td>
      <td className="left">
        <OnDuty queue={queue} />
      </td>
      {may('task.assign') && (
        <td>
          {queue.open > 0 && (
            <button type="button" className="button quiet" onClick={() => handOver({ role: queue.role, unit: queue.unit ?? '' })}>
              Hand over
              <span className="sr-only">
                {' '}
                {words(queue.role)} {queue.unit}
              </span>
            </button>
          )}
        </td>
      )}
    </tr>
  );
}

export function Queues() {
  const { data, error, refetch } = useQueues();
  const rotas = useRotas().data?.items;
  const [unit, setUnit] = useState('');
  const [asked, setAsked] = useState<Filter | null>(null);
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (!data) return <Loading what="the queues" rows={5} />;
  const units = [...new Set(data.items.map((queue) => queue.unit).filter((one): one is string => Boolean(one)))].sort();
  const groups = groupsOf(data.items, unit);
  const most = Math.max(1, ...groups.flatMap((group) => group.rows.map((row) => row.open)));
  return (
    <section className="card" aria-labelledby="queues">
      <div className="card-head">
        <h2 id="queues">What waits for whom</h2>
        <div className="actions">
          {units.length > 0 && (
            <label className="inline-field">
              <span>Unit</span>
              <select value={unit} onChange={(event) => setUnit(event.target.value)}>
                <option value="">All</option>
                {units.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            </label>
          )}
          {may('task.assign') && (
            <button type="button" className="button" onClick={() => setAsked({ role: '', unit })}>
              Hand over many
            </button>
          )}
        </div>
      </div>
      <p className="muted">{rotas?.length === 0 ? 'No unit has a rota yet, so nobody is on duty.' : 'A task that names no unit is for all of them, and counts in each.'}</p>
      {groups.length === 0 ? (
        <Empty title={unit ? `Nothing waits in ${unit}` : 'No task is open'} />
      ) : (
        <div className="matrix-box" tabIndex={0} role="region" aria-label="Queues">
          <table className="matrix grouped">
            <thead>
              <tr>
                <th scope="col">Role</th>
                <th scope="col" className="left">
                  Unit
                </th>
                <th scope="col">Open</th>
                <th scope="col">Late</th>
                <th scope="col" className="left">
                  On duty now
                </th>
                {may('task.assign') && (
                  <td>
                    <span className="sr-only">Actions</span>
                  </td>
                )}
              </tr>
            </thead>
            {groups.map((group) => (
              <tbody key={group.role}>
                {group.rows.map((queue, at) => (
                  <Row key={queue.unit ?? ''} queue={queue} bound={data.counted_to} first={at === 0} rows={group.rows.length} most={most} handOver={setAsked} />
                ))}
              </tbody>
            ))}
          </table>
        </div>
      )}
      {asked && <HandOver filter={asked} queues={data.items} close={() => setAsked(null)} />}
    </section>
  );
}
