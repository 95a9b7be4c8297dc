// What was decided in a case, by script, model or person, and what replaced it later: read from the journal.
import type { HistoryEntry, Json, JsonObject } from '../../api/types';
import { operationsOf } from './journal';

export interface Decided {
  index: number;
  at: string;
  kind: 'script' | 'person';
  key: string;
  name: string;
  outcome: string;
  reason: string;
  by: string; // Empty: the script.
  line: string;
  whole: Json;
  overrides: { at: string; by: string; reason: string; code: string; before: Json; after: Json }[];
}

function object(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function who(value: Json | undefined): string {
  const by = object(value);
  return [text(by.subject), text(by.role) && `(${text(by.role).replaceAll('_', ' ')})`].filter(Boolean).join(' ');
}

export function decisionsOf(entries: HistoryEntry[]): Decided[] {
  const operations = operationsOf(entries);
  const found: Decided[] = [];
  for (const entry of entries) {
    if (entry.type === 'DecisionRecorded') {
      const decision = object(entry.decision);
      found.push({ index: entry.index, at: entry.at, kind: 'script', key: text(entry.key), name: text(entry.name), outcome: text(decision.outcome), reason: text(decision.reason), by: '', line: text(entry.line), whole: entry.decision ?? null, overrides: [] });
    } else if (entry.type === 'OperationResolved') {
      const operation = operations.get(Number(entry.seq));
      const value = object(object(entry.outcome).value);
      if (operation?.kind !== 'task' || !value.outcome) continue;
      found.push({ index: entry.index, at: entry.at, kind: 'person', key: operation.key, name: operation.name, outcome: text(value.outcome), reason: text(value.reason), by: who(value.by) || who(entry.by), line: operation.line, whole: value, overrides: [] });
    } else if (entry.type === 'OutcomeOverridden') {
      const target = text(entry.target);
      const of = found.findLast((one) => one.key === target || one.name === target.replace(/^.*:/, ''));
      of?.overrides.push({ at: entry.at, by: who(entry.by), reason: text(entry.reason), code: text(entry.reason_code), before: entry.before ?? null, after: entry.after ?? null });
    }
  }
  return found;
}

// What holds now: the last override, or the decision itself.
export function holdsNow(decided: Decided): string {
  const last = decided.overrides.at(-1);
  return last ? text(object(last.after).outcome) || text(last.after) : decided.outcome;
}
