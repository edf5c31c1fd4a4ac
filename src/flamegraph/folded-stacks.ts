/** Folded stacks, a line `root;…;leaf COUNT` each, as flamegraph.pl and many tools after it read and write them → a tree. */
import { type Diagnostic, diagnostic, type StageResult } from '../diagnostics/diagnostic.js';
import { StackTree } from './stack-tree.js';

const newline = 0x0a;

/**
 * `text`: UTF-8, of any size, read line by line. Names may hold spaces; empty lines and those that begin with `#` say nothing. Refused
 * with `folded-line`: a line without a count, and a text without any stack.
 */
export function readFoldedStacks(name: string, text: Uint8Array): StageResult<StackTree> {
  const tree = new StackTree();
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  let lineNumber = 0;
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(newline, at);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.toString('utf8', at, end).trim();
    at = end + 1;
    lineNumber++;
    if (line === '' || line.startsWith('#')) continue;
    const [, frames = '', count = ''] = /^(.*\S)\s+(\d+(?:\.\d+)?)$/s.exec(line) ?? [];
    if (count === '') return { diagnostics: [noStack(name, lineNumber, line)] };
    tree.add(frames.split(';'), Number(count));
  }
  if (tree.root.count === 0) return { diagnostics: [nothing(name)] };
  return { output: tree, diagnostics: [] };
}

const form = 'a line is the names of functions from the outermost to the innermost, and how often: main;work;read 42';

function noStack(name: string, lineNumber: number, line: string): Diagnostic {
  const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  return diagnostic('folded-line', `line ${lineNumber} of "${name}" ends in no count: "${shown}"`, undefined, {
    hints: [form],
  });
}

function nothing(name: string): Diagnostic {
  return diagnostic('folded-line', `there are no stacks in "${name}"`, undefined, { hints: [form] });
}
