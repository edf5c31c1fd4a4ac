/** Names of block devices by the kernel's own numbers (dev_t). */
import { readFileSync } from 'node:fs';
import { BoundedCache } from './bounded-cache.js';

/** include/linux/kdev_t.h */
const minorBits = 20;
const keptMs = 10_000;
const names = new BoundedCache<string>(1000, keptMs);

/** `sda1`; `8:1` where sysfs has no name for it. */
export function blockDeviceName(device: number): string {
  const [major, minor] = [Math.floor(device / 2 ** minorBits), device % 2 ** minorBits];
  return names.get(String(device), () => deviceName(`${major}:${minor}`));
}

function deviceName(number: string): string {
  try {
    const name = /^DEVNAME=(.+)$/m.exec(readFileSync(`/sys/dev/block/${number}/uevent`, 'utf8'))?.[1];
    return name ?? number;
  } catch {
    return number;
  }
}
