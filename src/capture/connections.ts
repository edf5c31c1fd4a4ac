/** All connections that are being followed: each has a parser, and the facts that its messages share. */
import type { HttpExchange, HttpSide } from '../protocols/http-exchange.js';
import { Http1Connection } from '../protocols/http1/http1-connection.js';
import { Http2Connection } from '../protocols/http2/http2-connection.js';
import { type BlindCause, blindCauses, type Direction, type StreamParser } from '../protocols/protocol.js';
import type { CapturedRecord } from './captured-records.js';
import type { LookUp } from './connection-map.js';
import type { ConnectionFacts, HttpMessage } from './http-values.js';
import type { SpanLinks } from './span-links.js';

interface Followed {
  readonly number: number;
  readonly side: HttpSide;
  readonly parser: StreamParser;
  readonly facts: ConnectionFacts;
  /** In the kernel's map. */
  readonly key: Buffer;
  heardAt: number;
}

/** As many as the kernel keeps. */
const most = 65_536;
/** A connection that was not heard of for so long may be gone, and its end may have been lost. */
const quietMs = 30_000;
/** How long a message may lack its end before it is looked for: a body of which most is not captured is under way. */
const patienceMs = 50;
const resetErrors: ReadonlySet<number> = new Set([104, 32]);

export class Connections {
  readonly #followed = new Map<number, Followed>();
  readonly #awaiting = new Set<Followed>();
  readonly blind: Record<BlindCause, number>;

  readonly #count = (cause: BlindCause): void => {
    this.blind[cause]++;
  };

  constructor(
    private readonly tell: (message: HttpMessage) => void,
    private readonly lookUp: LookUp,
    /** Told of connections, where spans are asked for. */
    private readonly links?: SpanLinks,
  ) {
    this.blind = Object.fromEntries(blindCauses.map((cause) => [cause, 0])) as Record<BlindCause, number>;
  }

  get size(): number {
    return this.#followed.size;
  }

  /** `now`: milliseconds as `performance.now()` counts them. */
  take(record: CapturedRecord, now: number): void {
    const number = record.connection;
    const known = this.#followed.get(number);
    if (record.kind !== 'data') {
      if (known !== undefined) this.#close(number, known, record.time, record.error, (side) => record.moved(side));
      return;
    }
    const followed = known ?? this.#follow(number, record);
    const { direction, side } = record;
    followed.heardAt = now;
    if ((side === 'server') === (direction === 'received')) tellWho(followed.facts, record);
    const { offset, length, bytes, tail, time } = record;
    followed.parser.take({ direction, offset, length, bytes, tail, time, propagated: record.propagated });
    if (followed.parser.awaits) this.#awaiting.add(followed);
    else if (this.#awaiting.size > 0) this.#awaiting.delete(followed);
  }

  /** Ends what the captured bytes alone cannot end: bodies that were not captured to their end. */
  look(): void {
    const before = performance.now() - patienceMs;
    for (const followed of this.#awaiting) {
      if (followed.heardAt > before) continue;
      const found = this.lookUp(followed.key, followed.number);
      if (found !== undefined) progress(followed.parser, (direction) => found[direction], false);
      if (found === undefined || !followed.parser.awaits) this.#awaiting.delete(followed);
    }
  }

  /** Forgets connections whose end was not told of. */
  sweep(now: number): void {
    const before = performance.now() - quietMs;
    for (const [number, followed] of this.#followed) {
      if (followed.heardAt > before || this.lookUp(followed.key, number) !== undefined) continue;
      this.#close(number, followed, now, 0, undefined);
    }
  }

  #follow(number: number, record: CapturedRecord): Followed {
    if (this.#followed.size >= most) {
      const [oldest] = this.#followed;
      if (oldest !== undefined) this.#close(oldest[0], oldest[1], record.time, 0, undefined);
    }
    const facts: ConnectionFacts = {
      openedAt: record.openedAt,
      local: record.local,
      remote: record.remote,
      tls: record.tls,
      process: 0,
      thread: 0,
      user: 0,
      cgroup: 0,
      comm: '',
    };
    tellWho(facts, record);
    const Parser = record.isHttp2 ? Http2Connection : Http1Connection;
    const parser = new Parser(record.side, {
      message: (exchange: HttpExchange) => this.tell({ exchange, connection: facts }),
      blind: this.#count,
    });
    this.links?.opened(record.side, facts);
    const followed = { number, side: record.side, parser, facts, key: record.key, heardAt: 0 };
    this.#followed.set(number, followed);
    return followed;
  }

  #close(
    number: number,
    followed: Followed,
    time: number,
    error: number,
    moved: ((direction: Direction) => { moved: number; time: number }) | undefined,
  ): void {
    if (moved !== undefined) progress(followed.parser, moved, true);
    followed.parser.close(time, resetErrors.has(error) ? 'reset' : 'closed');
    this.#awaiting.delete(followed);
    this.#followed.delete(number);
    this.links?.closed(followed.side, followed.facts);
  }
}

function progress(
  parser: StreamParser,
  of: (direction: Direction) => { moved: number; time: number },
  last: boolean,
): void {
  for (const direction of ['received', 'sent'] as const) parser.progress({ direction, ...of(direction), last });
}

function tellWho(facts: ConnectionFacts, record: CapturedRecord): void {
  const { process, thread } = record;
  // The same thread may have another name by now, but hardly between two requests.
  if (facts.process === process && facts.thread === thread) return;
  facts.process = process;
  facts.thread = thread;
  facts.user = record.user;
  facts.cgroup = record.cgroup;
  facts.comm = record.comm;
}
