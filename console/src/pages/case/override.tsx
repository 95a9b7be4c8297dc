// A person replaces what a script or a person has decided in this case. Needs a reason; both outcomes stay in the record.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, part } from '../../api/client';
import type { HistoryEntry, InstanceDetail, Json, JsonObject, Page } from '../../api/types';
import { ReasonDialog } from '../../parts/dialog';
import { Failed } from '../../parts/states';
import { words } from '../../words';

interface Target {
  name: string;
  outcome: string;
  before: JsonObject;
}

function targetsOf(entries: HistoryEntry[]): Target[] {
  const found = new Map<string, Target>();
  for (const entry of entries) {
    if (entry.type !== 'DecisionRecorded') continue;
    const decision = (entry.decision ?? {}) as JsonObject;
    found.set(String(entry.name), { name: String(entry.name), outcome: String(decision.outcome ?? ''), before: decision });
  }
  return [...found.values()];
}

export function OverrideButton({ instance }: { instance: InstanceDetail }) {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [target, setTarget] = useState('');
  const [after, setAfter] = useState('');
  const [code, setCode] = useState('');
  const [missing, setMissing] = useState(false);
  const { data } = useQuery({
    queryKey: ['instance', 'one', instance.id, 'decisions'],
    queryFn: ({ signal }) => api.get<Page<HistoryEntry>>(`/v1/instances/${part(instance.id)}/history`, { query: { limit: 1000 }, signal }),
  });
  const targets = targetsOf(data?.items ?? []);
  const chosen = targets.find((one) => one.name === target) ?? targets[0];
  const override = useMutation({
    mutationFn: (reason: string) => api.post(`/v1/instances/${part(instance.id)}/override`, { body: { target: chosen?.name, after: { outcome: after.trim() } as Json, reason_code: code.trim() || undefined, reason } }),
    onSuccess: () => {
      setOpen(false);
      void queries.invalidateQueries({ queryKey: ['instance'] });
    },
  });
  if (targets.length === 0) return null;
  return (
    <>
      <button type="button" className="button" onClick={() => { override.reset(); setOpen(true); }}>
        Override a decision
      </button>
      {open && (
        <ReasonDialog title="Override a decision" confirm="Override" close={() => setOpen(false)} pending={override.isPending} error={override.error && <Failed error={override.error} />} act={(reason) => { setMissing(!after.trim()); if (after.trim()) override.mutate(reason); }}>
          <p>The script is told, and undoes what it says it undoes. What was decided before stays in the record beside your reason.</p>
          <label className="field">
            <span>Decision</span>
            <select value={chosen?.name} onChange={(event) => setTarget(event.target.value)}>
              {targets.map((one) => (
                <option key={one.name} value={one.name}>
                  {words(one.name)}: {words(one.outcome)}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            <span>What holds instead (as the script names it)</span>
            <input value={after} required aria-invalid={missing} onChange={(event) => setAfter(event.target.value)} />
            {missing && <span className="field-error">Say what holds instead.</span>}
          </label>
          <label className="field">
            <span>Reason code (if your house has a list of them)</span>
            <input value={code} autoComplete="off" onChange={(event) => setCode(event.target.value)} />
          </label>
        </ReasonDialog>
      )}
    </>
  );
}
