// The cases that the board's filter leaves, oldest first, and what can be done with many of them at once.
import { useCallback, useEffect, useState } from 'react';
import { Link } from 'react-router';
import { useNow } from '../../api/clock';
import { may } from '../../api/session';
import { usePages } from '../../api/pages';
import type { Board, Instance } from '../../api/types';
import { Empty, Failed, Loading } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { isMasked } from '../../people';
import { ago, when, words } from '../../words';
import { BulkBar } from './bulk';
import { batchQueryOf, EVERYTHING, queryOf, type CaseFilter } from './case_filter';
import { ViewsMenu } from './views_menu';

// What a case says of itself; to those who may not see personal data it says nothing.
function Attribute({ row, names, show = (text) => text }: { row: Instance; names: string[]; show?: (text: string) => string }) {
  if (isMasked(row.business_key)) return <span className="muted">hidden</span>;
  const value = names.map((name) => row.attributes[name]).find((one) => one !== undefined);
  return <>{typeof value === 'string' ? show(value) : value === undefined ? '' : JSON.stringify(value)}</>;
}

// Its number in the house; its id, which says nothing about anybody, where there is none or it is hidden.
function nameOf(row: Instance): string {
  return row.business_key && !isMasked(row.business_key) ? row.business_key : row.id;
}

function columnsAt(now: number): Column<Instance>[] {
  return [
    { key: 'case', head: 'Case', cell: (row) => <Link to={`/cases/${encodeURIComponent(row.id)}`}>{nameOf(row)}</Link> },
    { key: 'workflow', head: 'Workflow', cell: (row) => words(row.workflow) },
    { key: 'stage', head: 'Stage', cell: (row) => <Attribute row={row} names={['stage']} show={words} /> },
    { key: 'unit', head: 'Unit', cell: (row) => <Attribute row={row} names={['unit', 'ward']} /> },
    { key: 'begun', head: 'Begun', cell: (row) => <span title={when(row.started_at)}>{ago(row.started_at, now)}</span> },
    {
      key: 'marks',
      head: 'State',
      cell: (row) => (
        <>
          {row.open_incidents > 0 && <span className="chip urgent">Incident</span>} {row.paused && <span className="chip high">On hold</span>}
          {row.open_incidents === 0 && !row.paused && <span className="muted">Goes on</span>}
        </>
      ),
    },
  ];
}

interface Props {
  board: Board | undefined;
  filter: CaseFilter;
  setFilter: (filter: CaseFilter) => void;
}

function FilterBar({ board, filter, setFilter }: Props) {
  const names = (part: 'workflow' | 'stage' | 'unit') => [...new Set(board?.cases.map((place) => place[part]).filter(Boolean))].sort();
  const choice = (part: 'workflow' | 'stage' | 'unit', label: string) => (
    <label className="inline-field">
      <span>{label}</span>
      <select value={filter[part]} onChange={(event) => setFilter({ ...filter, [part]: event.target.value })}>
        <option value="">All</option>
        {names(part).map((value) => (
          <option key={value} value={value}>
            {part === 'unit' ? value : words(value)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="filters" role="search" aria-label="Cases">
      {choice('workflow', 'Workflow')}
      {choice('stage', 'Stage')}
      {choice('unit', 'Unit')}
      <label className="inline-field">
        <span>Open for</span>
        <select value={filter.days} onChange={(event) => setFilter({ ...filter, days: event.target.value })}>
          <option value="">Any time</option>
          {['1', '3', '7', '30'].map((days) => (
            <option key={days} value={days}>
              {days} d and more
            </option>
          ))}
        </select>
      </label>
      <label className="inline-field">
        <span>Only</span>
        <select value={filter.only} onChange={(event) => setFilter({ ...filter, only: event.target.value as CaseFilter['only'] })}>
          <option value="">All</option>
          <option value="incidents">With an incident</option>
          <option value="paused">On hold</option>
        </select>
      </label>
      <label className="inline-field grow">
        <span>Stay or order number</span>
        <input type="search" value={filter.key} onChange={(event) => setFilter({ ...filter, key: event.target.value })} />
      </label>
      <ViewsMenu filter={filter} choose={setFilter} />
      {Object.values(filter).some(Boolean) && (
        <button type="button" className="button quiet" onClick={() => setFilter(EVERYTHING)}>
          Clear
        </button>
      )}
    </div>
  );
}

export function CaseList(props: Props) {
  const now = useNow();
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const clear = useCallback(() => setSelected(new Set()), []);
  const acts = may('batch.run');
  const filter = JSON.stringify(props.filter);
  useEffect(clear, [clear, filter]); // What is no longer in sight is not acted on.
  const { items, more, hasMore, error, isPending, again } = usePages<Instance>(['instance', 'list'], '/v1/instances', queryOf(props.filter, now));
  return (
    <section className="card cases" aria-labelledby="cases">
      <h2 id="cases">Cases</h2>
      <FilterBar {...props} />
      {acts && <BulkBar selected={selected} clear={clear} filtered={batchQueryOf(props.filter, now)} some={items.length > 0} />}
      {error && items.length === 0 ? (
        <Failed error={error} again={again} />
      ) : isPending ? (
        <Loading what="cases" />
      ) : items.length === 0 ? (
        <Empty title="No open case is like that" icon="search">
          <button type="button" className="button" onClick={() => props.setFilter(EVERYTHING)}>
            Show all
          </button>
        </Empty>
      ) : (
        <>
          <Table label="Cases" columns={columnsAt(now)} rows={items} rowKey={(row) => row.id} rowName={nameOf} more={more} selected={acts ? selected : undefined} onSelect={setSelected} />
          <p className="muted" role="status">
            {items.length.toLocaleString()} {hasMore ? 'loaded; more come as you scroll' : 'in all'}
          </p>
        </>
      )}
    </section>
  );
}
