// Shown while a page or its first answer comes; silent for the blink of an eye that most take.
import { Center, Loader, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useText } from '@/i18n/text';

const QUIET_MS = 200;

export function Loading() {
  const t = useText();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Center p="xl" role="status" aria-busy mih={120}>
      {late && (
        <>
          <Loader size="sm" mr="sm" aria-hidden />
          <Text c="dimmed">{t('app.loading')}</Text>
        </>
      )}
    </Center>
  );
}
