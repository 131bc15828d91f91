// Which address shows which page; the code of a page is fetched with it.
import { createBrowserRouter, type RouteObject } from 'react-router-dom';
import type { ComponentType } from 'react';
import { Layout } from './Layout';
import { Crashed, NotFound } from './NotFound';

const page = (path: string, load: () => Promise<{ default: ComponentType }>): RouteObject => ({ path, lazy: async () => ({ Component: (await load()).default }) });

export const router = createBrowserRouter(
  [
    {
      element: <Layout />,
      errorElement: <Crashed />,
      children: [
        page('/', () => import('@/pages/home/Home')),
        page('/compte', () => import('@/pages/entry/Account')),
        page('/traitements/synchronisations', () => import('@/pages/sync/LinkList')),
        page('/traitements/synchronisations/nouvelle', () => import('@/pages/sync/LinkCreation')),
        page('/traitements/synchronisations/:link', () => import('@/pages/sync/LinkPage')),
        page('/traitements/synchronisations/:link/modifier', () => import('@/pages/sync/LinkEdit')),
        page('/traitements/executions/:run', () => import('@/pages/sync/RunPage')),
        page('/traitements/repetitions/:job', () => import('@/pages/sync/RehearsalPage')),
        page('/controle/preuve', () => import('@/pages/control/ProofMonth')),
        page('/controle/preuve/:day', () => import('@/pages/control/ProofDay')),
        page('/controle/journal', () => import('@/pages/control/Journal')),
        page('/options/societe', () => import('@/pages/options/Company')),
        page('/options/numerotation', () => import('@/pages/options/Numbering')),
        page('/options/stocks', () => import('@/pages/options/StockRule')),
        page('/options/utilisateurs', () => import('@/pages/options/Users')),
        page('/options/jetons', () => import('@/pages/options/Tokens')),
        // Fichiers, Ventes, Stocks and Imports are listed here as they come.
        { path: '*', element: <NotFound /> },
      ],
    },
  ],
  { future: { v7_relativeSplatPath: true, v7_fetcherPersist: true, v7_normalizeFormMethod: true, v7_partialHydration: true, v7_skipActionErrorRevalidation: true } },
);
