/**
 * One page of metrics, of one or several pipelines. A reading is made when somebody asks; whoever asks while one is on its way gets the same. After one there is a pause as long as it took, so that readings take
 * half of the time at most, however often somebody asks.
 */
import { promisify } from 'node:util';
import { contentTypes, exposition, type Family, type PageFormat } from './exposition.js';

/** What one pipeline has on a page. */
export interface Contributor {
  readonly pipeline: string;
  /** `undefined` before its run has begun and when it is over. */
  read(): Promise<readonly Family[] | undefined>;
  /** So much of it was read by somebody; counts label sets. */
  delivered(): void;
}

export interface Rendered {
  readonly contentType: string;
  readonly body: Buffer;
  readonly contributors: readonly Contributor[];
}

interface Reading {
  readonly families: readonly Family[];
  readonly contributors: readonly Contributor[];
  readonly bodies: Map<string, Promise<Buffer>>;
}

export class Page {
  readonly #contributors = new Map<string, Contributor>();
  #reading: Promise<Reading | undefined> | undefined;
  #restUntil = 0;
  #scrapes = 0;
  readonly #ownFamilies: (scrapes: number) => readonly Family[];

  constructor(ownFamilies: (scrapes: number) => readonly Family[]) {
    this.#ownFamilies = ownFamilies;
  }

  /** Whether it could: a pipeline is there once. */
  add(contributor: Contributor): boolean {
    if (this.#contributors.has(contributor.pipeline)) return false;
    this.#contributors.set(contributor.pipeline, contributor);
    return true;
  }

  remove(contributor: Contributor): void {
    this.#contributors.delete(contributor.pipeline);
  }

  get empty(): boolean {
    return this.#contributors.size === 0;
  }

  /** `undefined` while there is nothing to tell. All who ask for the same get the same bytes. */
  async render(format: PageFormat, gzipped: boolean): Promise<Rendered | undefined> {
    this.#scrapes++;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    const reading = await this.#reading;
    if (reading === undefined) return undefined;
    const key = `${format} ${gzipped}`;
    const body = reading.bodies.get(key) ?? encoded(reading.families, format, gzipped);
    reading.bodies.set(key, body);
    return { contentType: contentTypes[format], body: await body, contributors: reading.contributors };
  }

  async #read(): Promise<Reading | undefined> {
    const rest = this.#restUntil - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    const began = performance.now();
    const families: Family[] = [];
    const contributors: Contributor[] = [];
    for (const contributor of this.#contributors.values()) {
      const own = await contributor.read();
      if (own === undefined) continue;
      families.push(...own);
      contributors.push(contributor);
    }
    const ended = performance.now();
    this.#restUntil = ended + (ended - began);
    if (contributors.length === 0) return undefined;
    return { families: [...this.#ownFamilies(this.#scrapes), ...families], contributors, bodies: new Map() };
  }
}

async function encoded(families: readonly Family[], format: PageFormat, gzipped: boolean): Promise<Buffer> {
  const body = Buffer.from(exposition(families, format), 'utf8');
  if (!gzipped) return body;
  const { gzip } = await import('node:zlib');
  return promisify(gzip)(body, { level: 1 });
}
