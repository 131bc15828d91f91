// A page as it stands when nothing comes any more: a picture of it, and what axe-core finds.
import { expect, type Page, type Request } from '@playwright/test';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const HERE = import.meta.dirname ?? __dirname;
const SCREENSHOTS = join(HERE, '../../build/screenshots');
const AXE = readFileSync(createRequire(join(HERE, 'look.ts')).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Longer than the page itself waits before it asks for rows that came into view. */
const QUIET_MS = 120;

interface Traffic {
  open: Set<Request>;
  /** The page that is on its way. */
  going?: Request;
  changed: number;
}
const followed = new WeakMap<Page, Traffic>();

/** Keeps count of what a page has asked and not been answered; streams of events, which stay open, are left out. What the page before had asked is forgotten with it: of such a request the
 * browser does not always tell the end. */
export function follow(page: Page) {
  const traffic: Traffic = { open: new Set(), changed: Date.now() };
  followed.set(page, traffic);
  page.on('request', (request) => {
    if (request.resourceType() === 'eventsource') return;
    traffic.open.add(request);
    traffic.changed = Date.now();
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) traffic.going = request;
  });
  page.on('framenavigated', (frame) => {
    if (frame !== page.mainFrame() || !traffic.going) return;
    for (const request of [...traffic.open]) if (request !== traffic.going) traffic.open.delete(request);
    traffic.going = undefined;
    traffic.changed = Date.now();
  });
  for (const event of ['requestfinished', 'requestfailed'] as const)
    page.on(event as 'requestfinished', (request) => {
      if (traffic.open.delete(request)) traffic.changed = Date.now();
    });
}

/** What the page still waits for, or nothing. Asked when the page itself has nothing to do. */
async function awaited(page: Page, traffic: Traffic): Promise<string> {
  const state = await page.evaluate(() => new Promise<string>((tell) => requestIdleCallback(() => tell(!document.querySelector('h1') ? 'a heading' : document.querySelector('[aria-busy=true]') ? 'a part that is busy' : ''))));
  if (state) return state;
  if (traffic.open.size > 0) return [...traffic.open].map((request) => request.url()).join(' ');
  return Date.now() - traffic.changed < QUIET_MS ? 'what the last answer brings' : '';
}

/** Until the page stands with all its answers, and what they made it ask in turn. */
export async function settle(page: Page) {
  const traffic = followed.get(page);
  if (!traffic) throw new Error('this page is not followed');
  // A page that is on its way to another address cannot be asked.
  await expect.poll(() => awaited(page, traffic).catch(String), { intervals: [20], message: 'what the page waits for' }).toBe('');
}

interface Violation {
  id: string;
  help: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

/** WCAG 2.2 AA and axe-core's own rules of good practice, as far as a program can see them. */
async function violationsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(AXE);
  const found = (await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ['violations'] }).then((result) => result.violations)`)) as Violation[];
  return found.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.slice(0, 3).map((node) => `  ${node.target.join(' ')}\n  ${node.failureSummary}`).join('\n')}`);
}

/** A picture of the whole page for the artefacts, and nothing that axe-core finds. */
export async function look(page: Page, name: string) {
  await settle(page);
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  expect.soft(await violationsOf(page), `what axe-core finds on ${name}`).toEqual([]);
}
