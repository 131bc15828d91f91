// The table of any list: what it asks for, and that the address holds what the reader chose.
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import { createMemoryRouter, RouterProvider, useLocation, type RouteObject } from 'react-router-dom';
import { beforeEach, expect, test, vi } from 'vitest';
import { DataTable } from '@/components/DataTable';
import fr from '@/i18n/fr';
import { TextProvider } from '@/i18n/text';

const column = (name: string, heading: string, type: string, filter = 'none') => ({ name, heading, type, sortable: true, filter, choices: null });
const LISTS = { items: [{ name: 'document', path: 'documents', columns: [column('number', 'Numéro', 'text', 'text'), column('kind', 'Nature', 'word'), column('date', 'Date', 'day', 'range'), column('total_cents', 'Total', 'cents', 'range')] }] };
const asked: URL[] = [];
let total = 2;

function Where() {
  return <output aria-label="where">{useLocation().search}</output>;
}

function Shown() {
  return (
    <>
      <DataTable list="documents" label="Factures" fixed={{ kind: 'invoice' }} sort="-date" hrefOf={(row) => `/ventes/factures/${String(row.number)}`} />
      <Where />
    </>
  );
}

function show(address: string, page: RouteObject['lazy'] = async () => ({ Component: () => <h1>La facture</h1> })) {
  const router = createMemoryRouter([{ path: '/', element: <Shown /> }, { path: '/ventes/factures/:number', lazy: page }], { initialEntries: [address], future: { v7_relativeSplatPath: true } });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <MantineProvider>
      <TextProvider language="fr" catalogue={fr}>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} future={{ v7_startTransition: true }} />
        </QueryClientProvider>
      </TextProvider>
    </MantineProvider>,
  );
}

beforeEach(() => {
  asked.length = 0;
  total = 2;
  localStorage.clear();
  // The frame of the rows has a height, so that rows are drawn.
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(400);
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(800);
  vi.stubGlobal('fetch', async (address: string) => {
    const url = new URL(address, 'http://shop');
    asked.push(url);
    const items = [{ number: '1042', kind: 'invoice', date: '2026-01-30', total_cents: 123456 }, { number: '1043', kind: 'invoice', date: '2026-01-31', total_cents: -500 }].slice(0, total);
    return new Response(JSON.stringify(url.pathname.endsWith('/lists') ? LISTS : { items, total, next: null }));
  });
});

const rowsAsked = () => asked.filter((url) => url.pathname === '/api/v1/documents');

test('asks for what the page fixes and the address says, and leaves the rest of the address alone', async () => {
  show('/?q=dupont&total_cents_from=100&kind=order&onglet=2');
  await screen.findByText('1042');
  const query = Object.fromEntries(rowsAsked()[0]!.searchParams);
  expect(query).toEqual({ kind: 'invoice', q: 'dupont', total_cents_from: '100', sort: '-date', limit: '200' });
});

test('writes values as the language does, and does not offer the column that the page has fixed', async () => {
  show('/');
  expect((await screen.findByText('1042')).getAttribute('href')).toBe('/ventes/factures/1042');
  expect(screen.getByText('1\u202f234,56\u00a0€', { normalizer: (text) => text })).toBeTruthy();
  expect(screen.getByText('30/01/2026')).toBeTruthy();
  expect(screen.queryByText('Nature')).toBeNull();
  expect(screen.getByRole('grid', { name: 'Factures' }).getAttribute('aria-rowcount')).toBe('3');
});

test('a heading sorts, the other way at the second time, and the address says so', async () => {
  show('/');
  fireEvent.click(await screen.findByRole('button', { name: /Total/ }));
  await waitFor(() => expect(screen.getByLabelText('where').textContent).toBe('?sort=total_cents'));
  fireEvent.click(await screen.findByRole('button', { name: /Total/ }));
  await waitFor(() => expect(screen.getByLabelText('where').textContent).toBe('?sort=-total_cents'));
  await waitFor(() => expect(rowsAsked().at(-1)!.searchParams.get('sort')).toBe('-total_cents'));
});

test('what is searched comes into the address when the typing rests', async () => {
  show('/');
  fireEvent.change(await screen.findByRole('searchbox'), { target: { value: '1042' } });
  await waitFor(() => expect(screen.getByLabelText('where').textContent).toBe('?q=1042'), { timeout: 2000 });
});

test('who opens a row while the search is still to be asked goes to its page, and is not called back', async () => {
  let arrive: (page: { Component: () => JSX.Element }) => void = () => {};
  show('/', () => new Promise((resolve) => (arrive = resolve)));
  const link = await screen.findByText('1042');
  vi.useFakeTimers();
  fireEvent.change(screen.getByRole('searchbox'), { target: { value: '1042' } });
  fireEvent.click(link);
  await vi.advanceTimersByTimeAsync(5000);
  vi.useRealTimers();
  arrive({ Component: () => <h1>La facture</h1> });
  await screen.findByRole('heading', { name: 'La facture' });
});

test('nothing found and nothing there are told apart', async () => {
  total = 0;
  show('/?q=rien');
  fireEvent.click(await screen.findByRole('button', { name: 'Effacer les filtres' }));
  await screen.findByText('Rien ici pour l’instant');
  expect(screen.getByLabelText('where').textContent).toBe('');
});
