// A training till and a server of their own for a file of tests, on free ports and an empty SQLite database; and what the tests do in a browser over and over.
import { expect, test as base, type Browser, type BrowserContext, type Cookie, type Locator, type Page } from '@playwright/test';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { follow, look, settle } from './look';
import { wordsOf, type Language, type Words } from './words';

const HERE = import.meta.dirname ?? __dirname;
const BUILD = resolve(process.env.LIAISON_BUILD ?? join(HERE, '../../build'));
export const PASSWORD = 'une longue phrase de passe';

/** The day of the sales: yesterday, so that they stand in the figures of the last days. */
export const SALES_DAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

/** The first lines of a program, as soon as there are so many. */
function firstLines(process: ChildProcess, count: number): Promise<string[]> {
  return new Promise((done, failed) => {
    let text = '';
    process.stdout?.on('data', (piece: Buffer) => {
      text += piece.toString();
      const lines = text.split('\n');
      if (lines.length > count) done(lines.slice(0, count));
    });
    process.on('exit', (code) => failed(new Error(`ended with ${code} before it was ready: ${text}`)));
  });
}

export class Shop {
  /** Of its database and its files; there from the first test to the last. */
  folder = '';
  till?: ChildProcess;
  server?: ChildProcess;
  tillUrl = '';
  tillKey = '';
  url = '';
  setupCode = '';
  /** Of those who have logged in once, by name. */
  readonly sessions = new Map<string, Cookie[]>();
  private users = 0;

  private get environment() {
    return { PATH: process.env.PATH, HOME: this.folder, LC_ALL: 'C.UTF-8', LIAISON_DB: `sqlite:${join(this.folder, 'shop.db')}`, LIAISON_KEY_FILE: join(this.folder, 'seal.key') };
  }

  /** A command of `liaison`; 1 says that anomalies remain. */
  run(...words: string[]): string {
    try {
      return execFileSync(join(BUILD, 'liaison'), words, { env: this.environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      const failed = error as { status: number; stdout: string; stderr: string };
      if (failed.status === 1) return failed.stdout;
      throw new Error(`liaison ${words.join(' ')} ended with ${failed.status}\n${failed.stderr}`);
    }
  }

  /** The lines that a command prints with --json. */
  json(...words: string[]): Record<string, unknown>[] {
    return this.run(...words, '--json').split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** A secret in a file that only its owner reads. */
  secretFile(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    chmodSync(path, 0o600);
    return path;
  }

  /** The till with the few sales of fixture.py (`more`: with those that it names so), or with a shop of these options; at the address where it was before. */
  async startTill(...options: string[]) {
    const listen = this.tillUrl ? this.tillUrl.replace('http://', '') : '127.0.0.1:0';
    const key = this.tillKey ? ['--key', this.tillKey] : [];
    this.till = spawn(join(BUILD, 'tactill-sandbox'), ['--listen', listen, ...key, ...(options[0]?.startsWith('--') ? options : this.fixture(options))], { stdio: ['ignore', 'pipe', 'ignore'] });
    const words = (await firstLines(this.till, 1))[0].split(' ');
    [this.tillUrl, this.tillKey] = [words[3], words[5]];
  }

  private fixture(words: string[]): string[] {
    const path = join(this.folder, 'fixture.json');
    writeFileSync(path, execFileSync('python3', [join(HERE, 'fixture.py'), SALES_DAY, ...words]));
    return ['--fixture', path];
  }

  async stopTill() {
    await ended(this.till);
    this.till = undefined;
  }

  async startServer(...options: string[]) {
    this.server = spawn(join(BUILD, 'liaison'), ['serve', '--listen', '127.0.0.1:0', '--allow-local-tills', '--quiet', ...options], { env: this.environment, stdio: ['ignore', 'pipe', 'inherit'] });
    const first = await firstLines(this.server, this.users ? 1 : 2);
    this.url = /http:\/\/127\.0\.0\.1:\d+/.exec(first[0])![0];
    this.setupCode = /[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}/.exec(first[1] ?? '')?.[0] ?? '';
  }

  company() {
    this.run('init', '--company', 'Épicerie du Canal');
  }

  addUser(name: string, role: 'admin' | 'accountant' | 'viewer') {
    this.users += 1;
    this.run('user', 'add', name, '--role', role, '--password-file', this.secretFile('password', `${PASSWORD}\n`));
  }

  addLink(...options: string[]) {
    this.run('link', 'add', '--name', 'Boutique', '--url', this.tillUrl, '--key-file', this.secretFile('till.key', this.tillKey), '--since', '2026-01-01', ...options);
  }

  async close() {
    await ended(this.server);
    await ended(this.till);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function ended(process?: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (!process || process.exitCode !== null) return done();
    process.on('exit', () => done());
    process.kill('SIGINT');
    setTimeout(() => process.kill('SIGKILL'), 20_000).unref();
  });
}

/** The language of a test (`test.use({ language: 'en' })`), its words, and a page that fails the test when it breaks a rule of its own. */
export const test = base.extend<{ language: Language; t: Words }>({
  language: ['fr', { option: true }],
  t: async ({ language }, use) => use(wordsOf(language)),
  locale: async ({ language }, use) => use(language === 'fr' ? 'fr-FR' : 'en-GB'),
  page: async ({ page }, use) => {
    const broken = watch(page);
    follow(page);
    await use(page);
    expect(broken, 'faults that the browser told').toEqual([]);
  },
});
export { expect, look, settle };

/** Scripts that throw, and what the Content-Security-Policy stopped. */
export function watch(page: Page): string[] {
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content.Security.Policy|Refused to/i.test(message.text())) broken.push(message.text());
  });
  return broken;
}

/** The first page, in the language of the test: French unless one clicks. */
export async function enter(page: Page, shop: Shop, language: Language) {
  await page.goto(shop.url);
  if (language === 'en') await page.getByRole('button', { name: wordsOf('fr')('app.languageLabel') }).click();
}

/** The first page, logged in: by name and password the first time, with the same session afterwards. */
export async function logIn(page: Page, shop: Shop, t: Words, name: string) {
  const kept = shop.sessions.get(name);
  if (kept) await page.context().addCookies(kept);
  await page.goto(shop.url);
  if (!kept) {
    await page.getByLabel(t('login.name')).fill(name);
    await page.getByLabel(t('login.password'), { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: t('login.submit') }).click();
  }
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText(t('login.title'));
  if (!kept) shop.sessions.set(name, await page.context().cookies());
}

/** A shop for the tests of a group: made before the first, taken away after the last. */
export function useShop(prepare: (shop: Shop) => Promise<void> | void): Shop {
  const shop = new Shop();
  test.beforeAll(async () => {
    shop.folder = mkdtempSync(join(tmpdir(), 'liaison-ui-'));
    await prepare(shop);
  });
  test.afterAll(async () => shop.close());
  return shop;
}

/** A second person with a browser of their own. */
export async function another(browser: Browser, language: Language): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ locale: language === 'fr' ? 'fr-FR' : 'en-GB', timezoneId: 'Europe/Paris', viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  follow(page);
  return { context, page };
}

/** Goes by the menu. */
export async function open(page: Page, t: Words, entry: string) {
  await page.getByRole('navigation', { name: t('app.menu') }).getByRole('link', { name: t(entry), exact: true }).click();
}

/** One of a list that opens when it is asked. */
export async function choose(page: Page, within: Locator, label: string, option: RegExp) {
  await within.getByRole('textbox', { name: label }).or(within.getByRole('combobox', { name: label })).first().click();
  await page.getByRole('option', { name: option }).first().click();
}

/** An amount in cents as each language writes it. */
export function money(cents: number, language: Language): string {
  return new Intl.NumberFormat(language === 'fr' ? 'fr-FR' : 'en-GB', { style: 'currency', currency: 'EUR' }).format(cents / 100);
}
