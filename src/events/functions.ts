/**
 * User-stage functions: what a `call` of a UserExpression names. In go decoded values, out comes one value; none throws,
 * and none does I/O on the way of an event beyond a file that is read once.
 */
import { AccountNames } from './account-names.js';
import { syscallName } from './syscall-names.js';
import { errnoName, signalName } from './system-names.js';
import { hexText, type UserValue } from './user-value.js';

export interface UserFunction {
  readonly arguments: readonly ArgumentKind[];
  readonly result: 'text' | 'integer' | 'bool';
  /** The longest text it gives, in UTF-16 units; longer ones are cut there. */
  readonly maxLength: number;
  call(...values: readonly UserValue[]): UserValue;
}

export type ArgumentKind = 'integer' | 'text';

function ofInteger(maxLength: number, name: (value: number | bigint) => string | null): UserFunction {
  return {
    arguments: ['integer'],
    result: 'text',
    maxLength,
    call: (value) => (typeof value === 'number' || typeof value === 'bigint' ? name(value) : null),
  };
}

const users = new AccountNames('/etc/passwd');
const groups = new AccountNames('/etc/group');

export const userFunctions: ReadonlyMap<string, UserFunction> = new Map([
  ['errno', ofInteger(24, errnoName)],
  ['signal', ofInteger(24, signalName)],
  ['syscall', ofInteger(40, syscallName)],
  ['hex', ofInteger(18, hexText)],
  ['user', ofInteger(64, (uid) => users.name(Number(uid)))],
  ['group', ofInteger(64, (gid) => groups.name(Number(gid)))],
]);
