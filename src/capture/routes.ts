/** `route`: the pattern that a path is an instance of. Written patterns come first; a guess has a ~ before it. */

/** Distinct guesses: a service whose paths do not repeat must not make a series of each. */
const mostGuesses = 1_000;
const otherGuess = '~other';
const mostParts = 16;

export interface RouteOptions {
  /** `/users/{id}`: {name} stands for one part, ** at the end for all that follows. */
  readonly routes: readonly string[];
  readonly guessRoutes: boolean;
}

export class Routes {
  readonly #patterns: readonly { readonly route: string; readonly matches: RegExp }[];
  readonly #guesses = new Set<string>();
  readonly #guessing: boolean;

  constructor({ routes, guessRoutes }: RouteOptions) {
    this.#patterns = routes.map((route) => ({ route, matches: patternOf(route) }));
    this.#guessing = guessRoutes;
  }

  /** `path`: without a query. Empty where nothing is known. */
  of(path: string): string {
    for (const { route, matches } of this.#patterns) if (matches.test(path)) return route;
    if (!this.#guessing || !path.startsWith('/')) return '';
    const guess = guessOf(path);
    if (this.#guesses.has(guess)) return guess;
    if (this.#guesses.size >= mostGuesses) return otherGuess;
    this.#guesses.add(guess);
    return guess;
  }
}

function patternOf(route: string): RegExp {
  const parts = route.split('/').map((part) => {
    if (part === '**') return '.*';
    return part.replace(/\{[^}]*\}|[.*+?^$()|[\]\\{}]/g, (found) =>
      found.startsWith('{') && found.endsWith('}') && found.length > 1
        ? '[^/]+'
        : found === '*'
          ? '[^/]*'
          : `\\${found}`,
    );
  });
  return new RegExp(`^${parts.join('/')}$`, 's');
}

function guessOf(path: string): string {
  const parts = path.split('/');
  const guessed = parts.slice(0, mostParts).map((part) => (isIdentifier(part) ? '{id}' : part));
  if (parts.length > mostParts) guessed.push('…');
  return `~${guessed.join('/')}`;
}

/** Numbers, UUIDs, hashes, and whatever else names one thing of many. */
function isIdentifier(part: string): boolean {
  if (part === '') return false;
  if (/^[0-9]+$/.test(part)) return true;
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(part)) return true;
  if (part.length > 40 || /[^\w.~-]/.test(part)) return true;
  const digits = part.replace(/[^0-9]/g, '').length;
  return part.length >= 8 && /^[0-9a-z_-]+$/i.test(part) && digits >= 3;
}
