// Header, menu and page; the landmarks and the way past the menu for keyboards.
import { ActionIcon, AppShell, Burger, Button, Group, Menu as DropMenu, Text, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Suspense, useEffect, useRef } from 'react';
import { Link, Outlet, useLocation } from 'react-router-dom';
import { write } from '@/api/client';
import { useSession, useSetSession } from '@/api/session';
import { Loading } from '@/components/Loading';
import { useSetLanguage, useText } from '@/i18n/text';
import { Menu } from './Menu';

export function LanguageButton() {
  const t = useText();
  const setLanguage = useSetLanguage();
  const other = t.language === 'fr' ? 'en' : 'fr';
  return (
    <Button variant="subtle" size="compact-sm" lang={other} aria-label={t('app.languageLabel')} onClick={() => setLanguage(other)}>
      {t('app.language')}
    </Button>
  );
}

export function SchemeButton() {
  const t = useText();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon variant="subtle" aria-label={other === 'dark' ? t('app.darkMode') : t('app.lightMode')} title={other === 'dark' ? t('app.darkMode') : t('app.lightMode')}
      onClick={() => setColorScheme(other)}>
      <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round">
        {other === 'dark' ? <path d="M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5z" /> : <path d="M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.4 1.4m11.2 11.2L19 19M5 19l1.4-1.4M17.6 6.4 19 5" />}
      </svg>
    </ActionIcon>
  );
}

function AccountMenu() {
  const t = useText();
  const session = useSession();
  const setSession = useSetSession();
  const signOut = () => void write('DELETE', 'session').finally(() => setSession(null));
  return (
    <DropMenu position="bottom-end">
      <DropMenu.Target>
        <Button variant="default" size="compact-sm" aria-label={t('app.account', { user: session.user })}>
          {session.user}
        </Button>
      </DropMenu.Target>
      <DropMenu.Dropdown>
        <DropMenu.Label>{t.word('role', session.role)}</DropMenu.Label>
        <DropMenu.Item component={Link} to="/compte">
          {t('app.changePassword')}
        </DropMenu.Item>
        <DropMenu.Item onClick={signOut}>{t('app.signOut')}</DropMenu.Item>
      </DropMenu.Dropdown>
    </DropMenu>
  );
}

export function Layout() {
  const t = useText();
  const session = useSession();
  const [opened, { toggle, close }] = useDisclosure(false);
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    // A new page begins at its top, for eyes and for screen readers.
    if (before.current !== pathname) {
      before.current = pathname;
      main.current?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
  }, [pathname]);
  return (
    <AppShell header={{ height: 52 }} navbar={{ width: 220, breakpoint: 'md', collapsed: { mobile: !opened } }} padding="md">
      <a className="skip-link" href="#contenu" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        {t('app.skip')}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" miw={0}>
            <Burger opened={opened} onClick={toggle} hiddenFrom="md" size="sm" aria-label={opened ? t('app.closeMenu') : t('app.openMenu')} aria-expanded={opened} />
            <img src="/favicon.svg" alt="" width={26} height={26} />
            <Text fw={700}>{t('app.name')}</Text>
            <Text c="dimmed" truncate>
              {session.company}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LanguageButton />
            <SchemeButton />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" className="menu" aria-label={t('app.menu')}>
        <Menu onChoice={close} />
      </AppShell.Navbar>
      <AppShell.Main id="contenu" ref={main} tabIndex={-1}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
    </AppShell>
  );
}
