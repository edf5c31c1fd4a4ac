// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { memoryHost } from '../../test/support/memory-host.js';
import { spanText } from '../diagnostics/source.js';
import { options } from '../sinks/option-values.js';
import { resolveOptions } from './environment.js';
import { readPipeline } from './read-pipeline.js';
import { Secret } from './secret.js';

const host = memoryHost(
  { '/run/token': 'from file\n', '/run/two': 'a\nb\n\n', '/run/binary': Uint8Array.of(0xff) },
  { env: { TOKEN: 'hush', EMPTY: '', OTHER: '${TOKEN}' } },
);

function resolved(value: string) {
  const { output, diagnostics } = resolveOptions([{ name: 'http', options: { headers: { A: value } } }], host);
  const headers = output?.[0]?.options.headers;
  const header: unknown = Object(headers).A;
  return { header, errors: diagnostics.map(({ code, message }) => `${code}: ${message}`) };
}

describe('options from outside', () => {
  it.each([
    ['${TOKEN}', 'hush'],
    ['Bearer ${TOKEN}!', 'Bearer hush!'],
    ['${TOKEN}${TOKEN}', 'hushhush'],
    ['${NONE:-a:-b}', 'a:-b'],
    ['${EMPTY:-x}', 'x'],
    ['${EMPTY}', ''],
    ['${OTHER}', '${TOKEN}'],
    ['${file:/run/token}', 'from file'],
    ['${file:/run/two}', 'a\nb\n'],
    ['$${TOKEN} ${TOKEN}', '${TOKEN} hush'],
  ])('%s', (value, text) => {
    const { header, errors } = resolved(value);
    expect(errors).toEqual([]);
    expect(header).toBeInstanceOf(Secret);
    expect(header instanceof Secret && header.reveal()).toBe(text);
    expect(options({ header }).text('header')).toBe(text);
  });

  it.each([
    ['plain', 'plain'],
    ['$TOKEN', '$TOKEN'],
    ['$${TOKEN}', '${TOKEN}'],
    ['$$', '$$'],
  ])('%s is no secret', (value, text) => {
    expect(resolved(value)).toEqual({ header: text, errors: [] });
  });

  it.each([
    ['${NONE}', 'env-missing: the environment has no "NONE"'],
    ['${file:/run/none}', 'env-missing: cannot read "/run/none": there is no such file'],
    ['${TOKEN', 'bad-value: a "${" without a "}"'],
    ['${}', 'bad-value: "${}" is no reference'],
  ])('%s', (value, error) => {
    expect(resolved(value)).toEqual({ header: undefined, errors: [error] });
  });

  it('tells of a file that is no text', () => {
    expect(resolved('${file:/run/binary}').errors).toHaveLength(1);
  });

  it('points at the reference in the YAML', () => {
    const text = `
probes:
  p: { attach: "function:tcp_connect", fields: [time] }
sinks:
  - http:
      url: http://127.0.0.1/
      headers:
        Authorization: "Bearer \${NONE}"
`;
    const spec = readPipeline({ name: 'p.yaml', text }, []).output;
    const { diagnostics } = resolveOptions(spec?.sinks ?? [], host);
    expect(diagnostics.map(({ span }) => span && spanText(span))).toEqual(['${NONE}']);
  });

  it('leaves what is no text', () => {
    const given = { gzip: true, batch: { max_events: 5 }, list: [1, 'a'] };
    expect(resolveOptions([{ name: 'http', options: given }], host).output?.[0]?.options).toEqual(given);
  });

  it('shows no secret by accident', () => {
    const secret = new Secret('hush');
    const shown = [`${secret}`, JSON.stringify({ secret }), inspect({ secret }, { showHidden: true, depth: 9 })];
    for (const text of shown) expect(text).toContain('***');
    for (const text of [...shown, JSON.stringify(Object.entries(secret))]) expect(text).not.toContain('hush');
  });
});
