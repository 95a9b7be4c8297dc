// One action on many cases, incidents or tasks that a query finds: counted first, begun with a reason, and watched until it is done. The server
// keeps them through any crash.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { JsonObject, Page } from '../../api/types';

export type BatchAction = 'cancel' | 'pause' | 'resume' | 'signal' | 'migrate' | 'retry' | 'skip' | 'reassign';

export interface BatchPreview {
  token: string;
  count: number;
  can_be_undone: boolean;
  by_workflow: { workflow: string; count: number }[];
  sample: JsonObject[];
}

export interface Batch {
  id: string;
  action: BatchAction;
  reason?: string;
  by: { subject?: string };
  created_at: string;
  finished_at?: string;
  state: 'preparing' | 'running' | 'stopped' | 'done';
  count: number;
  position: number;
  done: number;
  unchanged: number;
  refused: number;
  can_be_undone: boolean;
  undo_of?: string;
  undone_by?: string;
  now?: { taken: number; refused: number; in_flight: number }; // While it runs, beyond its position.
}

export const NAMES: Record<BatchAction, string> = { cancel: 'Cancel', pause: 'Put on hold', resume: 'Let go on', signal: 'Signal', migrate: 'Move to another version', retry: 'Try again', skip: 'Go on without', reassign: 'Hand over' };

const WATCH_MS = 500;

export function useBatches() {
  return useQuery({
    queryKey: ['batch', 'list'],
    queryFn: ({ signal }) => api.get<Page<Batch>>('/v1/batches', { signal }),
    // Only while one is on its way is there anything to watch.
    refetchInterval: ({ state }) => (state.data?.items.some((batch) => batch.state === 'running' || batch.state === 'preparing') ? WATCH_MS : false),
  });
}

export function usePreview() {
  return useMutation({ mutationFn: (body: { action: BatchAction; query: JsonObject; with?: JsonObject }) => api.post<BatchPreview>('/v1/batches/preview', { body }) });
}

export function useBegin() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { token: string; reason: string; rate?: number }) => api.post<Batch>('/v1/batches', { body }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['batch'] }),
  });
}

export function useChangeBatch(batch: Batch) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ how, reason }: { how: 'stop' | 'resume' | 'undo'; reason: string }) => api.post<Batch>(`/v1/batches/${part(batch.id)}/${how}`, { body: { reason } }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['batch'] }),
  });
}

// How far it is: what is settled, and what has come back beyond that.
export function progressOf(batch: Batch): number {
  return batch.position + (batch.now ? batch.now.taken + batch.now.refused : 0);
}
