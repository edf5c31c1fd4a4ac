/** `limits:` → its spec. Refused: times in which the kernel's account says nothing yet, or nobody waits for. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { DocumentNode } from './document-node.js';
import { child, keySpan, scalarOf } from './node-parts.js';
import type { LimitsSpec, ProbeSpec } from './spec.js';
import { nanoseconds } from './units.js';

const usualForNs = 5_000_000_000n;
const shortestNs = 500_000_000n;
const longestNs = 3_600_000_000_000n;

/** Of a pipeline: what those of its probes may cost together that have no limit of their own. */
export function readPipelineLimits(
  root: DocumentNode,
  probes: readonly ProbeSpec[],
  sink: DiagnosticSink,
): LimitsSpec | undefined {
  for (const probe of probes) refuseHttp(root, probe, sink);
  return readLimits(root, sink);
}

/** `node`: the probe's. */
export function readProbeLimits(node: DocumentNode, probe: ProbeSpec, sink: DiagnosticSink): LimitsSpec | undefined {
  refuseHttp(node, probe, sink);
  const span = keySpan(node, 'limits');
  if (span !== undefined && probe.every !== undefined)
    sink.add(
      'bad-value',
      `the probe "${probe.name.value}" cannot have "limits": it runs only when it is told to`,
      span,
      {
        hints: ['a longer "every" makes it cost less'],
      },
    );
  return readLimits(node, sink);
}

function refuseHttp(node: DocumentNode, { name, http }: ProbeSpec, sink: DiagnosticSink): void {
  const limit = keySpan(node, 'limits');
  if (http === undefined || limit === undefined) return;
  const message = `the probe "${name.value}" cannot be kept to "limits": all probes of http share what captures requests`;
  sink.add('bad-value', message, name.span, {
    hints: ['"ports", "comms" and "cgroups" under "http" limit what is captured'],
    related: [{ message: 'the limit', span: limit }],
  });
}

function readLimits(owner: DocumentNode, sink: DiagnosticSink): LimitsSpec | undefined {
  const node = child(owner, 'limits');
  if (node === undefined) return undefined;
  const cpu = scalarOf(child(node, 'cpu'));
  const time = scalarOf(child(node, 'for'));
  const forNs = time === undefined ? usualForNs : nanoseconds(time.text);
  if (time !== undefined && forNs !== undefined && (forNs < shortestNs || forNs > longestNs))
    sink.add('bad-value', `"for" must be from 500ms to 1h, not "${time.text}"`, time.span, {
      hints: ['it is how long the limit may be exceeded before it is kept'],
    });
  // The schema has told of what is written otherwise.
  if (cpu === undefined || !/^[0-9.]+%$/.test(cpu.text)) return undefined;
  return { cpuShare: Number(cpu.text.slice(0, -1)) / 100, forMs: Number((forNs ?? usualForNs) / 1_000_000n) };
}
