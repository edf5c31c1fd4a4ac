/** Numbers as people know them: computed in user space, when an event or a map is shown. */
import * as types from '../types.js';
import { integerShape } from './fit.js';
import { type LanguageFunction, ofNumber, userCall, wrongArgument } from './language-function.js';
import type { Typed } from './typed.js';

export const nameFunctions: readonly LanguageFunction[] = [
  ofNumber('errno', 'errno(x)', 'the name of an error number: ENOENT for 2'),
  ofNumber('signal', 'signal(x)', 'the name of a signal: SIGKILL for 9'),
  ofNumber('hex', 'hex(x)', 'a number in hexadecimal: 0xff'),
  ofNumber('user', 'user(uid)', 'the name of a user'),
  ofNumber('group', 'group(gid)', 'the name of a group'),
  ofNumber('syscall', 'syscall(nr)', 'the name of a system call by its number'),
  ofNumber('dev', 'dev(number)', 'the name of a block device by its dev_t: sda1, or 8:1 where it has none'),
  {
    ...ofNumber(
      'cmdline',
      'cmdline(pid)',
      'the command line of a process, as it is when it is first seen; empty where it has ended',
    ),
    check: ({ arguments: [pid], sink, span }) => {
      if (pid === undefined) return undefined;
      if (integerShape(pid.type) === undefined) return wrongArgument(sink, pid, 'cmdline() takes a process id');
      return userCall('cmdline', [pid], span, 1024);
    },
  },
  {
    name: 'container',
    stage: 'user',
    signature: 'container([cgroup])',
    description:
      'the id of the container that a cgroup belongs to (of the running task when left out), 12 digits as docker ps shows it; empty outside of containers',
    arity: [0, 1],
    check: ({ arguments: [cgroup], sink, span }) => {
      if (cgroup !== undefined && integerShape(cgroup.type) === undefined)
        return wrongArgument(sink, cgroup, 'container() takes the number of a cgroup');
      const own: Typed = { op: 'builtin', name: 'cgroup', type: types.u64, span };
      return userCall('container', [cgroup ?? own], span);
    },
  },
  {
    name: 'dns',
    stage: 'user',
    signature: 'dns(ip)',
    description:
      'the host name of an address, once the name service has answered; the address until then and where it has none',
    arity: [1, 1],
    check: ({ arguments: [ip], sink, span }) => {
      if (ip === undefined) return undefined;
      if (ip.type.kind !== 'ip') return wrongArgument(sink, ip, 'dns() takes an ip', ['make one with ip(…)']);
      return userCall('dns', [ip], span, 255);
    },
  },
];
