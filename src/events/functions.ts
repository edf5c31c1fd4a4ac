/**
 * User-stage functions: what a `call` of a UserExpression names. In go decoded values, out comes one value; none throws,
 * and none waits on the way of an event: what takes time (host names) is asked for, and there the next time.
 */
import { AccountNames } from './account-names.js';
import { blockDeviceName } from './block-devices.js';
import { commandLine } from './command-lines.js';
import { containerName } from './containers.js';
import { flagNames } from './flag-names.js';
import { hostName } from './host-names.js';
import { socketAddressText } from './socket-addresses.js';
import { syscallName } from './syscall-names.js';
import { errnoName, signalName } from './system-names.js';
import { joined, partOf, pathText } from './text-lists.js';
import { hexText, type UserValue } from './user-value.js';

export interface UserFunction {
  readonly arguments: readonly ArgumentKind[];
  readonly result: 'text' | 'integer' | 'bool';
  /** The longest text it gives, in UTF-16 units; longer ones are cut there. */
  readonly maxLength: number;
  /** Bytes are good only until the call returns. */
  call(...values: readonly UserArgument[]): UserValue;
}

export type ArgumentKind = 'integer' | 'text' | 'bytes';
export type UserArgument = UserValue | Uint8Array;

function ofInteger(maxLength: number, name: (value: number | bigint) => string | null): UserFunction {
  return {
    arguments: ['integer'],
    result: 'text',
    maxLength,
    call: (value) => (typeof value === 'number' || typeof value === 'bigint' ? name(value) : null),
  };
}

function ofBytes(maxLength: number, text: (bytes: Uint8Array) => string | null): UserFunction {
  return {
    arguments: ['bytes'],
    result: 'text',
    maxLength,
    call: (value) => (value instanceof Uint8Array ? text(value) : null),
  };
}

const users = new AccountNames('/etc/passwd');
const groups = new AccountNames('/etc/group');
const longestPath = 4096;

const join: UserFunction = {
  arguments: ['bytes', 'text'],
  result: 'text',
  maxLength: longestPath,
  call: (list, separator) => (list instanceof Uint8Array ? joined(list, String(separator)) : null),
};

const split = (text: 'bytes' | 'text'): UserFunction => ({
  arguments: [text, 'text', 'integer'],
  result: 'text',
  maxLength: longestPath,
  call: (whole, separator, index) =>
    whole instanceof Uint8Array || typeof whole === 'string' ? partOf(whole, String(separator), Number(index)) : null,
});

const flags: UserFunction = {
  arguments: ['integer', 'text'],
  result: 'text',
  maxLength: 256,
  call: (value, names) =>
    typeof value === 'number' || typeof value === 'bigint' ? flagNames(value, String(names)) : null,
};

const dns: UserFunction = {
  arguments: ['text'],
  result: 'text',
  maxLength: 255,
  call: (address) => (typeof address === 'string' ? hostName(address) : null),
};

export const userFunctions: ReadonlyMap<string, UserFunction> = new Map([
  ['errno', ofInteger(24, errnoName)],
  ['signal', ofInteger(24, signalName)],
  ['syscall', ofInteger(40, syscallName)],
  ['hex', ofInteger(18, hexText)],
  ['user', ofInteger(64, (uid) => users.name(Number(uid)))],
  ['group', ofInteger(64, (gid) => groups.name(Number(gid)))],
  ['dev', ofInteger(40, (device) => blockDeviceName(Number(device)))],
  ['cmdline', ofInteger(1024, (pid) => commandLine(Number(pid)))],
  ['container', ofInteger(64, (cgroup) => containerName(BigInt(cgroup)))],
  ['sockaddr', ofBytes(128, socketAddressText)],
  ['path', ofBytes(longestPath, pathText)],
  ['join', join],
  ['splitBytes', split('bytes')],
  ['splitText', split('text')],
  ['flags', flags],
  ['dns', dns],
]);
