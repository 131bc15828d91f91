// Orders, invoices and credit notes: where each is shown.
import type { Cell } from '@/api/types';
import type { TextKey } from '@/i18n/text';

export type DocumentKind = 'order' | 'invoice' | 'credit_note';

export const KINDS: Record<DocumentKind, { path: string; list: TextKey }> = {
  order: { path: '/ventes/commandes', list: 'menu.orders' },
  invoice: { path: '/ventes/factures', list: 'menu.invoices' },
  credit_note: { path: '/ventes/avoirs', list: 'menu.creditNotes' },
};

export const isKind = (kind: Cell): kind is DocumentKind => typeof kind === 'string' && kind in KINDS;

/** The page of a document; where its kind is not known, an address that finds it. */
export const documentHref = (number: Cell, kind?: Cell) => `${isKind(kind) ? KINDS[kind].path : '/ventes/pieces'}/${encodeURIComponent(String(number))}`;
export const paymentHref = (id: Cell) => `/ventes/reglements/${String(id)}`;
