// What must be seen at once, in front of every page: the oldest interruption for this person, until somebody has seen to it.
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api } from '../../api/client';
import { may, useSession } from '../../api/session';
import type { Alert, Page } from '../../api/types';
import { Icon } from '../../parts/icon';
import { WhoseName } from './whose';
import { heardOf, queryOf, useSettle, whyOf } from './alerts';

function Banner({ alert, others }: { alert: Alert; others: number }) {
  const settle = useSettle(alert);
  return (
    <div className="interruption" role="alert">
      <Icon name="alert" size={22} />
      <p>
        <WhoseName patient={alert.patient} /> <strong>{whyOf(alert)}</strong> <Link to={`/cases/${encodeURIComponent(alert.instance)}`}>Open the case</Link>
        {others > 0 && (
          <>
            {' '}
            <Link to="/alerts">
              and {others} more
            </Link>
          </>
        )}
      </p>
      {may('task.work') && (
        <button type="button" className="button" disabled={settle.isPending} onClick={() => settle.mutate({ how: 'acknowledge' })}>
          Seen to
        </button>
      )}
    </div>
  );
}

export function Interruption() {
  const session = useSession();
  const { data } = useQuery({
    queryKey: ['alert', 'interruptions', session?.subject],
    queryFn: ({ signal }) => api.get<Page<Alert>>('/v1/alerts', { query: { ...queryOf(session), tier: 'interruption', limit: 20 }, signal }),
    enabled: may('task.read') && Boolean(session?.roles.length),
    meta: heardOf(session),
  });
  const first = data?.items[0];
  return first ? <Banner key={first.id} alert={first} others={data.items.length - 1} /> : null;
}
