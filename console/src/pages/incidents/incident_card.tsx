// A failure that needs an operator: its cause, where, and what can be done about it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { api, part } from '../../api/client';
import type { Incident } from '../../api/types';
import { ReasonDialog } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { Failed } from '../../parts/states';
import { Facts } from '../../parts/values';
import { ago, when, words } from '../../words';

const ACTS = {
  retry: { name: 'Try again', text: 'What failed is tried once more.' },
  skip: { name: 'Go on without', text: 'The case goes on as if this step had given the value below, or nothing.' },
  cancel: { name: 'Give the case up', text: 'The case ends as cancelled.' },
} as const;
type Act = keyof typeof ACTS;

export function IncidentCard({ incident, now, inCase }: { incident: Incident; now: number; inCase?: boolean }) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Act | null>(null);
  const [value, setValue] = useState('');
  const [bad, setBad] = useState(false);
  const act = useMutation({
    mutationFn: ({ which, reason }: { which: Act; reason: string }) =>
      api.post(`/v1/instances/${part(incident.instance)}/incidents/${incident.number}/${which}`, { body: { reason, ...(which === 'skip' && value.trim() ? { value: JSON.parse(value) as unknown } : {}) } }),
    onSuccess: () => {
      setAsked(null);
      void queries.invalidateQueries({ queryKey: ['incident'] });
      void queries.invalidateQueries({ queryKey: ['instance'] });
    },
  });
  const run = (which: Act, reason: string) => {
    try {
      if (value.trim()) JSON.parse(value);
      setBad(false);
    } catch {
      return setBad(true);
    }
    act.mutate({ which, reason });
  };
  return (
    <article className="card incident" aria-label={`Incident: ${incident.cause.message ?? incident.cause.code}`}>
      <header>
        <Icon name="alert" />
        <div>
          <h2>{incident.cause.message ?? words(incident.cause.code)}</h2>
          <p className="muted">
            {!inCase && (
              <>
                <Link to={`/cases/${encodeURIComponent(incident.instance)}`}>{incident.instance}</Link>,{' '}
              </>
            )}
            <code>{incident.cause.code}</code>
            {incident.line && (
              <>
                {' '}
                at <code>{incident.line}</code>
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
      {!incident.resolved_at && (
        <div className="actions">
          {(Object.keys(ACTS) as Act[]).map((which) => (
            <button key={which} type="button" className="button" onClick={() => { act.reset(); setAsked(which); }}>
              {ACTS[which].name}
            </button>
          ))}
        </div>
      )}
      {asked && (
        <ReasonDialog title={ACTS[asked].name} confirm={ACTS[asked].name} close={() => setAsked(null)} pending={act.isPending} error={act.error && <Failed error={act.error} />} act={(reason) => run(asked, reason)}>
          <p>{ACTS[asked].text}</p>
          {asked === 'skip' && (
            <label className="field">
              <span>Value, as JSON</span>
              <textarea rows={3} value={value} aria-invalid={bad} onChange={(event) => setValue(event.target.value)} />
              {bad && <span className="field-error">This is not JSON. Text needs quotes.</span>}
            </label>
          )}
        </ReasonDialog>
      )}
    </article>
  );
}
