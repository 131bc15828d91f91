// What the button of an anomaly does, by its action: asked of the API, tested without a page.
import { apiPath, write } from '@/api/client';
import type { AnomalyAction } from '@/api/types';
import type { TextKey } from '@/i18n/text';
import type { Group } from './types';

export type CureKind = AnomalyAction['kind'];

export const CURE_LABEL: Record<CureKind, TextKey> = {
  map_tax: 'cureAction.map_tax',
  map_means: 'cureAction.map_means',
  create_article: 'cureAction.create_article',
  set_reference: 'cureAction.set_reference',
  accept: 'cureAction.accept',
  edit: 'cureAction.edit',
};

export interface GroupCure {
  /** dialog: cured for all at once; sale: one sale to be opened; sales: several, which are shown in the grid. */
  how: 'dialog' | 'sale' | 'sales';
  label: TextKey;
  sale?: number;
}

/** What a group's button does. Accepting and editing are about one sale: with several, they are shown first. */
export function cureOfGroup(group: Pick<Group, 'action' | 'subjects' | 'subject'>): GroupCure | null {
  const { action } = group;
  if (!action) return null;
  if (action.kind !== 'accept' && action.kind !== 'edit') return { how: 'dialog', label: CURE_LABEL[action.kind] };
  if (group.subjects > 1) return { how: 'sales', label: 'cureAction.showSales' };
  return action.kind === 'accept' ? { how: 'dialog', label: CURE_LABEL.accept, sale: action.sale } : { how: 'sale', label: CURE_LABEL.edit, sale: action.sale };
}

/** After the cure: an anomaly of till articles goes with the next synchronisation, one of sales with the next validation. */
export const needsSynchronisation = (group: Pick<Group, 'subject'>) => group.subject === 'article';

export const mapTax = (action: Extract<AnomalyAction, { kind: 'map_tax' }>, tax: string) => write('POST', 'mappings/tax', { link: action.link, rate_bp: action.rate_bp, tax });
export const mapMeans = (action: Extract<AnomalyAction, { kind: 'map_means' }>, means: string) => write('POST', 'mappings/means', { link: action.link, till_type: action.till_type, means });
export const setReference = (action: Extract<AnomalyAction, { kind: 'set_reference' }>, code: string) =>
  write('POST', 'mappings/reference', { link: action.link, till_article: action.till_article, declination: action.declination || null, code });
export const acceptSale = (id: number) => write('POST', apiPath`grid/sales/${id}/accept`);

/** A code for a VAT rate as the shop's own are made: 850 → "8.5". */
export function taxCodeOf(rate_bp: number): string {
  const digits = String(rate_bp).padStart(3, '0');
  const fraction = digits.slice(-2).replace(/0+$/, '');
  return digits.slice(0, -2) + (fraction ? `.${fraction}` : '');
}
