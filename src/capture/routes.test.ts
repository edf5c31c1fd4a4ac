import { describe, expect, it } from 'vitest';
import { Routes } from './routes.js';

describe('routes', () => {
  const written = new Routes({
    routes: ['/users/{id}', '/users/{id}/posts', '/static/**', '/a.b/{x}.json'],
    guessRoutes: false,
  });

  it.each([
    ['/users/17', '/users/{id}'],
    ['/users/17/posts', '/users/{id}/posts'],
    ['/users/', ''],
    ['/users/17/more', ''],
    ['/static/css/main.css', '/static/**'],
    ['/a.b/q.json', '/a.b/{x}.json'],
    ['/aXb/q.json', ''],
    ['*', ''],
  ])('%s is an instance of %s', (path, route) => expect(written.of(path)).toBe(route));

  const guessing = new Routes({ routes: [], guessRoutes: true });

  it.each([
    ['/', '~/'],
    ['/users/17', '~/users/{id}'],
    ['/orders/6fa459ea-ee8a-3ca4-894e-db77e160355e/items', '~/orders/{id}/items'],
    ['/commit/9b74c9897bac770ffc029102a200c5de', '~/commit/{id}'],
    ['/about-us', '~/about-us'],
    ['/a/%2e%2e/b', '~/a/{id}/b'],
    ['http://other/', ''],
  ])('%s is guessed to be of %s', (path, route) => expect(guessing.of(path)).toBe(route));

  it('are no more than a thousand guesses', () => {
    const many = new Routes({ routes: [], guessRoutes: true });
    const letters = (index: number): string => [...String(index)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
    const routes = new Set(Array.from({ length: 5_000 }, (_, index) => many.of(`/${letters(index)}`)));
    expect(routes.size).toBe(1_001);
    expect(routes).toContain('~other');
  });
});
