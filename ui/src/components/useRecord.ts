// A record that is edited as a whole: read with its tag, changed with If-Match, read again when somebody else was faster.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { getTagged, write } from '@/api/client';

/** `method` is how the record takes changes. `version` changes when a form must begin again from the record. */
export function useRecord<T, C = Partial<T>>(path: string, method: 'PATCH' | 'PUT' = 'PATCH') {
  const client = useQueryClient();
  const [version, setVersion] = useState(0);
  const record = useQuery({ queryKey: ['record', path], queryFn: ({ signal }) => getTagged<T>(path, signal), staleTime: Infinity, refetchOnWindowFocus: false });
  const reload = async () => {
    await client.refetchQueries({ queryKey: ['record', path] });
    setVersion((count) => count + 1);
  };
  const save = useMutation({ mutationFn: (changes: C) => write(method, path, changes, { ifMatch: record.data?.tag }), onSuccess: reload });
  const startAfresh = () => {
    save.reset();
    void reload();
  };
  return { record, save, version, startAfresh };
}
