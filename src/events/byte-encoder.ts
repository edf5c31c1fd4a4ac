/**
 * Generated encoders from record bytes to the bytes of a text format, straight-line code for each probe's layout: no
 * object and, but for results of user-stage functions, no string on the way. JSON Lines, CSV and logfmt differ in a `Dialect`.
 */
import type { FieldManifest, RecordLayout, Slot, UserExpression, ValueType } from '../compile/manifest.js';
import { putHex, putHexBytes, putI32, putI64, putU32, putU64 } from './digit-bytes.js';
import {
  address,
  Bindings,
  boolean,
  constant,
  enumNames,
  extent,
  highWord,
  integer,
  lowWord,
  slotAt,
  smallInteger,
  stackId,
  userFunction,
} from './generated-code.js';
import { mostStackBytes } from './stack-frames.js';
import { bytesEnd, stringEnd, textEnd } from './text-bytes.js';
import { signed64, type UserValue, unsigned64 } from './user-value.js';
import { ipLength, macLength, NameBytes, networkLength, putIp, putMac, putNetwork, putString } from './value-bytes.js';
import { ValueCode } from './value-code.js';
import type { ValueContext } from './value-context.js';
import { timeLength } from './wall-clock.js';

/** Writes one event at `at` of `out` and returns its end. */
export type EncodeRecord = (
  source: Uint8Array,
  view: DataView,
  record: number,
  out: Uint8Array,
  outView: DataView,
  at: number,
) => number;

export interface RecordEncoder {
  readonly encode: EncodeRecord;
  /** The most bytes that one event takes. */
  readonly maxBytes: number;
}

/** How a text format writes values. */
export interface Dialect {
  /** Around values that are always text. */
  readonly quote: '"' | '';
  readonly absent: string;
  readonly putText: typeof import('./text-bytes.js').putJsonText;
  readonly putValue: typeof import('./value-bytes.js').putJsonValue;
  /** The most bytes for one byte of text. */
  readonly growth: number;
  /** Under which of its names a stack has its text in this format. */
  readonly stack: 'json' | 'csv' | 'logfmt';
  literal(value: UserValue): string;
}

/** What an event consists of, in order: constant text and values. */
export type Part = string | FieldManifest;

export function recordEncoder(
  parts: readonly Part[],
  layout: RecordLayout,
  dialect: Dialect,
  context: ValueContext,
): RecordEncoder {
  const code = new ByteCode(layout, dialect, context);
  for (const part of parts) {
    if (typeof part === 'string') code.text(part);
    else code.value(part.value);
  }
  return code.build();
}

class ByteCode {
  readonly #bindings = new Bindings();
  readonly #layout: RecordLayout;
  readonly #dialect: Dialect;
  readonly #context: ValueContext;
  readonly #clock: string;
  readonly #values: ValueCode;
  readonly #lines: string[] = [];
  #pending = '';
  #maxBytes = 0;

  constructor(layout: RecordLayout, dialect: Dialect, context: ValueContext) {
    this.#layout = layout;
    this.#dialect = dialect;
    this.#context = context;
    this.#clock = this.#bindings.bind('clock', context.clock);
    this.#values = new ValueCode(context, 'object', this.#bindings);
  }

  /** Constant text, joined with what comes next to it so that it is written in few stores. */
  text(text: string): void {
    this.#pending += text;
  }

  value(value: UserExpression): void {
    const { quote } = this.#dialect;
    switch (value.op) {
      case 'slot':
        this.#slot(slotAt(this.#layout.slots, value.slot), value.type);
        break;
      case 'const':
        this.text(this.#dialect.literal(constant(value)));
        break;
      case 'call': {
        const { maxLength } = userFunction(value.function, this.#context.stacks);
        this.#dynamic(this.#values.value(value, this.#layout), maxLength * this.#dialect.growth + quote.length * 2);
        break;
      }
    }
  }

  build(): RecordEncoder {
    this.#flush();
    const body = `return function encode(s, v, r, o, w, p) {\n  ${this.#lines.join('\n  ')}\n  return p;\n};`;
    const encode = this.#bindings.build(body);
    if (!isEncoder(encode)) throw new Error('no encoder came of the generated code');
    return { encode, maxBytes: this.#maxBytes };
  }

  #slot(slot: Slot, type: ValueType): void {
    const { quote } = this.#dialect;
    switch (type.kind) {
      case 'int':
        this.#integer(slot, type);
        break;
      case 'bool':
        this.#dynamic(`(${boolean(slot)})`, 5);
        break;
      case 'enum': {
        const names = new NameBytes(enumNames(type), (text) => this.#dialect.literal(text));
        const read =
          type.bytes === 8
            ? `${this.#bind('wide', type.signed ? signed64 : unsigned64)}(${lowWord(slot)}, ${highWord(slot)})`
            : smallInteger(slot, type.bytes, type.signed);
        this.#put(`${this.#bind('names', names)}.put(o, p, ${read})`, names.maxBytes);
        break;
      }
      case 'string':
      case 'text': {
        const { from, to } = this.#extent(slot, type);
        const size = type.kind === 'text' ? type.size : type.max;
        this.text(quote);
        this.#put(
          `${this.#bind('putText', this.#dialect.putText)}(o, p, s, ${from}, ${to})`,
          size * this.#dialect.growth + 2,
        );
        this.text(quote);
        break;
      }
      case 'bytes': {
        const { from, to } = this.#extent(slot, type);
        this.text(quote);
        this.#put(`${this.#bind('putHexBytes', putHexBytes)}(o, p, s, ${from}, ${to})`, type.max * 2);
        this.text(quote);
        break;
      }
      case 'ip': {
        const absent = JSON.stringify(this.#dialect.absent);
        const unit = quote === '' ? 0 : quote.charCodeAt(0);
        this.#put(`${this.#bind('putIp', putIp)}(o, p, s, ${address(slot)}, ${unit}, ${absent})`, ipLength);
        break;
      }
      case 'cidr':
        this.text(quote);
        this.#put(`${this.#bind('putNetwork', putNetwork)}(o, p, s, ${address(slot)})`, networkLength);
        this.text(quote);
        break;
      case 'mac':
        this.text(quote);
        this.#put(`${this.#bind('putMac', putMac)}(o, p, s, ${address(slot)})`, macLength);
        this.text(quote);
        break;
      case 'kstack':
      case 'ustack': {
        const text = `${this.#bind('stacks', this.#context.stacks)}.${this.#dialect.stack}(${stackId(slot)})`;
        this.#put(`${this.#bind('putString', putString)}(o, p, ${text})`, mostStackBytes);
        break;
      }
    }
  }

  #integer(slot: Slot, type: Extract<ValueType, { kind: 'int' }>): void {
    const { quote } = this.#dialect;
    switch (type.as) {
      case 'timestamp':
        this.text(quote);
        this.#put(`${this.#clock}.put(o, w, p, ${lowWord(slot)}, ${highWord(slot)})`, timeLength);
        this.text(quote);
        break;
      case 'hex': {
        const words =
          type.bytes === 8 ? `${lowWord(slot)}, ${highWord(slot)}` : `${smallInteger(slot, type.bytes, false)}, 0`;
        this.text(quote);
        this.#put(`${this.#bind('putHex', putHex)}(o, p, ${words})`, 18);
        this.text(quote);
        break;
      }
      case 'errno':
      case 'signal': {
        const named = this.#values.slot(slot, type);
        this.#dynamic(named, userFunction(type.as, this.#context.stacks).maxLength * this.#dialect.growth + 2);
        break;
      }
      case 'duration':
      case undefined:
        if (type.bytes === 8)
          this.#put(
            `${this.#bind('putWide', type.signed ? putI64 : putU64)}(w, p, ${lowWord(slot)}, ${highWord(slot)})`,
            20,
          );
        else
          this.#put(
            `${this.#bind('putInteger', type.signed ? putI32 : putU32)}(w, p, ${smallInteger(slot, type.bytes, type.signed)})`,
            11,
          );
        break;
    }
  }

  #dynamic(value: string, maxBytes: number): void {
    this.#put(`${this.#bind('putValue', this.#dialect.putValue)}(o, p, ${value})`, maxBytes);
  }

  #put(call: string, maxBytes: number): void {
    this.#flush();
    this.#lines.push(`p = ${call};`);
    this.#maxBytes += maxBytes;
  }

  #bind(prefix: string, value: unknown): string {
    return this.#bindings.bind(prefix, value);
  }

  /** Four bytes a store; the last may run over by up to three, which what follows overwrites. */
  #flush(): void {
    const bytes = Buffer.from(this.#pending, 'utf8');
    this.#pending = '';
    if (bytes.length === 0) return;
    const padded = Buffer.concat([bytes, Buffer.alloc(3)]);
    for (let at = 0; at < bytes.length; at += 4)
      this.#lines.push(`w.setUint32(p + ${integer(at)}, ${padded.readUInt32LE(at)}, true);`);
    this.#lines.push(`p += ${integer(bytes.length)};`);
    this.#maxBytes += bytes.length;
  }

  #extent(slot: Slot, type: Extract<ValueType, { kind: 'string' | 'bytes' | 'text' }>): { from: string; to: string } {
    return extent(slot, type, {
      textEnd: this.#bind('textEnd', textEnd),
      stringEnd: this.#bind('stringEnd', stringEnd),
      bytesEnd: this.#bind('bytesEnd', bytesEnd),
    });
  }
}

function isEncoder(value: unknown): value is EncodeRecord {
  return typeof value === 'function';
}
