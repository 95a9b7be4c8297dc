// What has happened in a case, oldest first, in words; the machine's own steps on demand.
import { useMemo, useState } from 'react';
import { useNow } from '../../api/clock';
import type { HistoryEntry } from '../../api/types';
import { Facts } from '../../parts/values';
import { shortWhen, when } from '../../words';
import { operationsOf, tell } from './journal';

export function Timeline({ entries }: { entries: HistoryEntry[] }) {
  const now = useNow();
  const [small, setSmall] = useState(false);
  const told = useMemo(() => {
    const operations = operationsOf(entries);
    return entries.map((entry) => tell(entry, operations));
  }, [entries]);
  const shown = told.filter((one) => small || one.tone !== 'small');
  return (
    <>
      <label className="check">
        <input type="checkbox" checked={small} onChange={() => setSmall(!small)} /> Show every step ({told.length})
      </label>
      <ol className="timeline">
        {shown.map((one) => (
          <li key={one.entry.index} className={`told told-${one.tone}`}>
            <time dateTime={one.entry.at} title={when(one.entry.at)}>
              {shortWhen(one.entry.at, now)}
            </time>
            <div>
              <p>
                {one.what}
                {one.by && <span className="muted">, by {one.by}</span>}
              </p>
              {one.detail !== undefined && one.detail !== null && Object.keys(one.detail).length > 0 && (
                <details>
                  <summary>
                    Details<span className="sr-only"> of {one.what}</span>
                  </summary>
                  <Facts of={one.detail} />
                </details>
              )}
            </div>
            {one.line && <code className="muted">{one.line}</code>}
          </li>
        ))}
      </ol>
    </>
  );
}
