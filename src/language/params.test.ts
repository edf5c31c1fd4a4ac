import { describe, expect, it } from 'vitest';
import { readPipeline } from './read-pipeline.js';

const text = `
params:
  port: { type: u16, default: 80 }
  low: { type: i8, default: 0 }
  size: { type: u64, default: 4KiB }
  on: { type: bool, default: false }
  name: { type: comm, default: nginx }
  wait: { type: duration, default: 10ms }
  op: { type: enum req_op, default: REQ_OP_READ }
probes:
  p: { attach: "function:tcp_connect", fields: [time] }
`;

const source = { name: 'p.yaml', text };

function set(name: string, value: string) {
  const { output, diagnostics } = readPipeline(source, [{ name, value }]);
  return {
    value: output?.params.find((param) => param.name.value === name)?.value?.value,
    errors: diagnostics.map(({ code, message }) => `${code}: ${message}`),
    diagnostics,
  };
}

describe('--set', () => {
  it('has defaults in the kinds of their types', () => {
    const values = readPipeline(source, []).output?.params.map(({ value }) => value?.value);
    expect(values).toEqual([80n, 0n, 4096n, false, 'nginx', 10_000_000n, 'REQ_OP_READ']);
  });

  it.each([
    ['port', '443', 443n],
    ['port', '0x1bb', 443n],
    ['port', '0b11', 3n],
    ['port', '1_000', 1000n],
    ['port', '65535', 65535n],
    ['low', '-128', -128n],
    ['low', '+1', 1n],
    ['size', '18446744073709551615', 18446744073709551615n],
    ['size', '10ms', 10_000_000n],
    ['size', '2GiB', 2147483648n],
    ['on', 'true', true],
    ['name', '', ''],
    ['name', 'fifteen-bytes-x', 'fifteen-bytes-x'],
    ['wait', '1.5s', 1_500_000_000n],
    ['wait', '0', 0n],
    ['op', '3', 3n],
    ['op', 'REQ_OP_WRITE', 'REQ_OP_WRITE'],
  ])('%s=%s', (name, given, value) => {
    expect(set(name, given)).toMatchObject({ value, errors: [] });
  });

  it.each([
    ['port', '65536', 'the param "port" is of type u16, from 0 to 65535, not "65536"'],
    ['port', '-1', 'the param "port" is of type u16, from 0 to 65535, not "-1"'],
    ['port', '', 'the param "port" is of type u16, a whole number from 0 to 65535, not ""'],
    ['port', '0x', 'the param "port" is of type u16, not "0x"'],
    ['port', '80 ; x', 'the param "port" is of type u16, a whole number from 0 to 65535, not "80 ; x"'],
    ['port', '1constructor', 'the param "port" is of type u16, not "1constructor"'],
    [
      'size',
      '18446744073709551616',
      'the param "size" is of type u64, from 0 to 18446744073709551615, not "18446744073709551616"',
    ],
    ['on', 'yes', 'the param "on" is a bool: true or false, not "yes"'],
    ['name', 'sixteen-bytes-xx', 'the param "name" is a comm: at most 15 bytes, not "sixteen-bytes-xx"'],
    ['name', 'üüüüüüüü', 'the param "name" is a comm: at most 15 bytes, not "üüüüüüüü"'],
    ['wait', '10', 'the param "wait" is a duration, such as 10ms or 2s, not "10"'],
    ['wait', '600y', 'the param "wait" is a duration, such as 10ms or 2s, not "600y"'],
    ['wait', '1constructor', 'the param "wait" is a duration, such as 10ms or 2s, not "1constructor"'],
    ['wait', '99999999999d', 'the param "wait" is a duration of at most 584 years, not "99999999999d"'],
  ])('%s=%s is refused', (name, given, message) => {
    expect(set(name, given).errors).toEqual([`param-value: ${message}`]);
  });

  it('points at the value on the command line', () => {
    expect(set('port', 'x').diagnostics[0]?.span).toEqual({
      source: { name: 'command line', text: '--set port=x' },
      start: 11,
      end: 12,
    });
  });

  it('takes the last of two', () => {
    const sets = ['1', '2'].map((value) => ({ name: 'port', value }));
    expect(readPipeline(source, sets).output?.params[0]?.value?.value).toBe(2n);
  });

  it('knows no other params', () => {
    const { diagnostics } = set('prot', '1');
    expect(diagnostics).toMatchObject([
      {
        code: 'param-unknown',
        message: 'the pipeline "p" has no param "prot"',
        hints: ['did you mean "port"?', 'its params are port, low, size, on, name, wait, op'],
      },
    ]);
  });

  it('sets what is required', () => {
    const required = {
      name: 'p.yaml',
      text: text.replace('type: u16, default: 80', 'type: u16, required: true, description: which one'),
    };
    expect(readPipeline(required, [{ name: 'port', value: '1' }]).output?.params[0]?.value?.value).toBe(1n);
    expect(readPipeline(required, []).diagnostics).toMatchObject([
      { code: 'param-missing', hints: ['run with --set port=… (u16, which one)'] },
    ]);
  });
});
