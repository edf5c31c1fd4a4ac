import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { chromium, openPage, type Page } from '../../test/support/browser.js';
import { flamegraphPage } from './flamegraph-page.js';
import { readFoldedStacks } from './folded-stacks.js';
import { StackTree } from './stack-tree.js';

const folder = mkdtempSync(join(tmpdir(), 'probepipe-flamegraph-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function pageOf(folded: string): string {
  const { output, diagnostics } = readFoldedStacks('test', Buffer.from(folded));
  if (output === undefined) throw new Error(diagnostics[0]?.message);
  return flamegraphPage(output, { title: 'a <b>"title"</b>', unit: 'samples' });
}

/** What the page's script gets: [depth, name, kind, count] of each node. */
function nodesOf(page: string): [number, string, number, number][] {
  const [, json = ''] = /<script id="stacks" type="application\/json">(.*)<\/script>/.exec(page) ?? [];
  const { names, nodes } = JSON.parse(json);
  const count = nodes.length / 4;
  return Array.from({ length: count }, (_, at) => {
    const [depth, name, kind, value] = nodes.slice(at * 4, at * 4 + 4);
    return [depth, names[name], kind, value];
  });
}

describe('flamegraphPage', () => {
  it('merges stacks from their roots and orders functions by name', () => {
    expect(nodesOf(pageOf('main;b;c 3\nmain;a 2\nmain;b 1\n'))).toEqual([
      [0, 'all', 0, 6],
      [1, 'main', 0, 6],
      [2, 'a', 0, 2],
      [2, 'b', 0, 4],
      [3, 'c', 0, 3],
    ]);
  });

  it('tells kernel, compiled, inlined and nameless functions apart', () => {
    const page = pageOf('main;JS:*work /a.js:1;inner_[i];read;do_read_[k];[libc.so.6]+0x12;[kernel] 1');
    expect(nodesOf(page).map(([, name, kind]) => `${name} ${kind}`)).toEqual([
      'all 0',
      'main 0',
      'JS:*work /a.js:1 2',
      'inner 3',
      'read 0',
      'do_read 1',
      '[libc.so.6]+0x12 4',
      '[kernel] 1',
    ]);
  });

  it('has names as data only', () => {
    const page = pageOf('</script><script>alert(1)</script>;<!--;\u001b[2J\u202e 1');
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).not.toContain('\u001b');
    expect(page).not.toContain('<b>"title"');
    expect(nodesOf(page).map(([, name]) => name)).toContain('\\x1b[2J\\u202e');
  });

  it('makes the narrowest functions one where there are too many, and loses no count', () => {
    const tree = new StackTree();
    for (let at = 0; at < 200_000; at++) tree.add(['main', `wide${at % 10}`, `narrow${at}`], 1);
    tree.add(['main', 'wide0', 'heavy'], 100);
    const nodes = nodesOf(flamegraphPage(tree, { title: 'many', unit: 'samples' }));
    expect(nodes.length).toBeLessThan(150_000);
    expect(nodes[0]).toEqual([0, 'all', 0, 200_100]);
    expect(nodes).toContainEqual([3, 'heavy', 0, 100]);
    expect(nodes).toContainEqual([3, '(20000 narrow functions)', 4, 20_000]);
  });

  it('keeps stacks that are deeper than any call', () => {
    const deep = Array.from({ length: 5000 }, (_, at) => `f${at}`).join(';');
    expect(nodesOf(pageOf(`${deep} 1`)).at(-1)?.[0]).toBe(1024);
  });
});

describe('StackTree', () => {
  it('cuts stacks short where there are too many to tell apart, and counts what it cut', () => {
    const tree = new StackTree(4);
    tree.add(['main', 'a', 'b'], 1);
    tree.add(['main', 'a', 'c'], 2);
    tree.add(['main', 'a', 'b'], 4);
    expect(tree.root.count).toBe(7);
    expect(tree.cut).toBe(2);
    expect(nodesOf(flamegraphPage(tree, { title: 'x', unit: 'y' }))).toEqual([
      [0, 'all', 0, 7],
      [1, 'main', 0, 7],
      [2, 'a', 0, 7],
      [3, 'b', 0, 5],
    ]);
  });
});

describe('readFoldedStacks', () => {
  it('reads names with spaces, fractions, carriage returns and comments', () => {
    const tree = readFoldedStacks('x', Buffer.from('# made by hand\r\na b;c(int, char) 2\r\n\r\na b 0.5')).output;
    expect(tree?.root.count).toBe(2.5);
    expect([...(tree?.root.children.keys() ?? [])]).toEqual(['a b']);
  });

  it('says what is wrong', () => {
    const message = (text: string) => readFoldedStacks('x', Buffer.from(text)).diagnostics.map((each) => each.message);
    expect(message('a;b 1\na;b')).toEqual(['line 2 of "x" ends in no count: "a;b"']);
    expect(message('a;b -1')).toEqual(['line 1 of "x" ends in no count: "a;b -1"']);
    expect(message('\n')).toEqual(['there are no stacks in "x"']);
  });
});

if (chromium === undefined) {
  console.warn('skipped: flame graphs in a browser need chromium (apt-get install chromium)');
}

describe.skipIf(chromium === undefined)('a flame graph in Chromium', () => {
  let page: Page | undefined;
  afterEach(async () => {
    await page?.close();
  });

  async function open(folded: string): Promise<Page> {
    const path = join(folder, 'page.html');
    writeFileSync(path, pageOf(folded));
    page = await openPage(path);
    return page;
  }

  const text = (selector: string) => `document.querySelector(${JSON.stringify(selector)}).textContent`;
  const drawn = `[...document.querySelectorAll('.frame')].map((each) => each.textContent).join(' ')`;

  it('zooms by click and key, searches, and tells counts and shares', async () => {
    const { evaluate, click, hover, press, requests, complaints } = await open(
      'main;left;deep 60\nmain;right;leaf 30\nmain;right;<img src=x> 10\n',
    );
    expect(await evaluate(text('h1'))).toBe('a <b>"title"</b>');
    expect(await evaluate(text('#total'))).toBe('100 samples');
    expect(await evaluate(drawn)).toBe('all main left deep right <img src=x> leaf');

    await hover('[aria-label^="right,"]');
    expect(await evaluate(text('#tip'))).toBe('right40 samples, 40.00% of all');
    await click('[aria-label^="right,"]');
    expect(await evaluate(drawn)).toBe('main all right <img src=x> leaf');
    await hover('[aria-label^="leaf,"]');
    expect(await evaluate(text('#tip'))).toBe('leaf30 samples, 30.00% of all, 75.00% of what is shown');

    await press('Escape');
    expect(await evaluate(drawn)).toContain('left');
    await press('/', '/');
    for (const key of 'LE') await press(key, key);
    expect(await evaluate(text('#found'))).toBe('90.00% of what is shown');
    await press('Escape');
    expect(await evaluate(text('#found'))).toBe('');

    await evaluate(`document.querySelector('[tabindex="0"].frame').focus()`);
    const where = `document.activeElement.getAttribute('aria-label').split(',')[0]`;
    for (const [key, name] of [
      ['ArrowUp', 'main'],
      ['ArrowUp', 'left'],
      ['ArrowRight', 'right'],
      ['ArrowDown', 'main'],
      ['ArrowUp', 'left'],
    ]) {
      await press(key ?? '');
      expect(await evaluate(where)).toBe(name);
    }
    await press('Enter');
    expect(await evaluate(drawn)).toBe('main all left deep');
    expect(await evaluate(where)).toBe('left');

    expect(requests).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  it('says so where there is nothing', async () => {
    const path = join(folder, 'empty.html');
    writeFileSync(path, flamegraphPage(new StackTree(), { title: 'empty', unit: 'samples' }));
    page = await openPage(path);
    expect(await page.evaluate(text('#details'))).toBe('There were no stacks.');
    expect(page.complaints).toEqual([]);
  });

  it('draws 50,000 stacks as a few thousand elements', async () => {
    // A linear congruential generator of full period, so that every run draws the same.
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const lines = Array.from({ length: 50_000 }, (_, at) => {
      const frames = Array.from({ length: 5 + random(30) }, (_, depth) => `function_${random(depth < 6 ? 3 : 200)}`);
      return `main;${frames.join(';')};leaf${at} ${1 + random(20)}`;
    });
    const { evaluate, click, complaints } = await open(lines.join('\n'));
    const count = `document.querySelectorAll('#graph > *').length`;
    expect(await evaluate(count)).toBeGreaterThan(200);
    expect(await evaluate(count)).toBeLessThan(15_000);
    await click('[aria-level="6"]');
    expect(await evaluate(count)).toBeLessThan(15_000);
    expect(complaints).toEqual([]);
  }, 60_000);
});
