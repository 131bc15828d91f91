// What jsdom lacks and the components ask for.
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { cleanup } from '@testing-library/react';

Object.defineProperty(window, 'matchMedia', {
  value: (query: string) => ({ matches: false, media: query, addEventListener: () => {}, removeEventListener: () => {}, addListener: () => {}, removeListener: () => {}, dispatchEvent: () => false }),
});
class NoObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
window.ResizeObserver = NoObserver as unknown as typeof ResizeObserver;
window.scrollTo = (() => {}) as typeof window.scrollTo;
Element.prototype.scrollIntoView = () => {};

/** What React and the browser complain of (a repeated key, a state set after the end) fails the test in which it is heard. */
let complaints: string[] = [];
const complain = (...words: unknown[]) => void complaints.push(words.map(String).join(' '));
beforeEach(() => {
  complaints = [];
  vi.spyOn(console, 'error').mockImplementation(complain);
  vi.spyOn(console, 'warn').mockImplementation(complain);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  expect(complaints, 'told on the console').toEqual([]);
});
