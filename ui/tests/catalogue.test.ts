// Both languages say the same things, and nothing that no page says.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import en from '@/i18n/en';
import fr from '@/i18n/fr';

const SOURCE = join(__dirname, '..', 'src');
const sources = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => readFileSync(join(SOURCE, name), 'utf8'))
  .join('\n');
const files = (language: string) => readdirSync(join(SOURCE, 'i18n', language)).filter((name) => name.endsWith('.json'));
const texts = (language: string, name: string) => JSON.parse(readFileSync(join(SOURCE, 'i18n', language, name), 'utf8')) as Record<string, string>;
/** Groups asked for with t.word('group', value), or handed on as group="…": their members come from the API. */
const groups = new Set([...sources.matchAll(/\bword\(\s*'([\w.]+)'|\bgroup="([\w.]+)"/g)].map((match) => match[1] ?? match[2]));
const stem = (key: string) => key.replace(/_(one|other)$/, '');
const literals = new Set([...sources.matchAll(/'([\w.]+)'/g)].map((match) => match[1]));
const used = (key: string) => literals.has(stem(key)) || groups.has(key.slice(0, key.lastIndexOf('.')));
const parameters = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe('catalogues', () => {
  test('have the same keys, file by file', () => {
    expect(files('en')).toEqual(files('fr'));
    for (const name of files('fr')) expect(Object.keys(texts('en', name)), name).toEqual(Object.keys(texts('fr', name)));
  });
  test('say every key in one file only', () => {
    const all = files('fr').flatMap((name) => Object.keys(texts('fr', name)));
    expect(all.filter((key, place) => all.indexOf(key) !== place)).toEqual([]);
  });
  test('hold no key that no page uses', () => {
    expect(Object.keys(fr).filter((key) => !used(key))).toEqual([]);
  });
  test('take the same parameters', () => {
    for (const [key, text] of Object.entries(fr)) if (!/_(one|other)$/.test(key)) expect(parameters((en as Record<string, string>)[key] ?? ''), key).toEqual(parameters(text));
  });
  test('have both numbers of a plural', () => {
    for (const key of Object.keys(fr)) if (/_(one|other)$/.test(key)) expect(fr).toHaveProperty([`${stem(key)}_${key.endsWith('_one') ? 'other' : 'one'}`]);
  });
  test('are typeset: French apostrophes, no empty text', () => {
    for (const [key, text] of Object.entries({ ...fr, ...en })) expect(text.trim(), key).not.toBe('');
    for (const [key, text] of Object.entries(fr)) expect(text, key).not.toMatch(/\w'\w|"/);
  });
});
