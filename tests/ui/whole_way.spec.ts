// From the code that the server printed to a green day, as a shopkeeper goes it: in French, then in English.
import { choose, enter, expect, look, money, open, PASSWORD, SALES_DAY, test, useShop } from './shop';
import type { Language } from './words';

test.describe.configure({ mode: 'parallel' });

for (const language of ['fr', 'en'] as Language[]) {
  test.describe(`the whole way in ${language}`, () => {
    test.use({ language });

    const shop = useShop(async (it) => {
      await it.startTill();
      it.company();
      await it.startServer();
    });

    test('first start, link, test, rehearsal, run, three cures, validation, invoice, proof', async ({ page, t }) => {
      test.setTimeout(480_000);

      await test.step('first start', async () => {
        await enter(page, shop, language);
        await expect(page.getByRole('heading', { name: t('setup.title') })).toBeVisible();
        await look(page, `${language}-setup`);
        await page.getByLabel(t('setup.code')).fill(shop.setupCode);
        await page.getByLabel(t('login.name')).fill('marie');
        await page.getByLabel(t('login.password'), { exact: true }).fill(PASSWORD);
        await page.getByLabel(t('setup.repeat')).fill(PASSWORD);
        await page.getByRole('button', { name: t('setup.submit') }).click();
        await expect(page.getByRole('link', { name: t('home.createLink') })).toBeVisible();
        await look(page, `${language}-home-empty`);
      });

      await test.step('guided creation', async () => {
        await page.getByRole('link', { name: t('home.createLink') }).click();
        await page.getByLabel(t('link.name'), { exact: true }).fill('Boutique');
        await page.getByLabel(t('link.url')).fill(shop.tillUrl);
        await page.getByLabel(t('link.key'), { exact: true }).fill(shop.tillKey);
        await look(page, `${language}-link-address`);
        await page.getByRole('button', { name: t('common.next') }).click();
        await expect(page.getByText(t('test.good'), { exact: true })).toBeVisible();
        await look(page, `${language}-link-test`);
        await page.getByRole('button', { name: t('common.next') }).click();
        await page.getByLabel(t('link.since')).fill(SALES_DAY);
        await page.getByRole('button', { name: t('common.next') }).click();
        await page.getByRole('button', { name: t('common.next') }).click();
        await look(page, `${language}-link-sales`);
        await page.getByRole('button', { name: t('link.saveAndContinue') }).click();
      });

      await test.step('rehearsal', async () => {
        await page.getByRole('button', { name: t('link.startRehearsal') }).click();
        await expect(page.getByText(t('rehearsal.written'))).toBeVisible();
        await expect(page.getByText('Comté 18 mois').first()).toBeVisible();
        await look(page, `${language}-rehearsal`);
        expect(shop.run('document', 'list', '--json')).toBe('');
        await page.getByRole('button', { name: t('common.next') }).click();
      });

      await test.step('run', async () => {
        await page.getByRole('link', { name: t('link.runNow') }).click();
        await expect(page.getByRole('status').filter({ hasText: t('jobState.done') })).toBeAttached();
        await look(page, `${language}-link`);
        // Three of nine wait, each for a cause of its own.
        const staged = shop.json('grid', 'list');
        expect(staged.filter((sale) => sale.anomaly).map((sale) => sale.anomaly).sort()).toEqual(['unknown_article', 'unmapped_means', 'unmapped_tax']);
      });

      await test.step('three anomalies, each cured where it is told', async () => {
        await open(page, t, 'menu.imports');
        await expect(page.getByRole('heading', { name: t('anomalies.title_other', { count: 3 }) })).toBeVisible();
        await look(page, `${language}-imports`);
        const dialog = page.getByRole('dialog');

        await page.getByRole('button', { name: t('cureAction.map_tax') }).click();
        await dialog.getByRole('tab', { name: t('cure.create') }).click();
        await look(page, `${language}-cure-tax`);
        await dialog.getByRole('button', { name: t('cure.createAndBind') }).click();
        await expect(dialog).toBeHidden();

        await page.getByRole('button', { name: t('cureAction.map_means') }).click();
        await dialog.getByRole('tab', { name: t('cure.create') }).click();
        await dialog.getByRole('button', { name: t('cure.createAndBind') }).click();
        await expect(dialog).toBeHidden();

        await page.getByRole('button', { name: t('cureAction.create_article') }).click();
        await look(page, `${language}-cure-article`);
        await choose(page, dialog, t('article.tax'), /20/);
        await dialog.getByRole('button', { name: t('record.create') }).click();
        await expect(dialog).toBeHidden();
      });

      await test.step('validation', async () => {
        await page.getByRole('button', { name: t('grid.validateAll') }).first().click();
        await expect(page.getByText(t('grid.validated'))).toBeVisible();
        await expect(page.getByText(t('grid.none'))).toBeVisible();
        await look(page, `${language}-imports-empty`);
      });

      await test.step('the invoice is reconciled, and says why it is so', async () => {
        await open(page, t, 'menu.invoices');
        await expect(page.getByRole('row').filter({ hasText: '1047' })).toBeVisible();
        await look(page, `${language}-invoices`);
        await page.getByRole('link', { name: '1047', exact: true }).first().click();
        await expect(page.getByRole('heading', { name: /1047/ })).toBeVisible();
        await expect(page.getByText(money(1085, language)).first()).toBeVisible();
        const invoices = shop.json('document', 'list');
        expect(invoices.map((invoice) => [invoice.number, invoice.state, invoice.paid_cents === invoice.total_cents])).toEqual(
          ['1041', '1042', '1043', '1044', '1045', '1046', '1047', '1048', '1049'].map((number) => [number, 'validated', true]),
        );
        await look(page, `${language}-invoice`);
        await page.getByRole('button', { name: t('why.button') }).or(page.getByRole('link', { name: t('why.button') })).click();
        await expect(page.getByText(t('why.ticket'))).toBeVisible();
        await look(page, `${language}-invoice-why`);
        await page.keyboard.press('Escape');
      });

      await test.step('the day is proved and green', async () => {
        await page.goto(`${shop.url}/controle/preuve/${SALES_DAY}`);
        await page.getByRole('button', { name: t('proof.startDay') }).click();
        await expect(page.getByText(t('proof.noGap'))).toBeVisible({ timeout: 60_000 });
        await look(page, `${language}-proof-day`);
        await page.goto(`${shop.url}/controle/preuve?mois=${SALES_DAY.slice(0, 7)}`);
        if (new Date().toISOString().slice(0, 7) !== SALES_DAY.slice(0, 7)) await page.getByRole('button', { name: t('proof.previousMonth') }).click();
        await expect(page.getByRole('link', { name: new RegExp(`${t('dayState.green')}.*9`) })).toBeVisible();
        await look(page, `${language}-proof-month`);
        await open(page, t, 'menu.home');
        await expect(page.locator('svg.recharts-surface').first()).toBeVisible();
        await look(page, `${language}-home`);
      });
    });
  });
}
