/**
 * A tree of stacks → one HTML page that a browser opens as a flame graph: everything is in it, and it may load nothing. Names are
 * data of the page and never markup. A flame graph is Brendan Gregg's: https://www.brendangregg.com/flamegraphs.html
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { safeText } from '../diagnostics/terminal-text.js';
import { packageFile } from '../package-files.js';
import type { FrameKind, StackNode, StackTree } from './stack-tree.js';

export interface PageOptions {
  readonly title: string;
  /** What is counted, in the plural: `samples`. */
  readonly unit: string;
}

/** Some 3 MB of page, which a browser shows in a moment; the narrowest functions beyond are made one. */
const mostNodes = 150_000;
const longestName = 1024;

/** The page's script reads these as numbers. */
const kinds: readonly FrameKind[] = ['user', 'kernel', 'jit', 'inlined', 'unknown'];

export function flamegraphPage(tree: StackTree, { title, unit }: PageOptions): string {
  const script = asset('page.js');
  const style = asset('page.css');
  const policy = `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'`;
  // `</script>` in a name would end the data.
  const data = JSON.stringify({ unit: safeText(unit), cut: tree.cut, ...tables(tree.root) }).replaceAll('<', '\\u003c');
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escaped(safeText(title))}</title>
<style>${style}</style>`;
  const scripts = `<script id="stacks" type="application/json">${data}</script>
<script>${script}</script>`;
  const [before = '', between = '', after = ''] = asset('page.html').split(/<!-- (?:head|scripts) -->/);
  return before + head + between + scripts + after;
}

interface Tables {
  readonly names: readonly string[];
  /** In the order of drawing, parents first; for each node its depth, its name's index, its kind and its count. */
  readonly nodes: readonly number[];
}

function tables(root: StackNode): Tables {
  const smallest = smallestShown(root);
  const names = new Map<string, number>();
  const nodes: number[] = [];
  const indexOf = (name: string): number => {
    const known = names.get(name);
    if (known !== undefined) return known;
    names.set(name, names.size);
    return names.size - 1;
  };
  const add = (depth: number, name: string, kind: FrameKind, count: number) => {
    nodes.push(depth, indexOf(name), kinds.indexOf(kind), count);
  };
  // Not recursive: a stack may be a thousand frames deep.
  const open: { readonly node: StackNode; readonly depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    add(depth, shown(node.name), node.kind, node.count);
    const children = [...node.children.values()];
    const large = children.filter((child) => child.count >= smallest);
    // By name, so that what is called at different times stands together, and two graphs can be compared.
    large.sort((a, b) => (a.name < b.name ? 1 : a.name > b.name ? -1 : 0));
    const narrow = children.filter((child) => child.count < smallest);
    const together = narrow.reduce((sum, child) => sum + child.count, 0);
    // The last pushed is drawn first.
    if (together > 0) {
      const name = `(${narrow.length} narrow ${narrow.length === 1 ? 'function' : 'functions'})`;
      open.push({ node: { name, kind: 'unknown', count: together, children: new Map() }, depth: depth + 1 });
    }
    for (const child of large) open.push({ node: child, depth: depth + 1 });
  }
  return { names: [...names.keys()], nodes };
}

/** The count that a node must have so that there are not too many. A node has never more than its parent. */
function smallestShown(root: StackNode): number {
  const counts: number[] = [];
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    counts.push(node.count);
    for (const child of node.children.values()) open.push(child);
  }
  if (counts.length <= mostNodes) return 0;
  const ordered = Float64Array.from(counts).sort();
  const limit = ordered[counts.length - mostNodes] ?? 0;
  // Where many are equally narrow, all of them are too many.
  const first = ordered.indexOf(limit);
  return first < counts.length - mostNodes ? (ordered.find((count) => count > limit) ?? limit + 1) : limit;
}

function shown(name: string): string {
  const safe = safeText(name);
  return safe.length <= longestName ? safe : `${safe.slice(0, longestName - 1)}…`;
}

function asset(name: string): string {
  return readFileSync(packageFile(`templates/flamegraph/${name}`), 'utf8');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
