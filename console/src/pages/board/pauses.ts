// Pauses until further notice: every case of a workflow, a bundle or a unit is held back, those that begin meanwhile included.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { Bundle, Page } from '../../api/types';
import { words } from '../../words';

export interface Pause {
  id: string;
  workflow?: string;
  bundle?: string;
  unit?: string;
  timers: 'run' | 'freeze' | 'on_resume';
  reason: string;
  by: { subject?: string };
  begun_at: string;
  state: 'pausing' | 'quiet' | 'ending' | 'ended';
  quiet_at?: string;
  paused?: number;
  ended_at?: string;
  ended_by?: string;
  now?: { paused: number; in_flight: number; instances: string[] };
}

export interface PauseBegin {
  workflow?: string;
  bundle?: string;
  unit?: string;
  timers: Pause['timers'];
  reason: string;
}

const WATCH_MS = 1000; // While cases come to rest or go on again.
const EVERY_MS = 15_000;

export function usePauses() {
  return useQuery({
    queryKey: ['batch', 'pauses'],
    queryFn: ({ signal }) => api.get<Page<Pause>>('/v1/pauses', { signal }),
    refetchInterval: ({ state }) => (state.data?.items.some((pause) => pause.state === 'pausing' || pause.state === 'ending') ? WATCH_MS : EVERY_MS),
  });
}

export function useBeginPause() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: PauseBegin) => api.post<Pause>('/v1/pauses', { body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['batch'] }),
  });
}

export function useEndPause(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) => api.post<Pause>(`/v1/pauses/${part(id)}/end`, { body: { reason } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['batch'] }),
  });
}

export function useBundles(enabled: boolean) {
  return useQuery({ queryKey: ['bundles'], queryFn: ({ signal }) => api.get<Page<Pick<Bundle, 'name' | 'hash'>>>('/v1/bundles', { signal }), enabled });
}

// "Discharge, unit MED"; "Unit MED".
export function whatOf(pause: Pick<Pause, 'workflow' | 'bundle' | 'unit'>): string {
  const text = [pause.workflow && words(pause.workflow), pause.bundle && `version ${pause.bundle.slice(0, 12)}`, pause.unit && `unit ${pause.unit}`].filter(Boolean).join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
