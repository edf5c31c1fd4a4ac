/** Program data → C, through the templates. Every line that stands for a line of YAML gets a `#line` directive, so that what clang or the verifier says of it names the YAML. */
import { directLines, type MarkedText } from './line-directives.js';
import { programTemplate } from './program-template.js';
import type { Statement } from './statements.js';

export interface ProgramFile {
  readonly source: string;
  readonly arch: 'x86_64' | 'arm64';
  readonly usesRegisters: boolean;
  readonly usesIterators: boolean;
  /** Whether text of known length is read. */
  readonly countedText: boolean;
  /** Whether a program asks for hits of the reading process itself. */
  readonly ownProcess: boolean;
  readonly enums: readonly { readonly name: string; readonly packed: boolean; readonly wide: boolean }[];
  readonly structs: readonly { readonly keyword: string; readonly name: string; readonly members: readonly string[] }[];
  readonly params: readonly string[];
  /** A row for each probe: its counters' names. */
  readonly ledger: readonly { readonly row: string; readonly counters: readonly string[] }[];
  /** Of each row. */
  readonly counters: number;
  /** How many processes a run may be limited to; 0 for programs that cannot be limited. */
  readonly scopeEntries: number;
  readonly scratch: readonly ScratchStruct[];
  readonly scratchPlaces: number;
  /** Whether a map is asked for the network of an address. */
  readonly networks: boolean;
  readonly maps: readonly object[];
  /** How many of the maps evict. */
  readonly evicting: number;
  readonly pairs: readonly object[];
  /** The states of rate limits. */
  readonly rates: readonly string[];
  readonly events: readonly { readonly type: string; readonly size: number; readonly members: readonly string[] }[];
  /** Whether the pipeline is kept to a limit. */
  /** How many limits the pipeline has, with those of its probes. */
  readonly limits: number;
  readonly ring: { readonly bytes: number; readonly wakeBytes: number } | undefined;
  /** Where a probe is of a protocol: the ring buffer of captured bytes, and how long what the reader knows of a record is. */
  readonly capture:
    | {
        readonly bytes: number;
        readonly wakeBytes: number;
        readonly recordBytes: number;
        readonly propagates: boolean;
      }
    | undefined;
  /** Whether a program reads lists of texts. */
  readonly lists: boolean;
  /** Whether a program looks at stacks. */
  readonly stacks: boolean;
  readonly programs: readonly {
    readonly name: string;
    readonly section: string;
    readonly context: string;
    /** Programs of single targets, which call this one; where there are some, it is none by itself. */
    readonly wrappers: readonly { readonly name: string; readonly section: string; readonly hook: number }[];
    /** Of its probe, in the ledger. */
    readonly row: string;
    readonly statements: readonly Statement[];
    readonly line: number;
  }[];
}

/** One program's part of the scratch memory. */
export interface ScratchStruct {
  readonly type: string;
  readonly name: string;
  readonly members: readonly string[];
}

export function renderProgram(file: ProgramFile): MarkedText {
  const text = programTemplate()({ ...file, arm64: file.arch === 'arm64', arrays: true });
  return directLines(text, file.source);
}
