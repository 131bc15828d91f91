// The import grid as one works in it: causes and their cures, corrections at the keyboard alone, some validated, some purged, printed, and files that come and go.
import type { Locator, Page } from '@playwright/test';
import { Buffer } from 'node:buffer';
import { csvRows, downloaded } from './files';
import { choose, expect, logIn, look, test, useShop } from './shop';
import type { Words } from './words';

test.describe('the grid', () => {
  const shop = useShop(async (it) => {
    await it.startTill('more');
    it.company();
    it.addLink('--auto-validate', 'no');
    it.run('sync', 'Boutique');
    it.addUser('anne', 'accountant');
    await it.startServer();
  });
  const waiting = () => shop.json('grid', 'list').map((sale) => String(sale.number));
  const document = (number: string) => JSON.parse(shop.run('document', 'show', number, '--json')) as { lines: { code: string; rate_bp: number; label: string }[]; payments: { means: string }[] };
  const grid = (page: Page, t: Words) => page.getByRole('grid', { name: t('grid.title') });
  const rowOf = (page: Page, t: Words, number: string) => grid(page, t).getByRole('row').filter({ hasText: number });
  const causes = (page: Page) => page.locator('section[aria-labelledby=anomalies-title]');
  const cause = (page: Page, t: Words, code: string) => causes(page).getByRole('listitem').filter({ hasText: t(`anomaly.${code}`) });
  const enterGrid = async (page: Page, t: Words) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/traitements/imports`);
    await expect(grid(page, t)).toBeVisible();
  };
  const validated = async (page: Page, t: Words, button: Locator) => {
    await button.click();
    await expect(page.getByText(t('grid.validated'))).toBeVisible();
  };

  test('says each cause once, with how many sales it keeps, what to do, and the way to them', async ({ page, t }) => {
    await enterGrid(page, t);
    await page.getByRole('button', { name: /^Voir \d/ }).or(page.getByRole('button', { name: t('anomalies.less') })).first().click();
    for (const code of ['no_reference', 'unmapped_tax', 'unmapped_means', 'unknown_article', 'payments_total', 'article_no_reference']) await expect(cause(page, t, code)).toHaveCount(1);
    await expect(cause(page, t, 'no_reference')).toContainText(t('anomalies.sales_other', { count: 2 }));
    await expect(cause(page, t, 'article_no_reference')).toContainText(t('anomalies.articles_one', { count: 1 }));
    await cause(page, t, 'no_reference').getByRole('button', { name: t('anomalies.whatToDo') }).click();
    await expect(cause(page, t, 'no_reference')).toContainText(t('cureText.no_reference').split('\n')[0]);
    await look(page, 'fr-grid-causes');
    await cause(page, t, 'no_reference').getByRole('button', { name: t('cureAction.showSales') }).click();
    await expect(page).toHaveURL(/anomaly=no_reference/);
    await expect(grid(page, t)).toHaveAttribute('aria-rowcount', '3');
  });

  test('a reference is given to an article that has none: its sales pass, and the till’s article is known from then on', async ({ page, t }) => {
    await enterGrid(page, t);
    await cause(page, t, 'no_reference').getByRole('button', { name: t('cureAction.set_reference') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(t('cure.reference', { name: 'Bougie' })).fill('vin');
    await page.getByRole('option', { name: /^VIN/ }).click();
    await look(page, 'fr-cure-reference');
    await dialog.getByRole('button', { name: t('cure.bind'), exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByText(t('cure.thenValidate'))).toBeVisible();
    await page.goto(`${shop.url}/traitements/imports?number=105`);
    for (const number of ['1050', '1051']) await rowOf(page, t, number).getByRole('checkbox').check();
    await validated(page, t, page.getByRole('button', { name: t('grid.validateTicked_other', { count: 2 }) }));
    expect(document('1051').lines.map((line) => line.code)).toEqual(['VIN', 'CAF']);
    expect(waiting()).not.toContain('1050');
    expect(waiting()).toContain('1041');
  });

  test('a rate and a means that the shop already has are chosen, not made anew', async ({ page, t }) => {
    for (const code of ['8.5', 'DOM']) shop.run('tax', 'add', code, '--rate', '8.5');
    const [taxes, means] = [shop.json('tax', 'list').length, shop.json('means', 'list').length];
    await enterGrid(page, t);
    const more = page.getByRole('button', { name: /^Voir \d/ });
    if (await more.isVisible()) await more.click();
    const dialog = page.getByRole('dialog');
    await cause(page, t, 'unmapped_tax').getByRole('button', { name: t('cureAction.map_tax') }).click();
    await choose(page, dialog, t('cure.taxCode', { rate: '8,5\u00a0%' }), /^DOM/);
    await look(page, 'fr-cure-tax-choice');
    await dialog.getByRole('button', { name: t('cure.bind'), exact: true }).click();
    await expect(dialog).toBeHidden();
    await cause(page, t, 'unmapped_means').getByRole('button', { name: t('cureAction.map_means') }).click();
    await choose(page, dialog, t('cure.means', { type: 'helloasso' }), /^card/);
    await dialog.getByRole('button', { name: t('cure.bind'), exact: true }).click();
    await expect(dialog).toBeHidden();
    for (const number of ['1047', '1048']) await rowOf(page, t, number).getByRole('checkbox').check();
    await validated(page, t, page.getByRole('button', { name: t('grid.validateTicked_other', { count: 2 }) }));
    expect(document('1048').payments.map((payment) => payment.means)).toEqual(['card']);
    expect(document('1047').lines.map((line) => line.rate_bp)).toEqual([850]);
    expect([shop.json('tax', 'list').length, shop.json('means', 'list').length]).toEqual([taxes, means]);
    await page.goto(`${shop.url}/fichiers/tva`);
    await expect(page.getByRole('group', { name: t('mapping.title') }).getByRole('row').nth(1)).toContainText('Boutique');
  });

  test('a sale is corrected in place with the keyboard alone, and validated', async ({ page, t }) => {
    await enterGrid(page, t);
    const focused = (field: string) => page.evaluate((name) => (document.activeElement as HTMLElement | null)?.dataset.field === name, field);
    const tabUntil = async (there: () => Promise<boolean>, key = 'Tab') => {
      for (let n = 0; n < 120 && !(await there()); n += 1) await page.keyboard.press(key);
      expect(await there()).toBe(true);
    };
    await tabUntil(() => page.evaluate(() => document.activeElement?.getAttribute('role') === 'grid'));
    const place = waiting().indexOf('1049');
    for (let n = 0; n < place; n += 1) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/traitements\/imports\/\d+/);
    await expect(page.getByRole('dialog').getByText(t('sale.number', { number: '1049' }))).toBeVisible();
    await tabUntil(() => focused('line.1.reference'));
    await page.keyboard.press('Control+a');
    await page.keyboard.type('THE');
    await tabUntil(() => focused('line.1.label'));
    await page.keyboard.press('Control+a');
    await page.keyboard.type('Panier du jour');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog').getByText(t('common.saved'))).toBeVisible();
    await look(page, 'fr-sale-corrected');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect(page).toHaveURL(/\/traitements\/imports$/);
    const kept = JSON.parse(shop.run('grid', 'show', '1049', '--json')) as { edited: boolean };
    expect(kept.edited).toBe(true);
    await rowOf(page, t, '1049').getByRole('checkbox').check();
    await validated(page, t, page.getByRole('button', { name: t('grid.validateTicked_one', { count: 1 }) }));
    expect(document('1049').lines.map((line) => [line.code, line.label])).toEqual([['THE', 'Panier du jour']]);
  });

  test('a validation is rehearsed, and one of some sales leaves the others', async ({ page, t }) => {
    const before = waiting();
    const documents = shop.json('document', 'list').length;
    await enterGrid(page, t);
    await page.getByRole('button', { name: t('grid.rehearse') }).click();
    await expect(page.getByText(t('grid.rehearsed'))).toBeVisible();
    await look(page, 'fr-grid-rehearsed');
    expect(shop.json('document', 'list').length).toBe(documents);
    for (const number of ['1042', '1044']) await rowOf(page, t, number).getByRole('checkbox').check();
    await validated(page, t, page.getByRole('button', { name: t('grid.validateTicked_other', { count: 2 }) }));
    expect(waiting()).toEqual(before.filter((number) => number !== '1042' && number !== '1044'));
  });

  test('the grid is printed whole, and only the grid', async ({ page, t }) => {
    await enterGrid(page, t);
    await page.getByRole('link', { name: t('grid.print') }).click();
    await expect(page.getByRole('table').getByRole('row')).toHaveCount(waiting().length + 1);
    for (const number of waiting()) await expect(page.getByRole('cell', { name: number, exact: true })).toBeVisible();
    await page.emulateMedia({ media: 'print' });
    await expect(page.getByRole('navigation')).toBeHidden();
    await expect(page.getByRole('button', { name: t('grid.print') })).toBeHidden();
    const paper = (await page.pdf({ format: 'A4' })).toString('latin1');
    expect(paper.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    await page.emulateMedia({ media: 'screen' });
  });

  test('the grid comes as a file, which brings the same sales back after a purge', async ({ page, t }) => {
    const before = waiting();
    await enterGrid(page, t);
    const file = await downloaded(page, async () => {
      await page.getByRole('button', { name: t('file.download') }).click();
      await page.getByRole('menuitem', { name: t('file.liaison') }).click();
    });
    const [head, ...rows] = csvRows(file.bytes, ';');
    expect([...new Set(rows.map((row) => row[head.indexOf('number')]).filter(Boolean))].sort()).toEqual([...before].sort());

    await rowOf(page, t, '1052').getByRole('checkbox').check();
    await page.getByRole('button', { name: t('grid.purgeTicked_one', { count: 1 }) }).click();
    await look(page, 'fr-grid-purge');
    await page.getByRole('dialog').getByRole('button', { name: t('grid.purgeConfirm') }).click();
    await expect(page.getByText(t('grid.purged_one', { count: 1 }))).toBeVisible();
    expect(waiting()).toEqual(before.filter((number) => number !== '1052'));
    await page.getByRole('button', { name: t('grid.purgeAll'), exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: t('grid.purgeConfirm') }).click();
    await expect(page.getByText(t('grid.none'))).toBeVisible();
    expect(waiting()).toEqual([]);
  });

  test('a file is dropped on the page: commas and letters of Windows are told before anything is written', async ({ page, t }) => {
    await enterGrid(page, t).catch(() => undefined);
    const text = 'row,sale_id,number,date,total,reference,label,quantity,unit_price,line_total,rate,payment_type,amount\r\nline,D-1,9101,2026-01-29,10.00,,Crème brûlée,1,10,10.00,20,,\r\npayment,D-1,,,,,,,,,,cash,10.00\r\n';
    const bytes = [...Buffer.from(text, 'latin1')];
    const dropped = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(content)], 'ventes été.csv', { type: 'text/csv' }));
      return transfer;
    }, bytes);
    const heading = page.getByRole('heading', { level: 1, name: t('grid.title') });
    await heading.dispatchEvent('dragover', { dataTransfer: dropped });
    await heading.dispatchEvent('drop', { dataTransfer: dropped });
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByText('ventes été.csv')).toBeVisible();
    for (const said of ['file.comma', 'file.encodings.windows-1252', 'file.lineEnds.crlf']) await expect(dialog.getByText(t(said), { exact: true })).toBeVisible();
    await expect(dialog.getByRole('group', { name: t('file.firstRows') }).getByRole('cell', { name: 'Crème brûlée' })).toBeVisible();
    await look(page, 'fr-file-dropped');
    expect(waiting()).toEqual([]);
    await dialog.getByRole('button', { name: t('file.bring_one', { count: 1 }) }).click();
    await expect(dialog.getByText(t('file.done_one', { count: 1 }))).toBeVisible();
    expect(shop.run('grid', 'show', '9101', '--json')).toContain('Crème brûlée');
    await dialog.getByRole('button', { name: t('common.close') }).last().click();
    await expect(rowOf(page, t, '9101')).toBeVisible();
  });
});
