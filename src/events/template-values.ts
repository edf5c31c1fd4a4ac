/** What the helpers of a template make of values: human units as tables have them, and texts of a width. */
import { safeText, textWidth } from '../diagnostics/terminal-text.js';
import type { HelperName } from '../language/template/template-helpers.js';
import { bytesText, durationText } from './human-units.js';
import { cell, jsonText, type UserValue } from './user-value.js';
import { timeOfDayText } from './wall-clock.js';

type Helper = (value: UserValue, argument: UserValue) => string;

export const templateHelpers: Readonly<Record<HelperName, Helper>> = {
  duration: (value) => ofNumber(value, durationText),
  bytes: (value) => ofNumber(value, bytesText),
  clock: (value) => (typeof value === 'string' ? (timeOfDayText(value) ?? cell(value)) : cell(value)),
  left: (value, width) => `${cell(value)}${missing(value, width)}`,
  right: (value, width) => `${missing(value, width)}${cell(value)}`,
  default: (value, otherwise) => (cell(value) === '' ? cell(otherwise) : cell(value)),
  json: (value) => harmlessJson(jsonText(value)),
};

/** What is no number stays what it is. */
function ofNumber(value: UserValue, text: (value: number | bigint) => string): string {
  return typeof value === 'number' || typeof value === 'bigint' ? text(value) : cell(value);
}

/** A line is no wider for whoever asks for a million spaces. */
const widest = 1000;

function missing(value: UserValue, width: UserValue): string {
  const wanted = Math.min(Number(width), widest);
  return ' '.repeat(Math.max(0, Number.isFinite(wanted) ? Math.trunc(wanted) - textWidth(cell(value)) : 0));
}

/** JSON has its own escapes for what a terminal must not get. */
function harmlessJson(text: string): string {
  const harmless = safeText(text);
  if (harmless === text) return text;
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
