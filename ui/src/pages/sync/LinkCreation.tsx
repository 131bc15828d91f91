// The guided creation of a link. Up to the rehearsal nothing is recorded; then the link is saved, and its name stands in the address, so that a reload goes on from there.
import { Alert, Button, Card, Group, Stack, Stepper, Text, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link as RouterLink, useNavigate, useSearchParams } from 'react-router-dom';
import { newIdempotencyKey, write } from '@/api/client';
import { NEW_LINK, optionsOf, useForgetLinks, useLink } from '@/api/links';
import type { LinkTest } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';
import { linkPath, newLinkPath } from './paths';
import { Rehearsal } from './Rehearsal';
import { ScheduleForm } from './ScheduleForm';
import { AddressSection, faultsOf, FiltersSection, SalesSection, WhatSection, type Faults, type LinkDraft, type SectionProps } from './sections';
import { TestReport } from './TestReport';
import { useStartRun } from './useStartRun';

enum Step {
  Address,
  Test,
  What,
  Filters,
  Sales,
  Rehearsal,
  Done,
}

/** Step on which a member stands, to lead back to what the server refuses. */
const STEP_OF: Partial<Record<keyof LinkDraft, Step>> = {
  name: Step.Address,
  url: Step.Address,
  key: Step.Address,
  profile: Step.Address,
  since: Step.What,
  families: Step.Filters,
  code_pattern: Step.Filters,
  changed_since: Step.Filters,
  archived: Step.Filters,
};

const bodyOf = (draft: LinkDraft) => ({ ...optionsOf(draft), name: draft.name.trim(), url: draft.url.trim(), key: draft.key.trim() });

function TestStep({ draft, onBack, onNext }: { draft: LinkDraft; onBack: () => void; onNext: () => void }) {
  const t = useText();
  const test = useMutation({ mutationFn: () => write<LinkTest>('POST', 'links/test', bodyOf(draft)) });
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    test.mutate();
  });
  return (
    <Stack>
      <Title order={2}>{t('link.testTitle')}</Title>
      <Text size="sm">{t('link.testHint')}</Text>
      {test.isPending && <Text role="status">{t('link.testing')}</Text>}
      {test.isError && <ErrorMessage error={test.error} />}
      {test.data && <TestReport report={test.data} />}
      <Group>
        <Button variant="default" onClick={onBack}>
          {t('common.back')}
        </Button>
        <Button variant="default" onClick={() => test.mutate()} loading={test.isPending}>
          {t('link.testAgain')}
        </Button>
        <Button onClick={onNext} disabled={!test.data?.key_accepted}>
          {t('common.next')}
        </Button>
      </Group>
    </Stack>
  );
}

function RehearsalStep({ name, onNext }: { name: string; onNext: () => void }) {
  const t = useText();
  const [params, setParams] = useSearchParams();
  const job = params.get('repetition');
  const start = useStartRun(name, (started) => setParams((before) => ({ ...Object.fromEntries(before), repetition: String(started.id) }), { replace: true }));
  return (
    <Stack>
      <Title order={2}>{t('link.rehearsalTitle')}</Title>
      {!job && (
        <>
          <Text>{t('link.rehearsalSaved', { name })}</Text>
          <Text size="sm">{t('link.rehearseHint')}</Text>
        </>
      )}
      {start.isError && <ErrorMessage error={start.error} />}
      {job && <Rehearsal job={job} key={job} />}
      <Group>
        <Button variant={job ? 'default' : 'filled'} onClick={() => start.mutate({ dryRun: true })} loading={start.isPending}>
          {job ? t('link.rehearseAgain') : t('link.startRehearsal')}
        </Button>
        <Button variant={job ? 'filled' : 'default'} onClick={onNext}>
          {job ? t('common.next') : t('link.skipRehearsal')}
        </Button>
      </Group>
    </Stack>
  );
}

function DoneStep({ name }: { name: string }) {
  const t = useText();
  const link = useLink(name);
  return (
    <Stack>
      <Title order={2}>{t('link.doneTitle', { name })}</Title>
      <Text>{t('link.doneHint')}</Text>
      {link.data && (
        <Card withBorder>
          <Title order={3} mb="xs">
            {t('schedule.title')}
          </Title>
          <ScheduleForm key={link.data.tag} link={link.data.value} tag={link.data.tag} />
        </Card>
      )}
      <Group>
        <Button component={RouterLink} to={`${linkPath(name)}?lancer=1`}>
          {t('link.runNow')}
        </Button>
        <Button component={RouterLink} to={linkPath(name)} variant="default">
          {t('link.open')}
        </Button>
      </Group>
    </Stack>
  );
}

/** One step that is a form: its title, its section, back and on. */
function FormStep({ title, onBack, onNext, next, loading, children }: { title: string; onBack?: () => void; onNext: () => void; next?: string; loading?: boolean; children: React.ReactNode }) {
  const t = useText();
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onNext();
      }}
    >
      <Stack>
        <Title order={2}>{title}</Title>
        {children}
        <Group>
          {onBack && (
            <Button variant="default" onClick={onBack}>
              {t('common.back')}
            </Button>
          )}
          <Button type="submit" loading={loading}>
            {next ?? t('common.next')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Steps before the link is recorded. */
function Draft({ step, setStep }: { step: Step; setStep: (step: Step) => void }) {
  const t = useText();
  const navigate = useNavigate();
  const forget = useForgetLinks();
  const [draft, setDraft] = useState<LinkDraft>({ ...NEW_LINK, key: '' });
  const [faults, setFaults] = useState<Faults>({});
  const [idempotencyKey] = useState(newIdempotencyKey);
  const save = useMutation({
    mutationFn: () => write('POST', 'links', bodyOf(draft), { idempotencyKey }),
    onSuccess: () => {
      forget();
      navigate(`${newLinkPath}?liaison=${encodeURIComponent(draft.name.trim())}`, { replace: true });
      setStep(Step.Rehearsal);
    },
    onError: (error) => {
      const found = faultsOf(error);
      setFaults(found);
      const steps = (Object.keys(found) as (keyof LinkDraft)[]).map((name) => STEP_OF[name] ?? Step.Sales);
      if (steps.length > 0) setStep(Math.min(...steps));
    },
  });
  const change: SectionProps['onChange'] = (changes) => {
    setDraft((before) => ({ ...before, ...changes }));
    setFaults((before) => Object.fromEntries(Object.entries(before).filter(([name]) => !(name in changes))));
  };
  const section = { draft, onChange: change, faults };
  const leaveAddress = () => {
    const empty = (['name', 'url', 'key'] as const).filter((name) => draft[name].trim() === '');
    setFaults(Object.fromEntries(empty.map((name) => [name, t('link.fillIn')])));
    if (empty.length === 0) setStep(Step.Test);
  };
  const nothing = !draft.import_articles && !draft.export_articles && !draft.import_orders;
  return (
    <Stack>
      {save.isError && <ErrorMessage error={save.error} />}
      {step === Step.Address && (
        <FormStep title={t('link.addressTitle')} onNext={leaveAddress}>
          <AddressSection {...section} />
        </FormStep>
      )}
      {step === Step.Test && <TestStep draft={draft} onBack={() => setStep(Step.Address)} onNext={() => setStep(Step.What)} />}
      {step === Step.What && (
        <FormStep title={t('link.what')} onBack={() => setStep(Step.Test)} onNext={() => nothing || setStep(Step.Filters)}>
          <WhatSection {...section} />
          {nothing && (
            <Alert color="yellow" role="status">
              {t('link.chooseFlow')}
            </Alert>
          )}
        </FormStep>
      )}
      {step === Step.Filters && (
        <FormStep title={t('link.filters')} onBack={() => setStep(Step.What)} onNext={() => setStep(Step.Sales)}>
          <FiltersSection {...section} />
        </FormStep>
      )}
      {step === Step.Sales && (
        <FormStep title={t('link.salesOptions')} onBack={() => setStep(Step.Filters)} onNext={() => save.mutate()} next={t('link.saveAndContinue')} loading={save.isPending}>
          <SalesSection {...section} />
        </FormStep>
      )}
    </Stack>
  );
}

export default function LinkCreation() {
  const t = useText();
  const [params] = useSearchParams();
  const saved = params.get('liaison');
  const [step, setStep] = useState(saved ? Step.Rehearsal : Step.Address);
  const narrow = useMediaQuery('(max-width: 62em)');
  const labels = [t('link.stepAddress'), t('link.stepTest'), t('link.stepWhat'), t('link.stepFilters'), t('link.stepSales'), t('link.stepRehearsal'), t('link.stepDone')];
  return (
    <>
      <PageTitle title={t('link.create')} back={{ label: t('menu.synchronisations'), to: linkPath() }} />
      <Stepper active={step} size="sm" mb="lg" allowNextStepsSelect={false} onStepClick={(to) => (saved ? to >= Step.Rehearsal : to < step) && setStep(to)}>
        {labels.map((label, place) => (
          <Stepper.Step key={label} label={narrow && place !== step ? <span className="read-aloud">{label}</span> : label} aria-current={place === step ? 'step' : undefined} allowStepSelect={saved ? place >= Step.Rehearsal && place <= step : place < step} />
        ))}
      </Stepper>
      {step < Step.Rehearsal && <Draft step={step} setStep={setStep} />}
      {step === Step.Rehearsal && saved && <RehearsalStep name={saved} onNext={() => setStep(Step.Done)} />}
      {step === Step.Done && saved && <DoneStep name={saved} />}
    </>
  );
}
