// What an administrator sets: when a link runs, who may log in and as what, tokens for programs; and everybody's own password.
import type { Page } from '@playwright/test';
import { another, choose, expect, logIn, look, open, PASSWORD, test, useShop } from './shop';

test.describe('options', () => {
  const shop = useShop(async (it) => {
    await it.startTill();
    it.company();
    it.addLink('--auto-validate', 'yes');
    it.addUser('anne', 'admin');
    it.addUser('vera', 'viewer');
    await it.startServer();
  });
  const schedule = () => (JSON.parse(shop.run('link', 'show', 'Boutique', '--json')) as { schedule: Record<string, unknown> | null }).schedule;
  const shopRoles = async (page: Page) => {
    const users = (await (await page.request.get(`${shop.url}/api/v1/users`)).json()) as { name: string; role: string }[] | { items: { name: string; role: string }[] };
    return Object.fromEntries((Array.isArray(users) ? users : users.items).map((one) => [one.name, one.role]));
  };
  const link = () => `${shop.url}/traitements/synchronisations/Boutique`;

  test('a link runs every so many minutes between two hours, or at given hours, and the page keeps it', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(link());
    const form = page.getByRole('region', { name: t('schedule.title') });
    await form.getByRole('radio', { name: t('schedule.every') }).check();
    await form.getByLabel(t('schedule.minutes')).fill('45');
    await form.getByLabel(t('schedule.from'), { exact: true }).fill('07:30');
    await form.getByLabel(t('schedule.to'), { exact: true }).fill('22:00');
    await form.getByRole('button', { name: t('common.save') }).click();
    await expect(page.getByText(t('schedule.sayEvery', { minutes: 45, from: '07:30', to: '22:00' }))).toBeVisible();
    expect(schedule()).toMatchObject({ enabled: true, every_minutes: 45, from: '07:30', to: '22:00' });
    await page.reload();
    await expect(form.getByRole('radio', { name: t('schedule.every') })).toBeChecked();
    await expect(form.getByLabel(t('schedule.minutes'))).toHaveValue('45');
    await expect(form.getByLabel(t('schedule.from'), { exact: true })).toHaveValue('07:30');
    await look(page, 'fr-link-schedule');

    await form.getByRole('radio', { name: t('schedule.at') }).check();
    const hours = form.getByLabel(t('schedule.hours'), { exact: true });
    await hours.fill('21h00 25:00');
    await expect(form.getByText(t('schedule.badHours'))).toBeVisible();
    await form.getByRole('button', { name: t('common.save') }).click();
    expect(schedule()).toMatchObject({ every_minutes: 45 });
    await hours.fill('21h00 8:30');
    await form.getByRole('button', { name: t('common.save') }).click();
    await expect(page.getByText(t('schedule.sayAt', { hours: '08:30, 21:00' }))).toBeVisible();
    expect(schedule()).toMatchObject({ enabled: true, at: ['08:30', '21:00'] });
    await page.reload();
    await expect(hours).toHaveValue('08:30 21:00');

    await form.getByRole('radio', { name: t('schedule.none') }).check();
    await form.getByRole('button', { name: t('common.save') }).click();
    await expect(page.getByText(t('link.noSchedule'), { exact: true })).toBeVisible();
    expect(schedule()?.enabled ?? false).toBe(false);
  });

  test('a token is shown once, opens what its scope allows, and nothing when it is revoked', async ({ page, playwright, t }) => {
    const asking = await playwright.request.newContext();
    const status = async (token: string, path: string) => (await asking.get(`${shop.url}/api/v1/${path}`, { headers: { Authorization: `Bearer ${token}` } })).status();
    await logIn(page, shop, t, 'anne');
    await open(page, t, 'menu.tokens');
    const form = page.getByRole('region', { name: t('tokens.add') });
    await form.getByLabel(t('tokens.name')).fill('Tableau du comptable');
    await form.getByRole('button', { name: t('tokens.add') }).click();
    const shown = page.getByRole('main').locator(':has(> code)').filter({ hasText: t('tokens.onceHint') });
    const token = await shown.locator('code').innerText();
    await look(page, 'fr-token-once');
    expect(await status(token, 'articles')).toBe(200);
    expect(await status(token, 'users')).toBe(403);
    await shown.getByRole('button', { name: t('tokens.done') }).click();
    await expect(page.getByText(token)).toHaveCount(0);
    await page.reload();
    await expect(page.getByRole('row').filter({ hasText: 'Tableau du comptable' })).toContainText(t('scope.read'));
    expect(await page.content()).not.toContain(token);
    const answer = await page.request.get(`${shop.url}/api/v1/tokens`);
    expect(await answer.text()).not.toContain(token);

    await page.getByRole('button', { name: t('tokens.revokeNamed', { name: 'Tableau du comptable' }) }).click();
    await page.getByRole('dialog').getByRole('button', { name: t('tokens.revoke'), exact: true }).click();
    await expect(page.getByText(t('tokens.none'))).toBeVisible();
    expect(await status(token, 'articles')).toBe(401);
    await asking.dispose();
  });

  test('a user is made, given another role and taken away, and sees it at once', async ({ page, browser, language, t }) => {
    await logIn(page, shop, t, 'anne');
    await open(page, t, 'menu.users');
    const form = page.getByRole('region', { name: t('users.add') });
    await form.getByLabel(t('users.name')).fill('paul');
    await choose(page, form, t('users.role'), new RegExp(`^${t('role.viewer')}$`));
    await form.getByLabel(t('login.password'), { exact: true }).fill(PASSWORD);
    await form.getByLabel(t('setup.repeat')).fill('autre chose');
    await expect(form.getByText(t('password.differ'))).toBeVisible();
    await expect(form.getByRole('button', { name: t('common.add') })).toBeDisabled();
    await form.getByLabel(t('setup.repeat')).fill(PASSWORD);
    await form.getByRole('button', { name: t('common.add') }).click();
    await expect(page.getByRole('row').filter({ hasText: 'paul' })).toBeVisible();

    const other = await another(browser, language);
    await logIn(other.page, shop, t, 'paul');
    await other.page.goto(link());
    await expect(other.page.getByRole('heading', { name: 'Boutique' })).toBeVisible();
    await expect(other.page.getByRole('button', { name: t('link.runNow') })).toHaveCount(0);
    await choose(page, page.getByRole('row').filter({ hasText: 'paul' }), t('users.roleOf', { name: 'paul' }), new RegExp(`^${t('role.accountant')}$`));
    await expect.poll(() => shopRoles(page)).toMatchObject({ paul: 'accountant' });
    await other.page.reload();
    await expect(other.page.getByRole('heading', { level: 1 })).toBeVisible();
    // Another role ends the sessions of the former one.
    if (await other.page.getByRole('heading', { name: t('login.title') }).isVisible()) {
      shop.sessions.delete('paul');
      await logIn(other.page, shop, t, 'paul');
      await other.page.goto(link());
    }
    await expect(other.page.getByRole('button', { name: t('link.runNow') })).toBeVisible();

    await page.getByRole('button', { name: t('users.removeNamed', { name: 'paul' }) }).click();
    await look(page, 'fr-user-remove');
    await page.getByRole('dialog').getByRole('button', { name: t('users.remove'), exact: true }).click();
    await expect(page.getByRole('row').filter({ hasText: 'paul' })).toHaveCount(0);
    await other.page.reload();
    await expect(other.page.getByRole('heading', { name: t('login.title') })).toBeVisible();
    await other.context.close();
  });

  test('one’s own password: the old one is asked for, and opens nothing any more', async ({ page, t }) => {
    const renewed = 'une autre phrase de passe';
    await logIn(page, shop, t, 'vera');
    await page.goto(`${shop.url}/compte`);
    const change = async (old: string) => {
      await page.getByLabel(t('password.old')).fill(old);
      await page.getByLabel(t('password.new'), { exact: true }).fill(renewed);
      await page.getByLabel(t('setup.repeat')).fill(renewed);
      await page.getByRole('button', { name: t('password.submit') }).click();
    };
    await change('pas celui-ci');
    await expect(page.getByRole('alert')).toBeVisible();
    await look(page, 'fr-password-wrong');
    await change(PASSWORD);
    await expect(page.getByText(t('password.done'))).toBeVisible();
    await page.getByRole('button', { name: t('app.account', { user: 'vera' }) }).click();
    await page.getByRole('menuitem', { name: t('app.signOut') }).click();
    const logInWith = async (password: string) => {
      await page.getByLabel(t('login.name')).fill('vera');
      await page.getByLabel(t('login.password'), { exact: true }).fill(password);
      await page.getByRole('button', { name: t('login.submit') }).click();
    };
    await logInWith(PASSWORD);
    await expect(page.getByRole('alert')).toBeVisible();
    await logInWith(renewed);
    await expect(page.getByRole('button', { name: t('app.account', { user: 'vera' }) })).toBeVisible();
  });
});
