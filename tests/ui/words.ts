// The pages' own texts, so that one scenario runs in each language by the words that a person reads.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Language = 'fr' | 'en';
export type Words = (key: string, values?: Record<string, string | number>) => string;

const FOLDER = join(import.meta.dirname ?? __dirname, '../../ui/src/i18n');

export function wordsOf(language: Language): Words {
  const catalogue: Record<string, string> = {};
  for (const name of readdirSync(join(FOLDER, language)))
    if (name.endsWith('.json')) Object.assign(catalogue, JSON.parse(readFileSync(join(FOLDER, language, name), 'utf8')));
  return (key, values = {}) => {
    const text = catalogue[key];
    if (text === undefined) throw new Error(`no text ${key} in ${language}`);
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
  };
}

/** A text of which the figures are not known: {name} stands for anything. */
export function like(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\\?\{\w+\\?\}/g, '.*'));
}
