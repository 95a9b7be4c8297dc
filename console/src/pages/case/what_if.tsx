// What if? A copy of the case, forked at any entry of its journal, that does nothing outside: other data, another version, other answers. It is
// stepped on by hand and held against what really happened. Nothing of it is kept.
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, part } from '../../api/client';
import { may } from '../../api/session';
import type { HistoryEntry, InstanceDetail, Json, JsonObject, WhatIf, WhatIfDifference } from '../../api/types';
import { Empty, Failed } from '../../parts/states';
import { Facts } from '../../parts/values';
import { useBundles } from '../board/pauses';
import { shortWhen, when, words } from '../../words';
import { operationsOf, tell } from './journal';

function Begin({ instance, entries, begun }: { instance: InstanceDetail; entries: HistoryEntry[]; begun: (fork: WhatIf) => void }) {
  const [at, setAt] = useState('');
  const [bundle, setBundle] = useState('');
  const [input, setInput] = useState('');
  const [bad, setBad] = useState(false);
  const versions = useBundles(may('bundle.read')).data?.items ?? [];
  const fork = useMutation({ mutationFn: (body: JsonObject) => api.post<WhatIf>(`/v1/instances/${part(instance.id)}/what-if`, { body }), onSuccess: begun });
  const told = entries.map((entry) => tell(entry, operationsOf(entries))).filter((one) => one.tone !== 'small');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    try {
      const body: JsonObject = at ? { at: Number(at) } : {};
      if (bundle) body.bundle = bundle;
      if (input.trim()) body.input = JSON.parse(input) as Json;
      setBad(false);
      fork.mutate(body);
    } catch {
      setBad(true);
    }
  };
  return (
    <form className="card dialog-form what-if-begin" onSubmit={submit}>
      <h2>What if?</h2>
      <p className="muted">A copy of this case runs in a sandbox: no message leaves it, nobody is asked, and nothing of it is kept. The case itself goes on as it is.</p>
      <label className="field">
        <span>Up to where it is as it was</span>
        <select value={at} onChange={(event) => setAt(event.target.value)}>
          <option value="">Now</option>
          {[...told].reverse().map((one) => (
            <option key={one.entry.index} value={one.entry.index}>
              Before: {one.what.slice(0, 90)} ({when(one.entry.at)})
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>On which version of the scripts</span>
        <select value={bundle} onChange={(event) => setBundle(event.target.value)}>
          <option value="">Its own, {instance.bundle.slice(0, 12)}</option>
          {versions
            .filter((one) => one.hash !== instance.bundle)
            .map((one) => (
              <option key={one.hash} value={one.hash}>
                {one.name} {one.hash.slice(0, 12)}, live
              </option>
            ))}
        </select>
      </label>
      <label className="field">
        <span>With another input, as JSON (empty: its own)</span>
        <textarea className="mono" rows={3} value={input} aria-invalid={bad} onChange={(event) => setInput(event.target.value)} />
        {bad && <span className="field-error">This is not JSON. Text needs quotes.</span>}
      </label>
      {fork.error && <Failed error={fork.error} />}
      <button type="submit" className="button primary" disabled={fork.isPending}>
        {fork.isPending ? 'Copying…' : 'Make the copy'}
      </button>
    </form>
  );
}

const VERDICTS = { same: 'The same', different: 'Different', only_reality: 'Only in reality', only_sandbox: 'Only in the copy' } as const;

function Differences({ difference }: { difference: WhatIfDifference }) {
  const [all, setAll] = useState(false);
  const shown = difference.items.filter((item) => all || item.verdict !== 'same');
  return (
    <section className="card" aria-labelledby="differences">
      <div className="card-head">
        <h2 id="differences">Held against reality</h2>
        <label className="check">
          <input type="checkbox" checked={all} onChange={() => setAll(!all)} /> Also what is the same
        </label>
      </div>
      {shown.length === 0 && <Empty title="The copy did all that the case did" />}
      <ul className="plain">
        {shown.map((item) => (
          <li key={item.key + item.kind} className="difference">
            <p>
              <span className={`chip ${item.verdict === 'same' ? '' : 'high'}`}>{VERDICTS[item.verdict]}</span> {words(item.kind)} <code>{item.key}</code>
            </p>
            <details>
              <summary>
                Both sides<span className="sr-only"> of {item.key}</span>
              </summary>
              <Facts of={{ reality: item.reality ?? null, copy: item.sandbox ?? null }} />
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}

type Step = { do: string } & JsonObject;

// One thing that the copy waits for, and the answers that can be given in its place.
function Answers({ fork, step }: { fork: WhatIf; step: (body: Step) => void }) {
  return (
    <ul className="waits">
      {fork.open_tasks.map((task) => (
        <li key={task.id}>
          <p>
            <strong>{task.request?.title ?? words(task.name)}</strong>
          </p>
          <div className="actions">
            {task.outcomes.map((outcome) => (
              <button key={outcome.name} type="button" className="button" onClick={() => step({ do: 'decide', seq: Number(task.id.slice(task.id.lastIndexOf('.') + 1)), outcome: outcome.name, reason: 'what if' })}>
                {outcome.title || words(outcome.name)}
              </button>
            ))}
          </div>
        </li>
      ))}
      {fork.waits_for.map((pending) => (
        <li key={pending.seq}>
          <p>
            {words(pending.kind)}: {pending.name} <code className="muted">{pending.line}</code>
          </p>
          {pending.kind === 'activity' || pending.kind === 'child' || pending.kind === 'promise' ? (
            <div className="actions">
              <button type="button" className="button" onClick={() => step({ do: 'resolve', seq: pending.seq, value: {} })}>
                Answer: nothing
              </button>
              <button type="button" className="button" onClick={() => step({ do: 'fail', seq: pending.seq, code: 'what_if', message: 'It failed' })}>
                Let it fail
              </button>
            </div>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function Sandbox({ fork, change, end }: { fork: WhatIf; change: (fork: WhatIf) => void; end: () => void }) {
  const [difference, setDifference] = useState<WhatIfDifference | null>(null);
  const [passing, setPassing] = useState('1d');
  const base = `/v1/what-if/${part(fork.id)}`;
  const step = useMutation({ mutationFn: (body: Step) => api.post<WhatIf>(`${base}/steps`, { body }), onSuccess: (next) => { change(next); setDifference(null); } });
  const compare = useMutation({ mutationFn: () => api.get<WhatIfDifference>(`${base}/difference`), onSuccess: setDifference });
  const go = (body: Step) => step.mutate(body);
  return (
    <>
      <section className="card" aria-labelledby="copy">
        <div className="card-head">
          <h2 id="copy">The copy, {shortWhen(fork.now, Date.parse(fork.now))}</h2>
          <button type="button" className="button quiet" onClick={end}>
            Throw it away
          </button>
        </div>
        <p>{fork.why.sentence}</p>
        {fork.status === 'running' ? <Answers fork={fork} step={go} /> : <p className="notice decided">The copy ended: {words(fork.status)}.</p>}
        <div className="actions">
          <button type="button" className="button" disabled={fork.next >= fork.reality_ends_at} onClick={() => go({ do: 'follow' })}>
            One step as it was
          </button>
          <button type="button" className="button" disabled={fork.next >= fork.reality_ends_at} onClick={() => go({ do: 'follow', until_entry: fork.reality_ends_at })}>
            All the rest as it was
          </button>
          <label className="inline-field">
            <span>Time</span>
            <input value={passing} onChange={(event) => setPassing(event.target.value)} />
          </label>
          <button type="button" className="button" onClick={() => go({ do: 'pass', for: passing })}>
            Let it pass
          </button>
          <button type="button" className="button primary" onClick={() => compare.mutate()}>
            Compare with reality
          </button>
        </div>
        {step.error && <Failed error={step.error} />}
        {compare.error && <Failed error={compare.error} />}
        {fork.suppressed.length > 0 && (
          <details>
            <summary>What would have gone out ({fork.suppressed.length})</summary>
            <ul className="plain">
              {fork.suppressed.map((one, at) => (
                <li key={at}>
                  {words(one.kind)}: {one.name} <code className="muted">{one.line}</code>
                </li>
              ))}
            </ul>
          </details>
        )}
      </section>
      {difference && <Differences difference={difference} />}
    </>
  );
}

export default function WhatIfView({ instance, entries }: { instance: InstanceDetail; entries: HistoryEntry[] }) {
  const [fork, setFork] = useState<WhatIf | null>(null);
  if (!fork) return <Begin instance={instance} entries={entries} begun={setFork} />;
  return (
    <div className="what-if">
      <Sandbox fork={fork} change={setFork} end={() => setFork(null)} />
    </div>
  );
}
