// Why a case was decided as it was: its decisions in order, each with where and on what it was made; and whether they would be made again.
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, part } from '../../api/client';
import type { Json, JsonObject } from '../../api/types';
import { Empty, Failed, Loading } from '../../parts/states';
import { Facts } from '../../parts/values';
import { when, words } from '../../words';
import { useRecordLink } from './record_table';

interface Decision {
  at: string;
  kind: string;
  step: string;
  line?: string;
  bundle?: string;
  by?: JsonObject;
  decision?: Json;
  before?: Json;
  reason_code?: string;
  reason?: string;
  evidence?: Json;
  record?: number;
}

function outcomeOf(decision: Json | undefined): string {
  const value = typeof decision === 'object' && decision !== null && !Array.isArray(decision) ? decision.outcome : decision;
  return typeof value === 'string' ? words(value) : '';
}

function One({ decision }: { decision: Decision }) {
  const linkTo = useRecordLink();
  const kinds: { [kind: string]: string } = { decision: 'The script decided', override: 'A person overrode', task: 'A person decided' };
  return (
    <li className="told">
      <time dateTime={decision.at}>{when(decision.at)}</time>
      <div>
        <p>
          <strong>{words(decision.step.replace(/^.*:/, ''))}</strong>: {outcomeOf(decision.decision) || 'see details'}
        </p>
        <p className="muted">
          {kinds[decision.kind] ?? words(decision.kind)}
          {typeof decision.by?.subject === 'string' && decision.kind !== 'decision' && `, ${decision.by.subject}`}
          {decision.line && (
            <>
              {' '}
              at <code>{decision.line}</code>
            </>
          )}
          {decision.reason && `: “${decision.reason}”`}
        </p>
        <details>
          <summary>
            What was decided, on what<span className="sr-only">: {decision.step}</span>
          </summary>
          <Facts of={{ decided: decision.decision ?? null, ...(decision.before === undefined ? {} : { before: decision.before }), evidence: decision.evidence ?? null, bundle: decision.bundle ?? null }} />
        </details>
      </div>
      {decision.record !== undefined && (
        <Link to={linkTo(decision.record)}>
          Record {decision.record}
        </Link>
      )}
    </li>
  );
}

export function Explanation({ instance }: { instance: string }) {
  const { data, error } = useQuery({ queryKey: ['instance', 'one', instance, 'explain'], queryFn: ({ signal }) => api.get<{ workflow: string; status: string; decisions: Decision[] }>(`/v1/instances/${part(instance)}/explain`, { signal }) });
  if (error) return <Failed error={error} />;
  if (!data) return <Loading what="the decisions" />;
  if (data.decisions.length === 0) return <Empty title="Nothing has been decided in this case yet" />;
  return (
    <ol className="timeline">
      {data.decisions.map((decision, at) => (
        <One key={at} decision={decision} />
      ))}
    </ol>
  );
}

interface Reproduction {
  reproduced: boolean;
  entries: number;
  decisions: number;
  operations: number;
  bundles: string[];
  differences: { what: string; line?: string; journal: string; replay: string }[];
}

export function Reproduced({ instance }: { instance: string }) {
  const { data, error } = useQuery({ queryKey: ['instance', 'one', instance, 'reproduce'], queryFn: ({ signal }) => api.get<Reproduction>(`/v1/instances/${part(instance)}/reproduce`, { signal }) });
  if (error) return <Failed error={error} />;
  if (!data) return <Loading what="the answer" />;
  return (
    <>
      <p className={`notice ${data.reproduced ? 'decided' : 'warn'}`} role="status">
        {data.reproduced
          ? `Yes. ${data.decisions} ${data.decisions === 1 ? 'decision' : 'decisions'} and ${data.operations} steps came out the same, from ${data.entries} entries of the journal.`
          : 'No. The same scripts over the same journal do not do what the journal says:'}
      </p>
      {data.differences.map((difference) => (
        <section key={difference.what + (difference.line ?? '')} className="difference">
          <h3>
            {difference.what} {difference.line && <code>{difference.line}</code>}
          </h3>
          <Facts of={{ journal: difference.journal, again: difference.replay }} />
        </section>
      ))}
      <p className="muted">
        Run on {data.bundles.length === 1 ? 'the bundle' : 'the bundles'} <code>{data.bundles.map((bundle) => bundle.slice(0, 12)).join(', ')}</code>.
      </p>
    </>
  );
}
