/**
 * Messages: what user space found in captured bytes (a request and its response), handed to a probe's program as its hits. The program reads a message as a struct of 8-byte slots in memory of probepipe's own; which
 * slots there are is decided by what the probe asks for, so that nothing else is put together.
 */
import type { Span } from '../diagnostics/source.js';
import type { ArgumentList } from '../language/expression/scope.js';
import type { Load, Typed } from '../language/expression/typed.js';
import type { StructType, Type } from '../language/types.js';
import * as types from '../language/types.js';

/** `number`: a u64, or an i64. `text`: an address and a length in bytes. `ip`: 4 or 6, then 16 bytes in network order, of which IPv4 has the first four. */
export type MessageSlotKind = 'number' | 'text' | 'ip';

export interface MessageSlot {
  /** What it holds: `status`, or `header user-agent`. */
  readonly name: string;
  readonly kind: MessageSlotKind;
  /** In bytes. */
  readonly offset: number;
}

export const messageSlotBytes: Readonly<Record<MessageSlotKind, number>> = { number: 8, text: 16, ip: 24 };

/** A value of messages under a name of the language. */
export interface MessageValue {
  readonly kind: MessageSlotKind;
  readonly type: Type;
  readonly description: string;
}

const bytesOfInt = 8;
const addressBytes = 16;

export class MessageLayout {
  readonly #slots = new Map<string, MessageSlot>();
  #size = 0;

  constructor(
    /** `an HTTP request`. */
    readonly owner: string,
    private readonly values: ReadonlyMap<string, MessageValue>,
  ) {}

  /** In the order in which they were asked for. */
  get slots(): readonly MessageSlot[] {
    return [...this.#slots.values()];
  }

  get size(): number {
    return this.#size;
  }

  /** Names of the language as expressions see them. */
  get names(): ArgumentList {
    return {
      owner: this.owner,
      names: () => [...this.values.keys()],
      get: (name) => {
        const value = this.values.get(name);
        return value && ((span) => this.#value(name, value, span));
      },
    };
  }

  /** Of any name, as of a header: text of at most `max` bytes. */
  text(name: string, max: number, span: Span): Typed {
    return this.#value(name, { kind: 'text', type: { kind: 'string', max }, description: '' }, span);
  }

  #value(name: string, { kind, type }: MessageValue, span: Span): Typed {
    const { offset } = this.#slot(name, kind);
    switch (kind) {
      case 'text': {
        const max = type.kind === 'string' ? type.max : 0;
        const bytes: types.PointerType = { kind: 'pointer', space: 'user', target: types.u8 };
        return {
          op: 'readText',
          address: load(name, offset, bytes, span),
          space: 'user',
          length: load(name, offset + bytesOfInt, types.u64, span),
          type: { kind: 'string', max },
          span,
        };
      }
      case 'ip':
        return {
          op: 'choice',
          condition: {
            op: 'binary',
            operator: '==',
            left: load(name, offset, types.u8, span),
            right: { op: 'constant', value: 4n, type: types.u8, span },
            type: types.bool,
            span,
          },
          whenTrue: { op: 'makeIp', v4: load(name, offset + bytesOfInt, types.u32, span), type, span },
          whenFalse: {
            op: 'makeIp',
            v6: { address: address(offset + bytesOfInt, span), space: 'user' },
            type,
            span,
          },
          type,
          span,
        };
      case 'number':
        if (type.kind === 'bool')
          return {
            op: 'binary',
            operator: '!=',
            left: load(name, offset, types.u8, span),
            right: { op: 'constant', value: 0n, type: types.u8, span },
            type,
            span,
          };
        return load(name, offset, type, span);
    }
  }

  #slot(name: string, kind: MessageSlotKind): MessageSlot {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = { name, kind, offset: this.#size };
    this.#slots.set(name, slot);
    this.#size += messageSlotBytes[kind];
    return slot;
  }
}

/** As far as types go; the slots are found by their offsets. */
const message: StructType = {
  kind: 'struct',
  union: false,
  name: 'message',
  byteSize: 0,
  layout: 'fixed',
  id: 'message',
  members: [],
};

const base = (span: Span): Typed => ({
  op: 'context',
  access: { via: 'slot', index: 0 },
  type: { kind: 'pointer', space: 'user', target: message },
  span,
});

function load(member: string, offset: number, type: Type, span: Span): Load {
  const steps = [{ member, owner: message, bitOffset: offset * 8, type }];
  return { op: 'load', base: base(span), space: 'user', steps, type, span };
}

function address(offset: number, span: Span): Typed {
  const type: types.ArrayType = { kind: 'array', count: addressBytes, element: types.u8 };
  const steps = [{ member: 'address', owner: message, bitOffset: offset * 8, type }];
  return { op: 'place', base: base(span), space: 'user', steps, type, span };
}
