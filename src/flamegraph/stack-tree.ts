/** Stacks with counts, merged from their roots: what a flame graph draws. */

/** What a frame's code is, told by the mark at the end of its name in folded stacks. */
export type FrameKind = 'user' | 'kernel' | 'jit' | 'inlined' | 'unknown';

export interface StackNode {
  readonly name: string;
  readonly kind: FrameKind;
  /** Of this function and all that it called. */
  count: number;
  readonly children: Map<string, StackNode>;
}

/** Some 200 MB; a run may go on for days, and names that events begin with need not repeat. */
const mostNodes = 1_000_000;
/** Deeper than the 127 frames that the kernel gives, with room for what stands before them. */
const mostFrames = 1024;

export class StackTree {
  readonly root: StackNode = node('all', 'user');
  readonly #mostNodes: number;
  #nodes = 1;
  #cut = 0;

  constructor(most = mostNodes) {
    this.#mostNodes = most;
  }

  /** What was counted at an outer function, since there were too many stacks to tell them apart. */
  get cut(): number {
    return this.#cut;
  }

  /** `frames`: root first, each with its mark. `count`: 0 or more; exact up to 2^53. */
  add(frames: readonly string[], count: number): void {
    let at = this.root;
    at.count += count;
    for (const frame of frames.length > mostFrames ? frames.slice(0, mostFrames) : frames) {
      let next = at.children.get(frame);
      if (next === undefined) {
        if (this.#nodes >= this.#mostNodes) {
          this.#cut += count;
          return;
        }
        this.#nodes++;
        const { name, kind } = readFrame(frame);
        next = node(name, kind);
        at.children.set(frame, next);
      }
      next.count += count;
      at = next;
    }
  }
}

function node(name: string, kind: FrameKind): StackNode {
  return { name, kind, count: 0, children: new Map() };
}

/** Marks of folded stacks, as stackcollapse-perf.pl writes them: `_[k]` kernel, `_[j]` compiled at run time, `_[i]` inlined. */
const marks: Readonly<Record<string, FrameKind>> = { '_[k]': 'kernel', '_[j]': 'jit', '_[i]': 'inlined' };

/** What engines call their own code in perf maps: V8, and Java with perf-map-agent. */
const compiledNames =
  /^(?:(?:JS|LazyCompile|Function|Builtin|BytecodeHandler|Script|RegExp|Eval|Stub):|Interpreter$|L[\w$]+(?:\/[\w$]+)+;)/;

function readFrame(frame: string): { readonly name: string; readonly kind: FrameKind } {
  const mark = marks[frame.slice(-4)];
  if (mark !== undefined && frame.length > 4) return { name: frame.slice(0, -4), kind: mark };
  if (frame.startsWith('[kernel]')) return { name: frame, kind: 'kernel' };
  if (/^\[[^\]]*\](?:\+0x[0-9a-f]+)?$/.test(frame)) return { name: frame, kind: 'unknown' };
  return { name: frame, kind: compiledNames.test(frame) ? 'jit' : 'user' };
}
