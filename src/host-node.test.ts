import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeHost } from './host-node.js';

const host = nodeHost();
const folder = mkdtempSync(join(tmpdir(), 'probepipe-host-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('nodeHost', () => {
  it('writes a file whole, readable by its owner only, and leaves nothing beside it', () => {
    const path = join(folder, 'whole');
    host.writeFileAtomically(path, 'first');
    host.writeFileAtomically(path, new Uint8Array([0x68, 0x69]));
    expect(readFileSync(path, 'utf8')).toBe('hi');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['whole']);
  });

  it('replaces a link rather than writing through it', () => {
    const target = join(folder, 'target');
    const link = join(folder, 'link');
    writeFileSync(target, 'untouched');
    symlinkSync(target, link);
    host.writeFileAtomically(link, 'new');
    expect(readFileSync(target, 'utf8')).toBe('untouched');
    expect(readFileSync(link, 'utf8')).toBe('new');
  });

  it('throws where a file cannot be written, with the cause', () => {
    expect(() => host.writeFileAtomically(join(folder, 'no/such/folder'), '')).toThrow(/ENOENT/);
  });

  it('tells files, folders and nothing apart', () => {
    expect(host.stat(folder)?.kind).toBe('directory');
    expect(host.stat('/dev/null')?.kind).toBe('other');
    expect(host.stat(join(folder, 'none'))).toBeUndefined();
    expect(host.stat('/dev/null/below')).toBeUndefined();
    expect(host.readDirectory('/dev/null')).toEqual([]);
    expect(host.realPath(join(folder, 'none'))).toBeUndefined();
  });

  it('reads part of a file, and less at its end', () => {
    const path = join(folder, 'parts');
    writeFileSync(path, '0123456789');
    expect(Buffer.from(host.readPart?.(path, 2, 3) ?? []).toString()).toBe('234');
    expect(Buffer.from(host.readPart?.(path, 8, 30) ?? []).toString()).toBe('89');
  });

  it('finds programs on PATH only', () => {
    expect(host.findProgram('sh')).toMatch(/^\/.*\/sh$/);
    expect(host.findProgram('no-such-program-here')).toBeUndefined();
  });

  it('runs a program and gives its output, exit code and input', async () => {
    const result = await host.run('sh', ['-c', 'cat; echo oops >&2; exit 3'], { input: 'given' });
    expect(result).toEqual({ exitCode: 3, stdout: 'given', stderr: 'oops\n' });
    expect(await host.run('no-such-program-here', [])).toBeUndefined();
  });

  it('stops a program that takes too long', async () => {
    const result = await host.run('sleep', ['30'], { timeoutMs: 50 });
    expect(result?.exitCode).toBe(128);
    expect(result?.stderr).toContain('sleep was stopped after 50 ms');
  });
});
