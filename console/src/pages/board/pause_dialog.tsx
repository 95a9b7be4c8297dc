// Begins a pause until further notice: of what, what its timers do meanwhile, and why.
import { useState } from 'react';
import { may } from '../../api/session';
import type { Board } from '../../api/types';
import { ReasonDialog } from '../../parts/dialog';
import { Failed } from '../../parts/states';
import { words } from '../../words';
import { useBeginPause, useBundles, type Pause } from './pauses';

const TIMERS: [Pause['timers'], string][] = [
  ['freeze', 'Stand still: what was left is left afterwards'],
  ['run', 'Run on, and are acted upon as they fire'],
  ['on_resume', 'Run on, and are acted upon when the cases go on'],
];

function Choice({ label, value, change, options }: { label: string; value: string; change: (value: string) => void; options: [string, string][] }) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => change(event.target.value)}>
        <option value="">Any</option>
        {options.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function PauseDialog({ board, close }: { board: Board | undefined; close: () => void }) {
  const bundles = useBundles(may('bundle.read')).data?.items ?? [];
  const [workflow, setWorkflow] = useState('');
  const [unit, setUnit] = useState('');
  const [bundle, setBundle] = useState('');
  const [timers, setTimers] = useState<Pause['timers']>('freeze');
  const [missing, setMissing] = useState(false);
  const begin = useBeginPause();
  const places = board?.cases ?? [];
  const names = (of: 'workflow' | 'unit') => [...new Set(places.map((place) => place[of]).filter(Boolean))].sort().map((one): [string, string] => [one, of === 'unit' ? one : words(one)]);
  const open = places.filter((place) => (!workflow || place.workflow === workflow) && (!unit || place.unit === unit)).reduce((sum, place) => sum + place.open, 0);
  const named = Boolean(workflow || unit || bundle);
  const act = (reason: string) => {
    setMissing(!named);
    if (named) begin.mutate({ workflow: workflow || undefined, unit: unit || undefined, bundle: bundle || undefined, timers, reason }, { onSuccess: close });
  };
  return (
    <ReasonDialog title="Hold back until further notice" confirm="Hold back" close={close} pending={begin.isPending} error={begin.error && <Failed error={begin.error} />} act={act}>
      <p>Every case of this kind takes no further step, and those that begin meanwhile neither, until somebody lets them go on. Their tasks are on hold; messages are kept in their order.</p>
      <div className="two">
        <Choice label="Workflow" value={workflow} change={setWorkflow} options={names('workflow')} />
        <Choice label="Unit" value={unit} change={setUnit} options={names('unit')} />
      </div>
      {bundles.length > 0 && <Choice label="Version of the scripts" value={bundle} change={setBundle} options={bundles.map((one) => [one.hash, `${one.name} ${one.hash.slice(0, 12)}`])} />}
      <label className="field">
        <span>Their times meanwhile</span>
        <select value={timers} onChange={(event) => setTimers(event.target.value as Pause['timers'])}>
          {TIMERS.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {missing && !named && <p className="field-error">Say of what: a workflow, a unit, or a version.</p>}
      {named && !bundle && (
        <p className="notice" role="status">
          <strong>{open === 1 ? '1 case' : `${open.toLocaleString()} cases`}</strong> {open === 1 ? 'is' : 'are'} like that now.
        </p>
      )}
    </ReasonDialog>
  );
}
