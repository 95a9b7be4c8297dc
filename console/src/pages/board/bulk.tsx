// The same done to many cases: to those that are selected, or to all that the filter finds. Counted before, and begun with a reason.
import { useEffect, useState } from 'react';
import type { JsonObject } from '../../api/types';
import { Dialog, DialogEnd } from '../../parts/dialog';
import { Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { NAMES, useBegin, usePreview, type BatchAction } from './batches';

const ACTS = {
  pause: 'They take no further step, and their tasks are on hold, until they go on.',
  resume: 'Those that are on hold go on.',
  retry: 'Whatever failed in them is tried once more.',
  cancel: 'Their workflows are asked to end; each may clean up first. This cannot be taken back.',
} as const;
type Act = keyof typeof ACTS;

export function BatchDialog({ action, query, close }: { action: BatchAction & Act; query: JsonObject; close: () => void }) {
  const preview = usePreview();
  const begin = useBegin();
  const [reason, setReason] = useState('');
  const [rate, setRate] = useState('');
  const [tried, setTried] = useState(false);
  const missing = tried && !reason.trim();
  useEffect(() => preview.mutate({ action, query }), []); // Once: what was counted is what is acted on.
  const found = preview.data;
  const submit = () => {
    setTried(true);
    if (found && reason.trim()) begin.mutate({ token: found.token, reason: reason.trim(), rate: Number(rate) || undefined }, { onSuccess: close });
  };
  return (
    <Dialog title={NAMES[action]} close={close}>
      <form className="dialog-form" noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <p>{ACTS[action]}</p>
        {preview.error && <Failed error={preview.error} />}
        {preview.isPending && <Loading what="how many" rows={1} />}
        {found && (
          <p className="notice" role="status">
            <strong>
              {found.count.toLocaleString()} {action === 'retry' ? (found.count === 1 ? 'incident' : 'incidents') : found.count === 1 ? 'case' : 'cases'}
            </strong>
            {found.by_workflow.length > 0 && `: ${found.by_workflow.map((each) => `${each.count.toLocaleString()} ${words(each.workflow).toLowerCase()}`).join(', ')}`}. {found.can_be_undone ? 'It can be undone.' : 'It cannot be undone.'}
          </p>
        )}
        <div className="field">
          <label htmlFor="batch-reason">Reason</label>
          <textarea id="batch-reason" rows={3} value={reason} aria-invalid={missing} aria-describedby={missing ? 'batch-reason-error' : undefined} onChange={(event) => setReason(event.target.value)} />
          {missing && (
            <p className="field-error" id="batch-reason-error">
              Say why. It goes into the record.
            </p>
          )}
        </div>
        <label className="field">
          <span>How many a second (empty: as fast as goes)</span>
          <input type="number" min={1} value={rate} onChange={(event) => setRate(event.target.value)} />
        </label>
        {begin.error && <Failed error={begin.error} />}
        <DialogEnd close={close} confirm={NAMES[action]} pending={!found || found.count === 0 || begin.isPending} />
      </form>
    </Dialog>
  );
}

interface Props {
  selected: Set<string>;
  clear: () => void;
  filtered: JsonObject; // The query of all that the filter finds.
  some: boolean; // There are any.
}

export function BulkBar({ selected, clear, filtered, some }: Props) {
  const [asked, setAsked] = useState<{ act: Act; query: JsonObject } | null>(null);
  if (!some && !asked) return null;
  const query: JsonObject = selected.size > 0 ? { ids: [...selected] } : filtered;
  return (
    <div className="bulk">
      <strong>{selected.size > 0 ? `${selected.size.toLocaleString()} selected` : 'All that the filter finds'}</strong>
      {(Object.keys(ACTS) as Act[]).map((act) => (
        <button key={act} type="button" className="button" onClick={() => setAsked({ act, query })}>
          {NAMES[act]}
        </button>
      ))}
      {selected.size > 0 && (
        <button type="button" className="button quiet" onClick={clear}>
          Select none
        </button>
      )}
      {asked && (
        <BatchDialog
          action={asked.act}
          query={asked.query}
          close={() => {
            setAsked(null);
            clear();
          }}
        />
      )}
    </div>
  );
}
