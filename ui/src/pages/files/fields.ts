// The fields of each kind of record, as its page and its « new » show them.
import { useQuery } from '@tanstack/react-query';
import { get } from '@/api/client';
import type { Page, Row } from '@/api/types';
import type { Field } from '@/components/record/draft';
import { useText } from '@/i18n/text';

const CHOICES_MAX = 500;

/** The records of a short list, to choose among: code and label. */
export function useChoices(path: 'taxes' | 'means' | 'families') {
  const rows = useQuery({ queryKey: ['choices', path], queryFn: ({ signal }) => get<Page<Row>>(path, { limit: CHOICES_MAX }, signal), staleTime: 60_000 });
  return (rows.data?.items ?? []).map((row) => {
    const value = String(row.code ?? row.name);
    return { value, label: typeof row.label === 'string' && row.label ? `${value} – ${row.label}` : value, row };
  });
}

/** The choices, with the one that stands in the record though no list has it (any more). */
function withCurrent(choices: { value: string; label: string }[], current: unknown) {
  const plain = choices.map(({ value, label }) => ({ value, label }));
  return typeof current === 'string' && current && !plain.some((one) => one.value === current) ? [...plain, { value: current, label: current }] : plain;
}

export function useArticleFields(current?: Row): Field[] {
  const taxes = useChoices('taxes');
  const families = useChoices('families');
  const made = current !== undefined;
  return [
    { name: 'code', label: 'article.code', type: 'text', required: true, max: 100, fixed: made, hint: made ? undefined : 'article.codeHint' },
    { name: 'label', label: 'article.label', type: 'text', required: true },
    { name: 'family', label: 'article.family', type: 'choice', choices: withCurrent(families, current?.family) },
    { name: 'tax', label: 'article.tax', type: 'choice', required: true, choices: withCurrent(taxes, current?.tax) },
    { name: 'price_e4', label: 'article.price', type: 'e4', hint: 'article.priceHint' },
    { name: 'buy_price_e4', label: 'article.buyPrice', type: 'e4' },
    { name: 'barcode', label: 'article.barcode', type: 'text', max: 100 },
    { name: 'unit', label: 'article.unit', type: 'text', max: 50, hint: 'article.unitHint' },
    { name: 'weight_milli', label: 'article.weight', type: 'milli' },
    { name: 'stock_managed', label: 'article.stockManaged', type: 'bool' },
    ...(made ? [{ name: 'archived', label: 'article.archived', type: 'bool' } as const] : []),
  ];
}

export function customerFields(made: boolean): Field[] {
  return [
    { name: 'code', label: 'customer.code', type: 'text', max: 100, fixed: made, hint: made ? undefined : 'customer.codeHint', required: true },
    { name: 'company_name', label: 'customer.companyName', type: 'text', hint: made ? undefined : 'customer.nameHint' },
    { name: 'last_name', label: 'customer.lastName', type: 'text' },
    { name: 'first_name', label: 'customer.firstName', type: 'text' },
    { name: 'email', label: 'customer.email', type: 'text' },
    { name: 'phone', label: 'customer.phone', type: 'text' },
    { name: 'address', label: 'customer.address', type: 'area' },
    { name: 'postcode', label: 'customer.postcode', type: 'text', max: 20 },
    { name: 'town', label: 'customer.town', type: 'text' },
    { name: 'country', label: 'customer.country', type: 'text' },
    { name: 'vat_number', label: 'customer.vatNumber', type: 'text', max: 50 },
    { name: 'siren', label: 'customer.siren', type: 'text', max: 20, hint: 'customer.sirenHint' },
  ];
}

export const TAX_FIELDS: Field[] = [
  { name: 'code', label: 'tax.code', type: 'text', required: true, max: 20, hint: 'tax.codeHint' },
  { name: 'label', label: 'tax.label', type: 'text', required: true, max: 200, hint: 'tax.labelHint' },
  { name: 'rate_bp', label: 'tax.rate', type: 'rate', required: true },
];

export const MEANS_FIELDS: Field[] = [
  { name: 'code', label: 'means.code', type: 'text', required: true, max: 20, hint: 'means.codeHint' },
  { name: 'label', label: 'means.label', type: 'text', required: true, max: 200, hint: 'means.labelHint' },
];

export const FAMILY_FIELDS: Field[] = [{ name: 'name', label: 'family.name', type: 'text', required: true, max: 200 }];

export const articleHref = (code: string) => `/fichiers/articles/${encodeURIComponent(code)}`;
export const customerHref = (code: string) => `/fichiers/clients/${encodeURIComponent(code)}`;

export function useCustomerName() {
  const t = useText();
  return (row: Row) => {
    const person = [row.first_name, row.last_name].filter(Boolean).join(' ');
    return String(row.company_name || person || row.code || t('customer.one'));
  };
}
