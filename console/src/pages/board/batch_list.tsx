// The latest batches and how far each is; what runs can be stopped, and what is done can be undone where that is possible.
import { useState } from 'react';
import { may } from '../../api/session';
import { ReasonDialog } from '../../parts/dialog';
import { Failed } from '../../parts/states';
import { ago, when } from '../../words';
import { NAMES, progressOf, useBatches, useChangeBatch, type Batch } from './batches';

const SHOWN = 5;
const CHANGES = { stop: 'Stop', resume: 'Go on', undo: 'Undo' } as const;
type Change = keyof typeof CHANGES;

function changesOf(batch: Batch): Change[] {
  if (batch.state === 'running') return ['stop'];
  if (batch.state === 'stopped') return batch.can_be_undone && !batch.undone_by ? ['resume', 'undo'] : ['resume'];
  return batch.state === 'done' && batch.can_be_undone && !batch.undone_by && batch.done > 0 ? ['undo'] : [];
}

function One({ batch, now }: { batch: Batch; now: number }) {
  const [asked, setAsked] = useState<Change | null>(null);
  const change = useChangeBatch(batch);
  const far = progressOf(batch);
  return (
    <li className="batch">
      <div>
        <p>
          <strong>
            {batch.undo_of ? 'Undo: ' : ''}
            {NAMES[batch.action]}
          </strong>{' '}
          <span className="muted" title={when(batch.created_at)}>
            {batch.by.subject}, {ago(batch.created_at, now)}
          </span>
        </p>
        {batch.reason && <p>“{batch.reason}”</p>}
        <progress value={far} max={Math.max(1, batch.count)} aria-label={`${NAMES[batch.action]}: ${far} of ${batch.count}`} />
        <p className="muted" role="status">
          {far.toLocaleString()} of {batch.count.toLocaleString()}
          {batch.state === 'stopped' && ', stopped'}
          {batch.refused > 0 && `, ${batch.refused.toLocaleString()} refused`}
          {batch.unchanged > 0 && `, ${batch.unchanged.toLocaleString()} were so already`}
          {batch.undone_by && ', undone'}
        </p>
      </div>
      {may('batch.run') && (
        <div className="actions">
          {changesOf(batch).map((which) => (
            <button key={which} type="button" className="button" onClick={() => setAsked(which)}>
              {CHANGES[which]}
            </button>
          ))}
        </div>
      )}
      {asked && (
        <ReasonDialog title={`${CHANGES[asked]}: ${NAMES[batch.action].toLowerCase()}`} confirm={CHANGES[asked]} close={() => setAsked(null)} pending={change.isPending} error={change.error && <Failed error={change.error} />} act={(reason) => change.mutate({ how: asked, reason }, { onSuccess: () => setAsked(null) })}>
          <p>{{ stop: 'Nothing more is acted on. What is done stays done.', resume: 'It goes on where it stopped.', undo: 'What it has done is taken back, by another batch.' }[asked]}</p>
        </ReasonDialog>
      )}
    </li>
  );
}

export function BatchList({ now }: { now: number }) {
  const { data, error } = useBatches();
  if (error) return <Failed error={error} />;
  if (!data || data.items.length === 0) return null;
  return (
    <section className="card" aria-labelledby="batches">
      <h2 id="batches">Done to many at once</h2>
      <ul className="plain">
        {data.items.slice(0, SHOWN).map((batch) => (
          <One key={batch.id} batch={batch} now={now} />
        ))}
      </ul>
    </section>
  );
}
