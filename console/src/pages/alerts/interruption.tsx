// What must be seen at once, in front of every page: the oldest interruption for this person, until somebody has seen to it.
import { Link } from 'react-router';
import { usePages } from '../../api/pages';
import { may, useSession } from '../../api/session';
import type { Alert } from '../../api/types';
import { Icon } from '../../parts/icon';
import { Failed } from '../../parts/states';
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
      {settle.error && <Failed error={settle.error} />}
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
  const { items, error, again } = usePages<Alert>(['alert', 'interruptions', session?.subject], '/v1/alerts', { ...queryOf(session), tier: 'interruption', limit: 20 }, may('task.read') && Boolean(session?.roles.length), heardOf(session));
  const first = items[0];
  if (!first) return error ? <Failed error={error} again={again} /> : null; // That there is none must not be guessed.
  return <Banner key={first.id} alert={first} others={items.length - 1} />;
}
