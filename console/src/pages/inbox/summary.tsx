// What is known of the patient before somebody decides: how sure it is who this is, allergies, what was ordered and is not there yet, what
// happened lately. Each with its age: what is old may no longer hold.
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, part } from '../../api/client';
import type { Allergy, Patient, PatientSummary } from '../../api/types';
import { Icon } from '../../parts/icon';
import { Failed, Loading } from '../../parts/states';
import { isMasked } from '../../people';
import { ago, when, words } from '../../words';

function Age({ at, now }: { at: string; now: number }) {
  return (
    <time className="age" dateTime={at} title={when(at)}>
      {ago(at, now)}
    </time>
  );
}

function Identity({ patient, summary }: { patient: Patient; summary: PatientSummary }) {
  const { joined, identifiers } = summary.identity;
  return (
    <section className="context-part" aria-labelledby="context-person">
      <h3 id="context-person">Who this is</h3>
      <p className="sure">
        <Icon name="check" size={18} /> <span>Certain: recognised by {identifiers === 1 ? 'a number' : `${identifiers} numbers`}, not by name</span>
      </p>
      <ul className="plain muted">
        {patient.identifiers.map((identifier) => (
          <li key={identifier.system + identifier.value}>
            {identifier.type || 'Number'} <span className="text">{identifier.value}</span> from {identifier.system}
          </li>
        ))}
      </ul>
      {joined > 0 && <p className="notice">{joined === 1 ? 'Another record' : `${joined} other records`} of this person {joined === 1 ? 'was' : 'were'} joined into this one.</p>}
      {patient.demographics?.deceased ? <p className="notice warn">Recorded as deceased.</p> : null}
      <Link to={`/patients/${encodeURIComponent(patient.id)}`}>All that is known</Link>
    </section>
  );
}

function OneAllergy({ allergy }: { allergy: Allergy }) {
  const more = [allergy.kind, ...(allergy.reactions ?? [])].filter(Boolean).join(', ').toLowerCase();
  return (
    <li>
      <span>
        <strong>{allergy.name ?? allergy.code}</strong> {more && <span className="muted">{more}</span>}
      </span>
      {allergy.severity && <span className={`chip ${allergy.severity === 'severe' ? 'urgent' : ''}`}>{words(allergy.severity)}</span>}
    </li>
  );
}

function Allergies({ summary, now }: { summary: PatientSummary; now: number }) {
  const known = summary.allergies;
  return (
    <section className="context-part" aria-labelledby="context-allergies">
      <h3 id="context-allergies">
        Allergies {known && <Age at={known.as_of} now={now} />}
      </h3>
      {!known && <p className="muted">Nobody has told Baton. That is not the same as none.</p>}
      {known && known.items.length === 0 && <p>None, {known.source} says.</p>}
      <ul className="plain context-list">
        {known?.items.map((allergy) => (
          <OneAllergy key={`${allergy.code}${allergy.name}`} allergy={allergy} />
        ))}
      </ul>
    </section>
  );
}

function Orders({ summary, now }: { summary: PatientSummary; now: number }) {
  return (
    <section className="context-part" aria-labelledby="context-orders">
      <h3 id="context-orders">Ordered, no result yet</h3>
      {summary.pending_orders.length === 0 && <p className="muted">Nothing that Baton knows of.</p>}
      <ul className="plain context-list">
        {summary.pending_orders.map((order) => (
          <li key={order.order}>
            <span>
              {order.name ?? order.order} <span className="muted">{words(order.status).toLowerCase()}</span>
            </span>
            <Age at={order.since} now={now} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Recent({ summary, now }: { summary: PatientSummary; now: number }) {
  return (
    <section className="context-part" aria-labelledby="context-recent">
      <h3 id="context-recent">Lately</h3>
      <ul className="plain context-list">
        {summary.recent.map((event) => (
          <li key={event.id}>
            <span>{words(event.type)}</span>
            <Age at={event.occurred_at} now={now} />
          </li>
        ))}
      </ul>
      {summary.recent.length === 0 && <p className="muted">Nothing is known.</p>}
    </section>
  );
}

export function useSummary(patient: string | undefined) {
  return useQuery({
    queryKey: ['patient', 'one', patient, 'summary'],
    queryFn: ({ signal }) => api.get<PatientSummary>(`/v1/patients/${part(patient ?? '')}/summary`, { signal }),
    enabled: Boolean(patient) && !isMasked(patient),
  });
}

// What nobody may overlook, beside the name: on a tablet the rest is further down.
export function AllergyLine({ patient }: { patient: string | undefined }) {
  const known = useSummary(patient).data?.allergies;
  if (!known || known.items.length === 0) return null;
  const severe = known.items.some((allergy) => allergy.severity === 'severe');
  return (
    <p className={`allergy-line ${severe ? 'severe' : ''}`}>
      <Icon name="alert" size={18} /> Allergic to {known.items.map((allergy) => `${allergy.name ?? allergy.code}${allergy.severity === 'severe' ? ' (severe)' : ''}`).join(', ')}
    </p>
  );
}

export function Summary({ patient, now }: { patient: Patient; now: number }) {
  const { data, error } = useSummary(patient.id);
  if (error) return <Failed error={error} />;
  if (!data) return <Loading what="what is known of the patient" rows={3} />;
  return (
    <>
      <Identity patient={patient} summary={data} />
      <Allergies summary={data} now={now} />
      <Orders summary={data} now={now} />
      <Recent summary={data} now={now} />
    </>
  );
}
