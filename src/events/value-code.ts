/** Code for the values of user-stage expressions: what decoders are generated of, and what encoders fall back to. */
import type { RecordLayout, Slot, UserExpression, ValueType } from '../compile/manifest.js';
import { safeText } from '../diagnostics/terminal-text.js';
import { ipText, macText, networkText } from './addresses.js';
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
import { durationText } from './human-units.js';
import { bytesEnd, stringEnd, textEnd } from './text-bytes.js';
import { TextCache } from './text-cache.js';
import { cell, hexBytesText, hexText, signed64, type UserValue, unsigned64 } from './user-value.js';
import type { ValueContext } from './value-context.js';

/** Values as decoded objects have them, as tables show them, or with stacks as frames of a flame graph. */
export type ValueMode = 'object' | 'cell' | 'folded';

export class ValueCode {
  readonly bindings: Bindings;
  readonly #context: ValueContext;
  readonly #clock: string;
  readonly #texts: string;
  readonly #mode: ValueMode;

  constructor(context: ValueContext, mode: ValueMode, bindings = new Bindings()) {
    this.bindings = bindings;
    this.#context = context;
    this.#mode = mode;
    this.#clock = this.bindings.bind('clock', context.clock);
    this.#texts = this.bindings.bind('texts', new TextCache(mode === 'cell' ? safeText : undefined));
  }

  /** Code whose value is a UserValue, or in a cell a text that is safe on a terminal. */
  expression(value: UserExpression, layout: RecordLayout): string {
    if (value.op === 'slot' && this.#mode === 'cell') return this.#cell(slotAt(layout.slots, value.slot), value.type);
    const code = this.value(value, layout);
    return this.#mode === 'cell' ? `${this.bindings.bind('cell', cell)}(${code})` : code;
  }

  /** Code of the value as decoded objects have it. */
  value(value: UserExpression, layout: RecordLayout): string {
    switch (value.op) {
      case 'slot':
        return this.slot(slotAt(layout.slots, value.slot), value.type);
      case 'const':
        return literal(constant(value));
      case 'call': {
        const name = this.bindings.bind('call', userFunction(value.function, this.#context.stacks).call);
        return `${name}(${value.arguments.map((each) => this.#argument(each, layout)).join(', ')})`;
      }
    }
  }

  /** Functions take numbers as they are, whatever they would be shown as. */
  #argument(value: UserExpression, layout: RecordLayout): string {
    if (value.op !== 'slot') return this.value(value, layout);
    const { type } = value;
    const slot = slotAt(layout.slots, value.slot);
    if (type.kind === 'int' || type.kind === 'enum') return this.#integer(slot, type.bytes, type.signed);
    if (type.kind === 'bool') return `Number(${boolean(slot)})`;
    if (type.kind === 'bytes') {
      const { from, to } = this.#extent(slot, type);
      return `s.subarray(${from}, ${to})`;
    }
    return this.slot(slot, type);
  }

  /** What is shown differently in a table. */
  #cell(slot: Slot, type: ValueType): string {
    const { bindings } = this;
    if (type.kind === 'int' && type.as === 'timestamp')
      return `${this.#clock}.timeOfDay(${lowWord(slot)}, ${highWord(slot)})`;
    if (type.kind === 'int' && type.as === 'duration')
      return `${bindings.bind('duration', durationText)}(${this.#integer(slot, type.bytes, type.signed)})`;
    if (type.kind === 'text') return this.#text(slot, type);
    if (type.kind === 'kstack' || type.kind === 'ustack') return `${this.#stacks}.cell(${stackId(slot)})`;
    if (type.kind === 'string') {
      // Text that the kernel had to cut says so.
      const cut = `v.getUint32(${address(slot)}, true) === ${integer(type.max + 2)}`;
      return `(${this.#text(slot, type)} + (${cut} ? '…' : ''))`;
    }
    return `${bindings.bind('cell', cell)}(${this.slot(slot, type)})`;
  }

  /** Code of a slot's value as decoded objects have it. */
  slot(slot: Slot, type: ValueType): string {
    const { bindings } = this;
    switch (type.kind) {
      case 'int': {
        if (type.as === 'timestamp') return `${this.#clock}.text(${lowWord(slot)}, ${highWord(slot)})`;
        const code = this.#integer(slot, type.bytes, type.signed && type.as !== 'hex');
        if (type.as === 'hex') return `${bindings.bind('hex', hexText)}(${code})`;
        if (type.as === 'errno' || type.as === 'signal')
          return `${bindings.bind('call', userFunction(type.as, this.#context.stacks).call)}(${code})`;
        return code;
      }
      case 'bool':
        return `(${boolean(slot)})`;
      case 'enum': {
        const names = bindings.bind('names', enumNames(type));
        const code = this.#integer(slot, type.bytes, type.signed);
        return `(${names}.get(${code}) ?? String(${code}))`;
      }
      case 'string':
      case 'text':
        return this.#text(slot, type);
      case 'bytes': {
        const { from, to } = this.#extent(slot, type);
        return `${bindings.bind('hexBytes', hexBytesText)}(s, ${from}, ${to})`;
      }
      case 'ip':
        return `${bindings.bind('ip', ipText)}(s, ${address(slot)})`;
      case 'cidr':
        return `${bindings.bind('network', networkText)}(s, ${address(slot)})`;
      case 'mac':
        return `${bindings.bind('mac', macText)}(s, ${address(slot)})`;
      case 'kstack':
      case 'ustack':
        return `${this.#stacks}.${this.#mode === 'folded' ? 'folded' : 'texts'}(${stackId(slot)})`;
    }
  }

  get #stacks(): string {
    return this.bindings.bind('stacks', this.#context.stacks);
  }

  #integer(slot: Slot, bytes: 1 | 2 | 4 | 8, signed: boolean): string {
    if (bytes !== 8) return smallInteger(slot, bytes, signed);
    const read = this.bindings.bind('wide', signed ? signed64 : unsigned64);
    return `${read}(${lowWord(slot)}, ${highWord(slot)})`;
  }

  #text(slot: Slot, type: Extract<ValueType, { kind: 'string' | 'text' }>): string {
    const { from, to } = this.#extent(slot, type);
    return `${this.#texts}.get(s, ${from}, ${to})`;
  }

  #extent(slot: Slot, type: Extract<ValueType, { kind: 'string' | 'bytes' | 'text' }>): { from: string; to: string } {
    return extent(slot, type, {
      textEnd: this.bindings.bind('textEnd', textEnd),
      stringEnd: this.bindings.bind('stringEnd', stringEnd),
      bytesEnd: this.bindings.bind('bytesEnd', bytesEnd),
    });
  }
}

function literal(value: UserValue): string {
  return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
}
