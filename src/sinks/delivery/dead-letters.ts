/** A file of events that a server refused, one a line with the cause: `{"time":…,"sink":…,"cause":…,"event":…}`. Not for those that had no room. */
import { type FileHandle, open } from 'node:fs/promises';
import { errorCode, errorMeaning, SinkError } from '../sink-error.js';
import { type Batch, itemsOf } from './batch.js';

export interface DeadLetterOptions {
  /** Of the sink. */
  readonly name: string;
  readonly path: string;
  /** In messages. */
  readonly shownPath: string;
  /** Whether items are any text, which may look like JSON and be none. */
  readonly text: boolean;
  readonly warn: (key: string, message: string) => void;
}

export class DeadLetters {
  readonly #options: DeadLetterOptions;
  #file: FileHandle | undefined;

  constructor(options: DeadLetterOptions) {
    this.#options = options;
  }

  /** Rejects with a `SinkError` where the file cannot be written. */
  async open(): Promise<void> {
    const { name, path, shownPath } = this.#options;
    try {
      this.#file = await open(path, 'a', 0o600);
    } catch (error) {
      const reason = errorMeaning(errorCode(error));
      throw new SinkError(
        `sink "${name}": cannot write the dead letters to "${shownPath}": ${reason}`,
        [],
        'dead_letter',
      );
    }
  }

  /** A file that cannot be written is said once; the events are counted as lost all the same. */
  async write(batch: Batch, cause: string): Promise<void> {
    const { name, shownPath, text: isText, warn } = this.#options;
    const start = `{"time":"${new Date().toISOString()}","sink":${JSON.stringify(name)},"cause":${JSON.stringify(cause)},`;
    let text = '';
    for (const item of itemsOf(batch)) text += `${start}${eventText(item, isText)}}\n`;
    try {
      await this.#file?.appendFile(text);
    } catch (error) {
      const reason = errorMeaning(errorCode(error));
      warn('dead letters', `sink "${name}": cannot write the dead letters to "${shownPath}": ${reason}`);
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

/** JSON as it is, other text as a string; what is no text, in base64. */
function eventText(item: Uint8Array, isText: boolean): string {
  const bytes = Buffer.from(item.buffer, item.byteOffset, item.byteLength);
  if (isText) return `"event":${JSON.stringify(bytes.toString().replace(/\n$/, ''))}`;
  if (bytes[0] !== 0x7b) return `"base64":"${bytes.toString('base64')}"`;
  return `"event":${bytes.toString().trimEnd()}`;
}
