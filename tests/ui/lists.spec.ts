// Lists and records: search, filters, sort and columns that stay; all rows by scrolling; files with what the filters leave; payments allocated by hand, invoices as PDF, articles, customers and stock.
import type { Locator, Page } from '@playwright/test';
import { csvRows, downloaded, pdfContent, xlsxRows } from './files';
import { another, expect, logIn, look, money, settle, test, useShop, type Shop } from './shop';
import type { Words } from './words';

type Row = Record<string, unknown>;

const table = (page: Page) => page.getByRole('grid');
const firstCell = (page: Page, row: number) => table(page).locator(`[aria-rowindex="${row + 1}"]`).getByRole('gridcell').first();
const said = (t: Words, count: number) => t(count === 1 ? 'table.rows_one' : 'table.rows_other', { count: new Intl.NumberFormat('fr-FR').format(count) });
const rowsSaid = (page: Page, t: Words, count: number) => expect(page.getByRole('status').filter({ hasText: said(t, count) }).first()).toBeVisible();

/** The heading of a column, as the server says it. */
async function headingOf(page: Page, shop: Shop, list: string, name: string): Promise<string> {
  const answer = await page.request.get(`${shop.url}/api/v1/lists`, { headers: { 'Accept-Language': 'fr' } });
  const lists = (await answer.json()) as { name: string; columns: { name: string; heading: string }[] }[];
  return lists.find((one) => one.name === list)!.columns.find((column) => column.name === name)!.heading;
}

const headings = async (grid: Locator) => (await grid.getByRole('columnheader').allInnerTexts()).map((text) => text.replace(/[▲▼]/, '').trim());

test.describe('lists', () => {
  const shop = useShop(async (it) => {
    await it.startTill('--articles', '120', '--sales', '650', '--days', '20', '--from', '2026-10-20', '--seed', '3');
    it.company();
    it.addLink('--auto-validate', 'yes');
    it.run('sync', 'Boutique');
    it.addUser('anne', 'admin');
    it.addUser('vera', 'viewer');
    await it.startServer();
  });

  const invoices = () => shop.json('document', 'list', '--kind', 'invoice');
  const nameOf = (customer: Row | undefined) => String(customer?.company_name ?? `${customer?.first_name} ${customer?.last_name}`);

  test('search, filter and sort live in the address: a reload and another person find the same', async ({ page, browser, language, t }) => {
    const customers = new Map(shop.json('customer', 'list').map((one) => [one.code, one]));
    const wanted = invoices()
      .filter((one) => /le goff/i.test(nameOf(customers.get(one.customer))) && Number(one.total_cents) >= 260)
      .sort((a, b) => Number(b.total_cents) - Number(a.total_cents));
    expect(wanted.length).toBeGreaterThan(1);
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/ventes/factures`);
    await rowsSaid(page, t, invoices().length);
    await page.getByRole('searchbox', { name: t('table.search') }).fill('le goff');
    await expect(page).toHaveURL(/q=le\+goff/);
    const total = await headingOf(page, shop, 'document', 'total_cents');
    await page.getByRole('button', { name: t('table.filters'), exact: true }).click();
    await page.getByLabel(t('table.from', { name: total })).fill('2,60');
    await expect(page).toHaveURL(/total_cents_from=260/);
    await page.keyboard.press('Escape');
    const heading = table(page).getByRole('button', { name: total });
    await heading.click();
    await heading.click();
    await expect(page).toHaveURL(/sort=-total_cents/);
    const seen = async (one: Page) => {
      await rowsSaid(one, t, wanted.length);
      for (const place of [0, wanted.length - 1]) await expect(firstCell(one, place + 1)).toHaveText(String(wanted[place].number));
      await expect(one.getByRole('searchbox', { name: t('table.search') })).toHaveValue('le goff');
      await expect(one.getByRole('columnheader', { name: total })).toHaveAttribute('aria-sort', 'descending');
      await expect(one.getByRole('button', { name: t('table.filterCount_one', { count: 1 }) })).toBeVisible();
    };
    await seen(page);
    await look(page, 'fr-list-filtered');
    await page.reload();
    await seen(page);
    const other = await another(browser, language);
    await logIn(other.page, shop, t, 'vera');
    await other.page.goto(page.url());
    await seen(other.page);
    await other.context.close();

    await page.getByRole('button', { name: new RegExp(`^${t('table.removeFilter', { name: total })}`) }).click();
    await expect(page).not.toHaveURL(/total_cents_from/);
    await page.getByRole('searchbox', { name: t('table.search') }).fill('rien de tel');
    await expect(page.getByText(t('table.nothingFound'))).toBeVisible();
    await page.getByRole('button', { name: t('table.clearFilters') }).click();
    await rowsSaid(page, t, invoices().length);
  });

  test('the columns that somebody chose stay, until the first ones are asked for', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/ventes/reglements`);
    await expect(firstCell(page, 1)).toBeVisible();
    const first = await headings(table(page));
    const [means, tillPayment] = [await headingOf(page, shop, 'payment', 'means_label'), await headingOf(page, shop, 'payment', 'till_payment')];
    expect(first).toContain(means);
    expect(first).not.toContain(tillPayment);
    await page.getByRole('button', { name: t('table.columns') }).click();
    const choice = page.getByRole('dialog', { name: t('table.columns') });
    await choice.getByRole('checkbox', { name: means, exact: true }).uncheck();
    await choice.getByRole('checkbox', { name: tillPayment, exact: true }).check();
    await look(page, 'fr-list-columns');
    await page.reload();
    await expect.poll(async () => new Set(await headings(table(page)))).toEqual(new Set([...first.filter((one) => one !== means), tillPayment]));
    await page.getByRole('button', { name: t('table.columns') }).click();
    await choice.getByRole('button', { name: t('table.defaultColumns') }).click();
    await expect.poll(() => headings(table(page))).toEqual(first);
  });

  test('a list of several pages is read by its cursor as one scrolls, to its very end', async ({ page, t }) => {
    const asked: URL[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname === '/api/v1/payments') asked.push(url);
    });
    const payments = shop.json('payment', 'list');
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/ventes/reglements?sort=id`);
    await rowsSaid(page, t, payments.length);
    const bottom = table(page).locator(`[aria-rowindex="${payments.length + 1}"]`);
    // By steps, as a wheel does it: no jump to the end, so that every page comes from the one before it.
    for (let n = 0; n < 200 && (await bottom.count()) === 0; n += 1) {
      await table(page).evaluate((frame) => frame.scrollBy(0, frame.clientHeight * 2));
      await settle(page);
    }
    await expect(bottom.locator('[class*=waiting]')).toHaveCount(0);
    await expect(bottom).toContainText(String(payments.at(-1)!.document));
    expect(asked.length).toBeGreaterThan(2);
    for (const url of asked) expect(Number(url.searchParams.get('limit'))).toBeLessThanOrEqual(500);
    expect(asked.filter((url) => url.searchParams.get('cursor')).length).toBeGreaterThan(0);
  });

  test('CSV and XLSX hold what the filters leave, and no more', async ({ page, t }) => {
    const wanted = invoices().filter((one) => String(one.date) >= '2026-10-25' && String(one.date) <= '2026-10-27');
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/ventes/factures?date_from=2026-10-25&date_to=2026-10-27&sort=number`);
    await rowsSaid(page, t, wanted.length);
    const column = await headingOf(page, shop, 'document', 'number');
    const total = await headingOf(page, shop, 'document', 'total_cents');
    const fetched = (format: string) => downloaded(page, async () => {
      await page.getByRole('button', { name: t('table.export') }).click();
      await page.getByRole('menuitem', { name: t(format) }).click();
    });
    const csv = await fetched('table.exportCsv');
    const [head, ...rows] = csvRows(csv.bytes, ';');
    expect(csv.name).toMatch(/\.csv$/);
    const cents = (text: string) => Math.round(Number(text.replace(',', '.')) * 100);
    const pairs = (read: string[][]) => read.map((row) => [row[head.indexOf(column)], cents(row[head.indexOf(total)])]).sort();
    const expected = wanted.map((one) => [one.number, one.total_cents]).sort();
    expect(pairs(rows)).toEqual(expected);
    const xlsx = await fetched('table.exportXlsx');
    expect(xlsx.name).toMatch(/\.xlsx$/);
    const [sheetHead, ...sheetRows] = xlsxRows(xlsx.bytes);
    expect(sheetHead).toEqual(head);
    expect(pairs(sheetRows)).toEqual(expected);
  });

  test('a payment is taken from its invoice and given back in two parts; what is due follows', async ({ page, t }) => {
    const invoice = invoices().find((one) => shop.json('payment', 'list').filter((payment) => payment.document === one.number).length === 1 && Number(one.total_cents) > 1000)!;
    const total = Number(invoice.total_cents);
    const paid = () => shop.json('document', 'list').find((one) => one.number === invoice.number)!.paid_cents;
    const due = page.getByRole('group', { name: t('document.due') });
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/ventes/factures/${invoice.number}`);
    await expect(due).toContainText(money(0, 'fr'));
    await page.getByRole('group', { name: t('menu.payments') }).getByRole('link').click();
    await page.getByRole('button', { name: t('payment.unallocate') }).click();
    await page.getByRole('dialog').getByRole('button', { name: t('payment.unallocate') }).click();
    await expect(page.getByText(t('payment.noAllocations'))).toBeVisible();
    await expect(page.getByText(t('payment.partly'))).toBeVisible();
    await look(page, 'fr-payment-open');
    expect(paid()).toBe(0);
    await page.getByRole('link', { name: String(invoice.number), exact: true }).click();
    await expect(due.getByRole('row').nth(1)).toContainText(money(total, 'fr'));
    await expect(due.getByRole('row').nth(1).getByRole('cell').last()).toHaveText(money(total, 'fr'));
    await page.goBack();

    await page.getByRole('textbox', { name: t('payment.amount') }).fill('10,00');
    await page.getByRole('button', { name: t('payment.allocate'), exact: true }).click();
    await expect(page.getByRole('group', { name: t('payment.allocations') })).toContainText(money(1000, 'fr'));
    expect(paid()).toBe(1000);
    const amount = page.getByRole('textbox', { name: t('payment.amount') });
    await page.getByRole('combobox', { name: t('payment.document') }).or(page.getByRole('textbox', { name: t('payment.document') })).first().fill(String(invoice.number));
    await page.getByRole('option', { name: new RegExp(`^${invoice.number} `) }).click();
    await amount.fill(`${total / 100}`.replace('.', ','));
    await expect(page.getByText(t('payment.tooMuch'))).toBeVisible();
    await expect(page.getByRole('button', { name: t('payment.allocate'), exact: true })).toBeDisabled();
    await amount.fill(((total - 1000) / 100).toFixed(2).replace('.', ','));
    await page.getByRole('button', { name: t('payment.allocate'), exact: true }).click();
    await expect(page.getByText(t('payment.whole'))).toBeVisible();
    expect(paid()).toBe(total);
    await page.goto(`${shop.url}/ventes/factures/${invoice.number}`);
    await expect(due.getByRole('row').nth(1).getByRole('cell').last()).toHaveText(money(0, 'fr'));
  });

  test('an invoice as a PDF: A4, with its number, its total and what the law asks for', async ({ page, t }) => {
    const invoice = invoices()[0];
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/ventes/factures/${invoice.number}`);
    const file = await downloaded(page, () => page.getByRole('button', { name: t('document.pdf') }).click());
    expect(file.name).toMatch(/\.pdf$/);
    expect(file.bytes.toString('latin1', 0, 5)).toBe('%PDF-');
    const { pages, text } = pdfContent(file.bytes);
    expect(pages.length).toBeGreaterThan(0);
    for (const [left, bottom, width, height] of pages) expect([left, bottom, Math.round(width), Math.round(height)]).toEqual([0, 0, 595, 842]);
    expect(text).toMatch(new RegExp(`^Facture n° ${invoice.number}$`, 'm'));
    expect(text).toContain((Number(invoice.total_cents) / 100).toFixed(2).replace('.', ','));
    expect(text).toContain('Épicerie du Canal');
  });
});
