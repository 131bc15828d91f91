// The texts of the pages, from one catalogue a language: `const t = useText(); t('menu.home')`, `t('runs', { count: 3 })`, `t.word('state', row.state)`.
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { setRequestLanguage } from '@/api/client';
import { formattersOf, type Formatters } from './format';
import type frTexts from './fr';

export type Language = 'fr' | 'en';
export type Catalogue = Record<string, string>;
type Plain<K> = K extends `${infer Stem}_${'one' | 'other'}` ? Stem : K;
/** Key of a text; `name` for the pair `name_one`, `name_other`, chosen by the parameter `count`. */
export type TextKey = Plain<keyof typeof frTexts & string>;
export type TextParams = Record<string, string | number>;

export interface Text {
  (key: TextKey, params?: TextParams): string;
  /** The text of `group.value`, for words that come from the API; the word itself when the catalogue has none. */
  word: (group: string, value: unknown) => string;
  language: Language;
  format: Formatters;
}

const STORED = 'liaison.language';

export function loadCatalogue(language: Language): Promise<Catalogue> {
  return (language === 'en' ? import('./en') : import('./fr')).then((module) => module.default);
}

export function startingLanguage(): Language {
  return localStorage.getItem(STORED) === 'en' ? 'en' : 'fr';
}

export function makeText(language: Language, catalogue: Catalogue): Text {
  const plural = new Intl.PluralRules(language);
  const format = formattersOf(language);
  const fill = (text: string, params: TextParams = {}) =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = params[name];
      return typeof value === 'number' ? format.int(value) : (value ?? `{${name}}`);
    });
  const text = (key: string, params?: TextParams) => {
    const exact = catalogue[key] ?? (params && typeof params.count === 'number' ? (catalogue[`${key}_${plural.select(params.count)}`] ?? catalogue[`${key}_other`]) : undefined);
    return fill(exact ?? key, params);
  };
  return Object.assign(text, {
    word: (group: string, value: unknown) => (value === null || value === undefined ? '' : (catalogue[`${group}.${String(value)}`] ?? String(value))),
    language,
    format,
  });
}

const TextContext = createContext<Text | null>(null);
const LanguageContext = createContext<(language: Language) => void>(() => {});

export function TextProvider({ language: first, catalogue: firstCatalogue, children }: { language: Language; catalogue: Catalogue; children: ReactNode }) {
  const [state, setState] = useState({ language: first, catalogue: firstCatalogue });
  const text = useMemo(() => makeText(state.language, state.catalogue), [state]);
  useEffect(() => {
    document.documentElement.lang = state.language;
  }, [state.language]);
  const change = useCallback((language: Language) => {
    void loadCatalogue(language).then((catalogue) => {
      localStorage.setItem(STORED, language);
      setRequestLanguage(language);
      setState({ language, catalogue });
    });
  }, []);
  return (
    <LanguageContext.Provider value={change}>
      <TextContext.Provider value={text}>{children}</TextContext.Provider>
    </LanguageContext.Provider>
  );
}

export function useText(): Text {
  const text = useContext(TextContext);
  if (!text) throw new Error('useText outside of TextProvider');
  return text;
}

/** Amounts, quantities, days and instants as the reader's language writes them. */
export const useFormat = (): Formatters => useText().format;
export const useSetLanguage = () => useContext(LanguageContext);
