/** The binaries that processes map, each once however many processes share it, and no more of them open than a process may have files. */
import type { Host, OpenFile } from '../host.js';
import { Binary } from './binary.js';

/** RLIMIT_NOFILE is 1024 by default; a stripped binary and its debug file are two. */
const mostBinaries = 256;

export class BinaryCache {
  readonly #host: Host;
  /** The one used last stands last. */
  readonly #binaries = new Map<string, Binary>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** Owns the file from here on. A file that was written to since is another binary. See `Binary.ofFile`. */
  of(file: OpenFile, path: string, root: string): Binary {
    const { size, modifiedNs } = file.stat();
    const key = `${file.identity} ${size} ${modifiedNs}`;
    const known = this.#binaries.get(key);
    const binary = known ?? Binary.ofFile(this.#host, file, path, root);
    if (known !== undefined) file.close();
    this.#binaries.delete(key);
    this.#binaries.set(key, binary);
    const [oldest] = this.#binaries.keys();
    if (this.#binaries.size > mostBinaries && oldest !== undefined) {
      this.#binaries.get(oldest)?.close();
      this.#binaries.delete(oldest);
    }
    return binary;
  }
}
