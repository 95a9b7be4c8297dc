// The inbox: a person's work list beside the task that they look at. Everything can be done by keyboard.
import { useCallback, useEffect, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { useNow } from '../../api/clock';
import { useSession, type Session } from '../../api/session';
import type { Task } from '../../api/types';
import { Icon } from '../../parts/icon';
import { Empty, Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { TaskDetail } from './task_detail';
import { TaskList } from './task_list';
import { useTasks, VIEW_NAMES, VIEWS, type View } from './tasks';
import { useShortcuts } from '../../parts/shortcuts';

const NOBODY: Session = { subject: '', name: '', roles: [], permissions: [], units: [], how: '' };

const NOTHING: Record<View, string> = {
  mine: 'Nothing is yours right now',
  roles: 'Nothing waits for your roles',
  unit: 'Nothing waits in your unit',
  overdue: 'Nothing of yours is late',
  all: 'No task is open',
};

export function Inbox() {
  const session = useSession();
  const { task: selected } = useParams();
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const now = useNow();
  const [said, setSaid] = useState('');
  const asked = search.get('view') as View | null;
  const view: View = asked && VIEWS.includes(asked) ? asked : 'roles';
  const who = session ?? NOBODY;
  const { items: tasks, more, error, isPending, again } = useTasks(view, who);

  const select = useCallback((id: string) => void navigate({ pathname: `/inbox/${encodeURIComponent(id)}`, search: `?view=${view}` }, { replace: Boolean(selected) }), [navigate, view, selected]);
  const open = () => document.getElementById('task-title')?.focus();
  const step = (by: number) => {
    const at = tasks.findIndex((task) => task.id === selected);
    const next = tasks[at < 0 ? 0 : Math.min(Math.max(at + by, 0), tasks.length - 1)];
    if (next) select(next.id);
  };
  useShortcuts({ j: () => step(1), k: () => step(-1) });

  // The task that comes after the decided one is shown next.
  const decided = (task: Task, outcome: string) => {
    setSaid(`${task.request?.title ?? words(task.name)}: ${outcome}. Decided.`);
    const at = tasks.findIndex((other) => other.id === task.id);
    const next = tasks[at + 1] ?? tasks[at - 1];
    if (next) select(next.id);
  };
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(''), 6000);
    return () => clearTimeout(timer);
  }, [said]);

  return (
    <div className={`inbox ${selected ? 'has-task' : ''}`}>
      <h1 className="sr-only">Inbox</h1>
      <section className="inbox-list" aria-label="Tasks">
        <header className="inbox-head">
          <p className="page-title" aria-hidden="true">
            Inbox
          </p>
          <div className="tabs" role="group" aria-label="Which tasks">
            {VIEWS.filter((name) => name !== 'unit' || who.units.length > 0).map((name) => (
              <button key={name} type="button" className="tab" aria-pressed={name === view} onClick={() => setSearch({ view: name })}>
                {VIEW_NAMES[name]}
              </button>
            ))}
          </div>
        </header>
        {error && tasks.length === 0 ? (
          <Failed error={error} again={again} />
        ) : isPending ? (
          <Loading what="tasks" />
        ) : tasks.length === 0 ? (
          <Empty title={NOTHING[view]} />
        ) : (
          <TaskList tasks={tasks} selected={selected} now={now} me={who.subject} more={more} select={select} open={open} />
        )}
      </section>
      <section className="inbox-task" aria-label="Task">
        {selected && (
          <Link to={{ pathname: '/inbox', search: `?view=${view}` }} className="back">
            <Icon name="back" /> Tasks
          </Link>
        )}
        {selected ? <TaskDetail key={selected} id={selected} session={who} now={now} decided={decided} /> : <Empty title="Choose a task" icon="inbox">Arrow keys or j and k move through the list.</Empty>}
      </section>
      <p className={`toast ${said ? 'shown' : ''}`} role="status">
        {said}
      </p>
    </div>
  );
}
