// Options › Société: who the company is, what its invoices must mention, when its day ends.
import { Alert, Checkbox, Fieldset, NativeSelect, SimpleGrid, Stack, TextInput, Textarea } from '@mantine/core';
import { useState } from 'react';
import { ApiError } from '@/api/client';
import { useMayAdminister } from '@/api/session';
import type { Company as CompanyData } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { PageTitle } from '@/components/PageTitle';
import { SaveBar } from '@/components/SaveBar';
import { useRecord } from '@/components/useRecord';
import { parseScaled } from '@/i18n/format';
import { useText, type TextKey } from '@/i18n/text';

type TextMember = Exclude<keyof CompanyData, 'capital_cents' | 'cutoff_minutes' | 'operations' | 'vat_on_debits'>;
interface Field {
  name: TextMember;
  label: TextKey;
  hint?: TextKey;
  long?: boolean;
  day?: boolean;
  autoComplete?: string;
}

const IDENTITY: Field[] = [
  { name: 'name', label: 'company.name', autoComplete: 'organization' },
  { name: 'legal_form', label: 'company.legal_form' },
  { name: 'siren', label: 'company.siren' },
  { name: 'vat_number', label: 'company.vat_number' },
  { name: 'rcs', label: 'company.rcs', hint: 'company.rcsHint' },
];
const CONTACT: Field[] = [
  { name: 'address', label: 'company.address', autoComplete: 'street-address' },
  { name: 'postcode', label: 'company.postcode', autoComplete: 'postal-code' },
  { name: 'town', label: 'company.town' },
  { name: 'country', label: 'company.country' },
  { name: 'phone', label: 'company.phone', autoComplete: 'tel' },
  { name: 'email', label: 'company.email', autoComplete: 'email' },
];
const INVOICE: Field[] = [
  { name: 'iban', label: 'company.iban' },
  { name: 'payment_terms', label: 'company.payment_terms', long: true },
  { name: 'penalty_text', label: 'company.penalty_text', hint: 'company.penaltyHint', long: true },
];
const DAYS: Field[] = [
  { name: 'timezone', label: 'company.timezone' },
  { name: 'closed_until', label: 'company.closed_until', hint: 'company.closedHint', day: true },
];

const OPERATIONS: { value: CompanyData['operations']; label: TextKey }[] = [
  { value: 'goods', label: 'company.operations.goods' },
  { value: 'services', label: 'company.operations.services' },
  { value: 'both', label: 'company.operations.both' },
];

const hourOf = (minutes: number) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const minutesOf = (hour: string) => Number(hour.slice(0, 2)) * 60 + Number(hour.slice(3, 5));

/** Only what was changed: two people who change different things do not touch each other's. */
function changesOf(before: CompanyData, after: CompanyData): Partial<CompanyData> {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => value !== before[name as keyof CompanyData]));
}

function Form({ company, save, startAfresh }: { company: CompanyData; save: ReturnType<typeof useRecord<CompanyData>>['save']; startAfresh: () => void }) {
  const t = useText();
  const may = useMayAdminister();
  const [draft, setDraft] = useState(company);
  const [capital, setCapital] = useState(company.capital_cents === null || company.capital_cents === undefined ? '' : t.format.plain(company.capital_cents, 2));
  const capitalCents = capital.trim() === '' ? null : parseScaled(capital, 2);
  const capitalBad = capital.trim() !== '' && capitalCents === null;
  const fault = (name: string) => (save.error instanceof ApiError ? save.error.at(`/${name}`) : undefined);
  const field = (one: Field) => {
    const props = {
      label: t(one.label),
      description: one.hint ? t(one.hint) : undefined,
      value: draft[one.name] ?? '',
      onChange: (event: { currentTarget: { value: string } }) => {
        const { value } = event.currentTarget;
        setDraft((before) => ({ ...before, [one.name]: value || null }));
      },
      error: fault(one.name),
      readOnly: !may,
      autoComplete: one.autoComplete ?? 'off',
    };
    return one.long ? <Textarea key={one.name} autosize minRows={2} style={{ gridColumn: '1 / -1' }} {...props} /> : <TextInput key={one.name} type={one.day ? 'date' : 'text'} {...props} />;
  };
  const cols = { base: 1, sm: 2, lg: 3 };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!capitalBad) save.mutate(changesOf(company, { ...draft, capital_cents: capitalCents }));
      }}
    >
      <Stack maw={1000}>
        {!may && <Alert>{t('company.readOnly')}</Alert>}
        <Fieldset legend={t('company.identity')}>
          <SimpleGrid cols={cols}>
            {IDENTITY.map(field)}
            <TextInput label={t('company.capital')} value={capital} onChange={(event) => setCapital(event.currentTarget.value)} error={capitalBad ? t('company.notAnAmount') : fault('capital_cents')} inputMode="decimal" readOnly={!may} />
          </SimpleGrid>
        </Fieldset>
        <Fieldset legend={t('company.contact')}>
          <SimpleGrid cols={cols}>{CONTACT.map(field)}</SimpleGrid>
        </Fieldset>
        <Fieldset legend={t('company.invoice')}>
          <SimpleGrid cols={cols}>
            {INVOICE.map(field)}
            <NativeSelect label={t('company.operations')} description={t('company.operationsHint')} value={draft.operations} error={fault('operations')} disabled={!may}
              data={OPERATIONS.map(({ value, label }) => ({ value, label: t(label) }))}
              onChange={(event) => {
                const chosen = OPERATIONS.find(({ value }) => value === event.currentTarget.value);
                if (chosen) setDraft((before) => ({ ...before, operations: chosen.value }));
              }} />
            <Checkbox label={t('company.vat_on_debits')} description={t('company.vatOnDebitsHint')} checked={draft.vat_on_debits} error={fault('vat_on_debits')} disabled={!may}
              onChange={(event) => {
                const { checked } = event.currentTarget;
                setDraft((before) => ({ ...before, vat_on_debits: checked }));
              }} />
          </SimpleGrid>
        </Fieldset>
        <Fieldset legend={t('company.days')}>
          <SimpleGrid cols={cols}>
            {DAYS.map(field)}
            <TextInput type="time" label={t('company.cutoff')} description={t('company.cutoffHint')} value={hourOf(draft.cutoff_minutes)} error={fault('cutoff_minutes')} readOnly={!may}
              onChange={(event) => {
                const { value } = event.currentTarget;
                if (value) setDraft((before) => ({ ...before, cutoff_minutes: minutesOf(value) }));
              }} />
          </SimpleGrid>
        </Fieldset>
        {may && <SaveBar save={save} onReload={startAfresh} disabled={capitalBad} />}
      </Stack>
    </form>
  );
}

export default function Company() {
  const t = useText();
  const { record, save, version, startAfresh } = useRecord<CompanyData>('company');
  return (
    <>
      <PageTitle title={t('menu.company')} />
      {record.isError ? <ErrorMessage error={record.error} onRetry={() => void record.refetch()} /> : record.isPending ? <Loading /> : <Form key={version} company={record.data.value} save={save} startAfresh={startAfresh} />}
    </>
  );
}
