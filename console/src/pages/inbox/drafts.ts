// What a person has begun to write in a decision, kept while they look elsewhere or sign in again: for this tab and until they
// decide or sign out.
import type { Json } from '../../api/types';

export interface Draft {
  outcome: string;
  reason: string;
  value?: Json; // The form.
}

const PREFIX = 'baton.draft.';

export function readDraft(task: string): Draft {
  const kept = sessionStorage.getItem(PREFIX + task);
  return kept ? (JSON.parse(kept) as Draft) : { outcome: '', reason: '' };
}

export function keepDraft(task: string, draft: Draft): void {
  if (draft.outcome || draft.reason || draft.value !== undefined) sessionStorage.setItem(PREFIX + task, JSON.stringify(draft));
  else dropDraft(task);
}

export function dropDraft(task: string): void {
  sessionStorage.removeItem(PREFIX + task);
}
