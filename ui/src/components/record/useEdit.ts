// A record with its ETag: read, changed with If-Match, and told to the lists that show it.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { trimLists } from '@/api/lists';
import { ApiError, getTagged, send, type Tagged } from '@/api/client';
import type { Draft } from './draft';

const keyOf = (path: string) => ['record', path];

export function useTagged<T>(path: string) {
  return useQuery({ queryKey: keyOf(path), queryFn: ({ signal }) => getTagged<T>(path, signal) });
}

export async function sendTagged<T>(method: 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown, ifMatch?: string): Promise<Tagged<T>> {
  const response = await send(method, path, { body, ifMatch });
  return { value: (await response.json()) as T, tag: response.headers.get('ETag') ?? '' };
}

/** Everything that was read is asked for again when it is next shown: a correction reaches far (stock, anomalies, totals). */
export function useForget() {
  const client = useQueryClient();
  return () => {
    trimLists(client);
    void client.invalidateQueries({ predicate: (query) => !['session', 'lists', 'job'].includes(String(query.queryKey[0])) });
  };
}

/**
 * Saves what `bodyOf` makes of the draft. When the record changed meanwhile (412) nothing is written: the record is read again, the draft is kept, and `stale` says
 * that the two have to be compared; saving again is then made on the record as it is.
 */
export function useEdit<T>(path: string, bodyOf: (record: T, draft: Draft) => unknown, onSaved?: (record: T) => void) {
  const client = useQueryClient();
  const forget = useForget();
  const record = useTagged<T>(path);
  const [draft, setDraft] = useState<Draft>({});
  const [stale, setStale] = useState(false);
  const save = useMutation({
    mutationFn: async () => {
      const now = client.getQueryData<Tagged<T>>(keyOf(path));
      if (!now) throw new Error('no record');
      return sendTagged<T>('PATCH', path, bodyOf(now.value, draft), now.tag);
    },
    onSuccess: (saved) => {
      setDraft({});
      setStale(false);
      client.setQueryData(keyOf(path), saved);
      forget();
      onSaved?.(saved.value);
    },
    onError: async (error) => {
      if (!(error instanceof ApiError && error.status === 412)) return;
      await record.refetch();
      setStale(true);
    },
  });
  return {
    record,
    draft,
    stale,
    save,
    set: (name: string, typed: string) => setDraft((before) => ({ ...before, [name]: typed })),
    /** Gives up what was typed over these fields, or all of it. */
    drop: (names?: string[]) => {
      save.reset();
      setStale(false);
      setDraft((before) => (names ? Object.fromEntries(Object.entries(before).filter(([name]) => !names.includes(name))) : {}));
    },
    settled: () => setStale(false),
  };
}
