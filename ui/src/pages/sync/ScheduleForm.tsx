// When a link runs by itself: by hand only, at regular intervals, or at given hours.
import { Alert, Button, Group, NumberInput, Radio, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { apiPath, write } from '@/api/client';
import { useForgetLinks } from '@/api/links';
import type { Link, Schedule } from '@/api/types';
import { ErrorMessage } from '@/components/ErrorMessage';
import { useText } from '@/i18n/text';
import { parseHours } from './schedule';

type Kind = 'none' | 'every' | 'at';
const kindOf = (schedule: Schedule | null): Kind => (!schedule?.enabled ? 'none' : schedule.every_minutes ? 'every' : 'at');

export function ScheduleForm({ link, tag }: { link: Link; tag: string }) {
  const t = useText();
  const forget = useForgetLinks();
  const [kind, setKind] = useState(kindOf(link.schedule));
  const [minutes, setMinutes] = useState<number | string>(link.schedule?.every_minutes ?? 30);
  const [from, setFrom] = useState(link.schedule?.from ?? '08:00');
  const [to, setTo] = useState(link.schedule?.to ?? '20:00');
  const [hours, setHours] = useState((link.schedule?.at ?? ['12:30', '21:00']).join(' '));
  const at = parseHours(hours);
  const schedule: Schedule | null = kind === 'none' ? null : kind === 'every' ? { enabled: true, every_minutes: Number(minutes), from, to } : { enabled: true, at: at ?? [] };
  const save = useMutation({ mutationFn: () => write('PUT', apiPath`links/${link.name}/schedule`, schedule ?? { enabled: false }, { ifMatch: tag }), onSuccess: forget });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (kind !== 'at' || at?.length) save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Radio.Group label={t('schedule.kind')} value={kind} onChange={(value) => setKind(value as Kind)}>
          <Group mt="xs">
            <Radio value="none" label={t('schedule.none')} />
            <Radio value="every" label={t('schedule.every')} />
            <Radio value="at" label={t('schedule.at')} />
          </Group>
        </Radio.Group>
        {kind === 'every' && (
          <Group align="flex-end">
            <NumberInput label={t('schedule.minutes')} value={minutes} onChange={setMinutes} min={5} max={1440} allowDecimal={false} w={180} />
            <TextInput type="time" label={t('schedule.from')} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
            <TextInput type="time" label={t('schedule.to')} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
          </Group>
        )}
        {kind === 'at' && (
          <TextInput label={t('schedule.hours')} description={t('schedule.hoursHint')} value={hours} onChange={(event) => setHours(event.currentTarget.value)} error={at?.length ? undefined : t('schedule.badHours')} maw={420} />
        )}
        {save.isError && <ErrorMessage error={save.error} />}
        <Group>
          <Button type="submit" variant="default" loading={save.isPending}>
            {t('common.save')}
          </Button>
          {save.isSuccess && (
            <Alert color="green" py={6} role="status">
              {t('common.saved')}
            </Alert>
          )}
        </Group>
      </Stack>
    </form>
  );
}
