// Messages as they came: those that were not understood first, with what can be done about each.
import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { api, part } from '../../api/client';
import { useNow } from '../../api/clock';
import { usePages } from '../../api/pages';
import type { StoredMessage } from '../../api/types';
import { Empty, Failed, Loading } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { ago, when } from '../../words';
import { MessageActions } from './message_actions';

const STATES = { quarantined: 'Not understood', accepted: 'Taken' } as const;
type State = keyof typeof STATES;

function Detail({ source, id }: { source: string; id: string }) {
  const { data: message, error } = useQuery({
    queryKey: ['message', 'one', source, id],
    queryFn: ({ signal }) => api.get<StoredMessage>(`/v1/messages/${part(source)}/${part(id)}`, { signal }),
  });
  if (error) return <Failed error={error} />;
  if (!message) return <Loading what="the message" />;
  const lines = (message.raw ?? '').split(/\r\n?|\n/).filter(Boolean);
  return (
    <section className="card message" aria-labelledby="message">
      <h2 id="message">Message {message.message_id}</h2>
      <p className="muted">
        From {message.source}, {when(message.received_at)}, {message.format}
      </p>
      {message.reason && (
        <p className="notice warn">
          {message.reason} {message.reason_code && <a href={`/errors/${message.reason_code}`} target="_blank" rel="noreferrer">About {message.reason_code}</a>}
        </p>
      )}
      {message.raw !== undefined ? (
        <pre className="raw" tabIndex={0} aria-label="As it came">
          {lines.map((line, index) => (
            <span key={index}>
              <strong>{line.slice(0, 3)}</strong>
              {line.slice(3)}
              {'\n'}
            </span>
          ))}
        </pre>
      ) : (
        <p className="muted">Its bytes are no text; the API has them in base64.</p>
      )}
      {message.events.length > 0 && <p className="muted">Became {message.events.length === 1 ? 'one event' : `${message.events.length} events`}.</p>}
      {message.state === 'quarantined' && <MessageActions key={message.source + message.message_id} message={message} />}
    </section>
  );
}

export function Messages() {
  const now = useNow();
  const [search, setSearch] = useSearchParams();
  const state: State = search.get('state') === 'accepted' ? 'accepted' : 'quarantined';
  const source = search.get('source');
  const id = search.get('id');
  const { items, more, error, isPending, again } = usePages<StoredMessage>(['message', 'list'], '/v1/messages', { state });
  const columns: Column<StoredMessage>[] = [
    { key: 'id', head: 'Message', cell: (row) => <Link to={`/messages?state=${state}&source=${encodeURIComponent(row.source)}&id=${encodeURIComponent(row.message_id)}`}>{row.message_id}</Link> },
    { key: 'source', head: 'From', cell: (row) => row.source },
    { key: 'at', head: 'Came', cell: (row) => <span title={when(row.received_at)}>{ago(row.received_at, now)}</span> },
    ...(state === 'quarantined' ? [{ key: 'why', head: 'Why not', className: 'wide', cell: (row: StoredMessage) => row.reason } satisfies Column<StoredMessage>] : [{ key: 'events', head: 'Events', cell: (row: StoredMessage) => row.events.length } satisfies Column<StoredMessage>]),
  ];
  return (
    <div className="page">
      <h1>Messages</h1>
      <div className="tabs page-tabs" role="group" aria-label="Which messages">
        {(Object.keys(STATES) as State[]).map((name) => (
          <button key={name} type="button" className="tab" aria-pressed={name === state} onClick={() => setSearch({ state: name })}>
            {STATES[name]}
          </button>
        ))}
      </div>
      <div className={source && id ? 'beside' : ''}>
        <section className="card cases" aria-label="Messages">
          {error && items.length === 0 ? <Failed error={error} again={again} /> : isPending ? <Loading what="messages" /> : items.length === 0 ? <Empty title={state === 'quarantined' ? 'Every message was understood' : 'No message came yet'} /> : <Table label="Messages" columns={columns} rows={items} rowKey={(row) => `${row.source} ${row.message_id}`} current={source && id ? `${source} ${id}` : undefined} more={more} />}
        </section>
        {source && id && <Detail key={source + id} source={source} id={id} />}
      </div>
    </div>
  );
}
