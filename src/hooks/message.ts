/**
 * Messages: what user space found in captured bytes (a request and its response), handed to a probe's program as its hits. The program reads a message as 8-byte slots, texts behind addresses in memory of probepipe's own; which
 * slots there are is decided by what the probe asks for, so that nothing else is put together.
 */
import type { Span } from '../diagnostics/source.js';
import type { ArgumentList } from '../language/expression/scope.js';
import type { Typed } from '../language/expression/typed.js';
import type { Type } from '../language/types.js';
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

const slotBytes = 8;
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
          address: slotAt(offset, bytes, span),
          space: 'user',
          length: slotAt(offset + slotBytes, types.u64, span),
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
            left: slotAt(offset, types.u8, span),
            right: { op: 'constant', value: 4n, type: types.u8, span },
            type: types.bool,
            span,
          },
          whenTrue: { op: 'makeIp', v4: slotAt(offset + slotBytes, types.u32, span), type, span },
          whenFalse: {
            op: 'makeIp',
            v6: { address: addressAt(offset + slotBytes, span), space: 'kernel' },
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
            left: slotAt(offset, types.u8, span),
            right: { op: 'constant', value: 0n, type: types.u8, span },
            type,
            span,
          };
        return slotAt(offset, type, span);
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

/** The program finds a copy of the message at its context. */
const slotAt = (offset: number, type: Type, span: Span): Typed => ({
  op: 'context',
  access: { via: 'slot', index: offset / slotBytes },
  type,
  span,
});

function addressAt(offset: number, span: Span): Typed {
  const type: types.ArrayType = { kind: 'array', count: addressBytes, element: types.u8 };
  const pieces = [0, slotBytes].map((byteOffset) => {
    return { byteOffset, bytes: slotBytes, value: slotAt(offset + byteOffset, types.u64, span) } as const;
  });
  const pointer: types.PointerType = { kind: 'pointer', space: 'kernel', target: type };
  const base: Typed = { op: 'gathered', pieces, byteSize: addressBytes, type: pointer, span };
  return { op: 'place', base, space: 'kernel', steps: [], type, span };
}
