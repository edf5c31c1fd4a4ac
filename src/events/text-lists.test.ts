import { describe, expect, it } from 'vitest';
import { containerOf } from './containers.js';
import { flagNames } from './flag-names.js';
import { socketAddressText } from './socket-addresses.js';
import { joined, pathText } from './text-lists.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('lists of texts', () => {
  it.each([
    ['ls\0-l\0/\0', 'ls -l /'],
    ['ls\0\0x\0', 'ls  x'],
    ['cut off', 'cut off'],
    ['', ''],
  ])('%j is joined to %j', (list, text) => {
    expect(joined(bytes(list), ' ')).toBe(text);
  });

  it.each([
    ['cat\0bin\0usr\0\0', '/usr/bin/cat'],
    ['\0', '/'],
    ['cat\0bin\0', '…/bin/cat'],
    ['', '…/'],
  ])('%j is the path %j', (list, text) => {
    expect(pathText(bytes(list))).toBe(text);
  });
});

describe('names of flags', () => {
  const table = 'O_RDONLY=0 O_WRONLY=1 O_RDWR=2 O_ACCMODE=3 O_CREAT=64 O_DSYNC=4096 O_SYNC=1052672';
  it.each([
    [0, 'O_RDONLY'],
    [65, 'O_WRONLY|O_CREAT'],
    [2, 'O_RDWR'],
    [1052672, 'O_SYNC'],
    [4096, 'O_DSYNC'],
    [0x8000_0001, 'O_WRONLY|0x80000000'],
    [-1n, 'O_WRONLY|O_RDWR|O_CREAT|O_SYNC|0xffffffffffefefbc'],
  ])('%s', (value, text) => {
    expect(flagNames(value, table)).toBe(text);
  });

  it('of a table without a name for nothing are 0', () => {
    expect(flagNames(0, 'A=1')).toBe('0');
  });
});

describe('socket addresses', () => {
  it.each([
    ['\x02\0\0\x50\x7f\0\0\x01\0\0\0\0\0\0\0\0', '127.0.0.1:80'],
    [`\x0a\0\x1f\x90\0\0\0\0${'\0'.repeat(15)}\x01\0\0\0\0`, '[::1]:8080'],
    ['\x01\0/run/x.sock\0rest', 'unix:/run/x.sock'],
    ['\x01\0\0abstract\0\0', 'unix:@abstract'],
    ['\x01\0', 'unix:'],
    ['\x10\0\0\0', 'family 16'],
    ['\x02\0\0', 'family 2'],
    ['\0\0\0\0', null],
    ['', null],
  ])('%j is %j', (raw, text) => {
    expect(socketAddressText(bytes(raw))).toBe(text);
  });
});

describe('containers', () => {
  const id = '0123456789abcdef'.repeat(4);
  it.each([
    [`/sys/fs/cgroup/system.slice/docker-${id}.scope`, '0123456789ab'],
    [`/sys/fs/cgroup/system.slice/docker-${id}.scope/init`, '0123456789ab'],
    [`/sys/fs/cgroup/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`, '0123456789ab'],
    [`/sys/fs/cgroup/docker/${id}`, '0123456789ab'],
    [`/sys/fs/cgroup/machine.slice/libpod-${id}.scope/container`, '0123456789ab'],
    ['/sys/fs/cgroup/system.slice/nginx.service', ''],
    ['', ''],
  ])('%s: %j', (path, name) => {
    expect(containerOf(path)).toBe(name);
  });
});
