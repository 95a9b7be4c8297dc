// Filters that a person keeps under a name. The server has them, so that they are there at every screen, for this person alone.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { JsonObject, Page } from '../../api/types';
import { EVERYTHING, type CaseFilter } from './case_filter';

interface Kept {
  name: string;
  view: { place: string; query: JsonObject };
}

export interface SavedView {
  name: string;
  filter: CaseFilter;
}

const PLACE = 'board';
const KEY = ['views'];

// What is not of this filter was kept by another version of the page.
function filterOf(query: JsonObject): CaseFilter {
  const filter = { ...EVERYTHING };
  for (const name of Object.keys(filter) as (keyof CaseFilter)[]) {
    const value = query[name];
    if (typeof value === 'string') filter[name] = value as never;
  }
  return filter;
}

export function useSavedViews() {
  const queries = useQueryClient();
  const asked = useQuery({ queryKey: KEY, queryFn: ({ signal }) => api.get<Page<Kept>>('/v1/me/views', { signal }) });
  const onSuccess = (kept: Page<Kept>) => queries.setQueryData(KEY, kept);
  const keep = useMutation({
    mutationFn: ({ name, filter }: SavedView) => api.put<Page<Kept>>(`/v1/me/views/${part(name)}`, { body: { place: PLACE, query: Object.fromEntries(Object.entries(filter).filter(([, value]) => value)) } }),
    onSuccess,
  });
  const drop = useMutation({ mutationFn: (name: string) => api.drop<Page<Kept>>(`/v1/me/views/${part(name)}`), onSuccess });
  const views = (asked.data?.items ?? []).filter((one) => one.view.place === PLACE).map((one): SavedView => ({ name: one.name, filter: filterOf(one.view.query) }));
  return { views, isPending: asked.isPending, error: asked.error ?? keep.error ?? drop.error, keep: keep.mutate, drop: drop.mutate };
}
