// Who may do what, and two people at the same sale.
import { another, expect, logIn, look, open, test, useShop } from './shop';

test.describe('people', () => {
  const shop = useShop(async (it) => {
    await it.startTill();
    it.company();
    it.addLink('--auto-validate', 'no');
    it.run('sync', 'Boutique');
    it.addUser('anne', 'admin');
    it.addUser('cabinet', 'accountant');
    it.addUser('vera', 'viewer');
    await it.startServer();
  });

  test('a viewer sees everything but users and tokens, and has no button that changes anything', async ({ page, t }) => {
    await logIn(page, shop, t, 'vera');
    const menu = page.getByRole('navigation', { name: t('app.menu') });
    for (const entry of ['menu.articles', 'menu.invoices', 'menu.synchronisations', 'menu.imports', 'menu.proof', 'menu.company']) await expect(menu.getByRole('link', { name: t(entry), exact: true })).toBeVisible();
    for (const entry of ['menu.users', 'menu.tokens']) await expect(menu.getByRole('link', { name: t(entry), exact: true })).toHaveCount(0);
    await open(page, t, 'menu.synchronisations');
    await expect(page.getByRole('link', { name: 'Boutique' })).toBeVisible();
    await expect(page.getByRole('button', { name: t('link.runNow') })).toHaveCount(0);
    await open(page, t, 'menu.imports');
    await expect(page.getByRole('row').filter({ hasText: '1047' })).toBeVisible();
    for (const action of ['grid.validateAll', 'cureAction.map_tax', 'grid.purgeAll']) await expect(page.getByRole('button', { name: t(action) })).toHaveCount(0);
    await look(page, 'fr-imports-viewer');
    await page.goto(`${shop.url}/options/utilisateurs`);
    await expect(page.getByText(t('error.forbidden'))).toBeVisible();
  });

  test('an accountant synchronises and corrects, and does not see the users', async ({ page, t }) => {
    await logIn(page, shop, t, 'cabinet');
    await open(page, t, 'menu.synchronisations');
    await expect(page.getByRole('button', { name: t('link.runNow') })).toBeVisible();
    await expect(page.getByRole('navigation', { name: t('app.menu') }).getByRole('link', { name: t('menu.users') })).toHaveCount(0);
    await open(page, t, 'menu.company');
    await expect(page.getByText(t('company.readOnly'))).toBeVisible();
  });

  test('two people edit the same sale: the second is told, overwrites nothing, and chooses', async ({ page, browser, language, t }) => {
    await logIn(page, shop, t, 'anne');
    const other = await another(browser, language);
    await logIn(other.page, shop, t, 'cabinet');
    const field = t('sale.lineField', { place: 1, field: t('saleField.label') });
    for (const one of [page, other.page]) {
      await open(one, t, 'menu.imports');
      await one.getByRole('row').filter({ hasText: '1047' }).click();
      await expect(one.getByRole('dialog').getByLabel(field)).toHaveValue('VIN');
    }
    await page.getByRole('dialog').getByLabel(field).fill('Vin de la première');
    await page.getByRole('dialog').getByRole('button', { name: t('common.save') }).click();
    await expect(page.getByRole('dialog').getByText(t('common.saved'))).toBeVisible();
    await other.page.getByRole('dialog').getByLabel(field).fill('Vin de la seconde');
    await other.page.getByRole('dialog').getByRole('button', { name: t('common.save') }).click();
    await expect(other.page.getByText(t('stale.title'))).toBeVisible();
    await look(other.page, 'fr-sale-stale');
    expect(shop.run('grid', 'show', '1047', '--json')).toContain('Vin de la première');
    await other.page.getByRole('button', { name: t('stale.allTheirs') }).click();
    await expect(other.page.getByRole('dialog').getByLabel(field)).toHaveValue('Vin de la première');
    await other.context.close();
  });

  test('logging out ends the session for every page', async ({ page, t }) => {
    await logIn(page, shop, t, 'vera');
    await page.getByRole('button', { name: t('app.account', { user: 'vera' }) }).click();
    await page.getByRole('menuitem', { name: t('app.signOut') }).click();
    shop.sessions.delete('vera');
    await expect(page.getByRole('heading', { name: t('login.title') })).toBeVisible();
    await look(page, 'fr-login');
    await page.goto(`${shop.url}/ventes/factures`);
    await expect(page.getByRole('heading', { name: t('login.title') })).toBeVisible();
  });

  test('a wrong password is told, and nothing of the pages is shown', async ({ page, t }) => {
    await page.goto(shop.url);
    await page.getByLabel(t('login.name')).fill('vera');
    await page.getByLabel(t('login.password'), { exact: true }).fill('faux');
    await page.getByRole('button', { name: t('login.submit') }).click();
    await expect(page.getByRole('alert')).toBeVisible();
    await expect(page.getByText('Épicerie du Canal')).toHaveCount(0);
  });
});
