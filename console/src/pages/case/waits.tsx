// What the case waits for right now, since when, until when, and at which line of its script.
import { Link } from 'react-router';
import type { InstanceDetail, Pending } from '../../api/types';
import { Due } from '../../parts/due';
import { Icon, type IconName } from '../../parts/icon';
import { ago, when, words } from '../../words';

function typesOf(pending: Pending): string[] {
  const request = pending.request;
  const types = typeof request === 'object' && request !== null && !Array.isArray(request) ? request.types : undefined;
  return Array.isArray(types) ? types.map(String) : [pending.name];
}

const KINDS: Record<string, { icon: IconName; says: (pending: Pending) => string }> = {
  activity: { icon: 'link', says: (pending) => `${words(pending.name)}${pending.backing_off ? `, tried ${pending.attempt} times, will be tried again` : ' is under way'}` },
  timer: { icon: 'clock', says: (pending) => (pending.due ? `It is ${when(pending.due)}` : 'A time has to come') },
  event: { icon: 'mail', says: (pending) => `A message: ${typesOf(pending).join(', ')}` },
  signal: { icon: 'mail', says: (pending) => `Another system says: ${words(pending.name)}` },
  child: { icon: 'case', says: (pending) => `Another case: ${words(pending.name)}` },
  promise: { icon: 'link', says: (pending) => `An answer: ${words(pending.name)}` },
};

export function Waits({ instance, now }: { instance: InstanceDetail; now: number }) {
  const nothing = instance.open_tasks.length === 0 && instance.waits_for.length === 0;
  return (
    <section className="card" aria-labelledby="waits">
      <h2 id="waits">What it waits for</h2>
      {nothing && <p className="muted">{instance.status === 'running' ? 'It goes on by itself.' : 'Nothing: it has ended.'}</p>}
      <ul className="waits">
        {instance.open_tasks.map((task) => (
          <li key={task.id}>
            <Icon name="person" />
            <div>
              <p>
                <Link to={`/inbox/${encodeURIComponent(task.id)}`}>{task.request?.title ?? words(task.name)}</Link>{' '}
                <span className="muted">{task.claimed_by ? `with ${task.claimed_by}` : `for ${task.roles.map(words).join(', ').toLowerCase()}`}</span>
              </p>
              <p className="muted">{task.request?.why}</p>
            </div>
            <Due due={task.due} now={now} />
          </li>
        ))}
        {instance.waits_for.map((pending) => {
          const kind = KINDS[pending.kind];
          return (
            <li key={pending.seq}>
              <Icon name={kind?.icon ?? 'clock'} />
              <div>
                <p>{kind?.says(pending) ?? words(pending.name)}</p>
                <p className="muted">
                  since {ago(pending.since, now)}, <code>{pending.line}</code>
                </p>
              </div>
              {pending.due ? <Due due={pending.due} now={now} /> : <span className="muted">no end</span>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
