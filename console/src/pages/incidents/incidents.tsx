// All open incidents, oldest first; the same thing may be done to all that have the same cause.
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useNow } from '../../api/clock';
import { usePages } from '../../api/pages';
import { may } from '../../api/session';
import type { Incident } from '../../api/types';
import { Empty, Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { BatchDialog } from '../board/bulk';
import { BatchList } from '../board/batch_list';
import { IncidentCard } from './incident_card';

export function Incidents() {
  const now = useNow();
  const [search, setSearch] = useSearchParams();
  const code = search.get('code') ?? '';
  const { items, more, hasMore, error, isPending, again } = usePages<Incident>(['incident', 'list'], '/v1/incidents');
  const [all, setAll] = useState(false);
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
            {may('batch.run') && (
              <button type="button" className="button" disabled={shown.length === 0} onClick={() => setAll(true)}>
                Try all of {code ? 'this cause' : 'them'} again
              </button>
            )}
          </div>
          <div className="cards">
            {shown.map((incident) => (
              <IncidentCard key={incident.id} incident={incident} now={now} />
            ))}
          </div>
          {all && <BatchDialog action="retry" query={code ? { code } : { all: true }} close={() => setAll(false)} />}
          {may('batch.read') && <BatchList now={now} />}
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
