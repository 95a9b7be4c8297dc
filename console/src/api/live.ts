// Hears from the server what has changed, and has it read again: within a moment, and never more than some times a second.
import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

export type LiveState = 'connecting' | 'live' | 'lost';

const TOPICS = ['task', 'instance', 'incident', 'patient', 'message'] as const;
type Topic = (typeof TOPICS)[number];
// The first change of a while is read at once; while changes keep coming, a list is read once in so long.
const GATHER_MS = 60;
const PAUSE_MS = 1000;

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

// Queries begin their key with a topic, and with an id where they show one thing: ['task', id], ['task', 'list', ..].
export function watch(queries: QueryClient): () => void {
  const changed = new Map<Topic, Set<string>>();
  let timer = 0;
  let readAt = -PAUSE_MS;

  const readAgain = () => {
    timer = 0;
    readAt = performance.now();
    const batch = new Map(changed);
    changed.clear();
    void queries.invalidateQueries({
      predicate: ({ queryKey }) => {
        const ids = batch.get(queryKey[0] as Topic);
        if (!ids) return false;
        return queryKey[1] === 'one' ? ids.has(String(queryKey[2])) : true;
      },
    });
  };
  const note = (topic: Topic, id: string) => {
    if (!changed.has(topic)) changed.set(topic, new Set());
    changed.get(topic)?.add(id);
    const wait = Math.max(GATHER_MS, readAt + PAUSE_MS - performance.now());
    if (!timer) timer = window.setTimeout(readAgain, wait);
  };

  const source = new EventSource(`/v1/live?topic=${TOPICS.join(',')}`);
  source.onopen = () => {
    // What happened while nobody listened is not told again after the server's own restart.
    if (state === 'lost') void queries.invalidateQueries();
    become('live');
  };
  source.onerror = () => become('lost');
  for (const topic of TOPICS) {
    source.addEventListener(topic, (event) => note(topic, (JSON.parse(event.data) as { id: string }).id));
  }
  source.addEventListener('reset', () => void queries.invalidateQueries());
  return () => {
    source.close();
    window.clearTimeout(timer);
  };
}
