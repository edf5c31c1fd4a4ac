/** `enum(x, NAME)` and `flags(x, NAME)`: numbers shown as the names of constants. */
import { didYouMean } from '../../diagnostics/suggest.js';
import type { Enumerator, EnumType } from '../types.js';
import type { Call, Name } from './ast.js';
import type { Checker } from './checker.js';
import { describeType } from './describe.js';
import { integerShape } from './fit.js';
import { userCall } from './language-function.js';
import type { Typed } from './typed.js';

const longestFlags = 256;

/** The number keeps its place and width; only what it is called changes. */
export function enumCall(checker: Checker, expression: Call): Typed | undefined {
  const read = readCall(checker, expression, 'enum', 'enum(x, req_op), enum(state, TCP_ESTABLISHED)');
  if (read === undefined) return undefined;
  const type = enumOf(checker, read.name) ?? definedEnum(checker, read);
  if (type !== undefined) return { op: 'convert', operand: read.value, type, span: expression.span };
  const names = checker.typeNames;
  checker.sink.add(
    'type-unknown',
    `${names.label} has no enum "${read.name.name}", and none with that enumerator`,
    read.name.span,
    {
      hints: didYouMean(read.name.name, names.names('enum')),
    },
  );
  return undefined;
}

/** What C has as `#define`s that begin alike (CAP_, AF_), as an enumeration of the number's own width. Of two names of one value the first counts. */
function definedEnum(checker: Checker, { name, value }: { value: Typed; name: Name }): EnumType | undefined {
  const { type } = value;
  const enumerators = name.name.endsWith('_') ? defined(name.name, checker) : [];
  if ((type.kind !== 'int' && type.kind !== 'enum') || enumerators.length === 0) return undefined;
  return { kind: 'enum', name: name.name, bits: type.bits, signed: type.signed, enumerators };
}

/** Text such as `O_RDWR|O_CREAT`, made in user space. */
export function flagsCall(checker: Checker, expression: Call): Typed | undefined {
  const read = readCall(checker, expression, 'flags', 'flags(args.flags, O_), flags(args.prot, PROT_)');
  if (read === undefined) return undefined;
  const { name, value } = read;
  const bits = enumOf(checker, name)?.enumerators ?? constantsWith(name.name, checker);
  if (bits.length === 0) {
    checker.sink.add('name-unknown', `no constant begins with "${name.name}", and no enum is called so`, name.span, {
      hints: ['give the beginning that the names share, such as O_, MAP_ or PROT_, or an enum'],
    });
    return undefined;
  }
  const table = bits.map((each) => `${each.name}=${each.value}`).join(' ');
  const text: Typed = { op: 'text', value: table, type: { kind: 'string', max: table.length }, span: name.span };
  return userCall('flags', [value, text], expression.span, longestFlags);
}

function readCall(
  checker: Checker,
  { arguments: [written, name, ...more], span }: Call,
  callee: string,
  example: string,
): { value: Typed; name: Name } | undefined {
  if (written === undefined || name?.kind !== 'name' || more.length > 0) {
    checker.sink.add(
      'function-arguments',
      `${callee}() takes a number and the name of what its values are called`,
      span,
      {
        hints: [example],
      },
    );
    return undefined;
  }
  const value = checker.kernelValue(written, `${callee}()`);
  if (value === undefined) return undefined;
  if (integerShape(value.type) !== undefined) return { value, name };
  checker.sink.add('type-mismatch', `${callee}() takes a number; this is ${describeType(value.type)}`, written.span);
  return undefined;
}

/** By its own name, or, since many have none, by one of its enumerators. */
function enumOf({ typeNames: names }: Checker, { name }: Name): EnumType | undefined {
  return names.enumeration(name) ?? names.enumerator(name)?.type;
}

/** Well-known `#define`s, else the kernel's enumerators. */
function constantsWith(prefix: string, checker: Checker): Enumerator[] {
  const { names } = checker.scope;
  const macros = defined(prefix, checker);
  return macros.length > 0 ? macros : among(prefix, names.names('enumerator'), (name) => names.enumerator(name)?.value);
}

function defined(prefix: string, { scope: { names } }: Checker): Enumerator[] {
  return among(prefix, names.defineNames(), (name) => names.define(name));
}

function among(prefix: string, all: Iterable<string>, numberOf: (name: string) => bigint | undefined): Enumerator[] {
  return [...all].flatMap((name) => {
    const value = name.startsWith(prefix) ? numberOf(name) : undefined;
    return value === undefined ? [] : [{ name, value }];
  });
}
