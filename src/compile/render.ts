/**
 * Program data → C, through the Handlebars templates of `templates/bpf/`. The templates are part of the package, so they are read from beside it, not through the host. Every line that stands for a
 * line of YAML gets a `#line` directive, so that what clang or the verifier says of it names the YAML.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Handlebars from 'handlebars';
import { directLines, type MarkedText, markTemplate, yamlLineMark } from './line-directives.js';
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
  readonly limited: boolean;
  readonly ring: { readonly bytes: number; readonly wakeBytes: number } | undefined;
  /** Where a probe is of a protocol: the ring buffer of captured bytes, and how long what the reader knows of a record is. */
  readonly capture: { readonly bytes: number; readonly wakeBytes: number; readonly recordBytes: number } | undefined;
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

const folder = fileURLToPath(new URL('../../templates/bpf/', import.meta.url));

const options: CompileOptions = {
  strict: true,
  noEscape: true,
  knownHelpersOnly: true,
  knownHelpers: { yamlLine: true, each: true, if: true, unless: true, lookup: true },
};

let compiled: ((file: object) => string) | undefined;

function template(): (file: object) => string {
  if (compiled !== undefined) return compiled;
  const handlebars = Handlebars.create();
  handlebars.registerHelper('yamlLine', (line: number) => yamlLineMark(line));
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.hbs') && file !== 'program.bpf.c.hbs') {
      handlebars.registerPartial(file.slice(0, -4), handlebars.compile(readFileSync(folder + file, 'utf8'), options));
    }
  }
  for (const file of readdirSync(`${folder}statements`)) {
    const text = markTemplate(readFileSync(`${folder}statements/${file}`, 'utf8'));
    handlebars.registerPartial(file.slice(0, -4), handlebars.compile(text, options));
  }
  compiled = handlebars.compile(readFileSync(`${folder}program.bpf.c.hbs`, 'utf8'), options);
  return compiled;
}

export function renderProgram(file: ProgramFile): MarkedText {
  const text = template()({ ...file, arm64: file.arch === 'arm64', arrays: true });
  return directLines(text, file.source);
}
