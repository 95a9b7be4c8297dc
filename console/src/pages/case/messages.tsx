// The messages that reached the case, with where each came from.
import { Link } from 'react-router';
import type { HistoryEntry, Json, JsonObject } from '../../api/types';
import { Empty } from '../../parts/states';
import { Facts } from '../../parts/values';
import { when, words } from '../../words';

function object(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

export function Messages({ entries }: { entries: HistoryEntry[] }) {
  const events = entries.flatMap((entry) => {
    if (entry.type === 'EventReceived') return [{ entry, event: object(entry.event), type: String(entry.event_type) }];
    if (entry.type !== 'Started') return [];
    const event = object(object(entry.input).event);
    return event.type ? [{ entry, event, type: String(event.type) }] : [];
  });
  if (events.length === 0) return <Empty title="No message has reached this case" />;
  return (
    <ul className="plain cards">
      {events.map(({ entry, event, type }) => {
        const source = object(event.source);
        return (
          <li key={entry.index} className="card">
            <h2>{words(type)}</h2>
            <p className="muted">
              {when(String(event.occurred_at ?? entry.at))}, from {String(source.system ?? 'unknown')}, message{' '}
              <Link to={`/messages?source=${encodeURIComponent(String(source.system ?? ''))}&id=${encodeURIComponent(String(source.message_id ?? ''))}`}>{String(source.message_id ?? '')}</Link>, read by{' '}
              {String(source.mapping ?? '')}
            </p>
            <details>
              <summary>What it says</summary>
              <Facts of={event.data} />
            </details>
          </li>
        );
      })}
    </ul>
  );
}
