// Listings of the API page after page, as one list that grows.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import { api, type Ask } from './client';
import type { Page } from './types';

// The server looks at so many rows for a page and no more: where none of them fits, the search goes on behind them. True while it does.
export function useSearchOn(nothing: boolean, hasMore: boolean, more: () => void): boolean {
  const searching = nothing && hasMore;
  useEffect(() => {
    if (searching) more();
  }, [searching, more]);
  return searching;
}

export function usePages<Item>(key: readonly unknown[], path: string, query: Ask['query'] = {}, enabled = true) {
  const found = useInfiniteQuery({
    queryKey: [...key, query],
    queryFn: ({ pageParam, signal }) => api.get<Page<Item>>(path, { query: { limit: 100, ...query, cursor: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    enabled,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const searching = useSearchOn(items.length === 0 && !found.error, hasNextPage, more);
  return { items, more, hasMore: hasNextPage, error: found.error, isPending: found.isPending || searching, again: () => void found.refetch() };
}
