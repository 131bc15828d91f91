// The server's lists: what columns they have, and their rows page by page.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useText } from '@/i18n/text';
import { get } from './client';
import type { ListMeta, Page, Row } from './types';

const PAGE_ROWS = 200;

/** What the server says of a list, by its path ("documents"). Headings come in the reader's language. */
export function useListMeta(path: string) {
  const { language } = useText();
  return useQuery({
    queryKey: ['lists', language],
    queryFn: async ({ signal }) => {
      const answer = await get<ListMeta[] | { items: ListMeta[] }>('lists', undefined, signal);
      return Array.isArray(answer) ? answer : answer.items;
    },
    staleTime: Infinity,
    select: (lists) => lists.find((list) => list.path.replace(/^\/?(api\/v1\/)?/, '') === path || list.name === path),
  });
}

export type ListQuery = Record<string, string>;

/** The rows read so far, the total that the filter leaves, and the way to read on. */
export function useListRows<R extends Row = Row>(path: string, query: ListQuery, enabled = true) {
  const pages = useInfiniteQuery({
    queryKey: ['list', path, query],
    queryFn: ({ pageParam, signal }) => get<Page<R>>(path, { ...query, limit: PAGE_ROWS, cursor: pageParam }, signal),
    enabled,
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  return { ...pages, rows, total: pages.data?.pages.at(-1)?.total ?? 0 };
}
