// What can happen to a run: the page is loaded again meanwhile, somebody stops it, the till is down; and a file that is no file of sales.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, logIn, look, open, test, useShop } from './shop';

test.describe('runs', () => {
  const shop = useShop(async (it) => {
    // Slow enough to be looked at: each answer waits.
    await it.startTill('--articles', '300', '--sales', '400', '--faults', 'delay=1500,limit=100');
    it.company();
    it.addLink('--auto-validate', 'yes');
    it.addUser('anne', 'admin');
    await it.startServer();
  });

  test('a run goes on when the page is loaded again, and ends as the command line lists it', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/traitements/synchronisations/Boutique`);
    await page.getByRole('button', { name: t('link.runNow') }).click();
    const progress = page.getByRole('progressbar', { name: t('job.sync') });
    await expect(progress).toBeVisible();
    await page.reload();
    await expect(progress).toBeVisible();
    await look(page, 'fr-run-going-on');
    await expect(page.getByText(t('jobState.done')).first()).toBeAttached({ timeout: 90_000 });
    const runs = shop.json('run', 'list');
    expect(runs.map((run) => [run.run, run.link, run.state])).toEqual([[1, 'Boutique', 'done']]);
    await page.goto(`${shop.url}/traitements/executions/1`);
    await expect(page.getByRole('heading', { name: t('run.title', { run: 1 }) })).toBeVisible();
    await look(page, 'fr-run');
  });

  test('a run that is stopped says so, and what was written stays whole', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/traitements/synchronisations/Boutique`);
    await page.getByRole('button', { name: t('link.runNow') }).click();
    await page.getByRole('button', { name: t('job.cancel') }).click();
    await page.getByRole('dialog').getByRole('button', { name: t('job.cancel') }).click();
    await expect(page.getByText(t('jobState.cancelled')).first()).toBeAttached({ timeout: 60_000 });
    expect(shop.run('db', 'check', '--json')).toContain('"ok":true');
  });

  test('a till that is down is told, with what to do; the next run does it', async ({ page, t }) => {
    await shop.stopTill();
    await logIn(page, shop, t, 'anne');
    await page.goto(`${shop.url}/traitements/synchronisations/Boutique`);
    await page.getByRole('button', { name: t('link.test') }).click();
    await expect(page.getByText(t('test.bad'), { exact: true })).toBeVisible({ timeout: 60_000 });
    await look(page, 'fr-till-down');
    await shop.startTill('--articles', '300', '--sales', '400');
    await page.getByRole('button', { name: t('link.test') }).click();
    await expect(page.getByText(t('test.good'), { exact: true })).toBeVisible({ timeout: 60_000 });
  });

  test('a file that cannot be read is refused in plain words, and nothing is written', async ({ page, t }) => {
    const bad = join(shop.folder, 'ventes.csv');
    writeFileSync(bad, 'row;sale_id;total;quantity;unit_price;line_total\nline;A-1;quinze;1;10;10\n');
    await logIn(page, shop, t, 'anne');
    await open(page, t, 'menu.imports');
    const before = shop.run('grid', 'list', '--json');
    await page.getByRole('button', { name: t('file.title') }).click();
    await page.getByRole('dialog').locator('input[type=file]').setInputFiles(bad);
    await expect(page.getByRole('dialog').getByRole('alert')).toContainText('quinze');
    await look(page, 'fr-file-refused');
    expect(shop.run('grid', 'list', '--json')).toBe(before);

    const good = join(shop.folder, 'bonnes.csv');
    writeFileSync(good, 'row;sale_id;number;date;total;reference;label;quantity;unit_price;line_total;rate;payment_type;amount\nline;F-1;9001;2026-01-29;10.00;;Divers;1;10;10.00;20;;\npayment;F-1;;;;;;;;;;cash;10.00\n');
    await page.getByRole('dialog').getByRole('button', { name: t('file.another') }).click();
    await page.getByRole('dialog').locator('input[type=file]').setInputFiles(good);
    await expect(page.getByRole('dialog').getByText(t('file.semicolon'))).toBeVisible();
    await look(page, 'fr-file-preview');
    await page.getByRole('dialog').getByRole('button', { name: t('file.bring_one', { count: 1 }) }).click();
    await expect(page.getByText(t('file.done_one', { count: 1 }))).toBeVisible();
    expect(shop.run('grid', 'show', '9001', '--json')).toContain('"total_cents":1000');
  });
});
