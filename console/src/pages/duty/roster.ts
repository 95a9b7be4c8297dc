// Who is on duty when, who stands in for whom, and how much waits for them. Nobody tells when these change: they are read again after a while.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { Page } from '../../api/types';

export interface Queue {
  role: string;
  unit?: string; // Absent: of all units.
  open: number;
  late: number;
  on_duty: string[];
}

export interface QueueList extends Page<Queue> {
  counted_to: number; // Numbers of units, and of what is late, end here.
}

export interface Shift {
  person: string;
  role?: string;
  shift?: string;
  from: string;
  to: string;
}

export interface Rota {
  unit: string;
  version: number; // 0: there is none yet.
  changed_by?: string;
  shifts: Shift[];
}

export interface Cover {
  id: string;
  person: string; // Who is away.
  by: string; // Who stands in.
  from: string;
  to: string;
  reason?: string;
  entered_by?: string;
}

const EVERY_MS = 15_000;
const QUEUES_MS = 5000;

export function useQueues() {
  // Everything is counted: that need not be done at each of many changes a second.
  return useQuery({ queryKey: ['queues'], queryFn: ({ signal }) => api.get<QueueList>('/v1/queues', { signal }), refetchInterval: QUEUES_MS });
}

export function useRotas() {
  return useQuery({ queryKey: ['rotas'], queryFn: ({ signal }) => api.get<Page<Rota>>('/v1/rotas', { signal }), refetchInterval: EVERY_MS });
}

export function useCovers() {
  return useQuery({ queryKey: ['covers'], queryFn: ({ signal }) => api.get<Page<Cover>>('/v1/covers', { signal }), refetchInterval: EVERY_MS });
}

// Everybody whom a rota or a cover names: to choose from. Others can be written in.
export function usePeople(): string[] {
  const rotas = useRotas().data?.items ?? [];
  const covers = useCovers().data?.items ?? [];
  return [...new Set([...rotas.flatMap((rota) => rota.shifts.map((shift) => shift.person)), ...covers.flatMap((cover) => [cover.person, cover.by])])].sort();
}

export function usePutRota() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ unit, version, shifts }: Rota) => api.put<Rota>(`/v1/rotas/${part(unit)}`, { body: { version, shifts } }),
    onSuccess: () => Promise.all([queries.invalidateQueries({ queryKey: ['rotas'] }), queries.invalidateQueries({ queryKey: ['queues'] })]),
  });
}

export function useAddCover() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (cover: Omit<Cover, 'id' | 'entered_by'>) => api.post<Cover>('/v1/covers', { body: cover }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['covers'] }),
  });
}

export function useEndCover() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.drop(`/v1/covers/${part(id)}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['covers'] }),
  });
}

export type Standing = 'now' | 'later' | 'over';

export function standingOf({ from, to }: { from: string; to: string }, now: number): Standing {
  if (Date.parse(to) <= now) return 'over';
  return Date.parse(from) > now ? 'later' : 'now';
}
