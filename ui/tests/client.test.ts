// What every request bears, and how a refusal arrives.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { addressOf, ApiError, apiPath, get, getTagged, setCsrf, setOnUnauthorised, setRequestLanguage, write } from '@/api/client';

function answer(status: number, body?: unknown, headers: Record<string, string> = {}) {
  const spy = vi.fn<typeof fetch>(async () => new Response(body === undefined ? null : JSON.stringify(body), { status, headers }));
  vi.stubGlobal('fetch', spy);
  return spy;
}
const headersOf = (spy: ReturnType<typeof answer>) => spy.mock.calls[0]?.[1]?.headers as Headers;

afterEach(() => {
  vi.unstubAllGlobals();
  setCsrf('');
  setRequestLanguage('fr');
  setOnUnauthorised(() => {});
});

describe('a request', () => {
  test('bears the language, and the CSRF token when it changes something', async () => {
    setCsrf('c5rf');
    setRequestLanguage('en');
    const read = answer(200, {});
    await get('company');
    expect(headersOf(read).get('Accept-Language')).toBe('en');
    expect(headersOf(read).has('X-CSRF-Token')).toBe(false);
    const changed = answer(200, {});
    await write('PATCH', 'company', { name: 'A' }, { ifMatch: '"7"', idempotencyKey: 'k' });
    expect(headersOf(changed).get('X-CSRF-Token')).toBe('c5rf');
    expect(headersOf(changed).get('If-Match')).toBe('"7"');
    expect(headersOf(changed).get('Idempotency-Key')).toBe('k');
    expect(headersOf(changed).get('Content-Type')).toBe('application/json');
  });
  test('encodes what stands in its path and its query, and leaves out what is empty', () => {
    expect(apiPath`links/${'Été & Cie/2'}/runs`).toBe('links/%C3%89t%C3%A9%20%26%20Cie%2F2/runs');
    expect(addressOf('documents', { q: 'a&b', sort: null, kind: '', limit: 5, state: undefined })).toBe('/api/v1/documents?q=a%26b&limit=5');
  });
  test('keeps the tag of a record', async () => {
    answer(200, { name: 'A' }, { ETag: '"abc"' });
    expect(await getTagged('company')).toEqual({ value: { name: 'A' }, tag: '"abc"' });
  });
  test('takes an answer without a body', async () => {
    answer(204);
    expect(await write('DELETE', 'session')).toBeUndefined();
  });
});

describe('a refusal', () => {
  test('is a problem with its code, its text and its members', async () => {
    answer(400, { code: 'invalid', title: 'Non', detail: 'le nom manque', errors: [{ pointer: '/name', detail: 'il en faut un' }], request: 'r1' });
    const error = await get('x').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 400, code: 'invalid', detail: 'le nom manque', request: 'r1' });
    expect((error as ApiError).at('/name')).toBe('il en faut un');
    expect((error as ApiError).at('/url')).toBeUndefined();
  });
  test('holds the record as it is now when somebody else was faster', async () => {
    answer(412, { code: 'stale', detail: '', current: { name: 'B' } });
    expect(await get('x').catch((caught: unknown) => caught)).toMatchObject({ status: 412, current: { name: 'B' } });
  });
  test('that is no problem document is told all the same', async () => {
    vi.stubGlobal('fetch', async () => new Response('<html>Bad gateway</html>', { status: 502, statusText: 'Bad Gateway' }));
    expect(await get('x').catch((caught: unknown) => caught)).toMatchObject({ status: 502, code: 'unknown', title: 'Bad Gateway' });
  });
  test('of the network is "unreachable"', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('Failed to fetch');
    });
    expect(await get('x').catch((caught: unknown) => caught)).toMatchObject({ status: 0, code: 'unreachable' });
  });
  test('for want of a session is told to who shows the login, but not when the session itself is asked for', async () => {
    const told = vi.fn();
    setOnUnauthorised(told);
    answer(401, {});
    await get('session').catch(() => {});
    expect(told).not.toHaveBeenCalled();
    await get('home').catch(() => {});
    expect(told).toHaveBeenCalledTimes(1);
  });
});
