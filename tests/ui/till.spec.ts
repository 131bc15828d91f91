// A till that goes down in the middle of a run, or is down when a run is asked for: told in words with what to do, and made good by the next run with nothing doubled. A rehearsal names each field.
import type { Page } from '@playwright/test';
import { join } from 'node:path';
import { expect, logIn, look, open, test, useShop } from './shop';
import type { Words } from './words';

const SHOP = ['--articles', '60', '--sales', '300', '--days', '10', '--from', '2026-10-20', '--seed', '5'];
const LINK = '/traitements/synchronisations/Boutique';
/** Six attempts, with rests between them that double. */
const GIVES_UP_MS = 60_000;

test.describe('a till that goes down', () => {
  const shop = useShop(async (it) => {
    // Slow enough to be taken away in the middle: small pages, and each answer waits.
    await it.startTill(...SHOP, '--faults', 'delay=400,limit=50');
    it.company();
    it.addLink('--auto-validate', 'yes');
    it.addUser('anne', 'accountant');
    await it.startServer();
  });
  test.describe.configure({ mode: 'serial', timeout: 240_000 });

  const runs = () => shop.json('run', 'list').map((run) => String(run.state));
  /** What the run page, the list of links and the first page say of the run that broke. */
  const toldEverywhere = async (page: Page, t: Words, run: number) => {
    await page.goto(`${shop.url}/traitements/executions/${run}`);
    await expect(page.getByText(t('run.error'))).toBeVisible();
    await expect(page.getByRole('main')).toContainText('127.0.0.1');
    await look(page, `fr-run-failed-${run}`);
    await open(page, t, 'menu.synchronisations');
    await expect(page.getByRole('article', { name: 'Boutique' })).toContainText(t('runState.failed'));
    await look(page, `fr-links-failed-${run}`);
    await open(page, t, 'menu.home');
    const told = page.getByRole('region', { name: t('home.attention') }).getByRole('link', { name: t('home.linkInError', { link: 'Boutique' }) });
    await expect(told).toHaveAttribute('href', `/traitements/executions/${run}`);
    await look(page, `fr-home-failed-${run}`);
  };

  test('in the middle of a run: the run says why it stopped, and what was read stays', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(shop.url + LINK);
    await page.getByRole('button', { name: t('link.runNow') }).click();
    // Articles are in, and of the sales a first page.
    await expect(page.getByRole('status').filter({ hasText: t('flow.orders') })).toBeVisible({ timeout: 60_000 });
    await shop.stopTill();
    await expect(page.getByText(t('jobState.failed')).first()).toBeVisible({ timeout: GIVES_UP_MS });
    await look(page, 'fr-run-broken');
    expect(runs()).toEqual(['failed']);
    expect(shop.json('article', 'list').length).toBeGreaterThan(30);
    await toldEverywhere(page, t, 1);
  });

  test('before a run: it fails in words, with what to do', async ({ page, t }) => {
    await logIn(page, shop, t, 'anne');
    await page.goto(shop.url + LINK);
    await page.getByRole('button', { name: t('link.runNow') }).click();
    await expect.poll(runs, { timeout: GIVES_UP_MS }).toEqual(['failed', 'failed']);
    await expect(page.getByText(/127\.0\.0\.1.*/).first()).toBeVisible();
    await toldEverywhere(page, t, 2);
  });

  test('the next run brings everything, nothing doubled, and nothing is in error any more', async ({ page, t }) => {
    await shop.startTill(...SHOP);
    await logIn(page, shop, t, 'anne');
    await page.goto(shop.url + LINK);
    await page.getByRole('button', { name: t('link.runNow') }).click();
    await expect.poll(() => runs().sort(), { timeout: 60_000 }).toEqual(['done', 'failed', 'failed']);
    // As if nothing had happened: another database that read the same till once.
    const calm = ['--db', `sqlite:${join(shop.folder, 'calm.db')}`];
    shop.run('init', '--company', 'Au calme', ...calm);
    shop.addLink('--auto-validate', 'yes', ...calm);
    shop.run('sync', 'Boutique', ...calm);
    const told = (members: string[], ...words: string[]) => shop.json(...words).map((one) => members.map((name) => String(one[name])).join(' ')).sort();
    for (const [members, ...words] of [
      [['number', 'kind', 'state', 'date', 'total_cents', 'tax_cents', 'paid_cents', 'till_sale'], 'document', 'list'],
      [['sale', 'number', 'total_cents', 'anomaly'], 'grid', 'list'],
      [['date', 'means', 'amount_cents', 'allocated_cents', 'till_payment'], 'payment', 'list'],
      [['code', 'quantity_milli'], 'stock', 'list'],
    ] as [string[], ...string[]][]) {
      const here = told(members, ...words);
      expect(here.length).toBeGreaterThan(0);
      expect(here).toEqual(told(members, ...words, ...calm));
    }
    expect(shop.run('db', 'check', '--json')).toContain('"ok":true');
    await open(page, t, 'menu.home');
    await expect(page.getByRole('heading', { name: t('home.attention') })).toBeVisible();
    await expect(page.getByRole('link', { name: t('home.linkInError', { link: 'Boutique' }) })).toHaveCount(0);
  });

  test('a rehearsal names each field of an article, what it is and what it would be, and writes nothing', async ({ page, t }) => {
    const known = shop.json('article', 'list').filter((one) => Number(one.price_e4) > 0).map((one) => one.code);
    const headers = { 'x-api-key': shop.tillKey, 'Content-Type': 'application/json' };
    const ask = async (path: string) => (await fetch(`${shop.tillUrl}/v1/${path}`, { headers })).json();
    const account = (await ask('account/account')) as { nodes: { _id: string }[] };
    const atTill = (await ask(`catalog/articles?node_id=${account.nodes[0]._id}&limit=1000&order=name%3DASC`)) as Record<string, unknown>[];
    const { _id, reference: code, taxes, color, in_stock } = atTill.find((one) => known.includes(one.reference) && one.deprecated === false && (one.declinations as unknown[]).length === 0)!;
    const before = shop.json('article', 'list').find((one) => one.code === code)!;
    const change = { taxes, color, in_stock, name: 'Un autre nom', full_price: 99.9 };
    expect((await fetch(`${shop.tillUrl}/v1/catalog/articles/${String(_id)}`, { method: 'PUT', headers, body: JSON.stringify(change) })).status).toBe(200);
    const euros = (e4: unknown) => new RegExp(`^${(Number(e4) / 10_000).toFixed(2).replace('.', ',')}`);
    await logIn(page, shop, t, 'anne');
    await page.goto(shop.url + LINK);
    await page.getByRole('button', { name: t('link.rehearse'), exact: true }).click();
    await expect(page.getByText(t('rehearsal.written'))).toBeVisible({ timeout: 60_000 });
    await page.getByRole('tab', { name: t('flow.articles_in') }).click();
    const rows = page.getByRole('tabpanel').getByRole('row').filter({ has: page.getByRole('rowheader', { name: String(code) }) });
    const cellsOf = async (field: string) => rows.filter({ hasText: t(field) }).first().getByRole('cell').allInnerTexts();
    const [, , oldLabel, newLabel] = await cellsOf('field.label');
    expect([oldLabel, newLabel]).toEqual([before.label, 'Un autre nom']);
    const [, , oldPrice, newPrice] = await cellsOf('field.price');
    expect(oldPrice).toMatch(euros(before.price_e4));
    expect(newPrice).toMatch(euros(999_000));
    await look(page, 'fr-rehearsal-fields');
    expect(shop.json('article', 'list').find((one) => one.code === code)).toEqual(before);
  });
});
