// Conditions that scripts tell people of, in three tiers, and what somebody can do about one.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { ListMeta } from '../../api/live';
import type { Session } from '../../api/session';
import type { Alert } from '../../api/types';

export type Settling = 'acknowledge' | 'dismiss' | 'correct';

export const TIERS: Record<Alert['tier'], string> = { interruption: 'At once', queued: 'To be seen to', suggestion: 'Suggestions' };

export function queryOf(session: Session | null): { role?: string; subject?: string } {
  return { role: session?.roles.join(',') || undefined, subject: session?.subject };
}

// News of alerts for others are none.
export function heardOf(session: Session | null): ListMeta {
  return { roles: session?.roles ?? [], people: session ? [session.subject] : [] };
}

export function useSettle(alert: Alert) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ how, reason }: { how: Settling; reason?: string }) => api.post(`/v1/alerts/${part(alert.id)}/${how}`, { body: { reason }, role: undefined }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['alert'] });
    },
  });
}

// "Potassium is 6.4: check the drugs"
export function whyOf(alert: Alert): string {
  return alert.request?.why ?? alert.name.replaceAll('_', ' ');
}
