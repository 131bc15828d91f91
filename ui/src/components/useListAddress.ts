// Search, filters and sort of a list, kept in the address: a page can be sent to somebody, and the way back finds it as it was.
import { useCallback, useMemo, useRef } from 'react';
import { useNavigation, useSearchParams } from 'react-router-dom';
import type { ListQuery } from '@/api/lists';

export interface ListAddress {
  /** As the API takes them. */
  values: ListQuery;
  set: (changes: Record<string, string | null>) => void;
  clear: () => void;
}

/** Several lists on a page keep apart by `prefix`; of the rest of the address only what `isOwn` knows is the list's. */
export function useListAddress(prefix: string, isOwn: (name: string) => boolean): ListAddress {
  const [params, setParams] = useSearchParams();
  // Whoever has chosen another page meanwhile goes there: what was typed before does not call them back.
  const leaving = useRef(false);
  leaving.current = useNavigation().state !== 'idle';
  const text = params.toString();
  const values = useMemo(() => {
    const found: ListQuery = {};
    for (const [name, value] of new URLSearchParams(text)) if (name.startsWith(prefix) && isOwn(name.slice(prefix.length)) && value) found[name.slice(prefix.length)] = value;
    return found;
  }, [text, prefix, isOwn]);
  const set = useCallback(
    (changes: Record<string, string | null>) => {
      if (leaving.current) return;
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          for (const [name, value] of Object.entries(changes)) if (value) after.set(prefix + name, value);
            else after.delete(prefix + name);
          return after;
        },
        { replace: true },
      );
    },
    [setParams, prefix],
  );
  const clear = useCallback(
    () =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          for (const name of [...after.keys()]) if (name.startsWith(prefix) && name !== `${prefix}sort` && isOwn(name.slice(prefix.length))) after.delete(name);
          return after;
        },
        { replace: true },
      ),
    [setParams, prefix, isOwn],
  );
  return { values, set, clear };
}
