// What a run counted, flow by flow: from its result, or as the list of runs keeps it.
import type { Flow, SyncResult } from './types';

export const FLOWS: Flow[] = ['articles_in', 'articles_out', 'orders'];
export type Counts = Partial<Record<Flow, Record<string, number>>>;

export function countsOf(value: unknown): Counts {
  let object = value;
  if (typeof value === 'string') {
    try {
      object = JSON.parse(value);
    } catch {
      return {};
    }
  }
  if (!object || typeof object !== 'object') return {};
  const counts: Counts = {};
  for (const flow of FLOWS) {
    const found = (object as Partial<SyncResult>)[flow];
    if (found) counts[flow] = found as unknown as Record<string, number>;
  }
  return counts;
}

/** The figures of a flow that are not zero. */
export const tellingCounts = (counts: Record<string, number>) => Object.entries(counts).filter(([, count]) => count !== 0);
