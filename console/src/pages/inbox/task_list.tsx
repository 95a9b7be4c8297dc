// The work list: as long as it may be, only what is in sight is drawn. One stop of the tab key; arrows move in it.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import type { Task } from '../../api/types';
import { Due } from '../../parts/due';
import { nameOf } from '../../people';
import { words } from '../../words';

const ROW = 92;

interface Props {
  tasks: Task[];
  selected: string | undefined;
  now: number;
  me: string;
  more: () => void; // Asked for when the end comes into sight.
  select: (id: string) => void;
  open: () => void; // Enter: on to the task itself.
}

function Row({ task, now, me }: { task: Task; now: number; me: string }) {
  const ward = task.case?.attributes?.ward;
  return (
    <>
      <span className="row-line">
        <strong className="row-who">{nameOf(task.case?.patient)}</strong>
        <Due due={task.due} now={now} />
      </span>
      <span className="row-line">
        <span className="row-what">{task.request?.title ?? words(task.name)}</span>
        {task.hold ? <span className="chip">On hold</span> : task.priority === 'urgent' || task.priority === 'high' ? <span className={`chip ${task.priority}`}>{words(task.priority)}</span> : null}
      </span>
      <span className="row-line muted">
        <span>{[typeof ward === 'string' ? ward : '', task.roles.map(words).join(', ')].filter(Boolean).join(' · ')}</span>
        {task.claimed_by && <span>{task.claimed_by === me ? 'Yours' : `With ${task.claimed_by}`}</span>}
      </span>
    </>
  );
}

export function TaskList({ tasks, selected, now, me, more, select, open }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: tasks.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 6 });
  const at = tasks.findIndex((task) => task.id === selected);
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;

  useEffect(() => {
    if (last >= tasks.length - 20) more();
  }, [last, tasks.length, more]);
  useEffect(() => {
    if (at >= 0) rows.scrollToIndex(at, { align: 'auto' });
    // Only when another task is chosen: a list that changes must not move under the reader's eyes.
  }, [selected]);

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6, Home: -tasks.length, End: tasks.length };
    if (event.key === 'Enter') return open();
    const step = steps[event.key];
    if (step === undefined || tasks.length === 0) return;
    event.preventDefault();
    const next = tasks[Math.min(Math.max((at < 0 ? (step > 0 ? -1 : 0) : at) + step, 0), tasks.length - 1)];
    if (next) select(next.id);
  };

  return (
    <div className="task-list" ref={scroller} role="listbox" aria-label="Tasks" tabIndex={0} onKeyDown={onKeyDown} aria-activedescendant={at >= 0 ? `task-row-${at}` : undefined}>
      <div className="task-rows" role="presentation" style={{ height: rows.getTotalSize() }}>
        {shown.map((row) => {
          const task = tasks[row.index];
          if (!task) return null;
          return (
            <div
              key={task.id}
              id={`task-row-${row.index}`}
              className="task-row"
              role="option"
              aria-selected={task.id === selected}
              aria-posinset={row.index + 1}
              aria-setsize={tasks.length}
              style={{ transform: `translateY(${row.start}px)`, height: ROW }}
              onClick={() => select(task.id)}
            >
              <Row task={task} now={now} me={me} />
            </div>
          );
        })}
      </div>
    </div>
  );
}
