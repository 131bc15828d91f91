// A grid of 100 000 sales: what is drawn and what is asked stay small wherever one looks, to the very last row.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, logIn, look, settle, test, useShop } from './shop';

const ROWS = Number(process.env.LIAISON_UI_ROWS ?? 100_000);
/** Screens that the mouse wheel passes at the beginning and at the end. */
const SCREENS = 40;
/** On the highest screen some sixty rows, and those just outside it. */
const DRAWN_MAX = 120;
const PAGE_MAX = 500;

/** Sale n of the file, from 1: its ticket number and its total grow with it. */
function file(): string {
  const lines = ['row;sale_id;number;date;total;reference;label;quantity;unit_price;line_total;rate;payment_type;amount'];
  for (let n = 1; n <= ROWS; n += 1) {
    const total = `${100 + (n % 900)}.00`;
    lines.push(`line;G-${n};${n};2026-01-${String(1 + (n % 28)).padStart(2, '0')};${total};;Divers;1;${total};${total};20;;`, `payment;G-${n};;;;;;;;;;cash;${total}`);
  }
  return `${lines.join('\n')}\n`;
}

test.describe('a large grid', () => {
  const shop = useShop(async (it) => {
    it.company();
    writeFileSync(join(it.folder, 'ventes.csv'), file());
    it.run('grid', 'import', join(it.folder, 'ventes.csv'));
    it.addUser('anne', 'admin');
    await it.startServer();
  });
  test.describe.configure({ timeout: 300_000 });

  test('scrolls to its last row by the wheel and by one key, with few rows drawn and small pages asked', async ({ page, t }) => {
    const limits: number[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname === '/api/v1/grid/sales') limits.push(Number(url.searchParams.get('limit') ?? 0));
    });
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/traitements/imports`);
    const grid = page.getByRole('grid', { name: t('grid.title') });
    await expect(grid).toHaveAttribute('aria-rowcount', String(ROWS + 1));
    await expect(page.getByRole('status').filter({ hasText: t('table.rows_other', { count: new Intl.NumberFormat('fr-FR').format(ROWS) }) })).toBeVisible();
    const rowAt = (place: number) => grid.locator(`[aria-rowindex="${place + 1}"]`);
    const drawn = () => grid.getByRole('row').count();
    const wheel = async (direction: 1 | -1) => {
      for (let n = 0; n < SCREENS; n += 1) {
        await grid.evaluate((frame, way) => frame.scrollBy(0, way * frame.clientHeight), direction);
        expect(await drawn()).toBeLessThan(DRAWN_MAX);
      }
      await settle(page);
    };
    await expect(rowAt(1)).toContainText('1');
    await wheel(1);
    // What stands in view is read, row by row in its order.
    const inView = await grid.evaluate((frame) => Math.ceil(frame.scrollTop / 36) + 1);
    expect(inView).toBeGreaterThan(SCREENS * 5);
    await expect(rowAt(inView).getByRole('gridcell').nth(1)).toHaveText(String(inView));

    await grid.focus();
    await page.keyboard.press('End');
    await expect(rowAt(ROWS).getByRole('gridcell').nth(1)).toHaveText(String(ROWS));
    expect(await drawn()).toBeLessThan(DRAWN_MAX);
    await look(page, 'fr-grid-large-end');
    await wheel(-1);
    await page.keyboard.press('Home');
    await expect(rowAt(1).getByRole('gridcell').nth(1)).toHaveText('1');

    expect(limits.length).toBeGreaterThan(2);
    // Far fewer than it takes to read the whole: who looks at both ends reads both ends.
    expect(limits.length).toBeLessThan(30);
    for (const limit of limits) expect(limit > 0 && limit <= PAGE_MAX, `a page of ${limit} rows`).toBe(true);
  });

  test('search, sort and bounds are the server’s: the row sought is there at once', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/traitements/imports?sort=-id`);
    const first = page.getByRole('grid').locator('[aria-rowindex="2"]').getByRole('gridcell').nth(1);
    await expect(first).toHaveText(String(ROWS));
    await page.getByRole('searchbox', { name: t('table.search') }).fill(`G-${ROWS - 7}`);
    await expect(first).toHaveText(String(ROWS - 7));
    await expect(page.getByRole('grid')).toHaveAttribute('aria-rowcount', '2');
  });
});
