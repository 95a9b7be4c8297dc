// The board for operations: where all open cases stand, what is late, what waits for whom, and the cases themselves.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { api } from '../../api/client';
import { useNow } from '../../api/clock';
import { may } from '../../api/session';
import type { Board as BoardData } from '../../api/types';
import { Empty, Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { BatchList } from './batch_list';
import { CaseList } from './case_list';
import { Matrix } from './matrix';
import { PauseList } from './pause_list';
import { Promises } from './promises';
import { useCaseFilter } from './case_filter';

// The board counts everything; it need not do that at each of many changes a second.
const BOARD_MS = 5000;

// The server counts late and soon tasks up to a bound.
function counted(count: number, board: BoardData): string {
  return count >= board.counted_to ? `${board.counted_to.toLocaleString()}+` : count.toLocaleString();
}

function Tiles({ board }: { board: BoardData }) {
  const open = board.cases.reduce((sum, place) => sum + place.open, 0);
  return (
    <ul className="tiles">
      <li className="tile">
        <span className="tile-number">{open.toLocaleString()}</span>
        <span>open cases</span>
      </li>
      <li className={`tile ${board.late_tasks ? 'late' : ''}`}>
        <Link to="/inbox?view=overdue">
          <span className="tile-number">{counted(board.late_tasks, board)}</span>
          <span>tasks are late</span>
        </Link>
      </li>
      <li className={`tile ${board.soon_tasks ? 'soon' : ''}`}>
        <span className="tile-number">{counted(board.soon_tasks, board)}</span>
        <span>tasks due within the hour</span>
      </li>
      <li className={`tile ${board.incidents ? 'late' : ''}`}>
        <Link to="/incidents">
          <span className="tile-number">{board.incidents.toLocaleString()}</span>
          <span>incidents</span>
        </Link>
      </li>
      <li className={`tile ${board.quarantined ? 'soon' : ''}`}>
        <Link to="/messages">
          <span className="tile-number">{board.quarantined.toLocaleString()}</span>
          <span>messages not understood</span>
        </Link>
      </li>
    </ul>
  );
}

function Queues({ board }: { board: BoardData }) {
  const most = Math.max(1, ...board.queues.map((queue) => queue.open));
  const queues = [...board.queues].sort((a, b) => b.late - a.late || b.open - a.open);
  return (
    <section className="card" aria-labelledby="queues">
      <h2 id="queues">What waits for whom</h2>
      {queues.length === 0 && <p className="muted">No task is open.</p>}
      <ul className="queues">
        {queues.map((queue) => (
          <li key={queue.role}>
            <span className="queue-name">{words(queue.role)}</span>
            <meter min={0} max={most} value={queue.open} aria-label={`${words(queue.role)}: ${queue.open} open`} />
            <span className="queue-open">{queue.open.toLocaleString()}</span>
            <span className="queue-late">
              {queue.late > 0 && <span className="chip urgent">{counted(queue.late, board)} late</span>}
              {queue.soon > 0 && <span className="chip high">{counted(queue.soon, board)} soon</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

// What most cases are of is looked at first.
function busiest(board: BoardData | undefined): string {
  const open = new Map<string, number>();
  for (const place of board?.cases ?? []) open.set(place.workflow, (open.get(place.workflow) ?? 0) + place.open);
  return [...open].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

export function Board() {
  const { data: board, error, refetch } = useQuery({
    queryKey: ['board'],
    queryFn: ({ signal }) => api.get<BoardData>('/v1/board', { signal }),
    refetchInterval: BOARD_MS,
  });
  const [filter, setFilter] = useCaseFilter();
  const [wanted, setWorkflow] = useState('');
  const now = useNow();
  const workflows = [...new Set(board?.cases.map((place) => place.workflow))].sort();
  const workflow = filter.workflow || (workflows.includes(wanted) ? wanted : busiest(board));
  return (
    <div className="page board">
      <h1>Board</h1>
      {error && !board && <Failed error={error} again={() => void refetch()} />}
      {!board && !error && <Loading what="the board" rows={5} />}
      {board && (
        <>
          <Tiles board={board} />
          <div className="board-top">
            <section className="card" aria-labelledby="places">
              <div className="card-head">
                <h2 id="places">Where cases stand</h2>
                {workflows.length > 1 && (
                  <label className="inline-field">
                    <span>Workflow</span>
                    <select value={workflow} onChange={(event) => { setWorkflow(event.target.value); setFilter({ ...filter, workflow: '', stage: '', unit: '' }); }}>
                      {workflows.map((name) => (
                        <option key={name} value={name}>
                          {words(name)}
                        </option>
                      ))}
                    </select>
                  </label>
                )}
              </div>
              {board.cases.length === 0 ? <Empty title="No case is open" /> : <Matrix places={board.cases.filter((place) => place.workflow === workflow)} filter={filter} choose={(stage, unit) => setFilter({ ...filter, workflow, stage, unit })} />}
            </section>
            <Queues board={board} />
          </div>
        </>
      )}
      <Promises />
      {may('batch.read') && <PauseList board={board} now={now} />}
      {may('batch.read') && <BatchList now={now} />}
      <CaseList board={board} filter={filter} setFilter={setFilter} />
    </div>
  );
}
