/** A chunked body: RFC 9112, section 7.1. It counts, and keeps nothing of it. */
const newline = 0x0a;
/** Of a chunk's size line and of trailers, so that what is none ends soon. */
const mostLineBytes = 16_384;

type At = 'size' | 'data' | 'data end' | 'trailer' | 'done' | 'wrong';

export class ChunkReader {
  #at: At = 'size';
  #left = 0;
  #line = '';
  #lineBytes = 0;
  #body = 0;

  get done(): boolean {
    return this.#at === 'done';
  }

  /** It is no chunked body, or it cannot be followed any more. */
  get wrong(): boolean {
    return this.#at === 'wrong';
  }

  get bodyBytes(): number {
    return this.#body;
  }

  /** Gives where it stopped: at the end of the bytes or of the body. */
  read(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && this.#at !== 'done' && this.#at !== 'wrong') {
      if (this.#at === 'data') {
        const take = Math.min(this.#left, bytes.length - at);
        at += take;
        this.#take(take);
      } else {
        const end = bytes.indexOf(newline, at);
        const to = end < 0 ? bytes.length : end;
        this.#lineBytes += to - at;
        if (this.#lineBytes > mostLineBytes) {
          this.#at = 'wrong';
          return at;
        }
        if (this.#line.length < 64) this.#line += bytes.toString('latin1', at, Math.min(to, at + 64));
        at = end < 0 ? to : to + 1;
        if (end >= 0) this.#endLine();
      }
    }
    return at;
  }

  /** Bytes that were not seen: false where what they were matters. */
  skip(bytes: number): boolean {
    if (this.#at === 'data' && bytes <= this.#left) {
      this.#take(bytes);
      return true;
    }
    this.#body += bytes;
    this.#at = 'wrong';
    return false;
  }

  #take(bytes: number): void {
    this.#left -= bytes;
    this.#body += bytes;
    if (this.#left === 0) this.#at = 'data end';
  }

  #endLine(): void {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    this.#lineBytes = 0;
    switch (this.#at) {
      case 'size': {
        const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;|$)/.exec(line);
        if (size === null) this.#at = 'wrong';
        else {
          this.#left = Number.parseInt(size[1] ?? '', 16);
          this.#at = this.#left === 0 ? 'trailer' : 'data';
        }
        return;
      }
      case 'data end':
        this.#at = line === '' ? 'size' : 'wrong';
        return;
      case 'trailer':
        if (line === '') this.#at = 'done';
    }
  }
}
