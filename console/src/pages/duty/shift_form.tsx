// One more shift, on one day or on several days in a row.
import { useId, useState, type FormEvent } from 'react';
import { instantOf } from '../../words';
import { Time } from './covers';
import { PersonField } from './person_field';
import { useQueues, type Shift } from './roster';
import { MOST_DAYS, repeated } from './week';

export function ShiftForm({ add }: { add: (shifts: Shift[]) => void }) {
  const id = useId();
  const roles = [...new Set(useQueues().data?.items.map((queue) => queue.role) ?? [])].sort();
  const [person, setPerson] = useState('');
  const [role, setRole] = useState('');
  const [name, setName] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [days, setDays] = useState('1');
  const [tried, setTried] = useState(false);
  const [begins, ends] = [instantOf(from), instantOf(to)];
  const wrong = {
    person: person.trim() ? '' : 'Say who.',
    from: begins ? '' : 'Say from when.',
    to: !ends ? 'Say until when.' : begins && ends <= begins ? 'It ends before it begins.' : '',
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(wrong).some(Boolean) || !begins || !ends) return;
    add(repeated({ person: person.trim(), role: role.trim() || undefined, shift: name.trim() || undefined, from: begins, to: ends }, Number(days)));
    setPerson('');
    setTried(false);
  };
  return (
    <form className="shift-form" noValidate onSubmit={submit} aria-label="Add a shift">
      <PersonField label="Who" value={person} change={setPerson} error={(tried && wrong.person) || undefined} />
      <div className="field">
        <label htmlFor={`${id}-role`}>In role</label>
        <input id={`${id}-role`} list={`${id}-roles`} placeholder="any" value={role} autoComplete="off" onChange={(event) => setRole(event.target.value)} />
        <datalist id={`${id}-roles`}>
          {roles.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </div>
      <label className="field">
        <span>Shift</span>
        <input value={name} placeholder="day, night" autoComplete="off" onChange={(event) => setName(event.target.value)} />
      </label>
      <Time label="From" value={from} change={setFrom} error={(tried && wrong.from) || undefined} />
      <Time label="Until" value={to} change={setTo} error={(tried && wrong.to) || undefined} />
      <label className="field">
        <span>Days in a row</span>
        <input type="number" min={1} max={MOST_DAYS} value={days} onChange={(event) => setDays(event.target.value)} />
      </label>
      <button type="submit" className="button">
        Add
      </button>
    </form>
  );
}
