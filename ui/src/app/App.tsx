// What stands around every page: theme, texts, queries, and the session without which there is only the login.
import '@mantine/core/styles.css';
import './app.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { RouterProvider } from 'react-router-dom';
import { ApiError, setOnUnauthorised } from '@/api/client';
import { SessionProvider, useSessionQuery, useSetSession } from '@/api/session';
import { ErrorMessage } from '@/components/ErrorMessage';
import { Loading } from '@/components/Loading';
import { TextProvider, useText, type Catalogue, type Language } from '@/i18n/text';
import { router } from './router';
import { readable, theme } from './theme';

const Entry = lazy(() => import('@/pages/entry/Entry'));

/** What a person has to correct or is not allowed is not asked again; a server that fails, once. */
function makeClient() {
  const retry = (count: number, error: unknown) => count < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500);
  return new QueryClient({ defaultOptions: { queries: { retry, staleTime: 10_000, refetchOnWindowFocus: true } } });
}

/** What the server said in the other language is asked for again. */
function useTextsOfServer() {
  const { language } = useText();
  const client = useQueryClient();
  const before = useRef(language);
  useEffect(() => {
    if (before.current === language) return;
    before.current = language;
    void client.invalidateQueries();
  }, [language, client]);
}

function Gate() {
  useTextsOfServer();
  const session = useSessionQuery();
  const setSession = useSetSession();
  const [expired, setExpired] = useState(false);
  useEffect(() => {
    setOnUnauthorised(() => {
      setExpired(true);
      setSession(null);
    });
  });
  if (session.isError) return <ErrorMessage error={session.error} onRetry={() => void session.refetch()} m="xl" />;
  if (session.data === undefined) return <Loading />;
  if (session.data === null)
    return (
      <Suspense fallback={<Loading />}>
        <Entry expired={expired} onSession={setSession} />
      </Suspense>
    );
  return (
    <SessionProvider value={session.data}>
      <RouterProvider router={router} future={{ v7_startTransition: true }} />
    </SessionProvider>
  );
}

export function App({ language, catalogue }: { language: Language; catalogue: Catalogue }) {
  const [client] = useState(makeClient);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={readable} defaultColorScheme="auto">
      <TextProvider language={language} catalogue={catalogue}>
        <QueryClientProvider client={client}>
          <Gate />
        </QueryClientProvider>
      </TextProvider>
    </MantineProvider>
  );
}
