import { describe, expect, it } from 'vitest';
import { generate } from '../../test/support/generated.js';

const lists = (where: string, http = '{ ports: [80, 81, 82] }'): unknown => {
  const { output, diagnostics } = generate(`
probes:
  request:
    attach: http:server
    http: ${http}
    let: { front: port == 80 }
    where: ${where}
    fields: [path, front]
`);
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  const found = output?.manifest.probes[0]?.http;
  return { ports: found?.ports, processes: found?.processes };
};

describe('a condition that needs no parser narrows what is captured', () => {
  it.each([
    ['port == 80', [80], undefined],
    ['port in [81, 83]', [81], undefined],
    ['port in [80, 81] and status >= 500 and 81 == port', [81], undefined],
    ['front', [80], undefined],
    ['pid == 7 and port == 82', [82], [7]],
    ['pid in [7, 8] or pid == 9', [80, 81, 82], [7, 8, 9]],
    ['port == 80 and port == 81', [], undefined],
    // These say nothing about the connection alone.
    ['port == 80 or status == 500', [80, 81, 82], undefined],
    ['port == 80 or pid == 7', [80, 81, 82], undefined],
    ['not (port == 80)', [80, 81, 82], undefined],
    ['port != 80 and port > 5', [80, 81, 82], undefined],
    ['status == 80', [80, 81, 82], undefined],
    ['tid == 7', [80, 81, 82], undefined],
  ])('%s', (where, ports, processes) => expect(lists(where)).toEqual({ ports, processes }));

  it('also where nothing else does', () => {
    expect(lists('port == 8080', '{}')).toEqual({ ports: [8080], processes: undefined });
    expect(lists('status == 200', '{}')).toEqual({ ports: undefined, processes: undefined });
  });

  it('not by more values than there is room for', () => {
    const many = Array.from({ length: 17 }, (_, index) => index + 1).join(', ');
    expect(lists(`port in [${many}]`, '{}')).toEqual({ ports: undefined, processes: undefined });
  });
});
