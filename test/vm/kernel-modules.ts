/** Kernel modules of an unpacked package, which has no modules.dep: their dependencies stand in the modules themselves. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';

export interface KernelModule {
  readonly name: string;
  /** Uncompressed. */
  readonly content: Buffer;
}

/** The modules of these names and all that they need, in an order in which insmod takes them. Missing ones are built into the kernel. */
export async function loadOrder(folder: string, names: readonly string[]): Promise<KernelModule[]> {
  const paths = new Map<string, string>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (/\.ko(\.xz)?$/.test(path)) paths.set(moduleName(path), join(folder, path));
  }
  const ordered = new Map<string, KernelModule>();
  const visit = async (name: string): Promise<void> => {
    const path = paths.get(name);
    if (path === undefined || ordered.has(name)) return;
    const content = await read(path);
    for (const dependency of dependencies(content)) await visit(dependency);
    ordered.set(name, { name, content });
  };
  for (const name of names) await visit(name);
  return [...ordered.values()];
}

function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_');
}

async function read(path: string): Promise<Buffer> {
  if (!path.endsWith('.xz')) return readFileSync(path);
  const { stdout } = await execa('xz', ['-dc', path], { encoding: 'buffer' });
  return Buffer.from(stdout);
}

/** The `depends=a,b` string of the .modinfo section. */
function dependencies(content: Buffer): string[] {
  const at = content.indexOf('\0depends=');
  if (at < 0) return [];
  const start = at + '\0depends='.length;
  const list = content.toString('latin1', start, content.indexOf(0, start));
  return list.split(',').filter((name) => name !== '');
}
