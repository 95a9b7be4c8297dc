// A failure that needs an operator: its cause, where, and what the server offers to do about it.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { api, part } from '../../api/client';
import { may } from '../../api/session';
import type { Incident, IncidentDetail, Json, JsonObject } from '../../api/types';
import { ReasonDialog } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { Failed } from '../../parts/states';
import { Facts } from '../../parts/values';
import { causeOf } from '../../people';
import { ago, when, words } from '../../words';

type Act = NonNullable<Incident['offers']>[number]['action'];

const NAMES: Record<Act, string> = { retry: 'Try again', edit: 'Mend the input', skip: 'Go on without', rewind: 'Go back to a step', pause: 'Put the case on hold', cancel: 'Give the case up' };

function parsed(text: string): { value?: Json; bad: boolean } {
  if (!text.trim()) return { bad: false };
  try {
    return { value: JSON.parse(text) as Json, bad: false };
  } catch {
    return { bad: true };
  }
}

function pathOf(incident: Incident): string {
  return `/v1/instances/${part(incident.instance)}/incidents/${incident.number}`;
}

function useIncident(incident: Incident, enabled: boolean): IncidentDetail | undefined {
  return useQuery({ queryKey: ['incident', 'one', incident.id], queryFn: ({ signal }) => api.get<IncidentDetail>(pathOf(incident), { signal }), enabled }).data;
}

function JsonField({ label, text, bad, change }: { label: string; text: string; bad: boolean; change: (text: string) => void }) {
  return (
    <label className="field">
      <span>{label}</span>
      <textarea className="mono" rows={6} spellCheck={false} value={text} aria-invalid={bad} onChange={(event) => change(event.target.value)} />
      {bad && <span className="field-error">This is not JSON. Text needs quotes.</span>}
    </label>
  );
}

function ActDialog({ incident, act, sentence, close }: { incident: Incident; act: Act; sentence: string; close: () => void }) {
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const [place, setPlace] = useState('');
  const [bad, setBad] = useState(false);
  const path = pathOf(incident);
  const detail = useIncident(incident, act === 'edit' || act === 'rewind');
  useEffect(() => {
    if (act === 'edit' && detail) setText(JSON.stringify(detail.input ?? null, null, 2));
  }, [act, detail]);
  const places = detail?.rewind ?? [];
  const doIt = useMutation({
    mutationFn: (body: JsonObject) => api.post(act === 'pause' ? `/v1/instances/${part(incident.instance)}/pause` : `${path}/${act}`, { body }),
    onSuccess: () => {
      close();
      void queries.invalidateQueries({ queryKey: ['incident'] });
      void queries.invalidateQueries({ queryKey: ['instance'] });
    },
  });
  const run = (reason: string) => {
    const { value, bad: wrong } = parsed(text);
    setBad(wrong);
    if (wrong) return;
    const body: JsonObject = { reason };
    if (act === 'edit') body.input = value ?? null;
    if (act === 'skip' && value !== undefined) body.value = value;
    if (act === 'rewind') body.rewind_to = Number(place || places.at(-1)?.rewind_to);
    doIt.mutate(body);
  };
  return (
    <ReasonDialog title={NAMES[act]} confirm={NAMES[act]} close={close} pending={doIt.isPending} error={doIt.error && <Failed error={doIt.error} />} act={run}>
      <p>{sentence}</p>
      {act === 'skip' && <JsonField label="What the step is to have given, as JSON (empty: nothing)" text={text} bad={bad} change={setText} />}
      {act === 'edit' && <JsonField label="Its input" text={text} bad={bad} change={setText} />}
      {act === 'rewind' && (
        <label className="field">
          <span>Back to</span>
          <select value={place || places.at(-1)?.rewind_to} onChange={(event) => setPlace(event.target.value)}>
            {places.map((one) => (
              <option key={one.rewind_to} value={one.rewind_to}>
                Before {words(one.name || one.step).toLowerCase()}, {when(one.at)} {one.line && `(${one.line})`}
              </option>
            ))}
          </select>
        </label>
      )}
    </ReasonDialog>
  );
}

export function IncidentCard({ incident, now, inCase }: { incident: Incident; now: number; inCase?: boolean }) {
  const [asked, setAsked] = useState<Act | null>(null);
  const acts = !incident.resolved_at && may('incident.resolve');
  // A case names its incidents without what is offered.
  const detail = useIncident(incident, acts && !incident.offers);
  const offers = acts ? (incident.offers ?? detail?.offers ?? []) : [];
  return (
    <article className="card incident" aria-label={`Incident: ${causeOf(incident)}`}>
      <header>
        <Icon name="alert" />
        <div>
          <h2>{causeOf(incident)}</h2>
          <p className="muted">
            {!inCase && (
              <>
                <Link to={`/cases/${encodeURIComponent(incident.instance)}`}>{incident.instance}</Link>,{' '}
              </>
            )}
            {/^BT\d+$/.test(incident.cause.code) ? (
              <a href={`/errors/${incident.cause.code}`} target="_blank" rel="noreferrer">
                About {incident.cause.code}
              </a>
            ) : (
              <code>{incident.cause.code}</code>
            )}
            {incident.line && (
              <>
                {' '}
                at <Link to={`/cases/${encodeURIComponent(incident.instance)}?tab=script&line=${encodeURIComponent(incident.line)}`}>{incident.line}</Link>
              </>
            )}
            , <span title={when(incident.opened_at)}>{ago(incident.opened_at, now)}</span>
          </p>
        </div>
      </header>
      {incident.cause.details ? (
        <details>
          <summary>Details</summary>
          <Facts of={incident.cause.details} />
        </details>
      ) : null}
      {offers.length > 0 && (
        <div className="actions">
          {offers.map((offer) => (
            <button key={offer.action} type="button" className="button" title={offer.sentence} onClick={() => setAsked(offer.action)}>
              {NAMES[offer.action]}
            </button>
          ))}
        </div>
      )}
      {asked && <ActDialog incident={incident} act={asked} sentence={offers.find((offer) => offer.action === asked)?.sentence ?? ''} close={() => setAsked(null)} />}
    </article>
  );
}
