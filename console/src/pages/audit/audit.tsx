// For auditors: ready questions to the ledger, what break-glass was used for, and any other question as SQL.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { useSearchParams } from 'react-router';
import { api } from '../../api/client';
import { usePages } from '../../api/pages';
import { Empty, Failed, Loading } from '../../parts/states';
import { Tabs } from '../../parts/tabs';
import { BreakGlass, useUnreviewed } from './break_glass';
import { EvidenceButton } from './evidence_button';
import { Keeping } from './keeping';
import { Explanation, Reproduced } from './explanation';
import { isWhole, queryOf, QUESTIONS, type Question } from './questions';
import { ReadyAnswer, useReady } from './ready';
import type { AuditRecord } from './record';
import { RecordPanel } from './record_panel';
import { RecordTable } from './record_table';
import { SqlView } from './sql_view';

type Values = { [name: string]: string };

function Latest() {
  const { data, error, refetch } = useQuery({ queryKey: ['audit', 'latest'], queryFn: ({ signal }) => api.get<{ size: number; items: AuditRecord[] }>('/v1/audit', { query: { limit: 100 }, signal }), staleTime: 0 });
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (!data) return <Loading what="records" />;
  return (
    <>
      <RecordTable records={[...data.items].reverse()} />
      <p className="muted" role="status">
        The ledger has {data.size.toLocaleString()} records. Newest first. <button type="button" className="button quiet" onClick={() => void refetch()}>Read again</button>
      </p>
    </>
  );
}

function Records({ question, values }: { question: Question; values: Values }) {
  const { items, more, hasMore, error, isPending, again } = usePages<AuditRecord>(['audit', 'records'], '/v1/audit/records', queryOf(question, values));
  if (error && items.length === 0) return <Failed error={error} again={again} />;
  if (isPending) return <Loading what="records" />;
  if (items.length === 0) return <Empty title="The ledger has no such record" icon="search" />;
  return (
    <>
      <RecordTable records={items} more={more} />
      <p className="muted" role="status">
        {items.length.toLocaleString()} {items.length === 1 ? 'record' : 'records'} {hasMore ? 'loaded; more come as you scroll' : 'in all'}. Oldest first.
      </p>
    </>
  );
}

function Answer({ question, values }: { question: Question; values: Values }) {
  if (!isWhole(question, values)) return <p className="muted audit-wanted">Say about what, and ask.</p>;
  const instance = values.instance?.trim();
  const patient = values.patient?.trim();
  return (
    <>
      {question.answer === 'latest' && <Latest />}
      {question.answer === 'records' && <Records question={question} values={values} />}
      {question.answer === 'explain' && <Explanation instance={instance ?? ''} />}
      {question.answer === 'ready' && <ReadyAnswer question={question} values={values} />}
      {question.answer === 'reproduce' && <Reproduced instance={instance ?? ''} />}
      {(instance || patient) && (
        <div className="actions">
          <EvidenceButton about={instance ? { instance } : { patient: patient ?? '' }} name={`Save the evidence about this ${instance ? 'case' : 'patient'}`} />
        </div>
      )}
    </>
  );
}

// What is asked is part of the address; a field counts once it is asked, not while it is written.
function Questions() {
  const [search, setSearch] = useSearchParams();
  const ready = useReady();
  const wanted = search.get('q');
  const question = [...QUESTIONS, ...ready].find((one) => one.id === wanted) ?? QUESTIONS[0];
  const asked: Values = Object.fromEntries((question?.fields ?? []).map(({ name }) => [name, search.get(name) ?? '']));
  const [written, setWritten] = useState<Values>(asked);
  useEffect(() => setWritten(asked), [search.toString()]);
  if (!question) return null;
  const go = (id: string, values: Values) => {
    const next = new URLSearchParams({ q: id });
    for (const [name, value] of Object.entries(values)) if (value) next.set(name, value);
    setSearch(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go(question.id, written);
  };
  return (
    <section className="card" aria-labelledby="question">
      <h2 id="question" className="sr-only">
        {question.asks}
      </h2>
      <form className="filters" onSubmit={submit}>
        <label className="inline-field question">
          <span>Question</span>
          <select value={question.id} onChange={(event) => go(event.target.value, written)}>
            {[
              { name: 'Records', all: QUESTIONS },
              { name: 'With figures', all: ready },
            ].map((group) => (
              <optgroup key={group.name} label={group.name}>
                {group.all.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.asks}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        {question.fields.map((field) => (
          <label key={field.name} className={`inline-field ${field.name === 'from' || field.name === 'to' ? '' : 'grow'}`}>
            <span>{field.label}</span>
            <input type={field.name === 'from' || field.name === 'to' ? 'datetime-local' : 'search'} required={field.needed} value={written[field.name] ?? ''} onChange={(event) => setWritten({ ...written, [field.name]: event.target.value })} />
          </label>
        ))}
        {question.fields.length > 0 && (
          <button type="submit" className="button primary">
            Ask
          </button>
        )}
      </form>
      <p className="muted">{question.says}</p>
      <Answer key={`${question.id} ${JSON.stringify(asked)}`} question={question} values={asked} />
    </section>
  );
}

export default function Audit() {
  const [search] = useSearchParams();
  const record = search.get('record');
  return (
    <div className="page audit">
      <h1>Audit</h1>
      <Tabs
        label="Parts of the audit"
        tabs={[
          { id: 'questions', name: 'Questions', body: () => <Questions /> },
          { id: 'break-glass', name: 'Break-glass', count: useUnreviewed(), body: () => <BreakGlass /> },
          { id: 'keeping', name: 'Keeping', body: () => <Keeping /> },
          { id: 'sql', name: 'SQL', body: () => <SqlView /> },
        ]}
        beside={record ? <RecordPanel key={record} index={record} /> : undefined}
      />
    </div>
  );
}
