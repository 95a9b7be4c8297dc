// Why the case stands where it stands: what it waits for, who owns that, what happens at the deadline, and what would unblock it. The
// sentences are the server's, from the journal and the script's own words.
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, part } from '../../api/client';
import type { InstanceDetail, Why, WhyWait } from '../../api/types';
import { Due } from '../../parts/due';
import { Icon, type IconName } from '../../parts/icon';
import { Failed, Loading } from '../../parts/states';
import { isMasked, quoted } from '../../people';
import { ago } from '../../words';

const ICONS: Record<WhyWait['kind'], IconName> = { incident: 'alert', task: 'person', event: 'mail', signal: 'mail', promise: 'link', child: 'case', activity: 'link', timer: 'clock' };

function Wait({ wait, instance, now }: { wait: WhyWait; instance: InstanceDetail; now: number }) {
  const script = wait.line && `/cases/${encodeURIComponent(instance.id)}?tab=script&line=${encodeURIComponent(wait.line)}`;
  return (
    <li>
      <Icon name={ICONS[wait.kind] ?? 'clock'} />
      <div className="why-wait">
        <p className="why-sentence">{wait.sentence}</p>
        {quoted(wait.told) && <p>{quoted(wait.told)}</p>}
        {wait.failure && !isMasked(wait.failure) && <p className="muted">It said: {wait.failure}</p>}
        <p className="muted">
          {wait.owner.sentence} Since {ago(wait.since, now)}
          {script && (
            <>
              , <Link to={script}>{wait.line}</Link>
            </>
          )}
          .
        </p>
        {wait.deadline && (
          <p className="muted">
            {wait.deadline.sentence} {quoted(wait.deadline.told)}
          </p>
        )}
        {wait.unblock.length > 0 && (
          <p className="unblock">
            <strong>To go on:</strong> {wait.unblock.join(' Or: ')}
          </p>
        )}
        {wait.task && <Link to={`/inbox/${encodeURIComponent(wait.task)}`}>Open the task</Link>}
        {wait.child && <Link to={`/cases/${encodeURIComponent(wait.child)}`}>Open the other case</Link>}
      </div>
      {wait.deadline?.at ? <Due due={wait.deadline.at} now={now} /> : <span className="muted">no deadline</span>}
    </li>
  );
}

export function useWhy(instance: string | undefined) {
  return useQuery({
    queryKey: ['instance', 'one', instance, 'why'],
    queryFn: ({ signal }) => api.get<Why>(`/v1/instances/${part(instance ?? '')}/why`, { signal }),
    enabled: Boolean(instance),
  });
}

export function WhyView({ instance, now }: { instance: InstanceDetail; now: number }) {
  const { data: why, error, refetch } = useWhy(instance.id);
  return (
    <section className="card" aria-labelledby="waits">
      <h2 id="waits">{instance.status === 'running' ? 'Why it stands where it stands' : 'How it came about'}</h2>
      {error && <Failed error={error} again={() => void refetch()} />}
      {!why && !error && <Loading what="why" rows={2} />}
      {why && (
        <>
          <p className="why-exists">
            {why.exists} {quoted(why.told)}
          </p>
          {why.paused && (
            <p className="notice warn">
              {why.paused} {quoted(why.paused_reason)}
            </p>
          )}
          {why.waits.length === 0 && <p className="muted">{instance.status === 'running' ? 'It goes on by itself.' : 'It has ended, and waits for nothing.'}</p>}
          <ul className="waits">
            {why.waits.map((wait) => (
              <Wait key={`${wait.kind}${wait.seq ?? ''}${wait.incident ?? ''}`} wait={wait} instance={instance} now={now} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
