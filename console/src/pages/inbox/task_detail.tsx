// One task: why it is there, what the person has to see, and the decision.
import { useMemo } from 'react';
import { ApiError } from '../../api/client';
import type { Session } from '../../api/session';
import type { Task } from '../../api/types';
import { Due } from '../../parts/due';
import { Empty, Failed, Loading } from '../../parts/states';
import type { Schema } from '../../parts/form/schema';
import { Facts } from '../../parts/values';
import { nameOf, tellApart } from '../../people';
import { ago, when, words } from '../../words';
import { useBundle } from '../case/script_view';
import { DecisionForm } from './decision_form';
import { AllergyLine } from './summary';
import { TaskContext, useInstance, usePatient } from './task_context';
import { useActOnTask, useTask } from './tasks';

function isOpen(task: Task): boolean {
  return task.status === 'open' || task.status === 'claimed';
}

function Holder({ task, session }: { task: Task; session: Session }) {
  const act = useActOnTask(task, session);
  const mine = task.claimed_by === session.subject;
  return (
    <div className="holder">
      <p>
        {task.claimed_by ? (
          <>
            With <strong>{mine ? 'you' : task.claimed_by}</strong>
          </>
        ) : (
          <>Nobody has taken it yet. For {task.roles.concat(task.subjects).map(words).join(', ') || 'anybody'}.</>
        )}
      </p>
      {!task.claimed_by && (
        <button type="button" id="claim" className="button" disabled={act.isPending} onClick={() => act.mutate({ action: 'claim', body: { version: task.version } })}>
          Claim <kbd aria-hidden="true">c</kbd>
        </button>
      )}
      {mine && (
        <button type="button" id="release" className="button quiet" disabled={act.isPending} onClick={() => act.mutate({ action: 'release', body: { version: task.version } })}>
          Release <kbd aria-hidden="true">r</kbd>
        </button>
      )}
      {act.error && <Failed error={act.error} />}
    </div>
  );
}

function Closed({ task }: { task: Task }) {
  const { decision } = task;
  if (!decision) {
    return <p className="notice">{task.status === 'timed_out' ? 'Its time ran out, and it was withdrawn.' : 'It was withdrawn: the case went on without it.'}</p>;
  }
  return (
    <div className="notice decided" role="status">
      <p>
        <strong>{words(decision.outcome)}</strong>, decided by <strong>{decision.by.subject}</strong>
        {decision.by.role ? ` as ${words(decision.by.role).toLowerCase()}` : ''}, {when(decision.at)}.
      </p>
      {decision.reason && <p>“{decision.reason}”</p>}
    </div>
  );
}

function Escalations({ task }: { task: Task }) {
  const coming = (task.request?.escalate ?? []).slice(task.escalations_done ?? 0);
  if (coming.length === 0) return null;
  const at = (time: string) => (time === 'due' ? 'when it is due' : time.startsWith('-') ? `${time.slice(1)} before it is due` : `${time} after it is due`);
  return <p className="muted">If nobody decides: {coming.map((step) => `${at(step.at)}, ${words(step.to).toLowerCase()} may take it as well`).join('; ')}.</p>;
}

// The form that the task names, as the bundle has it on which the case runs.
function useForm(task: Task | undefined): Schema | undefined {
  const instance = useInstance(task?.instance).data;
  const bundle = useBundle(instance?.bundle).data;
  return useMemo(() => {
    const text = bundle?.files[`forms/${task?.request?.form}.json`];
    return text ? (JSON.parse(text) as Schema) : undefined;
  }, [bundle, task?.request?.form]);
}

interface Props {
  id: string;
  session: Session;
  now: number;
  decided: (task: Task, outcome: string) => void;
}

export function TaskDetail({ id, session, now, decided }: Props) {
  const { data: task, error, refetch } = useTask(id);
  const patient = usePatient(task?.patient).data;
  const schema = useForm(task);
  if (error instanceof ApiError && error.status === 404) {
    return <Empty title="There is no such task">It may have been part of a case that is gone.</Empty>;
  }
  if (!task) return error ? <Failed error={error} again={() => void refetch()} /> : <Loading what="the task" rows={6} />;
  const heldByOther = Boolean(task.claimed_by) && task.claimed_by !== session.subject;
  return (
    <article className="task" aria-labelledby="task-title">
      <div className="task-main">
        <header>
          <h2 id="task-title" tabIndex={-1}>
            {task.request?.title ?? words(task.name)}
          </h2>
          {patient && (
            <p className="about">
              <strong>{nameOf(patient.demographics)}</strong> <span className="muted">{tellApart(patient.demographics, now)}</span>
            </p>
          )}
          <AllergyLine patient={task.patient} />
          <p className="task-marks">
            <Due due={isOpen(task) ? task.due : undefined} now={now} />
            {task.request?.priority && task.request.priority !== 'normal' && <span className={`chip ${task.request.priority}`}>{words(task.request.priority)}</span>}
          </p>
        </header>
        <p className="why">{task.request?.why}</p>
        {isOpen(task) && <Holder task={task} session={session} />}
        <section aria-labelledby="task-data">
          <h3 id="task-data">
            What it is about <span className="muted">as it was {ago(task.created_at, now)}</span>
          </h3>
          <Facts of={task.request?.data ?? {}} />
        </section>
        {!isOpen(task) && <Closed task={task} />}
        {isOpen(task) && heldByOther && <p className="notice">{task.claimed_by} has this task. It can be decided here once they release it.</p>}
        {isOpen(task) && !heldByOther && <DecisionForm key={task.id} task={task} schema={schema} session={session} decided={(outcome) => decided(task, outcome)} />}
        {isOpen(task) && <Escalations task={task} />}
      </div>
      <TaskContext task={task} now={now} />
    </article>
  );
}
