/** Names of code by its address, which user space looks up: `ksym(address)` and `usym(address)`. */
import * as types from '../types.js';
import { integerShape } from './fit.js';
import type { FunctionCall, LanguageFunction } from './language-function.js';
import type { Typed } from './typed.js';

export const symbolFunctions: readonly LanguageFunction[] = [
  {
    name: 'ksym',
    stage: 'user',
    signature: 'ksym(address)',
    description: 'the function of the kernel that an address is in, and how far into it: tcp_connect+0x1f',
    arity: [1, 1],
    check: (call) => addressCall('ksym', call, (address) => [address]),
  },
  {
    name: 'usym',
    stage: 'user',
    signature: 'usym(address)',
    description: 'the function of the current process that an address is in, and how far into it',
    arity: [1, 1],
    // An address means something in its process only, which may have changed by the time the event is shown.
    check: (call) =>
      addressCall('usym', call, (address) => [
        { op: 'builtin', name: 'pid', type: types.u32, span: call.span },
        address,
      ]),
  },
];

function addressCall(
  name: string,
  { arguments: [address], sink, span }: FunctionCall,
  values: (address: Typed) => readonly Typed[],
): Typed | undefined {
  if (address === undefined) return undefined;
  const isAddress = integerShape(address.type) !== undefined || address.type.kind === 'pointer';
  if (isAddress)
    return { op: 'userCall', function: name, arguments: values(address), type: { kind: 'string', max: 64 }, span };
  sink.add('function-arguments', `${name}() takes the address of code: a pointer or a number`, address.span);
  return undefined;
}
