// The server's lists: what columns they have, and their rows page by page.
import { useInfiniteQuery, useQuery, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useText } from '@/i18n/text';
import { get } from './client';
import type { ListMeta, Page, Row } from './types';
import { endToRead, loadedCount, oppositeSort, pageRows, rowAt, type Ends } from './window';

const NO_ROWS: Row[] = [];

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

/** Pages that are asked for again when the list may have changed; a list read further is read anew from where one looks. */
const REFRESHED_PAGES = 3;

function useEnd<R extends Row>(path: string, query: ListQuery, enabled: boolean) {
  const pages = useInfiniteQuery({
    queryKey: ['list', path, query],
    queryFn: ({ pageParam, signal }) => get<Page<R>>(path, { ...query, limit: pageRows(pageParam.read), cursor: pageParam.cursor }, signal),
    enabled,
    initialPageParam: { cursor: null as string | null, read: 0 },
    getNextPageParam: (last, all) => (last.next === null ? undefined : { cursor: last.next, read: all.length }),
    placeholderData: (before) => before,
    // Comparing a hundred pages with themselves at each further one takes longer than reading them.
    structuralSharing: false,
    refetchOnWindowFocus: (state) => (state.state.data?.pages.length ?? 0) <= REFRESHED_PAGES,
  });
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  return { ...pages, rows };
}

/**
 * The rows of a list and its total, read page by page as they come into view, from the end that is nearer. `sort` is the order that the query has or the server takes;
 * without it the list is read from its beginning only. `want` is told which rows are in view.
 */
export function useListRows<R extends Row = Row>(path: string, query: ListQuery, enabled = true, sort = query.sort) {
  const [fromEnd, setFromEnd] = useState<string | null>(null);
  const identity = JSON.stringify([path, query]);
  const head = useEnd<R>(path, query, enabled);
  const readsTail = fromEnd === identity && sort !== undefined;
  const tail = useEnd<R>(path, sort === undefined ? query : { ...query, sort: oppositeSort(sort) }, enabled && readsTail);
  const total = head.data?.pages.at(-1)?.total ?? 0;
  const tailTotal = tail.data?.pages.at(-1)?.total;
  // Rows that came while reading would stand in the wrong place: the end is read anew when the totals differ.
  const usable = readsTail && !tail.isPlaceholderData && tailTotal === total;
  const { rows: headRows } = head;
  const tailRows = usable ? tail.rows : NO_ROWS;
  const ends: Ends<R> = useMemo(() => ({ head: headRows, tail: tailRows as R[], total }), [headRows, tailRows, total]);
  const stale = readsTail && !tail.isFetching && tailTotal !== undefined && tailTotal !== total;
  const { refetch: refetchHead } = head;
  const { refetch: refetchTail } = tail;
  useEffect(() => {
    if (stale) void Promise.all([refetchHead(), refetchTail()]);
  }, [stale, refetchHead, refetchTail]);
  const want = (first: number, last: number) => {
    if (!enabled || head.isFetching || tail.isFetching || head.isError || tail.isError) return;
    const end = endToRead(ends, first, last, sort !== undefined);
    if (end === 'head') {
      if (head.hasNextPage) void head.fetchNextPage();
    } else if (end === 'tail') {
      if (!readsTail) setFromEnd(identity);
      else if (tail.hasNextPage) void tail.fetchNextPage();
    }
  };
  const error = head.error ?? tail.error;
  return {
    isPending: head.isPending,
    isFetching: head.isFetching || tail.isFetching,
    isError: error !== null,
    error,
    refetch: () => void Promise.all([head.refetch(), ...(readsTail ? [tail.refetch()] : [])]),
    /** What is read, in order; a hole in the middle is left out. */
    allRead: () => [...ends.head, ...ends.tail.slice(0, ends.total - ends.head.length).reverse()],
    at: (place: number) => rowAt(ends, place),
    loaded: loadedCount(ends),
    total,
    want,
  };
}

/** Lists that were read far are cut back to their beginning, so that asking again is not asking for a hundred pages. */
export function trimLists(client: QueryClient) {
  client.setQueriesData<InfiniteData<unknown>>({ queryKey: ['list'] }, (data) =>
    data && Array.isArray(data.pages) && data.pages.length > REFRESHED_PAGES ? { pages: data.pages.slice(0, REFRESHED_PAGES), pageParams: data.pageParams.slice(0, REFRESHED_PAGES) } : data,
  );
}
