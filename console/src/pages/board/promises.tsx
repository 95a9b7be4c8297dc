// What each workflow promises (its service levels), and how it keeps it: what is broken or about to be comes first.
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import type { Page, Promised } from '../../api/types';
import { Failed } from '../../parts/states';
import { words } from '../../words';

const EVERY_MS = 15_000;

function share(promise: Promised): string {
  const all = promise.kept_in_30_days + promise.broken_in_30_days;
  return all === 0 ? '–' : `${Math.floor((promise.kept_in_30_days / all) * 1000) / 10} %`;
}

export function Promises() {
  const { data, error } = useQuery({ queryKey: ['promises'], queryFn: ({ signal }) => api.get<Page<Promised>>('/v1/slo', { signal }), refetchInterval: EVERY_MS });
  if (error) return <Failed error={error} />;
  if (!data || data.items.length === 0) return null;
  const items = [...data.items].sort((a, b) => b.broken - a.broken || b.at_risk - a.at_risk);
  return (
    <section className="card" aria-labelledby="promises">
      <h2 id="promises">What was promised</h2>
      <div className="matrix-box" tabIndex={0} role="region" aria-label="Promises">
        <table className="matrix promises">
          <thead>
            <tr>
              <th scope="col">Promise</th>
              <th scope="col">Within</th>
              <th scope="col">Open</th>
              <th scope="col">About to break</th>
              <th scope="col">Broken</th>
              <th scope="col">Kept in 30 days</th>
            </tr>
          </thead>
          <tbody>
            {items.map((promise) => (
              <tr key={`${promise.workflow}/${promise.promise}`}>
                <th scope="row">
                  {words(promise.workflow)}: {words(promise.promise).toLowerCase()}
                </th>
                <td>{promise.within}</td>
                <td>{promise.open.toLocaleString()}</td>
                <td>{promise.at_risk > 0 ? <span className="chip high">{promise.at_risk.toLocaleString()}</span> : '–'}</td>
                <td>{promise.broken > 0 ? <span className="chip urgent">{promise.broken.toLocaleString()}</span> : '–'}</td>
                <td>{share(promise)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
