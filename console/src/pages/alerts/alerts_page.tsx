// All alerts that are for this person, the most urgent tier first.
import { useNow } from '../../api/clock';
import { usePages } from '../../api/pages';
import { useSession } from '../../api/session';
import type { Alert } from '../../api/types';
import { Empty, Failed, Loading } from '../../parts/states';
import { AlertCard } from './alert_card';
import { heardOf, queryOf, TIERS } from './alerts';

export function Alerts() {
  const now = useNow();
  const session = useSession();
  const { items, more, hasMore, error, isPending, again } = usePages<Alert>(['alert', 'list'], '/v1/alerts', queryOf(session), true, heardOf(session));
  return (
    <div className="page">
      <h1>Alerts</h1>
      {error && items.length === 0 ? (
        <Failed error={error} again={again} />
      ) : isPending ? (
        <Loading what="alerts" />
      ) : items.length === 0 ? (
        <Empty title="No alert is open">What a script finds worth telling you appears here by itself.</Empty>
      ) : (
        (Object.keys(TIERS) as Alert['tier'][]).map((tier) => {
          const those = items.filter((alert) => alert.tier === tier);
          if (those.length === 0) return null;
          return (
            <section key={tier} className="tier" aria-labelledby={`tier-${tier}`}>
              <h2 id={`tier-${tier}`}>
                {TIERS[tier]} <span className="muted">{those.length}</span>
              </h2>
              <div className="cards">
                {those.map((alert) => (
                  <AlertCard key={alert.id} alert={alert} now={now} />
                ))}
              </div>
            </section>
          );
        })
      )}
      {hasMore && (
        <button type="button" className="button" onClick={more}>
          More
        </button>
      )}
    </div>
  );
}
