// The same done to every selected case: counted before, with a reason, one after the other, and what was refused is said.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, part } from '../../api/client';
import { ReasonDialog } from '../../parts/dialog';

const ACTS = {
  pause: { name: 'Put on hold', does: 'They take no further step, and their tasks are on hold, until they go on.' },
  resume: { name: 'Let go on', does: 'Those that are on hold go on.' },
  cancel: { name: 'Cancel', does: 'Their workflows are asked to end; each may clean up first. This cannot be taken back.' },
} as const;
type Act = keyof typeof ACTS;

const AT_ONCE = 4;

export function BulkBar({ selected, clear }: { selected: Set<string>; clear: () => void }) {
  const queries = useQueryClient();
  const [act, setAct] = useState<Act | null>(null);
  const [done, setDone] = useState<{ of: number; count: number; refused: string[] } | null>(null);

  const run = async (reason: string, which: Act) => {
    const ids = [...selected];
    const waiting = [...ids];
    const refused: string[] = [];
    let count = 0;
    setAct(null);
    const worker = async () => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        try {
          await api.post(`/v1/instances/${part(id)}/${which}`, { body: { reason } });
        } catch (error) {
          refused.push(`${id}: ${error instanceof Error ? error.message : 'failed'}`);
        }
        count += 1;
        setDone({ of: ids.length, count, refused: [...refused] });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    clear();
    void queries.invalidateQueries({ queryKey: ['instance'] });
  };

  if (selected.size === 0 && !done) return null;
  return (
    <div className="bulk">
      {selected.size > 0 && (
        <>
          <strong>{selected.size.toLocaleString()} selected</strong>
          {(Object.keys(ACTS) as Act[]).map((which) => (
            <button key={which} type="button" className="button" onClick={() => setAct(which)}>
              {ACTS[which].name}
            </button>
          ))}
          <button type="button" className="button quiet" onClick={clear}>
            Select none
          </button>
        </>
      )}
      {done && (
        <div role="status">
          {done.count} of {done.of} done{done.refused.length > 0 && `, ${done.refused.length} refused`}.{' '}
          {done.refused.length > 0 && (
            <details>
              <summary>What was refused</summary>
              <ul>
                {done.refused.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            </details>
          )}
          {done.count === done.of && (
            <button type="button" className="button quiet" onClick={() => setDone(null)}>
              Close
            </button>
          )}
        </div>
      )}
      {act && (
        <ReasonDialog title={`${ACTS[act].name}: ${selected.size} ${selected.size === 1 ? 'case' : 'cases'}`} confirm={ACTS[act].name} close={() => setAct(null)} act={(reason) => void run(reason, act)}>
          <p>{ACTS[act].does}</p>
        </ReasonDialog>
      )}
    </div>
  );
}
