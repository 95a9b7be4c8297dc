// What a person should know before they decide: who it is about, where the case stands, what has happened lately, what else waits.
import { useQuery } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { InstanceDetail, Page, Patient, PatientEvent, Task } from '../../api/types';
import { Failed, Loading } from '../../parts/states';
import { Facts } from '../../parts/values';
import { ago, when, words } from '../../words';

function Person({ patient }: { patient: Patient }) {
  return (
    <section className="context-part" aria-labelledby="context-person">
      <h3 id="context-person">Identity</h3>
      <ul className="plain muted">
        {patient.identifiers.map((identifier) => (
          <li key={identifier.system + identifier.value}>
            {identifier.type || 'Number'} {identifier.value} <span>({identifier.system})</span>
          </li>
        ))}
      </ul>
      {(patient.merged_from?.length ?? 0) > 0 && <p className="notice">Two records of this person were joined.</p>}
      {patient.demographics?.deceased ? <p className="notice warn">Recorded as deceased.</p> : null}
    </section>
  );
}

function Recent({ patient, now }: { patient: string; now: number }) {
  const { data, error } = useQuery({
    queryKey: ['patient', 'timeline', patient, 6],
    queryFn: ({ signal }) => api.get<Page<PatientEvent>>(`/v1/patients/${part(patient)}/timeline`, { query: { limit: 6 }, signal }),
  });
  if (error) return <Failed error={error} />;
  if (!data) return <Loading what="recent events" rows={2} />;
  return (
    <section className="context-part" aria-labelledby="context-recent">
      <h3 id="context-recent">Lately</h3>
      <ul className="plain events">
        {data.items.map((event) => (
          <li key={event.id}>
            <span>{words(event.type)}</span>
            <span className="muted" title={when(event.occurred_at)}>
              {ago(event.occurred_at, now)}
            </span>
          </li>
        ))}
      </ul>
      {data.items.length === 0 && <p className="muted">Nothing is known.</p>}
    </section>
  );
}

function Case({ instance, task }: { instance: InstanceDetail; task: Task }) {
  const others = instance.open_tasks.filter((other) => other.id !== task.id);
  return (
    <section className="context-part" aria-labelledby="context-case">
      <h3 id="context-case">Case</h3>
      <Facts of={{ workflow: words(instance.workflow), ...instance.attributes, begun: instance.started_at }} />
      {others.length > 0 && (
        <>
          <h4>Also waits for</h4>
          <ul className="plain">
            {others.map((other) => (
              <li key={other.id}>
                {other.request?.title ?? words(other.name)} <span className="muted">({other.roles.map(words).join(', ')})</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

export function usePatient(id: string | undefined) {
  return useQuery({
    queryKey: ['patient', 'one', id],
    queryFn: ({ signal }) => api.get<Patient>(`/v1/patients/${part(id ?? '')}`, { signal }),
    enabled: Boolean(id),
  });
}

export function useInstance(id: string | undefined) {
  return useQuery({
    queryKey: ['instance', 'one', id],
    queryFn: ({ signal }) => api.get<InstanceDetail>(`/v1/instances/${part(id ?? '')}`, { signal }),
    enabled: Boolean(id),
  });
}

export function TaskContext({ task, now }: { task: Task; now: number }) {
  const instance = useInstance(task.instance);
  const patient = usePatient(task.patient);
  const failed = instance.error ?? patient.error;
  return (
    <aside className="context" aria-label="Context">
      {failed && <Failed error={failed} />}
      {patient.data && <Person patient={patient.data} />}
      {task.patient && <Recent patient={task.patient} now={now} />}
      {instance.data ? <Case instance={instance.data} task={task} /> : !failed && <Loading what="the case" />}
    </aside>
  );
}
