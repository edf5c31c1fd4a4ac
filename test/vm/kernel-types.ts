/**
 * The types of a guest's kernel, on the host: what `/sys/kernel/btf/vmlinux` says there, taken out of the image without booting it. A bzImage holds the kernel's ELF file compressed, where its header says
 * (Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GuestImage } from './images.js';

const most = 1 << 30;

/** The path of a file that `--btf` takes; made once for each image, beside it. */
export function guestTypes({ kernel }: GuestImage): string {
  const path = join(dirname(kernel), 'btf');
  if (existsSync(path)) return path;
  const work = mkdtempSync(join(dirname(kernel), '.btf-'));
  try {
    const elf = join(work, 'vmlinux');
    writeFileSync(elf, unpacked(readFileSync(kernel)));
    const types = join(work, 'btf');
    execFileSync('objcopy', ['--dump-section', `.BTF=${types}`, elf, '/dev/null']);
    renameSync(types, path);
    return path;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function unpacked(image: Buffer): Buffer {
  const begin = ((image[0x1f1] ?? 0) + 1) * 512 + image.readUInt32LE(0x248);
  const payload = image.subarray(begin, begin + image.readUInt32LE(0x24c));
  const unpack = payload.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'xz';
  // What stands behind the compressed kernel is its length; zstd takes it for a second frame, and complains when all is there.
  const input = unpack === 'zstd' ? payload.subarray(0, payload.length - 4) : payload;
  const options = unpack === 'zstd' ? ['-dcq'] : ['-dcq', '--single-stream'];
  return execFileSync(unpack, options, { input, maxBuffer: most });
}
