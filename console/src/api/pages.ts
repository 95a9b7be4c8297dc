// Listings of the API page after page, as one list that grows.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import { api, type Ask } from './client';
import type { ListMeta } from './live';
import type { Page } from './types';

export function usePages<Item>(key: readonly unknown[], path: string, query: Ask['query'] = {}, enabled = true, meta?: ListMeta) {
  const found = useInfiniteQuery({
    queryKey: [...key, query],
    queryFn: ({ pageParam, signal }) => api.get<Page<Item>>(path, { query: { limit: 100, ...query, cursor: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
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
