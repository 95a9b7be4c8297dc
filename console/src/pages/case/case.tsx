// One case: where it stands and what it waits for, what has happened, the path, the scripts, and what may be done by hand.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { api, ApiError, part } from '../../api/client';
import { useNow } from '../../api/clock';
import { usePages } from '../../api/pages';
import { may } from '../../api/session';
import type { Alert, HistoryEntry, InstanceDetail, Patient, Task } from '../../api/types';
import { BreakGlassButton, mayBreakGlass } from '../../parts/break_glass';
import { ReasonDialog } from '../../parts/dialog';
import { later } from '../../parts/later';
import { Empty, Failed, Loading } from '../../parts/states';
import { Tabs } from '../../parts/tabs';
import { Facts } from '../../parts/values';
import { isMasked, nameOf, tellApart } from '../../people';
import { ago, when, words } from '../../words';
import { AlertCard } from '../alerts/alert_card';
import { IncidentCard } from '../incidents/incident_card';
import { decisionsOf, type Decided } from './decisions';
import { DecisionsView } from './decisions_view';
import { JournalView } from './journal_view';
import { Messages } from './messages';
import { OverrideButton } from './override';
import { ScriptView } from './script_view';
import { Timeline } from './timeline';
import { WhyView } from './why_view';

const WhatIfView = later('what if', () => import('./what_if'));
const PathView = later('the path', () => import('./path_view'));
const ENTRIES = 1000;

const ACTS = {
  pause: { name: 'Put on hold', text: 'The case takes no further step until it goes on. Its tasks are on hold; messages are kept in their order.' },
  resume: { name: 'Let it go on', text: 'The case goes on where it stopped.' },
  cancel: { name: 'Cancel', text: 'The workflow is asked to end; it may clean up first. This cannot be taken back.' },
} as const;
type Act = keyof typeof ACTS;

interface Told {
  instance: InstanceDetail;
  decided: Decided[];
  tasks: Task[];
}

type Listed<Item> = ReturnType<typeof usePages<Item>>;

function Actions({ instance, decided, tasks }: Told) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Act | null>(null);
  const act = useMutation({
    mutationFn: ({ which, reason }: { which: Act; reason: string }) => api.post(`/v1/instances/${part(instance.id)}/${which}`, { body: { reason } }),
    onSuccess: () => {
      setAsked(null);
      void queries.invalidateQueries({ queryKey: ['instance'] });
    },
  });
  if (instance.status !== 'running') return null;
  return (
    <div className="actions">
      {may('instance.control') && (instance.paused ? (['resume', 'cancel'] as const) : (['pause', 'cancel'] as const)).map((which) => (
        <button key={which} type="button" className="button" onClick={() => { act.reset(); setAsked(which); }}>
          {ACTS[which].name}
        </button>
      ))}
      <OverrideButton instance={instance} decided={decided} tasks={tasks} />
      {asked && (
        <ReasonDialog title={ACTS[asked].name} confirm={ACTS[asked].name} close={() => setAsked(null)} pending={act.isPending} error={act.error && <Failed error={act.error} />} act={(reason) => act.mutate({ which: asked, reason })}>
          <p>{ACTS[asked].text}</p>
        </ReasonDialog>
      )}
    </div>
  );
}

// What the script itself says about where the case stands, if it has an answer.
function Where({ instance }: { instance: InstanceDetail }) {
  const { data } = useQuery({
    queryKey: ['instance', 'one', instance.id, 'where'],
    queryFn: ({ signal }) => api.post<{ value?: string } | string>(`/v1/instances/${part(instance.id)}/queries/where`, { signal }),
    enabled: instance.status === 'running',
    retry: false,
  });
  const said = typeof data === 'string' ? data : data?.value;
  return typeof said === 'string' ? <p className="why">{said}</p> : null;
}

function Head({ instance, decided, tasks, patient, now }: Told & { patient: Patient | undefined; now: number }) {
  const status = instance.paused ? 'On hold' : { running: 'Open', completed: 'Ended', failed: 'Failed', cancelled: 'Cancelled' }[instance.status];
  return (
    <header className="case-head">
      <div>
        <h1>
          {words(instance.workflow)} {isMasked(instance.business_key) ? instance.id : instance.business_key}
        </h1>
        <p className="about">
          {patient ? (
            <>
              <Link to={`/patients/${encodeURIComponent(patient.id)}`}>
                <strong>{nameOf(patient.demographics)}</strong>
              </Link>
              <span className="muted">{tellApart(patient.demographics, now)}</span>
            </>
          ) : isMasked(instance.patient) ? (
            <>
              <span className="muted">Whom it is about is hidden: you may not see personal data</span>
              {mayBreakGlass() && <BreakGlassButton path={`/v1/instances/${part(instance.id)}`} />}
            </>
          ) : instance.patient ? null : (
            <span className="muted">About no patient</span>
          )}
          {patient && !may('patient.read') && <span className="chip high">Glass broken: what you see is recorded</span>}
        </p>
        <p className="task-marks">
          <span className={`chip ${instance.paused ? 'high' : instance.status === 'failed' ? 'urgent' : ''}`}>{status}</span>
          <span className="muted">
            Begun {ago(instance.started_at, now)} ({when(instance.started_at)}){instance.closed_at && `, ended ${when(instance.closed_at)}`}
          </span>
        </p>
        <Where instance={instance} />
      </div>
      <Actions instance={instance} decided={decided} tasks={tasks} />
    </header>
  );
}

function Overview({ instance, tasks, now }: { instance: InstanceDetail; tasks: Listed<Task>; now: number }) {
  const decided = tasks.items.filter((task) => task.decision);
  const alerts = usePages<Alert>(['alert', 'case', instance.id], '/v1/alerts', { instance: instance.id });
  const open = instance.incidents.filter((incident) => !incident.resolved_at);
  return (
    <div className="overview">
      {open.map((incident) => (
        <IncidentCard key={incident.id} incident={incident} now={now} inCase />
      ))}
      {alerts.error && <Failed error={alerts.error} again={alerts.again} />}
      {alerts.items.map((alert) => (
        <AlertCard key={alert.id} alert={alert} now={now} inCase />
      ))}
      <WhyView instance={instance} now={now} />
      <section className="card" aria-labelledby="attributes">
        <h2 id="attributes">As it stands</h2>
        {isMasked(instance.business_key) ? <p className="muted">Hidden: you may not see personal data.</p> : <Facts of={instance.attributes} />}
        {instance.outcome && Object.keys(instance.outcome).length > 0 && (
          <>
            <h3>How it ended</h3>
            <Facts of={instance.outcome} />
          </>
        )}
        {(instance.parent || instance.children.length > 0) && (
          <>
            <h3>Related cases</h3>
            <ul className="plain">
              {instance.parent && (
                <li>
                  Asked for by <Link to={`/cases/${encodeURIComponent(instance.parent)}`}>{instance.parent}</Link>
                </li>
              )}
              {instance.children.map((child) => (
                <li key={child}>
                  Began <Link to={`/cases/${encodeURIComponent(child)}`}>{child}</Link>
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      <section className="card" aria-labelledby="decided">
        <h2 id="decided">What people decided</h2>
        {tasks.error && <Failed error={tasks.error} again={tasks.again} />}
        {decided.length === 0 && !tasks.error && !tasks.isPending && <p className="muted">Nothing yet.</p>}
        <ul className="plain decided-list">
          {decided.map((task) => (
            <li key={task.id}>
              <Link to={`/inbox/${encodeURIComponent(task.id)}`}>{task.request?.title ?? words(task.name)}</Link>: <strong>{words(task.decision?.outcome ?? '')}</strong>
              <p className="muted">
                {task.decision?.by.subject}, {when(task.decision?.at ?? '')}
                {task.decision?.reason && ` – ${task.decision.reason}`}
              </p>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

export function Case() {
  const { instance: id = '' } = useParams();
  const now = useNow();
  const { data: instance, error, refetch } = useQuery({ queryKey: ['instance', 'one', id], queryFn: ({ signal }) => api.get<InstanceDetail>(`/v1/instances/${part(id)}`, { signal }) });
  const history = usePages<HistoryEntry>(['instance', 'one', id, 'history'], `/v1/instances/${part(id)}/history`, { limit: ENTRIES });
  const tasks = usePages<Task>(['task', 'case', id], '/v1/tasks', { instance: id, limit: 500 });
  const patient = useQuery({
    queryKey: ['patient', 'one', instance?.patient],
    queryFn: ({ signal }) => api.get<Patient>(`/v1/patients/${part(instance?.patient ?? '')}`, { signal }),
    enabled: Boolean(instance?.patient) && !isMasked(instance?.patient),
  }).data;
  // What was decided last stands at the end: decisions, path and story are told of the whole journal.
  const { hasMore, more, error: broken } = history;
  const loaded = history.items.length;
  useEffect(() => {
    if (hasMore && !broken) more(); // What did not come is asked for again by hand.
  }, [hasMore, more, loaded, broken]);
  if (error instanceof ApiError && error.status === 404) return <Empty title="There is no such case" icon="search" page />;
  if (error && !instance) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  if (!instance) return <div className="page"><Loading what="the case" rows={6} /></div>;
  const entries = history.items;
  // A story of which a part does not come is not the whole one: that is said above it.
  const told = (body: ReactNode) => (
    <>
      {broken && <Failed error={broken} again={history.again} />}
      {history.isPending ? <Loading what="the history" /> : (!broken || loaded > 0) && body}
    </>
  );
  const decided = decisionsOf(entries);
  return (
    <div className="page">
      <Head instance={instance} decided={decided} tasks={tasks.items} patient={patient} now={now} />
      <Tabs
        label="Parts of the case"
        tabs={[
          { id: 'now', name: 'Now', body: () => <Overview instance={instance} tasks={tasks} now={now} /> },
          { id: 'history', name: 'What happened', body: () => told(<Timeline entries={entries} />) },
          { id: 'decisions', name: 'Decisions', body: () => told(<DecisionsView decided={decided} tasks={tasks.items} instance={instance} />) },
          { id: 'path', name: 'Path', body: () => <PathView instance={instance} entries={entries} /> },
          { id: 'script', name: 'Script', body: () => <ScriptView instance={instance} /> },
          ...(may('incident.resolve') ? [{ id: 'what-if', name: 'What if', body: () => <WhatIfView instance={instance} entries={entries} /> }] : []),
          { id: 'messages', name: 'Messages', body: () => <Messages entries={entries} /> },
          { id: 'journal', name: 'Journal', count: entries.length, body: () => <JournalView entries={entries} more={history.hasMore ? history.more : undefined} /> },
        ]}
      />
    </div>
  );
}
