/** Which process `self` is: this one, in a way that holds in every pid namespace. What templates/bpf/own-process.hbs declares. */
import { statSync } from 'node:fs';
import type { NativeObject } from './native-addon.js';

const section = '.rodata.own';

/** Before load. */
export function nameOwnProcess(object: NativeObject): void {
  const { dev, ino } = statSync('/proc/self/ns/pid', { bigint: true });
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64LE(kernelDevice(dev), 0);
  bytes.writeBigUInt64LE(ino, 8);
  bytes.writeUInt32LE(process.pid, 16);
  object.setInitialValue(section, 0, bytes);
}

/** stat's number of a device → the kernel's own `dev_t`: 12 bits of major above 20 of minor. Source: include/linux/kdev_t.h, new_decode_dev and MKDEV. */
export function kernelDevice(shown: bigint): bigint {
  const major = (shown >> 8n) & 0xfffn;
  const minor = (shown & 0xffn) | ((shown >> 12n) & 0xfff00n);
  return (major << 20n) | minor;
}
