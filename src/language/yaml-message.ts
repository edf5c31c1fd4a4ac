/** The YAML parser's errors in our words: what stands there and what would be right, in one line. */
import type { ErrorCode } from 'yaml';

export interface YamlMessage {
  readonly message: string;
  readonly hints: readonly string[];
  /** The parser's further complaints are consequences of this one. */
  readonly last?: boolean;
  /** Where to point instead, in the source. */
  readonly at?: readonly [start: number, end: number];
}

/** An error's place: the whole source, and the offsets that the parser blames. */
interface Place {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

interface Rule {
  readonly code?: ErrorCode;
  /** Matched against the parser's own message. */
  readonly about?: RegExp;
  /** `found` is the source at the error, shortened. */
  readonly say: (found: string, match: RegExpMatchArray | null, place: Place) => YamlMessage;
}

const say = (message: string, ...hints: string[]): (() => YamlMessage) => {
  return () => ({ message, hints });
};

const quoteIt = 'put quotes around the value';

/** The first that fits is taken. */
const rules: readonly Rule[] = [
  {
    code: 'TAB_AS_INDENT',
    say: say('a tab stands where the indentation must be spaces', 'indent with spaces only'),
  },
  { about: /^Implicit map keys need/, say: (found) => missingColon(found) },
  {
    about: /^Missing , (?:between|or : between flow sequence)/,
    say: say('a comma is missing between two items', 'separate the items of "[…]" and "{…}" with ", "'),
  },
  { about: /^Missing space after :/, say: say('a space is missing after the colon', 'write ": "') },
  {
    about: /^Missing , or :/,
    say: say(
      'a comma or a colon is missing between two items',
      'inside of "[…]" and "{…}", put quotes around a text that holds brackets or braces',
    ),
  },
  {
    about: /^Sequence item without - indicator/,
    say: say(
      'this line is not an item of the list above it',
      'begin the item with "- ", or indent the line differently',
    ),
  },
  {
    about: /^Comments must be separated/,
    say: say('a "#" that begins a comment needs a space before it', 'write " #", or put quotes around the value'),
  },
  {
    about: /^Tags and anchors must be separated/,
    say: say('a value that begins with "!" or "&" is a tag or an anchor in YAML', quoteIt),
  },
  {
    about: /more-indented leading empty lines/,
    say: say('the empty lines at the start of this text are indented deeper than its first line'),
  },
  { about: /^Missing newline after block sequence props/, say: say('a list must begin on a line of its own') },
  { about: /directives-end/, say: say('a line that begins with "%" is a YAML directive', quoteIt) },
  {
    about: /^All mapping items must start at the same column/,
    say: say(
      'this line is indented differently from the keys of its mapping',
      'indent all keys of one mapping by the same number of spaces',
    ),
  },
  {
    about: /^All sequence items must start at the same column/,
    say: say('this item is indented differently from the items before it', 'indent all items of one list alike'),
  },
  {
    about: /^Block scalar values in collections must be indented/,
    say: say('the lines of this text must be indented deeper than their key'),
  },
  {
    about: /^Block scalar lines must not be less indented/,
    say: say('this line is indented less than the text it belongs to'),
  },
  {
    about: /^Flow (?:end|map|sequence)|Lines starting with flow|must be sufficiently indented/,
    say: say('this line is indented too little for the "[…]" or "{…}" it belongs to', 'indent it deeper than its key'),
  },
  {
    about: /^Multi-line (?:double|single)-quoted/,
    say: say(
      'the lines of this quoted text are indented too little',
      'indent them deeper than their key, or close the quote',
    ),
  },
  { code: 'BAD_INDENT', say: say('this line is indented wrongly') },
  { about: /^Nested mappings are not allowed/, say: (_found, _match, place) => nestedMapping(place) },
  { about: /block-seq-ind on same line/, say: (_found, _match, place) => misplacedItem(place) },
  {
    about: /block sequence may not be used as an implicit map key/,
    say: (_found, _match, place) => misplacedItem(place),
  },
  {
    code: 'MULTILINE_IMPLICIT_KEY',
    say: (found) =>
      /^["'[{]/.test(found)
        ? { message: 'a key goes over several lines', hints: ['close its quote or bracket on the same line'] }
        : missingColon(found),
  },
  {
    code: 'BAD_SCALAR_START',
    say: (found) => ({ message: `a value without quotes cannot begin with "${found.charAt(0)}"`, hints: [quoteIt] }),
  },
  {
    about: /^Invalid escape sequence (.*)/,
    say: (_found, match) => ({
      message: `"${match?.[1] ?? '\\'}" is not an escape that YAML has`,
      hints: ['write "\\\\" for a backslash, or use single quotes, where a backslash is a backslash'],
    }),
  },
  { code: 'BLOCK_IN_FLOW', say: say('an indented mapping or list cannot stand inside of "[…]" or "{…}"') },
  { about: /at most one anchor/, say: say('a value has two anchors', 'a value that begins with "&" needs quotes') },
  {
    code: 'ALIAS_PROPS',
    say: say('an alias can have no anchor of its own', 'a value that begins with "*" or "&" needs quotes'),
  },
  {
    about: /^Alias cannot be empty|^Alias cannot/,
    say: say('a "*" without a name', 'a value that begins with "*" needs quotes'),
  },
  { about: /^Anchor cannot/, say: say('a "&" without a name', 'a value that begins with "&" needs quotes') },
  { code: 'BAD_PROP_ORDER', say: say('an anchor stands before its "-", "?" or ":"') },
  { code: 'KEY_OVER_1024_CHARS', say: say('this key is longer than 1024 characters') },
  {
    about: /^Block scalar header/,
    say: say('only an indentation digit and "-" or "+" may follow "|" or ">"', 'begin the text on the next line'),
  },
  {
    about: /^Unexpected , in|^Unexpected empty item/,
    say: say('an item is missing before this comma', 'remove one comma'),
  },
  {
    about: /at node end$/,
    say: (found) => ({
      message: `"${found}" stands behind the end of a value`,
      // A bracket too many shifts the meaning of all that follows.
      last: /^[[{]/.test(found),
      hints: [
        ...(/^[[{]/.test(found)
          ? ['inside of "[…]" and "{…}", an expression with brackets goes on a line of its own, or in quotes']
          : []),
        'quotes and brackets must go around the whole value',
        ...(found.endsWith("'") ? ["inside of single quotes, write '' for a '"] : []),
      ],
    }),
  },
];

/** `start` and `end` are where the parser found the error, `original` is its own message. */
export function yamlMessage(code: ErrorCode, original: string, place: Place): YamlMessage {
  const { text, start, end } = place;
  const found = shortened(text.slice(start, end));
  for (const rule of rules) {
    if (rule.code !== undefined && rule.code !== code) continue;
    const match = rule.about === undefined ? null : original.match(rule.about);
    if (rule.about !== undefined && match === null) continue;
    const said = rule.say(found, match, place);
    // The parser blames the start of the line; what is indented wrongly is its first word.
    return code === 'BAD_INDENT' && said.at === undefined ? { ...said, at: firstWord(text, start, end) } : said;
  }
  return found === ''
    ? { message: 'something is missing here', hints: [] }
    : {
        message: `"${found}" cannot stand here`,
        hints: ['check the indentation, colons, quotes and brackets before it'],
      };
}

/** Either `a: b: c`, or a line that is indented deeper than its mapping below a key that has its value already. */
function nestedMapping({ text, start }: Place): YamlMessage {
  const [line = '', ...following] = text.slice(start, start + 2048).split('\n');
  const colon = line.search(/:(?:\s|$)/);
  if (colon >= 0 || following.length === 0) {
    const at: readonly [number, number] = colon < 0 ? [start, start + 1] : [start + colon, start + colon + 1];
    return { message: 'a second ": " in one line', hints: ['put quotes around a value that holds ": "'], at };
  }
  return {
    message: 'this line is indented deeper than the keys of its mapping',
    hints: ['indent all keys of one mapping by the same number of spaces'],
    at: firstWord(text, start + line.length + 1, start + line.length + 1),
  };
}

function misplacedItem({ text, start, end }: Place): YamlMessage {
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  return before.trim() === ''
    ? {
        message: 'an item of a list stands where a key belongs',
        hints: ['indent "- " like the items before it'],
        at: firstWord(text, start, end),
      }
    : { message: 'a list cannot begin on the same line as its key', hints: ['write "- " on the next line, or "[…]"'] };
}

function firstWord(text: string, start: number, end: number): readonly [number, number] {
  let from = start;
  while (text.charAt(from) === ' ' || text.charAt(from) === '\t') from++;
  let to = from;
  while (to < text.length && to - from < 40 && !/\s/.test(text.charAt(to))) to++;
  return to > from ? [from, to] : [start, Math.max(start, end)];
}

function missingColon(found: string): YamlMessage {
  const joined = found.match(/^([\w-]+):(?=\S)/);
  if (joined !== null)
    return { message: `a space is missing after the colon of "${joined[1]}:"`, hints: [`write "${joined[1]}: "`] };
  return {
    message: `"${found}" has no colon after it`,
    hints: [`write "${found}: …", or indent the line differently`],
  };
}

/** Its first line, of at most 40 characters, to be named in a message. */
export function shortened(text: string): string {
  const line = text.slice(0, 1024).trim().split(/\r?\n/, 1)[0] ?? '';
  const units = Array.from(line.slice(0, 200));
  return units.length > 40 ? `${units.slice(0, 39).join('')}…` : line;
}
