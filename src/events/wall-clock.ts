/**
 * CLOCK_MONOTONIC nanoseconds, as records hold them, to wall-clock time. The offset between the two clocks is sampled
 * outside; the text of each second is made once and kept.
 */
import { putNanoseconds } from './digit-bytes.js';

const billion = 1_000_000_000;
/** `2026-01-31T23:59:59.`; the nanoseconds and a `Z` follow. */
const prefixLength = 20;
export const timeLength = 30;

export class WallClock {
  #offsetSeconds = 0;
  #offsetNanoseconds = 0;
  #second = Number.NaN;
  #prefix = '';
  readonly #words = new Uint32Array(5);
  #localSecond = Number.NaN;
  #localPrefix = '';
  /** What `split` found last. */
  seconds = 0;
  nanoseconds = 0;

  /** `offset`: CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds. */
  setOffset(offset: bigint): void {
    const rest = ((offset % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    this.#offsetNanoseconds = Number(rest);
    this.#offsetSeconds = Number((offset - rest) / 1_000_000_000n);
  }

  /** `high` × 2^32 + `low` monotonic nanoseconds, as seconds since 1970 and nanoseconds. */
  split(low: number, high: number): void {
    let seconds: number;
    let nanoseconds: number;
    if (high < 0x1000000) {
      // 2^32 = 4 × 10^9 + 294967296: exact below 2^56 ns, more than two years of uptime.
      const rest = high * 294967296 + low;
      const quotient = Math.floor(rest / billion);
      nanoseconds = rest - quotient * billion;
      seconds = high * 4 + quotient;
      if (nanoseconds < 0) {
        nanoseconds += billion;
        seconds--;
      }
    } else {
      const whole = (BigInt(high) << 32n) | BigInt(low);
      seconds = Number(whole / 1_000_000_000n);
      nanoseconds = Number(whole % 1_000_000_000n);
    }
    seconds += this.#offsetSeconds;
    nanoseconds += this.#offsetNanoseconds;
    if (nanoseconds >= billion) {
      nanoseconds -= billion;
      seconds++;
    }
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
  }

  /** RFC 3339, UTC, nanoseconds: `timeLength` bytes. */
  put(out: Uint8Array, view: DataView, at: number, low: number, high: number): number {
    this.split(low, high);
    if (this.seconds !== this.#second) this.#enterSecond(this.seconds);
    const words = this.#words;
    view.setUint32(at, words[0] ?? 0, true);
    view.setUint32(at + 4, words[1] ?? 0, true);
    view.setUint32(at + 8, words[2] ?? 0, true);
    view.setUint32(at + 12, words[3] ?? 0, true);
    view.setUint32(at + 16, words[4] ?? 0, true);
    putNanoseconds(view, at + prefixLength, this.nanoseconds);
    out[at + prefixLength + 9] = 0x5a;
    return at + timeLength;
  }

  text(low: number, high: number): string {
    this.split(low, high);
    if (this.seconds !== this.#second) this.#enterSecond(this.seconds);
    return `${this.#prefix}${String(this.nanoseconds).padStart(9, '0')}Z`;
  }

  /** For tables: the local time of day, microseconds. */
  timeOfDay(low: number, high: number): string {
    this.split(low, high);
    if (this.seconds !== this.#localSecond) {
      this.#localSecond = this.seconds;
      const date = new Date(this.seconds * 1000);
      this.#localPrefix = [date.getHours(), date.getMinutes(), date.getSeconds()]
        .map((part) => String(part).padStart(2, '0'))
        .join(':');
    }
    return `${this.#localPrefix}.${String(Math.floor(this.nanoseconds / 1000)).padStart(6, '0')}`;
  }

  #enterSecond(second: number): void {
    this.#second = second;
    this.#prefix = `${new Date(second * 1000).toISOString().slice(0, 19)}.`;
    const bytes = new DataView(new ArrayBuffer(prefixLength));
    for (let index = 0; index < prefixLength; index++) bytes.setUint8(index, this.#prefix.charCodeAt(index));
    for (let word = 0; word < 5; word++) this.#words[word] = bytes.getUint32(word * 4, true);
  }
}

/** A wall-clock time of nanoseconds since 1970 as RFC 3339. */
export function wallClockText(nanoseconds: bigint): string {
  const clock = new WallClock();
  clock.setOffset(nanoseconds);
  return clock.text(0, 0);
}

/** The local time of day of an RFC 3339 time, microseconds, as tables have it; `undefined` for what is none. */
export function timeOfDayText(time: string): string | undefined {
  const fraction = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{9})Z$/.exec(time)?.[1];
  if (fraction === undefined) return undefined;
  const clock = new WallClock();
  clock.setOffset(BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000_000n + BigInt(fraction));
  return clock.timeOfDay(0, 0);
}
