// Days that do not prove, and what shows them the way to green: red with each gap named and led to its cause, amber when something changed since, and invoices that the stock keeps back.
import type { Locator, Page } from '@playwright/test';
import { expect, logIn, look, money, open, SALES_DAY, test, useShop } from './shop';
import { like } from './words';

const TILL_CENTS = 720 + 1055 + 1300 + 360 + 350 + 300 + 1085 + 120 + 1800;
const WAITING_CENTS = 1085 + 120 + 1800;

const dayPage = `/controle/preuve/${SALES_DAY}`;
const monthPage = `/controle/preuve?mois=${SALES_DAY.slice(0, 7)}`;
const cells = (row: Locator) => row.getByRole('cell').allInnerTexts();
/** Less than nothing, with the sign that is as wide as a figure. */
const less = (cents: number) => money(-cents, 'fr').replace('-', '−');
const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

test.describe('a day that does not prove', () => {
  const shop = useShop(async (it) => {
    await it.startTill();
    it.company();
    it.addLink('--auto-validate', 'yes');
    it.run('sync', 'Boutique');
    it.addUser('anne', 'accountant');
    await it.startServer();
  });
  const [till, books] = [money(TILL_CENTS, 'fr'), money(TILL_CENTS - WAITING_CENTS, 'fr')];

  test('is red: the till against the documents by rate and by means, each gap named and led to what keeps it', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(shop.url + dayPage);
    await expect(page.getByText(t('proof.notChecked'))).toBeVisible();
    await page.getByRole('button', { name: t('proof.startDay') }).click();
    await expect(page.getByRole('heading', { name: t('proof.gaps') })).toBeVisible();
    await look(page, 'fr-proof-red');
    await expect(page.getByRole('heading', { level: 1 }).locator('..')).toContainText(t('dayState.red'));

    const whole = region(page, t('proof.totalsTitle'));
    expect(await cells(whole.getByRole('row', { name: t('proof.tickets') }))).toEqual(['9', '6', '−3']);
    expect(await cells(whole.getByRole('row', { name: t('proof.total') }))).toEqual([till, books, less(WAITING_CENTS)]);
    // The till truncates: 10,85 € at 8,5 % hold 0,85 €, and the documents know nothing of it yet.
    const rate = region(page, t('proof.taxTitle')).getByRole('row').filter({ hasText: /8,5\s%/ });
    expect(await cells(rate)).toEqual([money(85, 'fr'), money(0, 'fr'), less(85)]);
    const means = region(page, t('proof.meansTitle')).getByRole('row').filter({ hasText: 'helloasso' });
    expect(await cells(means)).toEqual([money(120, 'fr'), money(0, 'fr'), less(120)]);

    const gaps = region(page, t('proof.gaps'));
    for (const ticket of ['1047', '1048', '1049']) await expect(gaps.getByRole('row').nth(1)).toContainText(ticket);
    const named = await gaps.getByRole('rowheader').allInnerTexts();
    for (const name of [t('gapKind.tickets'), t('gapKind.total'), `${t('gapKind.means')} helloasso`]) expect(named).toContain(name);
    // Gaps of one cause share its link.
    const addresses = await gaps.getByRole('link').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) {
      await page.goto(shop.url + address);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(t('grid.title'));
      for (const ticket of ['1047', '1048', '1049']) await expect(page.getByRole('row').filter({ hasText: ticket }).first()).toBeVisible();
    }
  });

  test('stands red in the calendar and on the first page', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(shop.url + monthPage);
    await expect(page.getByRole('link', { name: new RegExp(`${t('dayState.red')}.*6`) })).toHaveAttribute('href', dayPage);
    await look(page, 'fr-proof-month-red');
    await open(page, t, 'menu.home');
    await expect(region(page, t('home.attention')).getByRole('link', { name: t('home.daysNotGreen_one', { count: 1 }) })).toBeVisible();
    await look(page, 'fr-home-red');
    await region(page, t('home.attention')).locator(`a[href="${dayPage}"]`).click();
    await expect(page.getByText(t('proof.gaps'))).toBeVisible();
  });

  test('turns amber when sales pass since it was proved, and green when it is proved again', async ({ page, t }) => {
    shop.run('tax', 'add', '8.5', '--rate', '8.5', '--label', 'TVA 8,5 %');
    shop.run('means', 'add', 'helloasso', '--label', 'HelloAsso');
    shop.run('article', 'set', 'PANIER', '--label', 'Panier', '--tax', '20');
    shop.run('grid', 'validate');
    expect(shop.json('document', 'list').length).toBe(9);
    await logIn(page, shop, t, 'anne');
    await page.goto(shop.url + monthPage);
    await expect(page.getByRole('link', { name: new RegExp(`${t('dayState.amber')}.*9`) })).toHaveAttribute('href', dayPage);
    await look(page, 'fr-proof-month-amber');
    await page.goto(shop.url + dayPage);
    await expect(page.getByRole('heading', { level: 1 }).locator('..')).toContainText(t('dayState.amber'));
    await look(page, 'fr-proof-amber');
    await page.getByRole('button', { name: t('proof.startDay') }).click();
    await expect(page.getByText(t('proof.noGap'))).toBeVisible();
    await expect(page.getByRole('heading', { level: 1 }).locator('..')).toContainText(t('dayState.green'));
    expect(await cells(region(page, t('proof.totalsTitle')).getByRole('row', { name: t('proof.total') }))).toEqual([till, till, money(0, 'fr')]);
  });
});

test.describe('an invoice that the stock keeps back', () => {
  const shop = useShop(async (it) => {
    await it.startTill();
    it.company();
    it.addLink('--auto-validate', 'yes', '--negative-stock', 'refuse');
    it.run('sync', 'Boutique');
    it.addUser('anne', 'accountant');
    await it.startServer();
  });
  const stateOf = (number: string) => shop.json('document', 'list').find((one) => one.number === number)!;

  test('is told on the first page and in the list, says what lacks, and is validated when the shelf was counted', async ({ page, t }) => {
    const drafts = shop.json('document', 'list', '--state', 'draft');
    expect(drafts.map((one) => one.number)).toContain('1043');
    await logIn(page, shop, t, 'anne');
    await look(page, 'fr-home-blocked');
    await region(page, t('home.attention')).getByRole('link', { name: t('home.blockedDocuments_other', { count: drafts.length }) }).click();
    await expect(page.getByRole('row').filter({ hasText: '1043' })).toContainText(t('docState.blocked'));
    await look(page, 'fr-invoices-blocked');
    await page.getByRole('link', { name: '1043', exact: true }).click();
    await expect(page.getByText(t('block.stock'))).toBeVisible();
    await expect(page.getByText(t('block.missing', { quantity: '1' }))).toBeVisible();
    await look(page, 'fr-invoice-blocked');
    expect(stateOf('1043').paid_cents).toBe(0);

    await page.getByRole('listitem').getByRole('link', { name: 'VIN' }).click();
    await page.getByLabel(t('stock.count'), { exact: true }).fill('12');
    await page.getByRole('button', { name: t('stock.saveCount') }).click();
    await expect(page.getByText(t('stock.counted'))).toBeVisible();
    await page.goto(`${shop.url}/ventes/factures/1043`);
    await page.getByRole('button', { name: t('document.validate'), exact: true }).click();
    await expect(page.getByRole('heading', { level: 1 }).locator('..')).toContainText(t('docState.validated'));
    await expect(page.getByText(t('block.stock'))).toBeHidden();
    expect([stateOf('1043').state, stateOf('1043').paid_cents]).toEqual(['validated', 1300]);
    expect(shop.json('stock', 'list').find((one) => one.code === 'VIN')!.quantity_milli).toBe(11000);
  });

  test('those that are ticked are validated, the others wait', async ({ page, t }) => {
    const draft = (code: string) => shop.json('document', 'list', '--state', 'draft').filter((one) => JSON.stringify(one.block).includes(code)).map((one) => String(one.number));
    const [bread, cheese] = [draft('PAIN'), draft('COMTE')];
    expect([bread.length, cheese.length]).toEqual([2, 1]);
    await logIn(page, shop, t, 'anne');
    for (const code of ['PAIN', 'COMTE']) {
      await page.goto(`${shop.url}/fichiers/articles/${code}`);
      await page.getByLabel(t('stock.count'), { exact: true }).fill('50');
      await page.getByRole('button', { name: t('stock.saveCount') }).click();
      await expect(page.getByText(t('stock.counted'))).toBeVisible();
    }
    await page.goto(`${shop.url}/ventes/factures`);
    await page.getByRole('button', { name: t('document.showDrafts') }).click();
    await page.getByRole('row').filter({ hasText: bread[0] }).getByRole('checkbox').check();
    await page.getByRole('button', { name: t('document.validateTicked_one', { count: 1 }) }).click();
    await expect(page.getByRole('row').filter({ hasText: bread[0] })).toHaveCount(0);
    expect([stateOf(bread[0]).state, stateOf(bread[1]).state, stateOf(cheese[0]).state]).toEqual(['validated', 'draft', 'draft']);
    await page.getByRole('button', { name: t('document.validateAll') }).click();
    await expect(page.getByText(t('table.nothingFound'))).toBeVisible();
    expect(shop.json('document', 'list', '--state', 'draft')).toEqual([]);
    await open(page, t, 'menu.home');
    await expect(region(page, t('home.attention')).getByText(like(t('home.blockedDocuments_other')))).toHaveCount(0);
  });
});
