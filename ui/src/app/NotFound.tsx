// What stands in place of a page that is not there, or that broke.
import { Alert, Button, Code, Container } from '@mantine/core';
import { useRouteError } from 'react-router-dom';
import { EmptyState } from '@/components/EmptyState';
import { PageTitle } from '@/components/PageTitle';
import { useText } from '@/i18n/text';

export function NotFound() {
  const t = useText();
  return (
    <>
      <PageTitle title={t('app.notFound')} />
      <EmptyState title={t('app.notFoundHint')} action={{ label: t('menu.home'), to: '/' }} />
    </>
  );
}

export function Crashed() {
  const t = useText();
  const error = useRouteError();
  return (
    <Container component="main" p="xl">
      <Alert color="red" title={t('app.crashed')} role="alert">
        {t('app.crashedHint')}
        <Code block my="md">
          {String(error)}
        </Code>
        <Button onClick={() => window.location.reload()}>{t('app.reload')}</Button>
      </Alert>
    </Container>
  );
}
