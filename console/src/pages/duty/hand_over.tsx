// Many tasks handed to somebody else at once, or each to the least busy on shift. How many they are is counted first; when that has changed by the
// time it is done, the server refuses and it is counted again.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Link } from 'react-router';
import { api } from '../../api/client';
import { Dialog, DialogEnd } from '../../parts/dialog';
import { Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { PersonField } from './person_field';
import type { Queue } from './roster';

export interface Filter {
  role: string;
  unit: string;
}

interface Answer {
  matches: number;
  moved?: number;
  failed?: { id: string; detail: string }[];
}

const SHOWN = 20;

function Done({ answer, close }: { answer: Answer; close: () => void }) {
  const failed = answer.failed ?? [];
  return (
    <div className="dialog-form">
      <p className={`notice ${failed.length > 0 ? 'warn' : 'decided'}`} role="status">
        {answer.moved ?? 0} of {answer.matches} handed over.
      </p>
      {failed.length > 0 && (
        <>
          <p>These stay where they are:</p>
          <ul className="plain context-list">
            {failed.slice(0, SHOWN).map(({ id, detail }) => (
              <li key={id}>
                <Link to={`/inbox/${encodeURIComponent(id)}`}>{id}</Link> <span className="muted">{detail}</span>
              </li>
            ))}
          </ul>
          {failed.length > SHOWN && <p className="muted">and {failed.length - SHOWN} others</p>}
        </>
      )}
      <div className="dialog-end">
        <button type="button" className="button primary" onClick={close}>
          Good
        </button>
      </div>
    </div>
  );
}

function Choice({ label, value, all, options, change }: { label: string; value: string; all: string; options: [string, string][]; change: (value: string) => void }) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => change(event.target.value)}>
        <option value="">{all}</option>
        {options.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

// How many tasks match; undefined where nothing is asked yet.
function Matches({ named, unit, count, error, again }: { named: boolean; unit: string; count: number | undefined; error: unknown; again: () => void }) {
  if (!named) return <p className="muted">Say which: of a role, a unit or a person.</p>;
  if (error) return <Failed error={error} again={again} />;
  if (count === undefined) return <Loading what="how many" rows={1} />;
  return (
    <p className="notice" role="status">
      <strong>{count === 1 ? '1 task' : `${count.toLocaleString()} tasks`}</strong> {count === 1 ? 'is' : 'are'} like that now.{unit && ` Tasks that name no unit are not among them: they are not of ${unit} alone.`}
    </p>
  );
}

export function HandOver({ filter, queues, close }: { filter: Filter; queues: Queue[]; close: () => void }) {
  const client = useQueryClient();
  const [role, setRole] = useState(filter.role);
  const [unit, setUnit] = useState(filter.unit);
  const [subject, setSubject] = useState('');
  const [to, setTo] = useState('');
  const [least, setLeast] = useState(true);
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const asked = { role: role || undefined, unit: unit || undefined, subject: subject.trim() || undefined };
  const named = Boolean(asked.role ?? asked.unit ?? asked.subject);
  const person = least ? undefined : to.trim();
  const preview = useQuery({
    queryKey: ['hand-over', asked, person],
    queryFn: ({ signal }) => api.post<Answer>('/v1/tasks/reassign', { body: { filter: asked, to: person || undefined, preview: true }, signal }),
    enabled: named,
    staleTime: 0,
  });
  const act = useMutation({
    mutationFn: () => api.post<Answer>('/v1/tasks/reassign', { body: { filter: asked, to: person, reason: reason.trim(), expect: preview.data?.matches } }),
    onSettled: () => {
      for (const key of ['task', 'queues', 'hand-over']) void client.invalidateQueries({ queryKey: [key] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (preview.data?.matches && reason.trim() && (least || person)) act.mutate();
  };
  const names = (of: 'role' | 'unit') => [...new Set(queues.map((queue) => queue[of]).filter((one): one is string => Boolean(one)))].sort().map((one): [string, string] => [one, of === 'role' ? words(one) : one]);
  const noReason = tried && !reason.trim();
  return (
    <Dialog title="Hand over many tasks" close={close}>
      {act.data ? (
        <Done answer={act.data} close={close} />
      ) : (
        <form className="dialog-form" noValidate onSubmit={submit}>
          <div className="two">
            <Choice label="For role" value={role} all="Any" options={names('role')} change={setRole} />
            <Choice label="Of unit" value={unit} all="Any" options={names('unit')} change={setUnit} />
          </div>
          <PersonField label="Only what this person has (if not all)" value={subject} change={setSubject} />
          <Matches named={named} unit={unit} count={preview.data?.matches} error={preview.error} again={() => void preview.refetch()} />
          <fieldset className="choices">
            <legend>To whom</legend>
            <label className="check">
              <input type="radio" name="whom" checked={least} onChange={() => setLeast(true)} /> Each to the least busy on shift who may decide it
            </label>
            <label className="check">
              <input type="radio" name="whom" checked={!least} onChange={() => setLeast(false)} /> All to one person
            </label>
            {!least && <PersonField label="Sign-in name" value={to} change={setTo} error={tried && !to.trim() ? 'Say to whom.' : undefined} />}
          </fieldset>
          <div className="field">
            <label htmlFor="hand-over-reason">Reason</label>
            <textarea id="hand-over-reason" rows={2} value={reason} aria-invalid={noReason} aria-describedby={noReason ? 'hand-over-reason-error' : undefined} onChange={(event) => setReason(event.target.value)} />
            {noReason && (
              <p className="field-error" id="hand-over-reason-error">
                Say why. It stands in every task’s history.
              </p>
            )}
          </div>
          {act.error && <Failed error={act.error} />}
          <DialogEnd close={close} confirm={act.isPending ? 'Handing over…' : 'Hand over'} pending={act.isPending || !preview.data?.matches} />
        </form>
      )}
    </Dialog>
  );
}
