// All open incidents, oldest first; the same thing may be done to all that have the same cause.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { api, part } from '../../api/client';
import { useNow } from '../../api/clock';
import { usePages } from '../../api/pages';
import type { Incident } from '../../api/types';
import { ReasonDialog } from '../../parts/dialog';
import { Empty, Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { IncidentCard } from './incident_card';

function RetryAll({ incidents }: { incidents: Incident[] }) {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [said, setSaid] = useState('');
  const run = async (reason: string) => {
    setOpen(false);
    let refused = 0;
    for (const [index, incident] of incidents.entries()) {
      try {
        await api.post(`/v1/instances/${part(incident.instance)}/incidents/${incident.number}/retry`, { body: { reason } });
      } catch {
        refused += 1;
      }
      setSaid(`${index + 1} of ${incidents.length} tried again${refused ? `, ${refused} refused` : ''}.`);
    }
    void queries.invalidateQueries({ queryKey: ['incident'] });
  };
  return (
    <>
      <button type="button" className="button" disabled={incidents.length === 0} onClick={() => setOpen(true)}>
        Try all {incidents.length} again
      </button>
      <p role="status">{said}</p>
      {open && (
        <ReasonDialog title={`Try ${incidents.length} again`} confirm="Try again" close={() => setOpen(false)} act={(reason) => void run(reason)}>
          <p>What failed in each of these cases is tried once more, one case after the other.</p>
        </ReasonDialog>
      )}
    </>
  );
}

export function Incidents() {
  const now = useNow();
  const [search, setSearch] = useSearchParams();
  const code = search.get('code') ?? '';
  const { items, more, hasMore, error, isPending, again } = usePages<Incident>(['incident', 'list'], '/v1/incidents');
  const codes = [...new Set(items.map((incident) => incident.cause.code))].sort();
  const shown = code ? items.filter((incident) => incident.cause.code === code) : items;
  return (
    <div className="page">
      <h1>Incidents</h1>
      {error && items.length === 0 ? (
        <Failed error={error} again={again} />
      ) : isPending ? (
        <Loading what="incidents" />
      ) : items.length === 0 ? (
        <Empty title="No incident is open">Whatever fails and needs somebody appears here by itself.</Empty>
      ) : (
        <>
          <div className="filters">
            <label className="inline-field">
              <span>Cause</span>
              <select value={code} onChange={(event) => setSearch(event.target.value ? { code: event.target.value } : {}, { replace: true })}>
                <option value="">All</option>
                {codes.map((one) => (
                  <option key={one} value={one}>
                    {words(one)}
                  </option>
                ))}
              </select>
            </label>
            <RetryAll incidents={shown} />
          </div>
          <div className="cards">
            {shown.map((incident) => (
              <IncidentCard key={incident.id} incident={incident} now={now} />
            ))}
          </div>
          {hasMore && (
            <button type="button" className="button" onClick={more}>
              More
            </button>
          )}
        </>
      )}
    </div>
  );
}
