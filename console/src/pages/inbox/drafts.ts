// What a person has begun to write in a decision, kept while they look elsewhere or sign in again: for this tab and until they
// decide or sign out.
export interface Draft {
  outcome: string;
  reason: string;
}

const PREFIX = 'baton.draft.';

export function readDraft(task: string): Draft {
  const kept = sessionStorage.getItem(PREFIX + task);
  return kept ? (JSON.parse(kept) as Draft) : { outcome: '', reason: '' };
}

export function keepDraft(task: string, draft: Draft): void {
  if (draft.outcome || draft.reason) sessionStorage.setItem(PREFIX + task, JSON.stringify(draft));
  else dropDraft(task);
}

export function dropDraft(task: string): void {
  sessionStorage.removeItem(PREFIX + task);
}

export function dropAllDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}
