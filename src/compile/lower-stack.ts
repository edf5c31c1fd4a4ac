/** `kstack` and `ustack`: the frames are read into scratch memory, and the program goes on with the stack's id. */

import { mostFrames } from '../language/expression/stacks.js';
import { type StackValue, some, type Typed } from '../language/expression/typed.js';
import type { Block } from './block.js';
import { c } from './c-text.js';
import { type Lowering, lineOf, lowerValue } from './lower-expression.js';
import { nodeKey } from './node-key.js';
import type { CText } from './statements.js';

export const stackType = c`stack_t`;
/** As templates/bpf/stacks.hbs has it: a record's header, and the frames. */
const stackBytes = 24 + mostFrames * 8;

/** Both kinds of stacks are read into the same memory: of each only the id is kept. */
const memoryKey = 'stack memory';

export function lowerStack(node: StackValue, block: Block): CText {
  const line = lineOf(node);
  const key = nodeKey(node);
  const known = block.find(key);
  if (known !== undefined) return known;
  const memory =
    block.find(memoryKey) ??
    block.remember(memoryKey, block.variable({ type: stackType, hint: 'stack', bytes: stackBytes }, line));
  const name = block.fresh(node.type.kind);
  const user = node.type.kind === 'ustack';
  block.add({ template: 'read-stack', name, memory, frames: node.frames, user }, line);
  return block.remember(key, name);
}

/** Reads the stacks that a value is made of now: a stack that is new is told before the event is reserved that names it. */
export function lowerStacksOf(value: Typed, block: Block, lowering: Lowering): void {
  some(value, (node) => {
    if (node.op === 'stack') lowerValue(node, block, lowering);
    return false;
  });
}
