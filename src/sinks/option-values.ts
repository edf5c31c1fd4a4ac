/**
 * Options of sinks as values. The language has checked them against their schema; here durations and sizes, written
 * `10s` and `4MiB`, become numbers, and resolved secrets become the text that they hold.
 */

import { sizeInBytes } from '../language/units.js';

export interface Options {
  has(name: string): boolean;
  text(name: string): string | undefined;
  /** Whether the text came from outside (`${NAME}`) and must be in no message. */
  secret(name: string): boolean;
  /** The text for messages: of what came from outside, as the pipeline has it. */
  shown(name: string): string | undefined;
  flag(name: string): boolean | undefined;
  count(name: string): number | undefined;
  /** A list of numbers. */
  counts(name: string): readonly number[] | undefined;
  milliseconds(name: string): number | undefined;
  bytes(name: string): number | undefined;
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined;
  /** A mapping of texts; empty where it is missing. */
  texts(name: string): Readonly<Record<string, string>>;
  /** The options below a name; none where it is missing. */
  inner(name: string): Options;
}

export function options(given: Readonly<Record<string, unknown>>): Options {
  const text = (name: string) => textOf(given[name]);
  const number = (name: string, units: Readonly<Record<string, number>>) => quantity(given[name], units);
  return {
    has: (name) => given[name] !== undefined,
    text,
    secret: (name) => typeof given[name] === 'object',
    shown: (name) => writtenOf(given[name]) ?? text(name),
    flag: (name) => (typeof given[name] === 'boolean' ? given[name] : undefined),
    count: (name) => number(name, {}),
    counts: (name) => list(given[name])?.flatMap((each) => quantity(each, {}) ?? []),
    milliseconds: (name) => number(name, durationUnits),
    bytes: (name) => sizeInBytes(text(name) ?? ''),
    choice: (name, choices) => choices.find((choice) => choice === text(name)),
    texts: (name) =>
      Object.fromEntries(Object.entries(mapping(given[name])).map(([key, value]) => [key, textOf(value) ?? ''])),
    inner: (name) => options(mapping(given[name])),
  };
}

function list(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** A secret gives its text only to who asks for it by this name. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'object' && value !== null && 'reveal' in value && typeof value.reveal === 'function') {
    const revealed: unknown = value.reveal();
    return typeof revealed === 'string' ? revealed : undefined;
  }
  return undefined;
}

function writtenOf(value: unknown): string | undefined {
  const isSecret = typeof value === 'object' && value !== null && 'written' in value;
  return isSecret && typeof value.written === 'string' ? value.written : undefined;
}

/** To milliseconds. */
const durationUnits = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function quantity(value: unknown, units: Readonly<Record<string, number>>): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  const match = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(textOf(value) ?? '');
  if (match === null) return undefined;
  const factor = match[2] === '' ? 1 : units[match[2] ?? ''];
  return factor === undefined ? undefined : Number(match[1]) * factor;
}
