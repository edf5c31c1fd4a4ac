/** The user-stage functions `ksym` and `usym`: an address → `function+0x1f`, or the address itself where nothing is known of it. */
import type { Manifest, UserExpression } from '../compile/manifest.js';
import type { Frame, Symbolizer } from '../symbols/symbolizer.js';
import type { UserArgument, UserFunction } from './functions.js';
import { hexText } from './user-value.js';

/** Longer ones are cut; names of C++ have kilobytes. */
const maxLength = 256;

export function symbolFunctions(symbolizer: Symbolizer): ReadonlyMap<string, UserFunction> {
  const ksym: UserFunction = {
    arguments: ['integer'],
    result: 'text',
    maxLength,
    call: (address) => (isInteger(address) ? placeText(symbolizer.kernel(BigInt.asUintN(64, BigInt(address)))) : null),
  };
  const usym: UserFunction = {
    arguments: ['integer', 'integer'],
    result: 'text',
    maxLength,
    call: (process, address) =>
      isInteger(process) && isInteger(address)
        ? placeText(symbolizer.user(Number(process), BigInt.asUintN(64, BigInt(address))))
        : null,
  };
  return new Map([
    ['ksym', ksym],
    ['usym', usym],
  ]);
}

function isInteger(value: UserArgument | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** A pointer to a function is its name alone. */
function placeText({ name, offset, address }: Frame): string | null {
  if (address === 0n) return null;
  if (name === '[unknown]' || (name === '[kernel]' && offset === 0)) return hexText(address);
  return offset === 0 ? name : `${name}+${hexText(offset)}`;
}

/** Whether any of a pipeline's values is looked up by the address of code. */
export function namesCode({ stacks, probes }: Manifest): boolean {
  const calls = (value: UserExpression): boolean =>
    value.op === 'call' && (value.function === 'ksym' || value.function === 'usym' || value.arguments.some(calls));
  return stacks !== undefined || probes.some((probe) => probe.event?.fields.some((field) => calls(field.value)));
}
