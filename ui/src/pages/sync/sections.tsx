// The parts of a link's form, shared by the guided creation and the edit.
import { Button, Checkbox, Fieldset, FileButton, Group, NumberInput, PasswordInput, Radio, Select, SimpleGrid, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { ApiError } from '@/api/client';
import { NEW_LINK } from '@/api/links';
import type { LinkOptions } from '@/api/types';
import { useText } from '@/i18n/text';

export type LinkDraft = LinkOptions & { key: string };
export interface SectionProps {
  draft: LinkDraft;
  onChange: (changes: Partial<LinkDraft>) => void;
  /** What the server or the form found wrong, by member. */
  faults: Faults;
}
export type Faults = Partial<Record<keyof LinkDraft, string>>;

const MINUTES_OF_DAY = 24 * 60;
/** A profile that came in a file is a text of several lines; a built-in one is a name. */
const isOwnProfile = (profile: string) => /[\n{]/.test(profile);

export function faultsOf(error: unknown): Faults {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(error.errors.map((fault) => [fault.pointer.replace(/^\//, '').split('/')[0], fault.detail]));
}

export function AddressSection({ draft, onChange, faults, known = false }: SectionProps & { known?: boolean }) {
  const t = useText();
  const readProfile = (file: File | null) => void file?.text().then((profile) => onChange({ profile }));
  return (
    <Stack maw={560}>
      <TextInput label={t('link.name')} description={t('link.nameHint')} value={draft.name} onChange={(event) => onChange({ name: event.currentTarget.value })} error={faults.name} required withAsterisk={false} maxLength={100} />
      <TextInput label={t('link.url')} description={t('link.urlHint')} value={draft.url} onChange={(event) => onChange({ url: event.currentTarget.value })} error={faults.url} required withAsterisk={false} inputMode="url" spellCheck={false} />
      <PasswordInput label={t('link.key')} description={known ? t('link.keyKeep') : t('link.keyHint')} value={draft.key} onChange={(event) => onChange({ key: event.currentTarget.value })} error={faults.key}
        required={!known} withAsterisk={false} autoComplete="off" spellCheck={false} visibilityToggleButtonProps={{ 'aria-label': t('login.showPassword') }} />
      <div>
        <TextInput label={t('link.profile')} description={t('link.profileHint')} value={isOwnProfile(draft.profile) ? t('link.profileOwn') : draft.profile} readOnly={isOwnProfile(draft.profile)}
          onChange={(event) => onChange({ profile: event.currentTarget.value })} error={faults.profile} spellCheck={false} />
        <Group mt="xs" gap="xs">
          <FileButton onChange={readProfile}>{(props) => <Button {...props} variant="default" size="xs">{t('link.profileFile')}</Button>}</FileButton>
          {draft.profile !== NEW_LINK.profile && (
            <Button variant="default" size="xs" onClick={() => onChange({ profile: NEW_LINK.profile })}>
              {t('link.profileReset')}
            </Button>
          )}
        </Group>
      </div>
    </Stack>
  );
}

export function WhatSection({ draft, onChange, faults }: SectionProps) {
  const t = useText();
  return (
    <Stack maw={640}>
      <Switch label={t('link.importArticles')} description={t('link.importArticlesHint')} checked={draft.import_articles} onChange={(event) => onChange({ import_articles: event.currentTarget.checked })} />
      <Switch label={t('link.exportArticles')} description={t('link.exportArticlesHint')} checked={draft.export_articles} onChange={(event) => onChange({ export_articles: event.currentTarget.checked })} />
      <Switch label={t('link.importOrders')} description={t('link.importOrdersHint')} checked={draft.import_orders} onChange={(event) => onChange({ import_orders: event.currentTarget.checked })} />
      {draft.import_orders && (
        <TextInput type="date" label={t('link.since')} description={t('link.sinceHint')} value={draft.since ?? ''} onChange={(event) => onChange({ since: event.currentTarget.value || null })} error={faults.since} maw={260} />
      )}
    </Stack>
  );
}

export function FiltersSection({ draft, onChange, faults }: SectionProps) {
  const t = useText();
  return (
    <Stack maw={640}>
      <Text size="sm">{t('link.filtersHint')}</Text>
      <TagsInput label={t('link.families')} description={t('link.familiesHint')} value={draft.families} onChange={(families) => onChange({ families })} error={faults.families} acceptValueOnBlur />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput label={t('link.codePattern')} description={t('link.codePatternHint')} value={draft.code_pattern ?? ''} onChange={(event) => onChange({ code_pattern: event.currentTarget.value || null })} error={faults.code_pattern} />
        <TextInput type="date" label={t('link.changedSince')} description={'\u00a0'} value={draft.changed_since ?? ''} onChange={(event) => onChange({ changed_since: event.currentTarget.value || null })} error={faults.changed_since} />
        <Select label={t('link.archived')} value={draft.archived} onChange={(value) => onChange({ archived: (value ?? 'any') as LinkDraft['archived'] })} allowDeselect={false}
          data={(['any', 'no', 'only'] as const).map((value) => ({ value, label: t.word('archived', value) }))} />
      </SimpleGrid>
      <Checkbox label={t('link.onlyInStock')} checked={draft.only_in_stock} onChange={(event) => onChange({ only_in_stock: event.currentTarget.checked })} />
    </Stack>
  );
}

type ChoiceName = 'document' | 'numbers' | 'unknown_article' | 'unknown_customer' | 'missing_reference' | 'negative_stock';

function Choice<N extends ChoiceName>({ name, label, group, values, draft, onChange }: { name: N; label: string; group: string; values: LinkDraft[N][] } & Pick<SectionProps, 'draft' | 'onChange'>) {
  const t = useText();
  return (
    <Radio.Group label={label} value={draft[name]} onChange={(value) => onChange({ [name]: value } as Partial<LinkDraft>)}>
      <Stack gap={6} mt={6}>
        {values.map((value) => (
          <Radio key={value} value={value} label={t.word(group, value)} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

export function SalesSection({ draft, onChange, faults }: SectionProps) {
  const t = useText();
  const choice = { draft, onChange };
  return (
    <Stack maw={760}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        <Choice name="document" label={t('link.document')} group="document" values={['invoice', 'order']} {...choice} />
        <Choice name="numbers" label={t('link.numbers')} group="numbers" values={['keep', 'renumber']} {...choice} />
        <Choice name="unknown_article" label={t('link.unknownArticle')} group="unknownArticle" values={['refuse', 'create']} {...choice} />
        <Choice name="unknown_customer" label={t('link.unknownCustomer')} group="unknownCustomer" values={['create', 'refuse', 'drop']} {...choice} />
        <Choice name="missing_reference" label={t('link.missingReference')} group="missingReference" values={['refuse', 'barcode']} {...choice} />
        <Choice name="negative_stock" label={t('link.negativeStock')} group="negativeStock" values={['allow', 'refuse']} {...choice} />
      </SimpleGrid>
      <Switch label={t('link.autoValidate')} description={t('link.autoValidateHint')} checked={draft.auto_validate} onChange={(event) => onChange({ auto_validate: event.currentTarget.checked })} />
      <NumberInput label={t('link.overlap')} description={t('link.overlapHint')} min={0} max={365} allowDecimal={false} value={Math.round(draft.overlap_minutes / MINUTES_OF_DAY)} error={faults.overlap_minutes}
        onChange={(value) => onChange({ overlap_minutes: Number(value) * MINUTES_OF_DAY })} maw={320} />
    </Stack>
  );
}

/** The whole form, for an edit. */
export function AllSections(props: SectionProps) {
  const t = useText();
  return (
    <Stack>
      <Fieldset legend={t('link.stepAddress')}>
        <AddressSection {...props} known />
      </Fieldset>
      <Fieldset legend={t('link.what')}>
        <WhatSection {...props} />
      </Fieldset>
      <Fieldset legend={t('link.filters')}>
        <FiltersSection {...props} />
      </Fieldset>
      <Fieldset legend={t('link.salesOptions')}>
        <SalesSection {...props} />
      </Fieldset>
    </Stack>
  );
}
