// One task: why it is there, what the person has to see, the decision, and what else can be done with it.
import { useQuery } from '@tanstack/react-query';
import { api, ApiError, part } from '../../api/client';
import { may, type Session } from '../../api/session';
import type { NextStep, Task } from '../../api/types';
import { Due } from '../../parts/due';
import type { Schema } from '../../parts/form/schema';
import { Empty, Failed, Loading } from '../../parts/states';
import { Facts } from '../../parts/values';
import { nameOf, tellApart } from '../../people';
import { ago, shortWhen, when, words } from '../../words';
import { Comments } from './comments';
import { DecisionForm } from './decision_form';
import { EvidenceView } from './evidence_view';
import { AllergyLine } from './summary';
import { TaskActions } from './task_actions';
import { TaskContext, usePatient } from './task_context';
import { TaskWhy } from './task_why';
import { forWhom, isOpen, useActOnTask, useTask } from './tasks';

function Holder({ task, session }: { task: Task; session: Session }) {
  const act = useActOnTask(task, session);
  const mine = task.claimed_by === session.subject;
  return (
    <div className="holder">
      <p>
        {task.claimed_by ? (
          <>
            With <strong>{mine ? 'you' : task.claimed_by}</strong>
            {task.owner && task.owner !== task.claimed_by && ` for ${task.owner === session.subject ? 'you' : task.owner}, who decides`}
          </>
        ) : (
          <>Nobody has taken it yet. For {forWhom(task)}.</>
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
      {mine && task.owner && task.owner !== session.subject && (
        <button type="button" className="button" disabled={act.isPending} onClick={() => act.mutate({ action: 'resolve', body: { version: task.version } })}>
          Give it back to {task.owner}
        </button>
      )}
      <TaskActions task={task} session={session} />
      {act.error && <Failed error={act.error} />}
    </div>
  );
}

function OnHold({ task, session }: { task: Task; session: Session }) {
  const act = useActOnTask(task, session);
  if (!task.hold) return null;
  const { reason, by, since, until, condition, stops_clock } = task.hold;
  return (
    <div className="notice warn">
      <p>
        <strong>On hold</strong> since {when(since)}, by {by}: “{reason}”
      </p>
      <p>
        Until {[until && when(until), condition && `a message ${condition} comes`, 'somebody resumes it'].filter(Boolean).join(', or until ')}. {stops_clock ? 'The due time waits as well.' : 'The due time goes on.'}
      </p>
      <button type="button" className="button" disabled={act.isPending} onClick={() => act.mutate({ action: 'resume', body: { version: task.version } })}>
        Resume
      </button>
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
        {decision.by.role ? ` as ${words(decision.by.role).toLowerCase()}` : ''}, {decision.occurred_at ? `${when(decision.occurred_at)}; recorded late, ${when(decision.at)}` : when(decision.at)}.
      </p>
      {decision.reason && <p>“{decision.reason}”</p>}
      <EvidenceView task={task} />
    </div>
  );
}

const STEPS: Record<NextStep['kind'], (step: NextStep) => string> = {
  due: () => 'It is due.',
  escalation: (step) => `${step.role ? words(step.role) : step.person || 'Somebody else'} may decide it as well.`,
  reminder: (step) => `A reminder goes out${step.text ? `: ${step.text}` : ''}.`,
  hold_ends: () => 'Its hold ends.',
  follow_up: () => 'It comes up again.',
};

function NextSteps({ task, now }: { task: Task; now: number }) {
  const steps = task.next_steps ?? [];
  if (steps.length === 0) return null;
  return (
    <section aria-labelledby="next-steps">
      <h3 id="next-steps">If nobody decides</h3>
      <ol className="plain steps">
        {steps.map((step) => (
          <li key={step.at + step.kind + (step.role ?? '')}>
            <time dateTime={step.at} title={when(step.at)} className="age">
              {shortWhen(step.at, now)}
            </time>
            <span>{STEPS[step.kind](step)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

// Two signatures: who has agreed so far.
function Votes({ task }: { task: Task }) {
  const need = task.request?.approvals?.need ?? 1;
  if (need < 2) return null;
  return (
    <p className="notice">
      {need} people must agree. So far: {task.votes.map((vote) => `${vote.subject} (${words(vote.outcome).toLowerCase()})`).join(', ') || 'nobody'}.
    </p>
  );
}

// The form in the version that the task was asked for in.
function useForm(task: Task | undefined) {
  return useQuery({
    queryKey: ['form', task?.id],
    queryFn: ({ signal }) => api.get<{ schema: Schema }>(`/v1/tasks/${part(task?.id ?? '')}/form`, { signal }),
    enabled: Boolean(task?.form),
    staleTime: Infinity,
  });
}

// Where the data comes from and how old each part is, as the script says.
function Sources({ task, now }: { task: Task; now: number }) {
  const sources = Object.entries(task.request?.sources ?? {});
  if (sources.length === 0) return null;
  return <p className="muted">{sources.map(([name, source]) => `${words(name)}: ${source.system ?? 'unknown'}${source.as_of ? `, ${ago(source.as_of, now)}` : ''}`).join('; ')}</p>;
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
  const form = useForm(task);
  const schema = form.data?.schema;
  if (error instanceof ApiError && error.status === 404) {
    return <Empty title="There is no such task" icon="search">It may have been part of a case that is gone.</Empty>;
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
            {task.priority && task.priority !== 'normal' && <span className={`chip ${task.priority}`}>{words(task.priority)}</span>}
          </p>
        </header>
        <p className="why">{task.request?.why}</p>
        {isOpen(task) && <Holder task={task} session={session} />}
        <section aria-labelledby="task-data">
          <h3 id="task-data">
            What it is about <span className="muted">as it was {ago(task.created_at, now)}</span>
          </h3>
          <Facts of={task.request?.data ?? {}} />
          <Sources task={task} now={now} />
        </section>
        <OnHold task={task} session={session} />
        {!isOpen(task) && <Closed task={task} />}
        {isOpen(task) && <Votes task={task} />}
        {isOpen(task) && heldByOther && <p className="notice">{task.claimed_by} has this task. It can be decided here once they release it.</p>}
        {isOpen(task) && form.error && !schema && <Failed error={form.error} again={() => void form.refetch()} />}
        {isOpen(task) && !heldByOther && !task.hold && may('task.work') && (!task.form || schema) && <DecisionForm key={task.id} task={task} schema={schema} session={session} now={now} decided={(outcome) => decided(task, outcome)} />}
        <Comments task={task} session={session} now={now} open={isOpen(task)} />
        {isOpen(task) && <NextSteps task={task} now={now} />}
        <TaskWhy task={task} now={now} />
      </div>
      <TaskContext task={task} now={now} />
    </article>
  );
}
