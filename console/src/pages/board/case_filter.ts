// Which cases the board lists: a part of the address, and, with a name, a view that is kept for the person (views.ts).
import { useSearchParams } from 'react-router';
import type { JsonObject } from '../../api/types';

export interface CaseFilter {
  workflow: string;
  stage: string;
  unit: string;
  key: string; // A stay, an order: what the business calls the case.
  days: string; // Open for at least so many.
  only: '' | 'incidents' | 'paused';
}

export const EVERYTHING: CaseFilter = { workflow: '', stage: '', unit: '', key: '', days: '', only: '' };
const NAMES = Object.keys(EVERYTHING) as (keyof CaseFilter)[];

export function useCaseFilter(): [CaseFilter, (next: CaseFilter) => void] {
  const [search, setSearch] = useSearchParams();
  const filter = { ...EVERYTHING };
  for (const name of NAMES) filter[name] = (search.get(name) ?? '') as never;
  const change = (next: CaseFilter) => {
    const kept = new URLSearchParams();
    for (const name of NAMES) if (next[name]) kept.set(name, next[name]);
    setSearch(kept, { replace: true });
  };
  return [filter, change];
}

export function queryOf(filter: CaseFilter, now: number): Record<string, string | undefined> {
  const before = filter.days ? new Date(now - Number(filter.days) * 86_400_000) : undefined;
  before?.setMinutes(0, 0, 0); // So that the list is not asked for anew at each tick of the clock.
  return {
    status: 'running',
    workflow: filter.workflow || undefined,
    unit: filter.unit || undefined,
    'attribute.stage': filter.stage || undefined,
    key: filter.key || undefined,
    has_incident: filter.only === 'incidents' ? 'true' : undefined,
    paused: filter.only === 'paused' ? 'true' : undefined,
    started_before: before?.toISOString(),
    order: 'oldest',
  };
}

// The same cases as a batch asks for them.
export function batchQueryOf(filter: CaseFilter, now: number): JsonObject {
  const { started_before, workflow } = queryOf(filter, now);
  const query: JsonObject = {};
  if (workflow) query.workflow = workflow;
  if (filter.unit) query.unit = filter.unit;
  const attributes: JsonObject = {};
  if (filter.stage) attributes.stage = filter.stage;
  if (Object.keys(attributes).length > 0) query.attributes = attributes;
  if (filter.key) query.key = filter.key;
  if (filter.only === 'incidents') query.has_incident = true;
  if (filter.only === 'paused') query.paused = true;
  if (started_before) query.started_before = started_before;
  return Object.keys(query).length > 0 ? query : { all: true };
}
