// What can be done with a task beside deciding it: have somebody else look, hand it over, put it on hold, look again later.
import { useState, type FormEvent, type ReactNode } from 'react';
import { may, type Session } from '../../api/session';
import type { Task } from '../../api/types';
import { Dialog, DialogEnd } from '../../parts/dialog';
import { Failed } from '../../parts/states';
import { instantOf } from '../../words';
import { useActOnTask, type TaskAct } from './tasks';

type Act = 'delegate' | 'reassign' | 'hold' | 'remind';

const ACTS: Record<Act, { name: string; text: string; confirm: string }> = {
  delegate: { name: 'Have somebody else look', text: 'They work on it; the decision stays yours, and the task comes back to you.', confirm: 'Delegate' },
  reassign: { name: 'Hand it over', text: 'It is theirs from then on.', confirm: 'Hand over' },
  hold: { name: 'Put on hold', text: 'It cannot go on now. The time that is left stops meanwhile, unless you say that it must not.', confirm: 'Put on hold' },
  remind: { name: 'Look again later', text: 'It comes up again then. Its due time does not change.', confirm: 'Remind me' },
};

// Which of them this person may do with this task as it is.
function offered(task: Task, session: Session): Act[] {
  const mine = task.claimed_by === session.subject;
  if (task.status === 'on_hold') return may('task.assign') ? ['reassign'] : [];
  return (Object.keys(ACTS) as Act[]).filter((act) => {
    if (act === 'reassign') return may('task.assign');
    if (!may('task.work')) return false;
    return act === 'delegate' ? mine : !task.claimed_by || mine;
  });
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className="field">
      <span>{label}</span>
      {children}
    </label>
  );
}

function ActDialog({ task, session, act, close }: { task: Task; session: Session; act: Act; close: () => void }) {
  const [to, setTo] = useState('');
  const [until, setUntil] = useState('');
  const [condition, setCondition] = useState('');
  const [goesOn, setGoesOn] = useState(false);
  const [reason, setReason] = useState('');
  const doIt = useActOnTask(task, session);
  const toSomebody = act === 'delegate' || act === 'reassign';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body: TaskAct['body'] = { version: task.version, reason: reason.trim() || undefined };
    if (toSomebody) body.to = to.trim();
    else body.until = instantOf(until);
    if (act === 'hold') Object.assign(body, { condition: condition.trim() || undefined, stops_clock: !goesOn });
    doIt.mutate({ action: act, body }, { onSuccess: close });
  };
  return (
    <Dialog title={ACTS[act].name} close={close}>
      <form className="dialog-form" onSubmit={submit}>
        <p>{ACTS[act].text}</p>
        {toSomebody && (
          <Field label="Whose sign-in name">
            <input value={to} required autoComplete="off" autoFocus onChange={(event) => setTo(event.target.value)} />
          </Field>
        )}
        {!toSomebody && (
          <Field label={act === 'hold' ? 'Until (empty: until somebody resumes it)' : 'When'}>
            <input type="datetime-local" required={act === 'remind'} value={until} onChange={(event) => setUntil(event.target.value)} />
          </Field>
        )}
        {act === 'hold' && (
          <>
            <Field label="Or until a message of this type comes, such as result.*">
              <input value={condition} autoComplete="off" onChange={(event) => setCondition(event.target.value)} />
            </Field>
            <label className="check">
              <input type="checkbox" checked={goesOn} onChange={() => setGoesOn(!goesOn)} /> The due time goes on all the same
            </label>
          </>
        )}
        <Field label={act === 'hold' ? 'Why' : 'Why (if there is more to say)'}>
          <textarea rows={2} required={act === 'hold'} value={reason} onChange={(event) => setReason(event.target.value)} />
        </Field>
        {doIt.error && <Failed error={doIt.error} />}
        <DialogEnd close={close} confirm={ACTS[act].confirm} pending={doIt.isPending} />
      </form>
    </Dialog>
  );
}

export function TaskActions({ task, session }: { task: Task; session: Session }) {
  const [asked, setAsked] = useState<Act | null>(null);
  const acts = offered(task, session);
  if (acts.length === 0) return null;
  return (
    <>
      <details className="views more-actions">
        <summary className="button quiet">More</summary>
        <div className="views-body card">
          <ul className="plain">
            {acts.map((act) => (
              <li key={act}>
                <button type="button" className="button quiet" onClick={(event) => { event.currentTarget.closest('details')?.removeAttribute('open'); setAsked(act); }}>
                  {ACTS[act].name}
                </button>
              </li>
            ))}
          </ul>
        </div>
      </details>
      {asked && <ActDialog key={asked} task={task} session={session} act={asked} close={() => setAsked(null)} />}
    </>
  );
}
