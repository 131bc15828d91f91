// The same pages as React's development build draws them: it tells on the console what the built pages keep to themselves (a repeated key, a state set after the end, markup that cannot be).
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PAGES } from './addresses';
import { expect, logIn, settle, test, useShop } from './shop';

const UI = join(import.meta.dirname ?? __dirname, '../../ui');

test.describe('React', () => {
  test.describe.configure({ timeout: 300_000 });
  const shop = useShop(async (it) => {
    const folder = join(it.folder, 'ui');
    execFileSync('node_modules/.bin/vite', ['build', '--mode', 'development', '--minify', 'false', '--logLevel', 'warn'], { cwd: UI, env: { ...process.env, NODE_ENV: 'development', LIAISON_UI_OUT: folder } });
    await it.startTill('more');
    it.company();
    it.addLink('--auto-validate', 'no', '--negative-stock', 'refuse');
    it.run('sync', 'Boutique');
    for (const number of ['1041', '1042', '1043', '1044', '1045']) it.run('grid', 'validate', number);
    it.addUser('anne', 'admin');
    await it.startServer('--ui', folder);
  });

  test('has nothing to tell of any page', async ({ page, t }) => {
    const told: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') told.push(`${new URL(page.url()).pathname}: ${message.text().split('\n')[0]}`);
    });
    await logIn(page, shop, t, 'anne');
    // A session that is not there yet is asked for, and answered 401.
    told.length = 0;
    for (const path of Object.values(PAGES)) {
      await page.goto(shop.url + path);
      await settle(page);
    }
    expect(told).toEqual([]);
  });
});
