// Questions that the server has ready, with figures: each part of an answer is a table, and has the SQL that gave it.
import { useQuery } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { Json, Page } from '../../api/types';
import { saveFile } from '../../parts/save_file';
import { Failed, Loading } from '../../parts/states';
import { instantOf, words } from '../../words';
import type { Field, Question } from './questions';
import { SqlTable, type SqlAnswer } from './sql_table';

interface Ready {
  name: string;
  title: string;
  parameters: { name: string; help: string; required: boolean }[];
}

interface Answer {
  question: string;
  title: string;
  parts: { title: string; sql: string; answer: SqlAnswer }[];
}

const LABELS: { [name: string]: string } = { patient: 'Patient', person: 'Sign-in name', instance: 'Case', rule: 'Decision or task', from: 'From', to: 'Until', zone: 'Time zone of the shifts' };

function fieldOf({ name, required }: Ready['parameters'][number]): Field {
  return { name, label: LABELS[name] ?? words(name), needed: required };
}

// As questions of the page's own kind.
export function useReady(): Question[] {
  const { data } = useQuery({ queryKey: ['audit', 'questions'], queryFn: ({ signal }) => api.get<Page<Ready>>('/v1/audit/questions', { signal }), staleTime: Infinity });
  return (data?.items ?? []).map((one) => ({ id: `ready:${one.name}`, asks: one.title, says: 'Answered with figures, and with the SQL that gave them.', fields: one.parameters.map(fieldOf), answer: 'ready' }));
}

function csvOf({ columns, rows }: SqlAnswer): string {
  const cell = (value: Json) => {
    const text = value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
}

export function ReadyAnswer({ question, values }: { question: Question; values: { [name: string]: string } }) {
  const name = question.id.slice('ready:'.length);
  const asked = Object.fromEntries(question.fields.map((field): [string, string | undefined] => [field.name, field.name === 'from' || field.name === 'to' ? instantOf(values[field.name] ?? '') : values[field.name]?.trim()]));
  const { data, error, refetch } = useQuery({ queryKey: ['audit', 'ready', name, asked], queryFn: ({ signal }) => api.get<Answer>(`/v1/audit/questions/${part(name)}`, { query: asked, signal }) });
  if (error) return <Failed error={error} again={() => void refetch()} />;
  if (!data) return <Loading what="the answer" />;
  return (
    <div className="ready">
      {data.parts.map((each) => (
        <section key={each.title} aria-label={each.title}>
          <div className="card-head">
            <h3>{each.title}</h3>
            {each.answer.rows.length > 0 && (
              <button type="button" className="button quiet" onClick={() => saveFile(`${name}.csv`, csvOf(each.answer), 'text/csv')}>
                Save as CSV<span className="sr-only">: {each.title}</span>
              </button>
            )}
          </div>
          {each.answer.rows.length === 0 ? <p className="muted">None.</p> : <SqlTable label={each.title} answer={each.answer} />}
          <details>
            <summary>
              The SQL that gave it<span className="sr-only">: {each.title}</span>
            </summary>
            <pre className="raw" tabIndex={0} aria-label={`SQL: ${each.title}`}>
              {each.sql}
            </pre>
          </details>
        </section>
      ))}
    </div>
  );
}
