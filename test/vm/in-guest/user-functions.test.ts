/** Functions of C and Go by their debug information, on older kernels and their verifiers. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonLines, Probepipe, Workspace } from '../../support/probepipe.js';
import { Programs, run } from '../../support/programs.js';
import { guestServer } from '../guest-programs.js';

const timeout = 180_000;

async function eventsOf(yaml: string, load: () => unknown): Promise<Record<string, unknown>[]> {
  using work = new Workspace();
  const started = await new Probepipe(['run', work.file('pipeline.yaml', yaml), '--format', 'jsonl']).attached();
  await load();
  const { code, stdout, stderr } = await started.stop();
  expect(stderr).toContain('nothing lost');
  expect(code).toBe(0);
  return jsonLines(stdout);
}

describe('functions of programs in the guest', () => {
  it('of C give structs from registers, from the stack and by pointers', { timeout }, async () => {
    const programs = new Programs();
    const binary = programs.compile('gcc', 'functions.c', 'functions', '-O2');
    const events = await eventsOf(
      `
probes:
  many:
    attach: ucall:${binary}:many
    where: args.a == 2
    fields: [h: str(args.h), y: args.p.y, retval]
  value:
    attach: ucall:${binary}:by_value
    where: args.z == 3
    fields: [y: args.p.y, right: retval.y]
  walk:
    attach: uprobe:${binary}:walk
    fields: [name: str(args.item.next.name), tail: args.item.next.tail, color: args.item.next.inner.color]
`,
      () => run(binary),
    );
    programs.remove();
    expect(events.filter(({ probe }) => probe !== 'walk')).toEqual([
      { probe: 'many', h: 'eighth', y: -2, retval: -7 },
      { probe: 'value', y: 6, right: 4 },
    ]);
    const walked = { probe: 'walk', name: 'last', tail: -9, color: 'GREEN' };
    expect(events.filter(({ probe }) => probe === 'walk')).toEqual(Array.from({ length: 10 }, () => walked));
  });

  it('of Go give strings of known length, in events, conditions and keys', { timeout }, async (context) => {
    if (!existsSync(guestServer)) context.skip('Go is not installed (scripts/setup --test)');
    const events = await eventsOf(
      `
maps:
  paths: { key: { path: string(32), short: string(4) }, value: count }
probes:
  handle:
    attach: ucall:${guestServer}:main.handle
    where: args.path == "/items/3" or starts_with(args.r.Method, "POST")
    fields: [path: args.path, method: "str(args.r.Method, 2)", ret: retval.r0]
  count:
    attach: uprobe:${guestServer}:main.handle
    update:
      paths[str(args.path, 32), str(args.r.Method, 4)]: count()
`,
      () => run(guestServer, '4', '3'),
    );
    const handled = { probe: 'handle', path: '/items/3', method: 'GE', ret: -3 };
    expect(events.filter(({ probe }) => probe === 'handle')).toEqual([handled, handled, handled]);
    expect(
      events
        .filter(({ map }) => map === 'paths')
        .map(({ path, short, count }) => [path, short, count])
        .sort(),
    ).toEqual([0, 1, 2, 3].map((call) => [`/items/${call}`, 'GET', 3]));
  });
});
