// Records that people keep: articles, customers, what is counted on the shelf; and two people at the same article.
import { another, expect, logIn, look, open, test, useShop } from './shop';

test.describe('records', () => {
  const shop = useShop(async (it) => {
    await it.startTill();
    it.company();
    it.addLink('--auto-validate', 'yes');
    it.run('sync', 'Boutique');
    it.addUser('anne', 'admin');
    it.addUser('cabinet', 'accountant');
    await it.startServer();
  });
  const article = (code: string) => shop.json('article', 'list').find((one) => one.code === code)!;
  const stock = (code: string) => shop.json('stock', 'list').find((one) => one.code === code)?.quantity_milli;

  test('an article is found, corrected and kept; what is no price is told at its field', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await open(page, t, 'menu.articles');
    await page.getByRole('searchbox', { name: t('table.search') }).fill('thé');
    await page.getByRole('link', { name: 'THE', exact: true }).click();
    await expect(page.getByLabel(t('article.code'))).toBeDisabled();
    const price = page.getByLabel(t('article.price'));
    await price.fill('trois');
    await expect(page.getByText(t('record.notANumber'))).toBeVisible();
    await expect(page.getByRole('button', { name: t('common.save') })).toBeDisabled();
    await price.fill('3,75');
    await page.getByLabel(t('article.label')).fill('Thé vert');
    await page.getByRole('button', { name: t('common.save') }).click();
    await expect(page.getByText(t('common.saved'))).toBeVisible();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Thé vert');
    await page.reload();
    await expect(price).toHaveValue('3,75');
    expect([article('THE').label, article('THE').price_e4]).toEqual(['Thé vert', 37500]);
  });

  test('a new article: a code that is taken is refused, another is kept', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await open(page, t, 'menu.articles');
    await page.getByRole('button', { name: t('article.new') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(t('article.code')).fill('PAIN');
    await dialog.getByLabel(t('article.label'), { exact: true }).fill('Brioche');
    await dialog.getByRole('textbox', { name: t('article.tax') }).or(dialog.getByRole('combobox', { name: t('article.tax') })).first().click();
    await page.getByRole('option', { name: /5,5|5\.5/ }).first().click();
    await dialog.getByRole('button', { name: t('record.create') }).click();
    await expect(dialog.getByRole('alert').or(dialog.locator('[class*=error]')).first()).toBeVisible();
    await look(page, 'fr-article-taken');
    await dialog.getByLabel(t('article.code')).fill('BRIOCHE');
    await dialog.getByRole('button', { name: t('record.create') }).click();
    await expect(page).toHaveURL(/\/fichiers\/articles\/BRIOCHE$/);
    expect(article('BRIOCHE').label).toBe('Brioche');
  });

  test('two people at the same article: the second keeps what is theirs and takes the rest', async ({ page, browser, language, t }) => {
    await logIn(page, shop, t, 'anne');
    const other = await another(browser, language);
    await logIn(other.page, shop, t, 'cabinet');
    for (const one of [page, other.page]) {
      await one.goto(`${shop.url}/fichiers/articles/CAF`);
      await expect(one.getByLabel(t('article.label'))).toHaveValue('Café');
    }
    await page.getByLabel(t('article.label')).fill('Café noir');
    await page.getByRole('button', { name: t('common.save') }).click();
    await expect(page.getByText(t('common.saved'))).toBeVisible();

    await other.page.getByLabel(t('article.label')).fill('Petit café');
    await other.page.getByLabel(t('article.price')).fill('3,20');
    await other.page.getByRole('button', { name: t('common.save') }).click();
    await expect(other.page.getByText(t('stale.title'))).toBeVisible();
    expect([article('CAF').label, article('CAF').price_e4]).toEqual(['Café noir', 30000]);
    await look(other.page, 'fr-article-stale');
    await other.page.getByRole('radiogroup', { name: t('article.label') }).getByRole('radio', { name: 'Café noir' }).check();
    await other.page.getByRole('button', { name: t('stale.apply') }).click();
    await other.page.getByRole('button', { name: t('common.save') }).click();
    await expect(other.page.getByText(t('common.saved'))).toBeVisible();
    expect([article('CAF').label, article('CAF').price_e4]).toEqual(['Café noir', 32000]);
    await other.context.close();
  });

  test('a customer is made, corrected and kept', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await open(page, t, 'menu.customers');
    await page.getByRole('button', { name: t('customer.new') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(t('customer.code')).fill('C-42');
    await dialog.getByLabel(t('customer.companyName')).fill('Les Éclusiers');
    await dialog.getByRole('button', { name: t('record.create') }).click();
    await expect(page).toHaveURL(/\/fichiers\/clients\/C-42$/);
    await page.getByLabel(t('customer.email')).fill('bonjour@eclusiers.example');
    await page.getByLabel(t('customer.town')).fill('Redon');
    await page.getByRole('button', { name: t('common.save') }).click();
    await expect(page.getByText(t('common.saved'))).toBeVisible();
    await look(page, 'fr-customer');
    const kept = shop.json('customer', 'list').find((one) => one.code === 'C-42')!;
    expect([kept.company_name, kept.email, kept.town]).toEqual(['Les Éclusiers', 'bonjour@eclusiers.example', 'Redon']);
  });

  test('what is counted on the shelf becomes the stock, and the difference a move', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/fichiers/articles/VIN`);
    const managed = page.getByRole('switch', { name: t('article.stockManaged') });
    if (!(await managed.isChecked())) {
      await managed.check();
      await page.getByRole('button', { name: t('common.save') }).click();
      await expect(page.getByText(t('common.saved'))).toBeVisible();
    }
    const before = Number(stock('VIN') ?? 0);
    await page.goto(`${shop.url}/stocks`);
    await page.getByRole('row').filter({ hasText: 'VIN' }).getByRole('gridcell').nth(1).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(t('stock.quantity')).fill('17,5');
    await look(page, 'fr-stock-count');
    await dialog.getByRole('button', { name: t('stock.saveCount') }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole('row').filter({ hasText: 'VIN' })).toContainText('17,5');
    expect(stock('VIN')).toBe(17500);
    await page.getByRole('tab', { name: t('stock.moves') }).click();
    const difference = new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 3 }).format((17500 - before) / 1000);
    await expect(page.getByRole('row').filter({ hasText: 'VIN' }).first()).toContainText(difference);
  });
});
