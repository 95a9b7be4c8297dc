// Hears from the server what has changed, and has it read again, within a moment. Nothing is read that the news cannot concern: of
// each thing that is shown, the news of it; of each list, the news of what is on it or may come onto it. Tabs of one browser share one stream: whoever holds the lock listens and passes on what it hears, and the next takes over when that tab goes.
import type { Query, QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { api } from './client';

export type LiveState = 'connecting' | 'live' | 'lost';

const TOPICS = ['task', 'alert', 'instance', 'incident', 'patient', 'message', 'batch'] as const;
type Topic = (typeof TOPICS)[number];
interface Change {
  id: string; // Empty: so many that they are not named.
  roles?: string[]; // Of a task: who may decide it.
  people?: string[]; // Of a task: who has it, or whom it names.
}
type News = ({ topic: Topic; at: string } & Change) | { reset: true } | { state: LiveState; anew?: boolean } | { ask: true };

// What a list says of itself in the meta of its query: news of a task that is for none of these, and that the list does not hold, is no
// news for it. A list that says nothing hears everything of its topic.
export interface ListMeta extends Record<string, unknown> {
  roles?: string[];
  people?: string[];
}

// Changes that come together are read together. While they keep coming, a thing is read again after the shorter pause and a list, which costs
// the server more, after the longer.
const GATHER_MS = 30;
const PAUSE_MS = 100;
const LIST_PAUSE_MS = 250;
const MOST_QUERIES = 500;
const AGAIN_MS = 3000; // After a stream that was refused.
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

function holds(data: unknown, id: string): boolean {
  const pages = (data as { pages?: { items?: { id?: string }[] }[] } | undefined)?.pages;
  return pages?.some((page) => page.items?.some((item) => item.id === id)) ?? true; // What is no list of pages may hold anything.
}

function meet(some: string[] | undefined, others: string[] | undefined): boolean {
  return some?.some((one) => others?.includes(one)) ?? false;
}

// True when a query may show something else now. Queries begin their key with a topic, and with an id where they show one thing:
// ['task', 'one', id], ['task', 'list', ..].
export function concerns(query: Pick<Query, 'queryKey' | 'meta'> & { state: { data: unknown } }, topic: Topic, change: Change): boolean {
  if (query.queryKey[0] !== topic) return false;
  if (!change.id) return true;
  if (query.queryKey[1] === 'one') return change.id === String(query.queryKey[2]);
  const meta = query.meta as ListMeta | undefined;
  if (!change.roles || !(meta?.roles || meta?.people)) return true;
  return meet(change.roles, meta.roles) || meet(change.people, meta.people) || holds(query.state.data, change.id);
}

// Has read again what has changed.
class Reader {
  private waiting = new Set<string>(); // Hashes of queries.
  private gently = new Set<string>(); // Of those, which stay as they are if they could not be read: nothing is known to have changed.
  private timer = 0;
  private readAt = new Map<string, number>();

  constructor(private queries: QueryClient) {}

  note(topic: Topic, change: Change) {
    for (const query of this.queries.getQueryCache().getAll()) {
      if (!concerns(query, topic, change)) continue;
      this.waiting.add(query.queryHash);
      if (change.id) this.gently.delete(query.queryHash);
    }
    if (this.waiting.size > 0 && !this.timer) this.timer = window.setTimeout(() => this.readAgain(), GATHER_MS);
  }

  // Everything that news may be of, each after what is being read of it.
  all() {
    for (const query of this.queries.getQueryCache().getAll()) {
      if (TOPICS.some((topic) => concerns(query, topic, { id: '' })) && !this.waiting.has(query.queryHash)) this.gently.add(query.queryHash);
    }
    for (const topic of TOPICS) this.note(topic, { id: '' });
  }

  everything() {
    void this.queries.invalidateQueries();
  }

  stop() {
    window.clearTimeout(this.timer);
  }

  private readAgain() {
    this.timer = 0;
    const now = performance.now();
    const due = new Set<string>();
    let next = Infinity;
    for (const hash of this.waiting) {
      const query = this.queries.getQueryCache().get(hash);
      if (query?.state.status === 'error' && this.gently.has(hash)) {
        this.waiting.delete(hash);
        continue;
      }
      const pause = query?.queryKey[1] === 'one' ? PAUSE_MS : LIST_PAUSE_MS;
      // A read that is under way may be from before the change: it is let end, and then follows another.
      const at = query?.state.fetchStatus === 'fetching' ? now + GATHER_MS : (this.readAt.get(hash) ?? -Infinity) + pause;
      if (at <= now) due.add(hash);
      else next = Math.min(next, at);
    }
    if (this.readAt.size > MOST_QUERIES) this.readAt.clear();
    for (const hash of due) {
      this.waiting.delete(hash);
      this.gently.delete(hash);
      this.readAt.set(hash, now);
    }
    if (due.size > 0) void this.queries.invalidateQueries({ predicate: (query) => due.has(query.queryHash) });
    if (this.waiting.size > 0) this.timer = window.setTimeout(() => this.readAgain(), Math.max(0, next - now));
  }
}

// Listens to the server until `signal` says to end. `after` is the last thing that was heard, by this tab or another.
function listen(after: () => string, tell: (news: News) => void, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const last = after();
  const source = new EventSource(`/v1/live?gather=true&topic=${TOPICS.join(',')}${last ? `&last_event_id=${encodeURIComponent(last)}` : ''}`);
  // Of a stream that goes on after nothing nobody can tell what it has missed.
  source.onopen = () => tell({ state: 'live', anew: last === '' });
  for (const topic of TOPICS) {
    source.addEventListener(topic, (event) => tell({ ...(JSON.parse(event.data) as Change), topic, at: event.lastEventId }));
  }
  source.addEventListener('many', (event) => tell({ topic: (JSON.parse(event.data) as { topic: Topic }).topic, id: '', at: event.lastEventId }));
  source.addEventListener('reset', () => tell({ reset: true }));
  return new Promise((resolve) => {
    const end = () => {
      source.close();
      resolve();
    };
    signal.addEventListener('abort', end);
    source.onerror = () => {
      tell({ state: 'lost' });
      // What was refused (a session that is over, a proxy without its server) the browser does not ask again. Whether it is the session, the answer to this says.
      if (source.readyState !== EventSource.CLOSED) return;
      signal.removeEventListener('abort', end);
      setTimeout(() => {
        if (signal.aborted) return resolve();
        const again = () => listen(after, tell, signal).then(resolve);
        void api.get('/v1/me').then(again, again);
      }, AGAIN_MS);
    };
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
      else if (news.anew) reader.all();
      become(news.state);
    } else if ('reset' in news) {
      reader.everything();
    } else {
      last = news.at;
      reader.note(news.topic, news);
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
    become('lost'); // Whoever watches next has missed something.
  };
}
