// What must stay in the ledger, and what may go: legal holds, where the ledger begins, and what a prune would remove.
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client';
import { may } from '../../api/session';
import { Failed, Loading } from '../../parts/states';
import { instantOf } from '../../words';
import { Holds } from './holds';

interface Retention {
  minimum_index: number;
  size: number;
  signed_size: number;
  swept: boolean;
  holds_in_force: number;
}

interface Plan {
  from: number;
  to: number;
  records: number;
}

function Extent() {
  const { data, error, refetch } = useQuery({ queryKey: ['audit', 'retention'], queryFn: ({ signal }) => api.get<Retention>('/v1/audit/retention', { signal }) });
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (!data) return <Loading what="how far the ledger goes" rows={2} />;
  return (
    <ul className="tiles">
      <li className="tile">
        <span className="tile-number">{data.minimum_index.toLocaleString()}</span>
        <span>is the first record that is still there{data.minimum_index === 0 && ': nothing was pruned'}</span>
      </li>
      <li className="tile">
        <span className="tile-number">{data.size.toLocaleString()}</span>
        <span>records were written</span>
      </li>
      <li className="tile">
        <span className="tile-number">{data.signed_size.toLocaleString()}</span>
        <span>of them are under a signed checkpoint</span>
      </li>
      {data.minimum_index > 0 && (
        <li className={`tile ${data.swept ? '' : 'soon'}`}>
          <span className="tile-number">{data.swept ? 'Gone' : 'Not yet gone'}</span>
          <span>is what pruned records left behind</span>
        </li>
      )}
    </ul>
  );
}

// Says what would go, or which hold is against it. Removing takes an export, which shows that somebody has the records: that is for the command line.
function Prune() {
  const [before, setBefore] = useState('');
  const plan = useMutation({ mutationFn: () => api.get<Plan>('/v1/audit/prune', { query: { before: instantOf(before) } }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    plan.mutate();
  };
  const found = plan.data;
  return (
    <section className="card" aria-labelledby="prune">
      <h2 id="prune">What could go</h2>
      <form className="filters" onSubmit={submit}>
        <label className="inline-field">
          <span>Records before</span>
          <input type="datetime-local" required value={before} onChange={(event) => { setBefore(event.target.value); plan.reset(); }} />
        </label>
        <button type="submit" className="button" disabled={!instantOf(before) || plan.isPending}>
          Look
        </button>
      </form>
      {plan.error && <Failed error={plan.error} />}
      {found && found.records === 0 && <p className="notice" role="status">Nothing: no whole bundle of 256 records lies before that.</p>}
      {found && found.records > 0 && (
        <>
          <p className="notice" role="status">
            <strong>{found.records.toLocaleString()} records</strong>, from {found.from.toLocaleString()} up to {(found.to - 1).toLocaleString()}. No hold covers any of them.
          </p>
          <p className="muted">They are removed only for who shows that they have them, from an export, on the command line:</p>
          <pre className="raw" tabIndex={0} aria-label="How to prune">
            {`baton audit export --tiles FOLDER\nbaton audit prune --before ${found.to} --export FOLDER --key "$(cat ledger.vkey)" --reason '..'`}
          </pre>
        </>
      )}
    </section>
  );
}

export function Keeping() {
  return (
    <div className="keeping">
      <Extent />
      <Holds />
      {may('audit.prune') && <Prune />}
    </div>
  );
}
