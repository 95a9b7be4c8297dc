// Uses of break-glass that nobody has looked at yet, and saying what a look at one has found.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { api } from '../../api/client';
import { usePages } from '../../api/pages';
import { useSession } from '../../api/session';
import { ReasonDialog } from '../../parts/dialog';
import { Empty, Failed, Loading } from '../../parts/states';
import { when, words } from '../../words';
import { text, whatOf, whoOf, type AuditRecord } from './record';
import { useRecordLink } from './record_table';

const OUTCOMES = [
  ['justified', 'Justified'],
  ['not_justified', 'Not justified'],
  ['needs_a_talk', 'Needs a talk'],
] as const;

function Review({ record, close }: { record: AuditRecord; close: () => void }) {
  const queries = useQueryClient();
  const [outcome, setOutcome] = useState<string>(OUTCOMES[0][0]);
  const act = useMutation({
    mutationFn: (reason: string) => api.post(`/v1/audit/records/${record.index}/review`, { body: { outcome, reason } }),
    onSuccess: () => {
      close();
      void queries.invalidateQueries({ queryKey: ['audit', 'break-glass'] });
    },
  });
  return (
    <ReasonDialog title={`Review record ${record.index}`} confirm="Record the review" close={close} pending={act.isPending} error={act.error && <Failed error={act.error} />} act={(reason) => act.mutate(reason)}>
      <p>
        {whoOf(record.leaf).subject}, {when(text(record.leaf.at))}: {whatOf(record.leaf)}.
      </p>
      <label className="field">
        <span>What the look at it has found</span>
        <select value={outcome} onChange={(event) => setOutcome(event.target.value)}>
          {OUTCOMES.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </ReasonDialog>
  );
}

// How many wait for a review, as far as one page tells: what should be nothing is to be seen from the tab.
export function useUnreviewed(): number {
  return usePages<AuditRecord>(['audit', 'break-glass'], '/v1/audit/break-glass', { reviewed: undefined }).items.length;
}

export function BreakGlass() {
  const me = useSession()?.subject;
  const linkTo = useRecordLink();
  const [all, setAll] = useState(false);
  const [asked, setAsked] = useState<AuditRecord | null>(null);
  const { items, more, hasMore, error, isPending, again } = usePages<AuditRecord>(['audit', 'break-glass'], '/v1/audit/break-glass', { reviewed: all ? 'true' : undefined });
  return (
    <section className="card" aria-labelledby="break-glass">
      <div className="card-head">
        <h2 id="break-glass">Break-glass</h2>
        <label className="check">
          <input type="checkbox" checked={all} onChange={() => setAll(!all)} /> Also those that were reviewed
        </label>
      </div>
      <p className="muted">Somebody who is not in charge of a patient looked at their data in an emergency. Somebody else looks at each such use afterwards.</p>
      {error && items.length === 0 ? (
        <Failed error={error} again={again} />
      ) : isPending ? (
        <Loading what="uses of break-glass" />
      ) : items.length === 0 ? (
        <Empty title={all ? 'Break-glass was never used' : 'Every use was reviewed'} />
      ) : (
        <ul className="plain reviews">
          {items.map((record) => (
            <li key={record.index}>
              <div>
                <p>
                  <strong>{whoOf(record.leaf).subject}</strong> <span className="muted">{whoOf(record.leaf).as.toLowerCase()}</span>: {whatOf(record.leaf)}
                </p>
                <p className="muted">
                  {when(text(record.leaf.at))}
                  {record.leaf.reason ? `: “${text(record.leaf.reason)}”` : ''}, <Link to={linkTo(record.index)}>record {record.index}</Link>
                </p>
                {record.review && (
                  <p>
                    <span className="chip">{words(text(record.review.outcome))}</span> {text(record.review.reason)} <span className="muted">{whoOf(record.review).subject}</span>
                  </p>
                )}
              </div>
              {!record.review &&
                (whoOf(record.leaf).subject === me ? (
                  <p className="muted">Yours: somebody else reviews it.</p>
                ) : (
                  <button type="button" className="button" onClick={() => setAsked(record)}>
                    Review<span className="sr-only"> record {record.index}</span>
                  </button>
                ))}
            </li>
          ))}
        </ul>
      )}
      {hasMore && (
        <button type="button" className="button" onClick={more}>
          More
        </button>
      )}
      {asked && <Review record={asked} close={() => setAsked(null)} />}
    </section>
  );
}
