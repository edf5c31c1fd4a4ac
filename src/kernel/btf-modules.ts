/** The types of loaded kernel modules: split BTF on top of vmlinux's, one file a module, opened when vmlinux lacks a name. */
import type { Host } from '../host.js';
import { type BtfSource, openBtf } from './btf-reader.js';

export class BtfModules {
  private readonly host: Host;
  private readonly folder: string;
  private readonly base: BtfSource;
  private opened: readonly BtfSource[] | undefined;

  /** `folder` is /sys/kernel/btf: `vmlinux` and a file a module. */
  constructor(host: Host, folder: string, base: BtfSource) {
    this.host = host;
    this.folder = folder;
    this.base = base;
  }

  /** The first answer of any module, in the order of their names. */
  first<Found>(ask: (module: BtfSource) => Found | undefined): Found | undefined {
    for (const module of this.all()) {
      const found = ask(module);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  all(): readonly BtfSource[] {
    this.opened ??= this.host
      .readDirectory(this.folder)
      .filter((name) => name !== 'vmlinux')
      .sort()
      .flatMap((name) => this.open(name) ?? []);
    return this.opened;
  }

  /** A module may be unloaded while we look, or its BTF not fit this vmlinux: then it has no types for us. */
  private open(name: string): BtfSource | undefined {
    try {
      const bytes = this.host.readFile(`${this.folder}/${name}`);
      return openBtf(bytes, { label: `the BTF of module ${name}`, idPrefix: `btf:${name}`, base: this.base }).output;
    } catch {
      return undefined;
    }
  }
}
