// Every page in light and dark, on a wide screen and on a tablet held upright: axe-core finds nothing, nothing runs out of the screen, and the keyboard goes everywhere.
import { PAGES } from './addresses';
import { follow } from './look';
import { enter, expect, logIn, look, test, useShop } from './shop';
import { wordsOf } from './words';

test.describe('pages', () => {
  test.describe.configure({ mode: 'parallel' });
  const shop = useShop(async (it) => {
    await it.startTill();
    it.company();
    it.addLink('--auto-validate', 'yes');
    it.run('sync', 'Boutique');
    it.addUser('anne', 'admin');
    await it.startServer();
  });

  test('each page in French, wide and light', async ({ page, t }) => {
    test.setTimeout(600_000);
    await logIn(page, shop, t, 'anne');
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(shop.url + path);
      await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
      await look(page, `fr-page-${name}`);
    }
  });

  test('each page on a tablet held upright, in the dark', async ({ browser }) => {
    test.setTimeout(600_000);
    const context = await browser.newContext({ locale: 'en-GB', colorScheme: 'dark', viewport: { width: 768, height: 1024 } });
    const page = await context.newPage();
    follow(page);
    const t = wordsOf('en');
    await enter(page, shop, 'en');
    await logIn(page, shop, t, 'anne');
    await expect(page.getByRole('button', { name: t('app.openMenu') })).toBeVisible();
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(shop.url + path);
      await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
      await look(page, `en-dark-tablet-${name}`);
      expect.soft(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), `${name} runs out of the screen`).toBeLessThanOrEqual(0);
    }
    await context.close();
  });

  test('the API reference', async ({ page }) => {
    await page.goto(`${shop.url}/api/docs`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Liaison/);
    await look(page, 'api-docs');
  });

  test('the keyboard alone: past the menu, to a row, into a record', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/ventes/factures`);
    await expect(page.getByRole('row').filter({ hasText: '1041' })).toBeVisible();
    await page.keyboard.press('Tab');
    await expect(page.getByText(t('app.skip'))).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.locator('#contenu')).toBeFocused();
    const inRows = () => page.evaluate(() => Boolean(document.activeElement?.closest('[role=grid]')) && !document.activeElement?.closest('[role=columnheader]'));
    for (let n = 0; n < 60 && !(await inRows()); n += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/ventes\/factures\/\d+/);
  });

  test('English is a click away, and stays', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.getByRole('button', { name: t('app.languageLabel') }).click();
    await expect(page.getByRole('navigation', { name: wordsOf('en')('app.menu') })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('navigation', { name: wordsOf('en')('app.menu') })).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  });
});
