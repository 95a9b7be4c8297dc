// Who stands in for whom: they have the other's units, and their tasks by name, from when to when.
import { useState, type FormEvent } from 'react';
import { useNow } from '../../api/clock';
import { may } from '../../api/session';
import { Dialog, DialogEnd } from '../../parts/dialog';
import { Empty, Failed, Loading } from '../../parts/states';
import { instantOf, when } from '../../words';
import { PersonField } from './person_field';
import { standingOf, useAddCover, useCovers, useEndCover, type Cover, type Standing } from './roster';

const SAID: Record<Standing, string> = { now: 'Now', later: 'Later', over: 'Over' };
const ORDER: Standing[] = ['now', 'later', 'over'];

function Enter({ close }: { close: () => void }) {
  const [person, setPerson] = useState('');
  const [by, setBy] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const add = useAddCover();
  const [begins, ends] = [instantOf(from), instantOf(to)];
  const wrong = {
    person: person.trim() ? '' : 'Say who is away.',
    by: !by.trim() ? 'Say who stands in.' : by.trim() === person.trim() ? 'That is who is away.' : '',
    from: begins ? '' : 'Say from when.',
    to: !ends ? 'Say until when.' : begins && ends <= begins ? 'It ends before it begins.' : '',
  };
  const shown = (field: keyof typeof wrong) => (tried && wrong[field]) || undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(wrong).some(Boolean) || !begins || !ends) return;
    add.mutate({ person: person.trim(), by: by.trim(), from: begins, to: ends, reason: reason.trim() || undefined }, { onSuccess: close });
  };
  return (
    <Dialog title="Enter a cover" close={close}>
      <form className="dialog-form" noValidate onSubmit={submit}>
        <p>Meanwhile whoever stands in sees the units and has the tasks of who is away. Their own they keep.</p>
        <PersonField label="Who is away" value={person} change={setPerson} error={shown('person')} />
        <PersonField label="Who stands in" value={by} change={setBy} error={shown('by')} />
        <div className="two">
          <Time label="From" value={from} change={setFrom} error={shown('from')} />
          <Time label="Until" value={to} change={setTo} error={shown('to')} />
        </div>
        <label className="field">
          <span>Reason (if there is something to say)</span>
          <input value={reason} autoComplete="off" onChange={(event) => setReason(event.target.value)} />
        </label>
        {add.error && <Failed error={add.error} />}
        <DialogEnd close={close} confirm="Enter" pending={add.isPending} />
      </form>
    </Dialog>
  );
}

export function Time({ label, value, change, error }: { label: string; value: string; change: (value: string) => void; error?: string }) {
  return (
    <label className="field">
      <span>{label}</span>
      <input type="datetime-local" value={value} aria-invalid={Boolean(error)} onChange={(event) => change(event.target.value)} />
      {error && <span className="field-error">{error}</span>}
    </label>
  );
}

function One({ cover, standing }: { cover: Cover; standing: Standing }) {
  const end = useEndCover();
  return (
    <li>
      <div>
        <p>
          <strong>{cover.by}</strong> for <strong>{cover.person}</strong> <span className={`chip ${standing === 'now' ? 'going' : ''}`}>{SAID[standing]}</span>
        </p>
        <p className="muted">
          {when(cover.from)} to {when(cover.to)}
          {cover.reason && `: “${cover.reason}”`}
          {cover.entered_by && `, entered by ${cover.entered_by}`}
        </p>
        {end.error && <Failed error={end.error} />}
      </div>
      {standing !== 'over' && may('roster.manage') && (
        <button type="button" className="button" disabled={end.isPending} onClick={() => end.mutate(cover.id)}>
          End<span className="sr-only"> the cover of {cover.person}</span>
        </button>
      )}
    </li>
  );
}

export function Covers() {
  const { data, error, refetch } = useCovers();
  const now = useNow();
  const [asked, setAsked] = useState(false);
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (!data) return <Loading what="the covers" />;
  const items = data.items.map((cover) => ({ cover, standing: standingOf(cover, now) })).sort((a, b) => ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing) || a.cover.from.localeCompare(b.cover.from));
  return (
    <section className="card" aria-labelledby="covers">
      <div className="card-head">
        <h2 id="covers">Who stands in for whom</h2>
        {may('roster.manage') && (
          <button type="button" className="button primary" onClick={() => setAsked(true)}>
            Enter a cover
          </button>
        )}
      </div>
      {items.length === 0 && <Empty title="Nobody stands in for anybody" icon="duty">When somebody is away, their tasks and units go to whoever is entered here.</Empty>}
      <ul className="plain reviews">
        {items.map(({ cover, standing }) => (
          <One key={cover.id} cover={cover} standing={standing} />
        ))}
      </ul>
      {asked && <Enter close={() => setAsked(false)} />}
    </section>
  );
}
