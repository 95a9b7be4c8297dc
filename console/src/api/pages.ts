// Listings of the API page after page, as one list that grows.
import { hashKey, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import { api, type Ask } from './client';
import type { ListMeta } from './live';
import type { Page } from './types';

// `every`: for a list onto which time itself brings something, of which nobody tells.
export function usePages<Item>(key: readonly unknown[], path: string, query: Ask['query'] = {}, enabled = true, meta?: ListMeta, every?: number) {
  const found = useInfiniteQuery({
    queryKey: [...key, query],
    queryFn: ({ pageParam, signal }) => api.get<Page<Item>>(path, { query: { limit: 100, ...query, cursor: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    // While another filter is asked for, what was found stays; of another patient or case nothing does.
    placeholderData: (before, of) => (of && hashKey(of.queryKey.slice(0, -1)) === hashKey(key) ? before : undefined),
    refetchInterval: every ?? false,
    enabled,
    meta,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  // The server looks at so many rows for a page and no more: where none of them fits, the search goes on behind them.
  const searching = items.length === 0 && hasNextPage && !found.error;
  useEffect(() => {
    if (searching) more();
  }, [searching, more]);
  return { items, more, hasMore: hasNextPage, error: found.error, isPending: found.isPending || searching, again: () => void found.refetch() };
}
