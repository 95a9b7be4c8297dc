// The tasks of a work list and what can be done with one.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { ListMeta } from '../../api/live';
import { usePages } from '../../api/pages';
import type { Session } from '../../api/session';
import type { Task } from '../../api/types';
import { words } from '../../words';

export const VIEWS = ['mine', 'roles', 'unit', 'overdue', 'all'] as const;
export type View = (typeof VIEWS)[number];
export const VIEW_NAMES: Record<View, string> = { mine: 'Mine', roles: 'My roles', unit: 'My unit', overdue: 'Overdue', all: 'All' };

function queryOf(view: View, session: Session): Record<string, string | undefined> {
  const role = session.roles.join(',') || undefined;
  switch (view) {
    case 'mine':
      return { subject: session.subject };
    case 'roles':
      return { role };
    case 'unit':
      return { unit: session.units.join(',') };
    case 'overdue':
      return { role, subject: session.subject, overdue: 'true' };
    case 'all':
      return {};
  }
}

// Whose tasks can come onto the list.
function heardOf(view: View, session: Session): ListMeta {
  if (view === 'all' || view === 'unit') return {};
  return { people: [session.subject], roles: view === 'mine' ? [] : session.roles };
}

// A task becomes late by itself.
const OVERDUE_MS = 15_000;

export function useTasks(view: View, session: Session) {
  const nothing = view === 'roles' && session.roles.length === 0;
  const pages = usePages<Task>(['task', 'list', view, session.subject], '/v1/tasks', { ...queryOf(view, session), with: 'case' }, !nothing, heardOf(view, session), view === 'overdue' ? OVERDUE_MS : undefined);
  return nothing ? { ...pages, isPending: false } : pages;
}

export function useTask(id: string) {
  return useQuery({ queryKey: ['task', 'one', id], queryFn: ({ signal }) => api.get<Task>(`/v1/tasks/${part(id)}`, { signal }) });
}

// In which of their roles a person may act on the task.
export function actingRole(task: Task, session: Session): string | undefined {
  return session.roles.find((role) => task.roles.includes(role));
}

export interface TaskAct {
  action: 'claim' | 'release' | 'decide' | 'delegate' | 'resolve' | 'reassign' | 'comment' | 'save' | 'hold' | 'resume' | 'remind';
  body?: Record<string, unknown>;
}

export function useActOnTask(task: Task, session: Session) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ action, body }: TaskAct) => api.post<Task>(`/v1/tasks/${part(task.id)}/${action}`, { body: body ?? {}, role: actingRole(task, session) }),
    // Won or lost, what is shown is what the server says now.
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['task'] });
    },
  });
}

export function isOpen(task: Task): boolean {
  return task.status === 'open' || task.status === 'claimed' || task.status === 'on_hold';
}

// "For nurse, discharge coordinator; of MED"
export function forWhom(task: Task): string {
  const whom = [...task.roles.map((role) => words(role).toLowerCase()), ...task.subjects].join(', ') || 'anybody';
  return task.units?.length ? `${whom}; of ${task.units.join(', ')}` : whom;
}
