// The menu, as its users know it.
import { NavLink, Stack, Text } from '@mantine/core';
import { NavLink as RouterLink, useLocation } from 'react-router-dom';
import { useMayAdminister } from '@/api/session';
import { useText, type TextKey } from '@/i18n/text';

interface Entry {
  label: TextKey;
  to: string;
  admin?: boolean;
}

const SECTIONS: { label?: TextKey; entries: Entry[] }[] = [
  { entries: [{ label: 'menu.home', to: '/' }] },
  {
    label: 'menu.files',
    entries: [
      { label: 'menu.articles', to: '/fichiers/articles' },
      { label: 'menu.families', to: '/fichiers/familles' },
      { label: 'menu.customers', to: '/fichiers/clients' },
      { label: 'menu.taxes', to: '/fichiers/tva' },
      { label: 'menu.means', to: '/fichiers/modes-de-reglement' },
    ],
  },
  {
    label: 'menu.sales',
    entries: [
      { label: 'menu.orders', to: '/ventes/commandes' },
      { label: 'menu.invoices', to: '/ventes/factures' },
      { label: 'menu.creditNotes', to: '/ventes/avoirs' },
      { label: 'menu.payments', to: '/ventes/reglements' },
    ],
  },
  { entries: [{ label: 'menu.stock', to: '/stocks' }] },
  {
    label: 'menu.processing',
    entries: [
      { label: 'menu.synchronisations', to: '/traitements/synchronisations' },
      { label: 'menu.imports', to: '/traitements/imports' },
    ],
  },
  {
    label: 'menu.control',
    entries: [
      { label: 'menu.proof', to: '/controle/preuve' },
      { label: 'menu.journal', to: '/controle/journal' },
    ],
  },
  {
    label: 'menu.options',
    entries: [
      { label: 'menu.company', to: '/options/societe' },
      { label: 'menu.numbering', to: '/options/numerotation' },
      { label: 'menu.stockOption', to: '/options/stocks' },
      { label: 'menu.users', to: '/options/utilisateurs', admin: true },
      { label: 'menu.tokens', to: '/options/jetons', admin: true },
    ],
  },
];

export function Menu({ onChoice }: { onChoice: () => void }) {
  const t = useText();
  const admin = useMayAdminister();
  const { pathname } = useLocation();
  const active = (to: string) => (to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`));
  return (
    <Stack gap={0}>
      {SECTIONS.map((section) => {
        const entries = section.entries.filter((entry) => admin || !entry.admin);
        const links = entries.map((entry) => (
          <NavLink key={entry.to} component={RouterLink} to={entry.to} end={entry.to === '/'} label={t(entry.label)} active={active(entry.to)} onClick={onChoice} py={3} />
        ));
        if (!section.label) return links;
        const id = `menu-${section.label.replace('.', '-')}`;
        return (
          <div key={section.label} role="group" aria-labelledby={id}>
            <Text id={id} size="xs" fw={700} c="dimmed" tt="uppercase" px="sm" pt={8} pb={0}>
              {t(section.label)}
            </Text>
            {links}
          </div>
        );
      })}
    </Stack>
  );
}
