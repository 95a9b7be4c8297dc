// One person: what is known, over all workflows and messages.
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { api, ApiError, part } from '../../api/client';
import { useNow } from '../../api/clock';
import { usePages } from '../../api/pages';
import { may } from '../../api/session';
import type { Instance, Patient as Person, PatientEvent, Task } from '../../api/types';
import { BreakGlassButton, mayBreakGlass } from '../../parts/break_glass';
import { Due } from '../../parts/due';
import { Icon } from '../../parts/icon';
import { Empty, Failed, Loading } from '../../parts/states';
import { Facts } from '../../parts/values';
import { isOpen } from '../inbox/tasks';
import { nameOf, tellApart } from '../../people';
import { ago, shortWhen, when, words } from '../../words';

interface Happening {
  id: string;
  at: string;
  what: string;
  from: string;
  icon: 'mail' | 'case' | 'person';
  link?: string;
  event?: PatientEvent;
}

// Messages, cases and decisions as one list, newest first.
function happenings(events: PatientEvent[], cases: Instance[], tasks: Task[]): Happening[] {
  return [
    ...events.map((event): Happening => ({ id: event.id, at: event.occurred_at, what: words(event.type), from: `${event.source}, message ${event.message_id}`, icon: 'mail', event })),
    ...cases.map((one): Happening => ({ id: `${one.id}+`, at: one.started_at, what: `${words(one.workflow)} ${one.business_key ?? ''} began`, from: '', icon: 'case', link: `/cases/${encodeURIComponent(one.id)}` })),
    ...cases.filter((one) => one.closed_at).map((one): Happening => ({ id: `${one.id}-`, at: one.closed_at ?? '', what: `${words(one.workflow)} ${one.business_key ?? ''} ended`, from: words(String(one.attributes.outcome ?? one.status)), icon: 'case', link: `/cases/${encodeURIComponent(one.id)}` })),
    ...tasks.filter((task) => task.decision).map((task): Happening => ({ id: task.id, at: task.decision?.at ?? '', what: `${task.request?.title ?? words(task.name)}: ${words(task.decision?.outcome ?? '')}`, from: task.decision?.by.subject ?? '', icon: 'person', link: `/inbox/${encodeURIComponent(task.id)}` })),
  ].sort((a, b) => b.at.localeCompare(a.at));
}

function Story({ items, whole, now }: { items: Happening[]; whole: boolean; now: number }) {
  if (items.length === 0) return whole && <p className="muted">Nothing is known yet.</p>;
  return (
    <ol className="timeline">
      {items.map((item) => (
        <li key={item.id} className="told">
          <time dateTime={item.at} title={when(item.at)}>
            {shortWhen(item.at, now)}
          </time>
          <div>
            <p className="story-line">
              <Icon name={item.icon} size={18} /> {item.link ? <Link to={item.link}>{item.what}</Link> : item.what}
              {item.from && <span className="muted">{item.from}</span>}
            </p>
            {item.event && (
              <details>
                <summary>
                  What it says<span className="sr-only">: {item.what}</span>
                </summary>
                <Facts of={item.event.event.data} />
              </details>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

// Who may not see the person may still have to.
function Closed({ id, error }: { id: string; error: ApiError }) {
  return (
    <div className="page">
      <h1>A patient</h1>
      <Failed error={error} />
      <div className="actions">
        <BreakGlassButton path={`/v1/patients/${part(id)}`} />
      </div>
    </div>
  );
}

export function Patient() {
  const { patient: id = '' } = useParams();
  const now = useNow();
  const { data: person, error, refetch } = useQuery({ queryKey: ['patient', 'one', id], queryFn: ({ signal }) => api.get<Person>(`/v1/patients/${part(id)}`, { signal }) });
  const events = usePages<PatientEvent>(['patient', 'timeline', id], `/v1/patients/${part(id)}/timeline`);
  const cases = usePages<Instance>(['instance', 'patient', id], '/v1/instances', { patient: id });
  const tasks = usePages<Task>(['task', 'patient', id], '/v1/tasks', { patient: id });
  if (error instanceof ApiError && error.status === 404) return <Empty title="There is no such patient" icon="search" page />;
  if (error instanceof ApiError && error.status === 403 && mayBreakGlass()) return <Closed id={id} error={error} />;
  if (error && !person) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  if (!person) return <div className="page"><Loading what="the patient" rows={6} /></div>;
  const failed = events.error ?? cases.error ?? tasks.error;
  const open = tasks.items.filter((task) => isOpen(task));
  return (
    <div className="page">
      <header>
        <h1>{nameOf(person.demographics)}</h1>
        <p className="muted">{tellApart(person.demographics, now)}</p>
        {!may('patient.read') && (
          <p>
            <span className="chip high">Glass broken: what you see is recorded</span>
          </p>
        )}
      </header>
      {person.merged_into && (
        <p className="notice warn">
          This record was joined into <Link to={`/patients/${encodeURIComponent(person.merged_into)}`}>another one</Link>, which goes on.
        </p>
      )}
      <div className="overview">
        <section className="card" aria-labelledby="known">
          <h2 id="known">Known as</h2>
          <ul className="plain">
            {person.identifiers.map((identifier) => (
              <li key={identifier.system + identifier.value}>
                {identifier.type || 'Number'} <strong className="text">{identifier.value}</strong> <span className="muted">({identifier.system})</span>
              </li>
            ))}
          </ul>
          <Facts of={Object.fromEntries(Object.entries(person.demographics ?? {}).filter(([name, value]) => value !== undefined && !['name', 'birth_date', 'sex'].includes(name))) as never} />
        </section>
        <section className="card" aria-labelledby="open">
          <h2 id="open">Open now</h2>
          {tasks.error && <Failed error={tasks.error} />}
          {person.open_instances.length === 0 && <p className="muted">No case is open.</p>}
          <ul className="plain">
            {person.open_instances.map((one) => (
              <li key={one.id}>
                <Link to={`/cases/${encodeURIComponent(one.id)}`}>
                  {words(one.workflow)} {one.business_key}
                </Link>
              </li>
            ))}
          </ul>
          <ul className="waits">
            {open.map((task) => (
              <li key={task.id}>
                <Icon name="person" />
                <p>
                  <Link to={`/inbox/${encodeURIComponent(task.id)}`}>{task.request?.title ?? words(task.name)}</Link>
                  <br />
                  <span className="muted">{task.claimed_by ? `with ${task.claimed_by}` : task.roles.map(words).join(', ')}</span>
                </p>
                <Due due={task.due} now={now} />
              </li>
            ))}
          </ul>
        </section>
      </div>
      <section className="card" aria-labelledby="story">
        <h2 id="story">
          What happened <span className="muted">{person.last_at && `last heard of ${ago(person.last_at, now)}`}</span>
        </h2>
        {failed && <Failed error={failed} again={() => [events, cases, tasks].forEach((list) => list.again())} />}
        {events.isPending ? <Loading what="what happened" /> : <Story items={happenings(events.items, cases.items, tasks.items)} whole={!failed} now={now} />}
        {events.hasMore && (
          <button type="button" className="button" onClick={events.more}>
            Earlier
          </button>
        )}
      </section>
    </div>
  );
}
