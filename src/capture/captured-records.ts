/** Records of the capture ring: `struct capture_record` of templates/bpf/capture-record.hbs, and the bytes behind it. */
import { capturedRecordBytes } from '../compile/capture-manifest.js';
import type { HttpSide } from '../protocols/http-exchange.js';
import type { Direction } from '../protocols/protocol.js';

/** One record; valid until the next, and no longer than the ring's memory is. */
export class CapturedRecord {
  #memory = Buffer.alloc(0);
  #view = new DataView(new ArrayBuffer(0));
  #at = 0;

  /** Calls with all records in `[start, end)`, one after another in this one object. Discarded ones are left out. */
  each(memory: ArrayBuffer, start: number, end: number, take: (record: CapturedRecord) => void): void {
    if (this.#view.buffer !== memory) {
      this.#memory = Buffer.from(memory);
      this.#view = new DataView(memory);
    }
    for (let at = start; at < end; ) {
      const header = this.#view.getUint32(at, true);
      const length = header & lengthMask;
      this.#at = at + ringHeaderBytes;
      if ((header & discarded) === 0 && length >= capturedRecordBytes) take(this);
      at += ringHeaderBytes + ((length + 7) & ~7);
    }
  }

  get kind(): 'data' | 'close' | 'code' {
    const kind = this.#view.getUint32(this.#at, true);
    return kind === 1 ? 'data' : kind === 2 ? 'close' : 'code';
  }

  /** Counts up from 1, in the order in which connections were first seen. */
  get connection(): number {
    return this.#u64(8);
  }

  get time(): number {
    return this.#u64(16);
  }

  get offset(): number {
    return this.#u64(24);
  }

  /** 0 where the connection was open before. */
  get openedAt(): number {
    return this.#u64(40);
  }

  get cgroup(): number {
    return this.#u64(48);
  }

  get length(): number {
    return this.#u32(56);
  }

  get direction(): Direction {
    return this.#u8(60) === 1 ? 'sent' : 'received';
  }

  get isHttp2(): boolean {
    return this.#u8(61) === 3;
  }

  get side(): HttpSide {
    return this.#u8(62) === 1 ? 'server' : 'client';
  }

  get process(): number {
    return this.#u32(64);
  }

  get thread(): number {
    return this.#u32(68);
  }

  get user(): number {
    return this.#u32(72);
  }

  /** Of a closed connection: the socket's error number, 0 for none. */
  get error(): number {
    return this.#u32(76);
  }

  get comm(): string {
    const from = this.#at + 80;
    const end = this.#memory.indexOf(0, from);
    return this.#memory.toString('latin1', from, end < 0 ? from + 16 : Math.min(end, from + 16));
  }

  get local(): SocketEnd {
    return { version: this.#u8(96), address: this.#copy(100, 16), port: this.#view.getUint16(this.#at + 136, true) };
  }

  get remote(): SocketEnd {
    return { version: this.#u8(116), address: this.#copy(120, 16), port: this.#view.getUint16(this.#at + 138, true) };
  }

  get family(): number {
    return this.#view.getUint16(this.#at + 140, true);
  }

  get tls(): boolean {
    return this.#u32(144) !== 0;
  }

  /** How far a direction has got: bytes, and when the last of them were moved. */
  moved(direction: Direction): { readonly moved: number; readonly time: number } {
    const index = direction === 'sent' ? 8 : 0;
    return { moved: this.#u64(152 + index), time: this.#u64(168 + index) };
  }

  /** Of the connection in the kernel's map. */
  get key(): Buffer {
    return this.#copy(184, 16);
  }

  /** Ids of a traceparent that was put into the request that begins here, in hexadecimal digits. */
  get propagated(): { readonly trace: string; readonly span: string } | undefined {
    if (this.#u32(200) === 0 && this.#u32(204) === 0) return undefined;
    const digits = (at: number): string =>
      this.#view
        .getBigUint64(this.#at + at, true)
        .toString(16)
        .padStart(16, '0');
    return { trace: `${digits(200)}${digits(208)}`, span: digits(216) };
  }

  get bytes(): Buffer {
    const from = this.#at + capturedRecordBytes;
    return this.#memory.subarray(from, from + this.#u32(4));
  }

  get tail(): Buffer {
    const length = this.#u8(63);
    if (length === 0) return nothing;
    const from = this.#at + 32;
    return this.#memory.subarray(from, from + length);
  }

  #u8(at: number): number {
    return this.#view.getUint8(this.#at + at);
  }

  #u32(at: number): number {
    return this.#view.getUint32(this.#at + at, true);
  }

  /** Nanoseconds, counts and numbers that fit a double well enough. */
  #u64(at: number): number {
    return this.#u32(at) + this.#u32(at + 4) * 2 ** 32;
  }

  #copy(at: number, length: number): Buffer {
    return Buffer.from(this.#memory.subarray(this.#at + at, this.#at + at + length));
  }
}

export interface SocketEnd {
  /** 4, 6, or 0 for a local socket. */
  readonly version: number;
  /** 16 bytes in network order, of which IPv4 has the first four. */
  readonly address: Buffer;
  readonly port: number;
}

const nothing = Buffer.alloc(0);
const ringHeaderBytes = 8;
/** Of a ring buffer record's header: include/uapi/linux/bpf.h, BPF_RINGBUF_DISCARD_BIT. */
const discarded = 0x4000_0000;
const lengthMask = 0x3fff_ffff;
