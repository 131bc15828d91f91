// An article code, typed or found by code, label or barcode while one types.
import { Autocomplete, type AutocompleteProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '@/api/client';
import type { Page, Row } from '@/api/types';

const FOUND_MAX = 12;
const TYPING_MS = 200;

interface Props extends Omit<AutocompleteProps, 'value' | 'onChange' | 'data'> {
  value: string;
  onChange: (code: string) => void;
  /** Has the cursor when the dialog opens. */
  focused?: boolean;
}

export function ArticleSearch({ value, onChange, focused, ...input }: Props) {
  const [asked, setAsked] = useState(false);
  const [settled] = useDebouncedValue(value.trim(), TYPING_MS);
  const found = useQuery({
    queryKey: ['list', 'articles', 'found', settled],
    queryFn: ({ signal }) => get<Page<Row>>('articles', { q: settled, limit: FOUND_MAX }, signal),
    enabled: asked,
    placeholderData: (before) => before,
    staleTime: 30_000,
  });
  const labels = new Map((found.data?.items ?? []).map((row) => [String(row.code), String(row.label ?? '')]));
  return (
    <Autocomplete {...input} value={value} onChange={onChange} onFocus={() => setAsked(true)} data={[...labels.keys()]} filter={({ options }) => options}
      renderOption={({ option }) => `${option.value} – ${labels.get(option.value) ?? ''}`} data-autofocus={focused || undefined} autoComplete="off" />
  );
}
