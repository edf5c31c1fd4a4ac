/** From YAML to C and to an object, with the rich kernel's types, the real clang and no cache. */
import { compileObject } from '../../src/compile/compile-object.js';
import type { Host } from '../../src/host.js';
import { nodeHost } from '../../src/host-node.js';
import { generateSource } from '../../src/pipeline.js';
import { richKernelBtf, richKernelPath } from './rich-kernel.js';

const real = nodeHost();
const btf = Buffer.from(richKernelBtf());

/** The real host with one file more. */
export const richHost: Host = {
  ...real,
  env: { ...real.env, XDG_CACHE_HOME: undefined, HOME: undefined },
  readFile: (path) => (path === richKernelPath ? btf : real.readFile(path)),
  readPart: (path, offset, length) =>
    path === richKernelPath
      ? btf.subarray(offset, offset + length)
      : (real.readPart?.(path, offset, length) ?? real.readFile(path).subarray(offset, offset + length)),
  stat: (path) =>
    path === richKernelPath ? { size: btf.length, modifiedMs: 0, uid: 0, mode: 0o600, kind: 'file' } : real.stat(path),
};

export function generate(yaml: string) {
  const source = { name: 'p.yaml', text: yaml };
  return { source, ...generateSource(source, richHost, { sets: [], btfFile: richKernelPath }) };
}

/** What was wrong, from the first stage that refused; nothing for a pipeline that compiles without a warning. */
export async function refusals(yaml: string): Promise<readonly string[]> {
  const { source, output, diagnostics } = generate(yaml);
  if (output === undefined) return diagnostics.map((each) => each.message);
  const compiled = await compileObject(output.c, source, richHost);
  return compiled.diagnostics.map((each) => each.detail ?? each.message);
}

/** The C of one program from its section on, without the statements that every program has. */
export function programText(yaml: string, section: string): string {
  const { output, diagnostics } = generate(yaml);
  if (output === undefined) throw new Error(diagnostics.map((each) => each.message).join('\n'));
  const [, text = ''] = output.plain.c.split(`SEC("${section}")\n`);
  return text.slice(0, text.indexOf('\n}\n') + 3);
}
