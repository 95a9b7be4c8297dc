// Any other question, as one SELECT over the ledger's tables; docs/AUDITORS.md has the columns.
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client';
import { Empty, Failed, Loading } from '../../parts/states';
import { SqlTable, type SqlAnswer } from './sql_table';

const READY: [string, string][] = [
  ['Override rates by decision and person', 'SELECT o.rule, o.subject, count(*) AS overrides,\n  (SELECT count(*) FROM decisions d WHERE d.rule = o.rule) AS decisions\nFROM overrides o GROUP BY 1, 2 ORDER BY 3 DESC'],
  ['Overrides by hour of the day', 'SELECT substr(at, 12, 2) AS hour, rule, count(*) AS overrides\nFROM overrides GROUP BY 1, 2'],
  ['Overrides by unit', "SELECT i.attributes ->> '$.ward' AS unit, o.rule, count(*) AS overrides\nFROM overrides o JOIN instances i ON i.id = o.instance GROUP BY 1, 2"],
  ['Overrides that were reversed later', 'SELECT a.idx, a.instance, a.object, a.subject, b.subject AS reversed_by, b.idx AS by_record\nFROM overrides a JOIN overrides b ON b.instance = a.instance AND b.object = a.object AND b.idx > a.idx'],
  ['Messages, and what became of them', "SELECT at, action, object, reason_code, reason\nFROM records WHERE action LIKE 'message.%' ORDER BY idx"],
  ['Decisions by models, least sure first', "SELECT at, instance, rule, outcome, confidence, model\nFROM decisions WHERE kind = 'model' ORDER BY confidence"],
];

export function SqlView() {
  const [query, setQuery] = useState(READY[0]?.[1] ?? '');
  const ask = useMutation({ mutationFn: () => api.post<SqlAnswer>('/v1/audit/sql', { body: { query } }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <section className="card" aria-labelledby="sql">
      <h2 id="sql">Anything else, as SQL</h2>
      <p className="muted">
        One SELECT over <code>records</code>, <code>decisions</code>, <code>overrides</code>, <code>instances</code>, <code>tasks</code> and <code>incidents</code>; at most 1,000 rows and five seconds. The query itself is recorded.
      </p>
      <form className="sql" onSubmit={submit}>
        <label className="inline-field grow">
          <span>Ready queries</span>
          <select value={READY.find(([, text]) => text === query)?.[0] ?? ''} onChange={(event) => setQuery(READY.find(([name]) => name === event.target.value)?.[1] ?? query)}>
            <option value="">Own query</option>
            {READY.map(([name]) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="sr-only">Query</span>
          <textarea className="mono" rows={6} spellCheck={false} value={query} onChange={(event) => setQuery(event.target.value)} />
        </label>
        <button type="submit" className="button primary" disabled={ask.isPending || !query.trim()}>
          {ask.isPending ? 'Asking…' : 'Ask'}
        </button>
      </form>
      {ask.error && <Failed error={ask.error} />}
      {ask.isPending && <Loading what="the answer" />}
      {ask.data && ask.data.rows.length === 0 && <Empty title="No row answers this" />}
      {ask.data && ask.data.rows.length > 0 && <SqlTable label="Answer" answer={ask.data} />}
    </section>
  );
}
