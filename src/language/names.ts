/** What names may be. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';

const keywords = new Set(['and', 'or', 'not', 'in', 'as', 'if', 'true', 'false']);

/** What an expression would take for something else, were it a param, map, probe or let. */
const builtins = new Set(['args', 'start', 'param', 'retval', 'duration', 'probe', 'hook']);

const longestName = 64;

export type NameOf = 'column' | 'param' | 'map' | 'probe' | 'let' | 'field' | 'key' | 'value' | 'struct' | 'member';

const descriptions: Readonly<Record<NameOf, string>> = {
  column: 'a column',
  param: 'a param',
  map: 'a map',
  probe: 'a probe',
  let: 'a let',
  field: 'a field',
  key: 'a part of a key',
  value: 'a part of a value',
  struct: 'a struct',
  member: 'a member',
};

/** Whether it may be; tells why not. */
export function checkName(name: string, of: NameOf, span: Span, sink: DiagnosticSink): boolean {
  const shown = `"${name.length > 80 ? `${name.slice(0, 79)}…` : name}"`;
  const what = `the name of ${descriptions[of]}`;
  const bad = (message: string, ...hints: string[]): false => {
    sink.add('bad-name', message, span, { hints });
    return false;
  };
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    const mended = name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=[0-9])/, '_');
    const hints = /^[A-Za-z_][A-Za-z0-9_]*$/.test(mended) && mended.length < 32 ? [`write "${mended}"`] : [];
    return bad(`${shown} cannot be ${what}: names have letters, digits and _, and begin with no digit`, ...hints);
  }
  if (name.length > longestName) return bad(`${shown} has ${name.length} characters, a name at most ${longestName}`);
  if (keywords.has(name)) return bad(`${shown} cannot be ${what}: it is a word of the language`);
  const expressed = of === 'param' || of === 'map' || of === 'probe' || of === 'let';
  if (expressed && builtins.has(name))
    return bad(
      `${shown} cannot be ${what}: it is a builtin of the language`,
      `choose another name, such as "${name}_"`,
    );
  return true;
}
