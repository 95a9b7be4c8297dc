// The decisions of a case: what, by whom or at which line, why, on what evidence; and each override with both outcomes.
import { Link } from 'react-router';
import type { InstanceDetail, Task } from '../../api/types';
import { Empty } from '../../parts/states';
import { Facts } from '../../parts/values';
import { when, words } from '../../words';
import { holdsNow, type Decided } from './decisions';
import { OverrideButton } from './override';

function One({ decided, tasks, instance }: { decided: Decided; tasks: Task[]; instance: InstanceDetail }) {
  const held = decided.overrides.length > 0;
  return (
    <li className="card decided-one">
      <h2>
        {words(decided.name)}: {held ? <s>{words(decided.outcome)}</s> : words(decided.outcome)} {held && <strong>{words(holdsNow(decided))}</strong>}
      </h2>
      <p className="muted">
        {decided.kind === 'script' ? 'The script decided' : `${decided.by} decided`}, {when(decided.at)}
        {decided.line && (
          <>
            , <Link to={`/cases/${encodeURIComponent(instance.id)}?tab=script&line=${encodeURIComponent(decided.line)}`}>{decided.line}</Link>
          </>
        )}
      </p>
      {decided.reason && <p>“{decided.reason}”</p>}
      {decided.overrides.map((override) => (
        <div key={override.at} className="notice warn">
          <p>
            <strong>Overridden</strong> by {override.by || 'somebody'}, {when(override.at)}
            {override.code && `, ${words(override.code).toLowerCase()}`}: “{override.reason}”
          </p>
          <details>
            <summary>Before and after</summary>
            <Facts of={{ before: override.before, after: override.after }} />
          </details>
        </div>
      ))}
      <details>
        <summary>
          On what evidence<span className="sr-only">: {words(decided.name)}</span>
        </summary>
        <Facts of={decided.whole} />
      </details>
      <div className="actions">
        <OverrideButton instance={instance} decided={[decided]} tasks={tasks} name={words(decided.name)} />
      </div>
    </li>
  );
}

export function DecisionsView({ decided, tasks, instance }: { decided: Decided[]; tasks: Task[]; instance: InstanceDetail }) {
  if (decided.length === 0) return <Empty title="Nothing has been decided in this case yet" />;
  return (
    <ul className="plain cards">
      {decided.map((one) => (
        <One key={one.index} decided={one} tasks={tasks} instance={instance} />
      ))}
    </ul>
  );
}
