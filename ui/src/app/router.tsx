// Which address shows which page; the code of a page is fetched with it.
import { createBrowserRouter, type RouteObject } from 'react-router-dom';
import type { ComponentType } from 'react';
import { Loading } from '@/components/Loading';
import { Layout } from './Layout';
import { Crashed, NotFound } from './NotFound';

const page = (path: string, load: () => Promise<{ default: ComponentType }>): RouteObject => ({ path, lazy: async () => ({ Component: (await load()).default }) });

export const router = createBrowserRouter(
  [
    {
      element: <Layout />,
      errorElement: <Crashed />,
      hydrateFallbackElement: <Loading />,
      children: [
        page('/', () => import('@/pages/home/Home')),
        page('/compte', () => import('@/pages/entry/Account')),
        page('/traitements/synchronisations', () => import('@/pages/sync/LinkList')),
        page('/traitements/synchronisations/nouvelle', () => import('@/pages/sync/LinkCreation')),
        page('/traitements/synchronisations/:link', () => import('@/pages/sync/LinkPage')),
        page('/traitements/synchronisations/:link/modifier', () => import('@/pages/sync/LinkEdit')),
        page('/traitements/executions/:run', () => import('@/pages/sync/RunPage')),
        page('/traitements/simulations/:job', () => import('@/pages/sync/RehearsalPage')),
        page('/controle/preuve', () => import('@/pages/control/ProofMonth')),
        page('/controle/preuve/:day', () => import('@/pages/control/ProofDay')),
        page('/controle/journal', () => import('@/pages/control/Journal')),
        page('/options/societe', () => import('@/pages/options/Company')),
        page('/options/numerotation', () => import('@/pages/options/Numbering')),
        page('/options/stocks', () => import('@/pages/options/StockRule')),
        page('/options/utilisateurs', () => import('@/pages/options/Users')),
        page('/options/jetons', () => import('@/pages/options/Tokens')),
        page('/fichiers/articles', () => import('@/pages/files/Articles')),
        page('/fichiers/articles/:code', () => import('@/pages/files/ArticlePage')),
        page('/fichiers/familles', () => import('@/pages/files/Families')),
        page('/fichiers/clients', () => import('@/pages/files/Customers')),
        page('/fichiers/clients/:code', () => import('@/pages/files/CustomerPage')),
        page('/fichiers/tva', () => import('@/pages/files/Taxes')),
        page('/fichiers/modes-de-reglement', () => import('@/pages/files/Means')),
        page('/ventes/commandes', () => import('@/pages/sales/Orders')),
        page('/ventes/factures', () => import('@/pages/sales/Invoices')),
        page('/ventes/avoirs', () => import('@/pages/sales/CreditNotes')),
        page('/ventes/reglements', () => import('@/pages/sales/Payments')),
        page('/ventes/reglements/:id', () => import('@/pages/sales/PaymentPage')),
        // « pieces » stands for whichever kind the document is.
        page('/ventes/:kind/:number', () => import('@/pages/sales/DocumentPage')),
        page('/stocks/:tab?', () => import('@/pages/stock/Stock')),
        page('/traitements/imports/impression', () => import('@/pages/imports/GridPrint')),
        page('/traitements/imports/:sale?', () => import('@/pages/imports/Imports')),
        { path: '*', element: <NotFound /> },
      ],
    },
  ],
  { future: { v7_relativeSplatPath: true, v7_fetcherPersist: true, v7_normalizeFormMethod: true, v7_partialHydration: true, v7_skipActionErrorRevalidation: true } },
);
