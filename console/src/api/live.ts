// Hears from the server what has changed, and has it read again: within a moment, and never more than about once a second. Tabs
// of one browser share one stream: whoever holds the lock listens and passes on what it hears, and the next takes over when that tab goes.
import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

export type LiveState = 'connecting' | 'live' | 'lost';

const TOPICS = ['task', 'instance', 'incident', 'patient', 'message'] as const;
type Topic = (typeof TOPICS)[number];
type News = { topic: Topic; id: string; at: string } | { reset: true } | { state: LiveState } | { ask: true };

// The first change of a while is read at once; while changes keep coming, a list is read once in so long.
const GATHER_MS = 60;
const PAUSE_MS = 1000;
const NAME = 'baton.live';

let state: LiveState = 'connecting';
const listeners = new Set<() => void>();

function become(next: LiveState) {
  if (state === next) return;
  state = next;
  listeners.forEach((listener) => listener());
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

// Has read again what has changed. Queries begin their key with a topic, and with an id where they show one thing: ['task', 'one', id],
// ['task', 'list', ..].
class Reader {
  private changed = new Map<Topic, Set<string>>();
  private timer = 0;
  private readAt = -PAUSE_MS;

  constructor(private queries: QueryClient) {}

  note(topic: Topic, id: string) {
    if (!this.changed.has(topic)) this.changed.set(topic, new Set());
    this.changed.get(topic)?.add(id);
    const wait = Math.max(GATHER_MS, this.readAt + PAUSE_MS - performance.now());
    if (!this.timer) this.timer = window.setTimeout(() => this.readAgain(), wait);
  }

  everything() {
    void this.queries.invalidateQueries();
  }

  stop() {
    window.clearTimeout(this.timer);
  }

  private readAgain() {
    this.timer = 0;
    this.readAt = performance.now();
    const batch = this.changed;
    this.changed = new Map();
    void this.queries.invalidateQueries({
      predicate: ({ queryKey }) => {
        const ids = batch.get(queryKey[0] as Topic);
        if (!ids) return false;
        return queryKey[1] === 'one' ? ids.has(String(queryKey[2])) : true;
      },
    });
  }
}

// Listens to the server until `signal` says to end. `after` is the last thing that was heard, by this tab or another.
function listen(after: () => string, tell: (news: News) => void, signal: AbortSignal): Promise<void> {
  const last = after();
  const source = new EventSource(`/v1/live?topic=${TOPICS.join(',')}${last ? `&last_event_id=${encodeURIComponent(last)}` : ''}`);
  source.onopen = () => tell({ state: 'live' });
  source.onerror = () => tell({ state: 'lost' });
  for (const topic of TOPICS) {
    source.addEventListener(topic, (event) => tell({ topic, id: (JSON.parse(event.data) as { id: string }).id, at: event.lastEventId }));
  }
  source.addEventListener('reset', () => tell({ reset: true }));
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      source.close();
      resolve();
    });
  });
}

export function watch(queries: QueryClient): () => void {
  const reader = new Reader(queries);
  const ending = new AbortController();
  const channel = new BroadcastChannel(NAME);
  let last = '';
  let leads = false;

  const hear = (news: News) => {
    if ('ask' in news) {
      if (leads) channel.postMessage({ state } satisfies News);
    } else if ('state' in news) {
      // A server that was away may be another one: what happened meanwhile it cannot tell.
      if (news.state === 'live' && state === 'lost') reader.everything();
      become(news.state);
    } else if ('reset' in news) {
      reader.everything();
    } else {
      last = news.at;
      reader.note(news.topic, news.id);
    }
  };
  const tell = (news: News) => {
    hear(news);
    channel.postMessage(news);
  };
  channel.onmessage = (event: MessageEvent<News>) => hear(event.data);
  channel.postMessage({ ask: true } satisfies News);

  const lead = () => {
    if (ending.signal.aborted) return Promise.resolve(); // The lock may come a moment after it was given up.
    leads = true;
    return listen(() => last, tell, ending.signal);
  };
  // Without locks (a page that came over plain HTTP from elsewhere) each tab listens for itself.
  const { locks } = navigator as { locks?: LockManager };
  if (locks) locks.request(NAME, { signal: ending.signal }, lead).catch(() => undefined);
  else void lead();

  return () => {
    ending.abort();
    channel.close();
    reader.stop();
  };
}
