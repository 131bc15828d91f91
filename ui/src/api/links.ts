// Links and what is done with them.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { apiPath, get, getTagged } from './client';
import type { Link, LinkOptions } from './types';

/** A list that the API gives whole, bare or within `items`. */
export const itemsOf = <T>(answer: T[] | { items: T[] }): T[] => (Array.isArray(answer) ? answer : answer.items);

export const useLinks = () => useQuery({ queryKey: ['links'], queryFn: async ({ signal }) => itemsOf(await get<Link[] | { items: Link[] }>('links', undefined, signal)) });

/** A link with the tag that an edit must bear. */
export const useLink = (name: string | undefined) =>
  useQuery({ queryKey: ['links', 'one', name], queryFn: ({ signal }) => getTagged<Link>(apiPath`links/${name ?? ''}`, signal), enabled: Boolean(name) });

/** After a run, or an edit: what is shown of links, runs and figures is read again. */
export function useForgetLinks() {
  const client = useQueryClient();
  return () => {
    for (const key of ['links', 'list', 'home', 'jobs', 'anomalies', 'proof']) void client.invalidateQueries({ queryKey: [key] });
  };
}

export const NEW_LINK: LinkOptions = {
  name: '',
  url: 'https://api4.tactill.com',
  profile: 'tactill-v4',
  since: null,
  import_articles: true,
  export_articles: false,
  import_orders: true,
  document: 'invoice',
  numbers: 'keep',
  auto_validate: false,
  families: [],
  code_pattern: null,
  changed_since: null,
  only_in_stock: false,
  archived: 'any',
  unknown_article: 'refuse',
  unknown_customer: 'create',
  missing_reference: 'refuse',
  negative_stock: 'allow',
  overlap_minutes: 7 * 24 * 60,
};

/** The members that a POST or PATCH takes; the rest of a link is the server's. */
export function optionsOf(link: LinkOptions): LinkOptions {
  return Object.fromEntries((Object.keys(NEW_LINK) as (keyof LinkOptions)[]).map((name) => [name, link[name]])) as unknown as LinkOptions;
}
