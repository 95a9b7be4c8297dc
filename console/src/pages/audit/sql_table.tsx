// Rows that SQL gave, as a table; the number of a record leads to it.
import { Link } from 'react-router';
import type { Json } from '../../api/types';
import { Table, type Column } from '../../parts/table';
import { when } from '../../words';
import { useRecordLink } from './record_table';

export interface SqlAnswer {
  columns: string[];
  rows: Json[][];
  truncated: boolean;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

function shown(value: Json | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return JSON.stringify(value);
  return INSTANT.test(value) ? when(value) : value;
}

export function SqlTable({ label, answer }: { label: string; answer: SqlAnswer }) {
  const linkTo = useRecordLink();
  const columns: Column<{ at: number; row: Json[] }>[] = answer.columns.map((name, at) => ({
    key: `${name}${at}`,
    head: name,
    className: 'wide',
    cell: ({ row }) => {
      const value = row[at];
      if (name === 'idx' && typeof value === 'number') return <Link to={linkTo(value)}>{value}</Link>;
      const text = shown(value);
      return text.length > 40 ? <span title={text}>{text}</span> : text;
    },
  }));
  return (
    <div className="cases">
      <Table label={label} columns={columns} rows={answer.rows.map((row, at) => ({ at, row }))} rowKey={({ at }) => String(at)} />
      <p className="muted" role="status">
        {answer.rows.length.toLocaleString()} {answer.rows.length === 1 ? 'row' : 'rows'}
        {answer.truncated && ': there are more; narrow the question'}
      </p>
    </div>
  );
}
