import { inspect } from 'node:util';

/** A text that only who asks for it by `reveal` gets: printed, logged or serialized by accident it is `***`. */
export class Secret {
  readonly #text: string;
  /** For messages: as the pipeline has it, its references unfilled. */
  readonly written: string;

  constructor(text: string, written = '***') {
    this.#text = text;
    this.written = written;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}
