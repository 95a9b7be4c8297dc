// What a person should know before they decide: who it is about, where the case stands, and what else it waits for.
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, part } from '../../api/client';
import { usePages } from '../../api/pages';
import type { Alert, InstanceDetail, Patient, Task } from '../../api/types';
import { Failed, Loading } from '../../parts/states';
import { Facts } from '../../parts/values';
import { isMasked } from '../../people';
import { words } from '../../words';
import { AlertCard } from '../alerts/alert_card';
import { Summary } from './summary';

function Case({ instance, task }: { instance: InstanceDetail; task: Task }) {
  const others = instance.open_tasks.filter((other) => other.id !== task.id);
  return (
    <section className="context-part" aria-labelledby="context-case">
      <h3 id="context-case">The case</h3>
      <Link to={`/cases/${encodeURIComponent(instance.id)}`}>
        {words(instance.workflow)} {instance.business_key}
      </Link>
      <Facts of={{ ...instance.attributes, begun: instance.started_at }} />
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
    enabled: Boolean(id) && !isMasked(id),
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
  const alerts = usePages<Alert>(['alert', 'case', task.instance], '/v1/alerts', { instance: task.instance });
  const failed = instance.error ?? patient.error;
  return (
    <aside className="context" aria-label="Context">
      {failed && <Failed error={failed} />}
      {patient.data ? <Summary patient={patient.data} now={now} /> : task.patient && !isMasked(task.patient) && !failed && <Loading what="the patient" />}
      {alerts.error && <Failed error={alerts.error} again={alerts.again} />}
      {alerts.items.map((alert) => (
        <AlertCard key={alert.id} alert={alert} now={now} inCase />
      ))}
      {instance.data ? <Case instance={instance.data} task={task} /> : !failed && <Loading what="the case" />}
    </aside>
  );
}
