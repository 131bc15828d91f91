// Asks the REST API: JSON in and out, the session's CSRF token and the reader's language on every request, problem documents as ApiError.
import type { Language } from '@/i18n/text';

export interface FieldError {
  pointer: string;
  detail: string;
}

/** What an RFC 9457 problem document of the server says, or that the server could not be reached (status 0, code "unreachable"). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    readonly request = '',
    /** With code "stale": the record as it is now. */
    readonly current: unknown = undefined,
  ) {
    super(detail || title || code);
  }

  /** What is wrong with the member at this JSON pointer ("/name"). */
  at(pointer: string): string | undefined {
    return this.errors.find((error) => error.pointer === pointer)?.detail;
  }
}

export type QueryValue = string | number | boolean | null | undefined;

export interface Ask {
  query?: Record<string, QueryValue>;
  body?: unknown;
  /** ETag of the record that is changed. */
  ifMatch?: string | undefined;
  /** For what creates: the same key makes the server answer again instead of creating again. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface Tagged<T> {
  value: T;
  tag: string;
}

const context = { csrf: '', language: 'fr' as Language, onUnauthorised: () => {} };

export const setCsrf = (csrf: string) => void (context.csrf = csrf);
export const setRequestLanguage = (language: Language) => void (context.language = language);
export const setOnUnauthorised = (listener: () => void) => void (context.onUnauthorised = listener);
export const newIdempotencyKey = () => {
  // randomUUID stands only on https and localhost; a shop may well use plain http on its own network.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** A path of the API: its arguments percent-encoded. apiPath`articles/${code}` */
export function apiPath(parts: TemplateStringsArray, ...args: (string | number)[]): string {
  return parts.reduce((path, part, i) => path + encodeURIComponent(String(args[i - 1])) + part);
}

export function addressOf(path: string, query: Ask['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  const text = search.toString();
  return `/api/v1/${path}${text ? `?${text}` : ''}`;
}

async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  try {
    const problem = JSON.parse(text) as Record<string, unknown>;
    const word = (name: string) => (typeof problem[name] === 'string' ? problem[name] : '');
    return new ApiError(response.status, word('code') || 'unknown', word('title'), word('detail'), Array.isArray(problem.errors) ? (problem.errors as FieldError[]) : [], word('request'),
      problem.current);
  } catch {
    return new ApiError(response.status, 'unknown', response.statusText, '');
  }
}

/** The response of a request that succeeded; throws ApiError otherwise. */
export async function send(method: string, path: string, ask: Ask = {}): Promise<Response> {
  const headers = new Headers({ 'Accept-Language': context.language });
  let body: BodyInit | undefined;
  if (ask.body instanceof Blob || ask.body instanceof ArrayBuffer) {
    headers.set('Content-Type', 'application/octet-stream');
    body = ask.body;
  } else if (ask.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    body = JSON.stringify(ask.body);
  }
  if (method !== 'GET' && context.csrf) headers.set('X-CSRF-Token', context.csrf);
  if (ask.ifMatch) headers.set('If-Match', ask.ifMatch);
  if (ask.idempotencyKey) headers.set('Idempotency-Key', ask.idempotencyKey);
  let response: Response;
  try {
    response = await fetch(addressOf(path, ask.query), { method, headers, body, signal: ask.signal, credentials: 'same-origin' });
  } catch (error) {
    if (ask.signal?.aborted) throw error;
    throw new ApiError(0, 'unreachable', '', '');
  }
  if (response.ok) return response;
  if (response.status === 401 && path !== 'session') context.onUnauthorised();
  throw await problemOf(response);
}

async function valueOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** GET of a value. */
export const get = async <T>(path: string, query?: Ask['query'], signal?: AbortSignal): Promise<T> => valueOf<T>(await send('GET', path, { query, signal }));

/** GET of a record with its ETag, for an edit with If-Match afterwards. */
export async function getTagged<T>(path: string, signal?: AbortSignal): Promise<Tagged<T>> {
  const response = await send('GET', path, { signal });
  return { value: await valueOf<T>(response), tag: response.headers.get('ETag') ?? '' };
}

/** POST, PUT, PATCH or DELETE. */
export const write = async <T = void>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, ask: Omit<Ask, 'body'> = {}): Promise<T> =>
  valueOf<T>(await send(method, path, { ...ask, body }));

/** Fetches a file (so that it comes in the reader's language, and a refusal is told) and hands it to the browser. */
export async function download(path: string, query: Ask['query'], fallbackName: string): Promise<void> {
  const response = await send('GET', path, { query });
  const name = /filename="?([^";]+)"?/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? fallbackName;
  const url = URL.createObjectURL(await response.blob());
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
