/** pipelines/memleak.yaml on a program whose leaks are known: what is outstanding, exactly, by the function that allocated it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';

const source = `
#include <stdio.h>
#include <stdlib.h>
#define KEPT(p) __asm__ volatile("" ::"r"(p))
__attribute__((noinline)) void leaks(int n) { for (int i = 0; i < n; i++) { void *p = malloc(1000); KEPT(p); } }
__attribute__((noinline)) void zeroed(int n) { for (int i = 0; i < n; i++) { void *p = calloc(10, 50); KEPT(p); } }
__attribute__((noinline)) void clean(int n) { for (int i = 0; i < n; i++) { void *p = malloc(77); KEPT(p); free(p); } }
__attribute__((noinline)) void grows(int n) { void *p = malloc(8); for (int i = 1; i <= n; i++) { p = realloc(p, i * 100000); KEPT(p); } }
__attribute__((noinline)) void aligned(int n) { for (int i = 0; i < n; i++) { void *p = 0; if (posix_memalign(&p, 64, 640)) abort(); KEPT(p); } }
int main(void)
{
	setbuf(stdout, 0);
	getchar();
	leaks(30); zeroed(20); clean(100); grows(7); aligned(5);
	puts("done");
	getchar();
	return 0;
}
`;

it.skipIf(!isRoot)('memleak tells what is outstanding by the functions that allocated it', async () => {
  using work = new Workspace();
  const program = work.path('ppleak');
  execFileSync('cc', ['-O1', '-g', '-o', program, work.file('leak.c', source)]);
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  const args = ['run', 'pipelines/memleak.yaml', '--pid', `${child.pid}`, '--format', 'jsonl'];
  const run = await new Probepipe(args).attached();
  const said = once(child.stdout, 'data');
  child.stdin.write('\n');
  await said;
  const { code, stdout, stderr } = await run.stop();
  const closed = once(child, 'close');
  child.stdin.end('\n');
  await closed;
  expect([code, stderr.includes('nothing lost')], stderr).toEqual([0, true]);
  const rows = jsonLines(stdout).filter(({ count }) => Number(count) > 0);
  const found = rows.map(({ bytes, count, stack }) => [/"([a-z]+)\+/.exec(JSON.stringify(stack))?.[1], bytes, count]);
  expect(found.filter(([name]) => name !== undefined)).toEqual([
    ['grows', 700_000, 1],
    ['leaks', 30_000, 30],
    ['zeroed', 10_000, 20],
    ['aligned', 3200, 5],
  ]);
});
