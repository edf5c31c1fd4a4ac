/** The BTF of a kernel as bytes: of the running one, from a raw BTF file, or out of an ELF file's `.BTF` section. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';
import type { Host } from '../host.js';
import { readElf } from './elf.js';
import { fileBytes } from './file-bytes.js';

export const runningKernelBtf = '/sys/kernel/btf/vmlinux';

const elfMagic = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

export function readBtfFile(host: Host, path: string): Uint8Array | Diagnostic {
  const file = fileBytes(host, path);
  if (file.failure !== undefined) return unreadable(path, file.failure);
  if (!elfMagic.equals(file.read(0, elfMagic.length))) return file.read(0, file.size);
  const elf = readElf(file);
  if (typeof elf === 'string') return diagnostic('btf-format', `"${path}" cannot be read: ${elf}`);
  const section = elf.sections.find((each) => each.name === '.BTF');
  if (section !== undefined) return elf.contents(section);
  return diagnostic('btf-format', `"${path}" has no .BTF section`, undefined, {
    hints: ['give a vmlinux that was built with CONFIG_DEBUG_INFO_BTF=y, or a raw copy of /sys/kernel/btf/vmlinux'],
  });
}

function unreadable(path: string, code: string): Diagnostic {
  if (path !== runningKernelBtf) {
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    return diagnostic('file-missing', `no type information from "${path}": ${reason}`);
  }
  return diagnostic(
    'btf-missing',
    `this kernel gives no type information: "${path}" cannot be read (${code})`,
    undefined,
    {
      hints: [
        'run on a kernel built with CONFIG_DEBUG_INFO_BTF=y, as the distributions’ are since 2020',
        'or give the types of such a kernel by --btf FILE',
      ],
    },
  );
}
