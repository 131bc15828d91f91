// How the tills' own words are understood here.
import { useQuery } from '@tanstack/react-query';
import { get } from '@/api/client';

export interface Mappings {
  tax: { link: string | null; rate_bp: number; tax: string }[];
  means: { link: string | null; till_type: string; means: string }[];
  references: { link: string; till_article: string; declination: string | null; code: string }[];
}

export const useMappings = () => useQuery({ queryKey: ['mappings'], queryFn: ({ signal }) => get<Mappings>('mappings', undefined, signal) });
