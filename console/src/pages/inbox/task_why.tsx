// Why this task exists, why it is with whom it is with, and what happened to it so far.
import { useQuery } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { Task, WhyTask } from '../../api/types';
import { Failed } from '../../parts/states';
import { shortWhen, when } from '../../words';

function Steps({ steps, now }: { steps: { at: string; sentence: string }[]; now: number }) {
  return (
    <ol className="plain steps">
      {steps.map((step) => (
        <li key={step.at + step.sentence}>
          <time dateTime={step.at} title={when(step.at)} className="age">
            {shortWhen(step.at, now)}
          </time>
          <span>{step.sentence}</span>
        </li>
      ))}
    </ol>
  );
}

export function TaskWhy({ task, now }: { task: Task; now: number }) {
  const { data: why, error } = useQuery({
    queryKey: ['task', 'one', task.id, 'why'],
    queryFn: ({ signal }) => api.get<WhyTask>(`/v1/tasks/${part(task.id)}/why`, { signal }),
  });
  if (error) return <Failed error={error} />;
  if (!why) return null;
  return (
    <section className="task-why" aria-labelledby="task-why">
      <h3 id="task-why">Why this is here</h3>
      <p>
        {why.exists} {why.with}
      </p>
      {why.wait.deadline && <p>{why.wait.deadline.sentence}</p>}
      {why.history.length > 0 && (
        <details>
          <summary>What happened to it so far</summary>
          <Steps steps={why.history} now={now} />
        </details>
      )}
    </section>
  );
}
