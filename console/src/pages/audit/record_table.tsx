// Records of the ledger as a table; one of them is opened beside it.
import { Link, useSearchParams } from 'react-router';
import { useNow } from '../../api/clock';
import { Table, type Column } from '../../parts/table';
import { shortWhen, when, words } from '../../words';
import { text, whatOf, whoOf, whyOf, type AuditRecord } from './record';

export function useRecordLink() {
  const [search] = useSearchParams();
  return (index: number) => {
    const next = new URLSearchParams(search);
    next.set('record', String(index));
    return `/audit?${next}`;
  };
}

export function RecordTable({ records, more }: { records: AuditRecord[]; more?: () => void }) {
  const [search] = useSearchParams();
  const linkTo = useRecordLink();
  const now = useNow();
  const columns: Column<AuditRecord>[] = [
    { key: 'index', head: 'Record', cell: (row) => <Link to={linkTo(row.index)}>{row.index}</Link> },
    { key: 'at', head: 'When', cell: (row) => <time dateTime={text(row.leaf.at)} title={when(text(row.leaf.at))}>{shortWhen(text(row.leaf.at), now)}</time> },
    { key: 'what', head: 'What', cell: (row) => whatOf(row.leaf) },
    {
      key: 'who',
      head: 'Who',
      cell: (row) => {
        const { subject, as } = whoOf(row.leaf);
        return (
          <>
            {subject} {as && <span className="muted">{as.toLowerCase()}</span>}
          </>
        );
      },
    },
    { key: 'outcome', head: 'Outcome', cell: (row) => words(text(row.leaf.outcome)) },
    { key: 'why', head: 'Why', cell: (row) => whyOf(row.leaf) },
  ];
  return <Table label="Records" columns={columns} rows={records} rowKey={(row) => String(row.index)} more={more} current={search.get('record') ?? undefined} />;
}
