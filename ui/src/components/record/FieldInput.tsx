// One field of a record, by its type; what is typed stays a text until it is saved.
import { Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useText } from '@/i18n/text';
import { DECIMALS, type Field } from './draft';

/** Explanations stand under their field, so that fields side by side line up. */
const ORDER: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error'];

interface Props {
  field: Field;
  typed: string;
  onType: (typed: string) => void;
  error?: string;
  disabled?: boolean;
  focused?: boolean;
}

export function FieldInput({ field, typed, onType, error, disabled, focused }: Props) {
  const t = useText();
  const common = { label: t(field.label), description: field.hint ? t(field.hint) : undefined, error, disabled, required: field.required, withAsterisk: false, inputWrapperOrder: ORDER, 'data-autofocus': focused || undefined };
  if (field.type === 'bool')
    return <Switch label={common.label} description={common.description} disabled={disabled} checked={typed === 'true'} onChange={(event) => onType(String(event.currentTarget.checked))} mt="lg" />;
  if (field.type === 'choice')
    return (
      <Select {...common} data={field.choices ?? []} value={typed || null} onChange={(value) => onType(value ?? '')} searchable clearable={!field.required} nothingFoundMessage={t('table.nothingFound')}
        clearButtonProps={{ 'aria-label': t('record.clear', { name: common.label }) }} />
    );
  if (field.type === 'area') return <Textarea {...common} value={typed} onChange={(event) => onType(event.currentTarget.value)} autosize minRows={2} maxLength={field.max ?? 2000} />;
  const numeric = DECIMALS[field.type] !== undefined;
  return (
    <TextInput {...common} type={field.type === 'day' ? 'date' : 'text'} inputMode={numeric ? 'decimal' : undefined} value={typed} onChange={(event) => onType(event.currentTarget.value)}
      maxLength={field.max ?? 500} autoComplete="off" styles={numeric ? { input: { fontVariantNumeric: 'tabular-nums' } } : undefined} />
  );
}
