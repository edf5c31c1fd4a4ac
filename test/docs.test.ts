/** The documentation against the code: every pipeline in it is right, every error page shows its error, and what is generated is current. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { codes } from '../src/diagnostics/codes.js';
import type { Diagnostic } from '../src/diagnostics/diagnostic.js';
import { positionAt } from '../src/diagnostics/source.js';
import { hookKinds } from '../src/hooks/registry.js';
import { nodeHost } from '../src/host-node.js';
import { resolveOptions } from '../src/language/environment.js';
import { readPipeline } from '../src/language/read-pipeline.js';
import { generateSource, type PipelineOptions } from '../src/pipeline.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const host = nodeHost();
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const pagesIn = (folder: string): string[] =>
  readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}${name}`);

interface Example {
  readonly place: string;
  readonly text: string;
}

/** The YAML blocks that are whole pipelines. */
function pipelinesOf(path: string): Example[] {
  const text = read(path);
  return [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].flatMap(({ 1: block = '', index }) => {
    const whole = /^(?:#.*\n)*(?:probes|name|params|maps):/.test(block);
    return whole ? [{ place: `${path}:${positionAt({ name: path, text }, index).line}`, text: block }] : [];
  });
}

function lint({ place, text }: Example, sets: PipelineOptions['sets'] = []): readonly Diagnostic[] {
  return generateSource({ name: place, text }, host, { sets }).diagnostics;
}

/** Errors of the host and of running, which no text of a pipeline can show; and sizes that no page should have. */
const withoutExample = new Set([
  'yaml-too-large',
  'hook-unsupported',
  'argument-unreadable',
  'file-missing',
  'btf-missing',
  'btf-format',
  'clang-missing',
  'clang-failed',
  'privilege',
  'load-failed',
  'verifier',
  'attach-failed',
  'addon-missing',
  'built-misfit',
  'built-damaged',
  'sink-config',
  'sink-failed',
  'folded-line',
  'usage',
]);

describe.skipIf(!existsSync('/sys/kernel/btf/vmlinux'))('examples', () => {
  it.each([...pagesIn('docs/'), 'README.md'].flatMap(pipelinesOf).map((each) => [each.place, each] as const))(
    '%s is a right pipeline',
    (_, example) => {
      const found = lint(example, requiredParams(example.text));
      expect(found.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([]);
    },
  );

  it.each(Object.keys(codes).filter((code) => !withoutExample.has(code)))(
    'docs/errors/%s.md shows its error',
    (code) => {
      const [example] = pipelinesOf(`docs/errors/${code}.md`);
      expect(example).toBeDefined();
      if (example === undefined) return;
      const found = [...lint(example, code === 'param-unknown' ? [{ name: 'prot', value: '443' }] : [])];
      // What the environment lacks is told when a run starts.
      const { output } = readPipeline({ name: example.place, text: example.text }, []);
      if (output !== undefined) found.push(...resolveOptions(output.sinks, host).diagnostics);
      expect(found.map((each) => each.code)).toContain(code);
    },
  );
});

/** `{ type: u32, required: true` needs a value to be checked at all. */
function requiredParams(text: string): PipelineOptions['sets'] {
  return [...text.matchAll(/^ {2}(\w+): \{.*required: true/gm)].map(([, name = '']) => ({ name, value: '1' }));
}

describe('error pages', () => {
  it('are one for each code', () => {
    const pages = pagesIn('docs/errors/').map((path) => path.replace(/^.*\/(.*)\.md$/, '$1'));
    expect(pages.filter((page) => page !== 'README').sort()).toEqual(Object.keys(codes).sort());
  });

  it.each(Object.entries(codes))('%s begins with its code and title', (code, title) => {
    expect(read(`docs/errors/${code}.md`)).toMatch(new RegExp(`^# ${code}\n\n${title}\\.\n\n\\S`, 'i'));
  });
});

describe('docs', () => {
  it('tell what each kind of hook gives', () => {
    const table = /\| kind \| gives \| mechanism \|\n([\s\S]*?)\n\n/.exec(read('docs/language.md'))?.[1] ?? '';
    const kinds = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind);
    expect(kinds.sort()).toEqual(hookKinds.map(({ kind }) => kind).sort());
  });

  it('have current generated parts', () => {
    const { status, stderr } = spawnSync(process.execPath, [`${root}scripts/generate-docs`, '--check'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('link only to what is there', () => {
    const dead = [
      ...pagesIn('docs/'),
      ...pagesIn('docs/errors/'),
      ...pagesIn('docs/internals/'),
      'ARCHITECTURE.md',
    ].flatMap((path) =>
      [...read(path).matchAll(/\]\(([^)]+)\)/g)].flatMap(([, target = '']) => {
        if (/^https?:/.test(target)) return [];
        const [file = '', anchor] = target.split('#');
        const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
        const linked = file === '' ? path : `${folder}${file}`;
        if (!existsSync(`${root}${linked}`)) return [`${path}: ${target}`];
        return anchor === undefined || anchorsOf(read(linked)).has(anchor) ? [] : [`${path}: ${target}`];
      }),
    );
    expect(dead).toEqual([]);
  });
});

/** Headings as GitHub links to them. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  return new Set(
    [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}
