// A person replaces what a script, a model or a person has decided in this case. Needs a reason; both outcomes stay in the record.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, part } from '../../api/client';
import { may } from '../../api/session';
import type { InstanceDetail, Outcome, Task } from '../../api/types';
import { ReasonDialog } from '../../parts/dialog';
import { Failed } from '../../parts/states';
import { words } from '../../words';
import { holdsNow, type Decided } from './decisions';

// What a task could have been decided as: of the latest task of that name.
function outcomesOf(decided: Decided | undefined, tasks: Task[]): Outcome[] {
  if (decided?.kind !== 'person') return [];
  return tasks.findLast((task) => task.name === decided.name)?.outcomes ?? [];
}

function sayOf(decided: Decided): string {
  return `${words(decided.name)}: ${words(holdsNow(decided))}${decided.kind === 'person' ? `, by ${decided.by || 'a person'}` : ''}`;
}

interface Props {
  instance: InstanceDetail;
  decided: Decided[];
  tasks: Task[];
}

function OverrideDialog({ instance, decided, tasks, close }: Props & { close: () => void }) {
  const queries = useQueryClient();
  const targets = [...new Map(decided.map((one) => [one.key, one])).values()]; // Of what was decided again, as it stands now.
  const [target, setTarget] = useState(targets.at(-1)?.key ?? '');
  const [after, setAfter] = useState('');
  const [code, setCode] = useState('');
  const [missing, setMissing] = useState(false);
  const chosen = targets.find((one) => one.key === target);
  const outcomes = outcomesOf(chosen, tasks);
  const codes = outcomes.find((outcome) => outcome.name === after)?.reason_codes ?? [];
  const override = useMutation({
    mutationFn: (reason: string) => api.post(`/v1/instances/${part(instance.id)}/override`, { body: { target, after: { outcome: after.trim() }, reason_code: code.trim() || undefined, reason } }),
    onSuccess: () => {
      close();
      void queries.invalidateQueries({ queryKey: ['instance'] });
    },
  });
  const act = (reason: string) => {
    setMissing(!after.trim());
    if (after.trim()) override.mutate(reason);
  };
  return (
    <ReasonDialog title="Override a decision" confirm="Override" close={close} pending={override.isPending} error={override.error && <Failed error={override.error} />} act={act}>
      <p>
        {instance.status === 'running' ? 'The script is told, and undoes what it says it undoes.' : 'This case has ended. What its workflow has for undoing this decision is started as a case of its own; where it has nothing, see to it yourself.'} What was decided before stays in the record beside your
        reason.
      </p>
      <label className="field">
        <span>Decision</span>
        <select value={target} onChange={(event) => { setTarget(event.target.value); setAfter(''); setCode(''); }}>
          {targets.map((one) => (
            <option key={one.key} value={one.key}>
              {sayOf(one)}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{outcomes.length > 0 ? 'What holds instead' : 'What holds instead (as the script names it)'}</span>
        {outcomes.length > 0 ? (
          <select value={after} aria-invalid={missing && !after} onChange={(event) => { setAfter(event.target.value); setCode(''); }}>
            <option value="">Choose</option>
            {outcomes.map((outcome) => (
              <option key={outcome.name} value={outcome.name}>
                {outcome.title || words(outcome.name)}
              </option>
            ))}
          </select>
        ) : (
          <input value={after} autoComplete="off" aria-invalid={missing && !after.trim()} onChange={(event) => setAfter(event.target.value)} />
        )}
        {missing && !after.trim() && <span className="field-error">Say what holds instead.</span>}
      </label>
      <label className="field">
        <span>Reason code (if your house has a list of them)</span>
        {codes.length > 0 ? (
          <select value={code} onChange={(event) => setCode(event.target.value)}>
            <option value="">None</option>
            {codes.map((one) => (
              <option key={one.code} value={one.code}>
                {one.title || words(one.code)}
              </option>
            ))}
          </select>
        ) : (
          <input value={code} autoComplete="off" onChange={(event) => setCode(event.target.value)} />
        )}
      </label>
    </ReasonDialog>
  );
}

// `name`: what the button says beside a decision, of which there may be several.
export function OverrideButton({ instance, decided, tasks, name }: Props & { name?: string }) {
  const [open, setOpen] = useState(false);
  if (decided.length === 0 || !may('instance.override')) return null;
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        {name ? 'Override' : 'Override a decision'}
        {name && <span className="sr-only">: {name}</span>}
      </button>
      {open && <OverrideDialog instance={instance} decided={decided} tasks={tasks} close={() => setOpen(false)} />}
    </>
  );
}
