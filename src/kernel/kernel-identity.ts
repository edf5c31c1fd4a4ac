/** Which kernel's types these are, without reading them: the running kernel's build-id and the size of its BTF. */
import type { Host } from '../host.js';
import { runningKernelBtf } from './btf-file.js';
import { buildIdOf } from './elf.js';

/** `undefined` for a kernel that tells no build-id. */
export function runningKernelIdentity(host: Host): string | undefined {
  try {
    const id = buildIdOf(host.readFile('/sys/kernel/notes'));
    const size = host.stat(runningKernelBtf)?.size;
    return id === undefined || size === undefined ? undefined : `${id}-${size}`;
  } catch {
    return undefined;
  }
}
