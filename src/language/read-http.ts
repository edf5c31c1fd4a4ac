/** `http:` of a probe → its options, in one regular form. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { DocumentNode, MappingEntry } from './document-node.js';
import { child, keySpan, present, scalarOf, textOf, wholeNumber } from './node-parts.js';
import type { AlternativeSpec, HttpOptions, ProbeSpec, ServiceRule } from './spec.js';
import { sizeInBytes } from './units.js';

const defaults = { requestHead: 8192, responseHead: 4096 } as const;
/** A head is written into the ring buffer whole. */
const mostHead = 32_768;
const leastHead = 64;

/** For probes of an http: hook; refuses options where there is none. */
export function readHttp(
  probe: MappingEntry,
  attach: readonly AlternativeSpec[] | undefined,
  sink: DiagnosticSink,
): HttpOptions | undefined {
  const node = child(probe.value, 'http');
  const isHttp = attach?.some(({ hooks }) => hooks.some(({ kind }) => kind.value === 'http')) === true;
  const span = keySpan(probe.value, 'http');
  if (!isHttp) {
    if (span !== undefined)
      sink.add('bad-value', `"http" has options of http: hooks, and the probe "${probe.key}" has none`, span, {
        hints: ['attach: http:server'],
      });
    return undefined;
  }
  const redact = child(node, 'redact');
  return {
    requestHead: headSize(child(node, 'request_head'), 'request_head', defaults.requestHead, sink),
    responseHead: headSize(child(node, 'response_head'), 'response_head', defaults.responseHead, sink),
    routes: texts(child(node, 'routes')),
    tls: scalarOf(child(node, 'tls'))?.value !== false,
    guessRoutes: scalarOf(child(node, 'guess_routes'))?.value !== false,
    redact: {
      query: texts(child(redact, 'query')),
      headers: texts(child(redact, 'headers')),
      usual: scalarOf(child(redact, 'usual'))?.value !== false,
    },
    services: items(child(node, 'services')).map(readService),
    propagate: readPropagate(probe, node, attach, sink),
    ...present({
      ports: numbers(child(node, 'ports')),
      processes: numbers(child(node, 'processes')),
      comms: given(child(node, 'comms')),
      executables: given(child(node, 'executables')),
      cgroups: given(child(node, 'cgroups')),
    }),
  };
}

/** Whose requests are changed must be said in one place. */
export function refuseSecondPropagate(probes: readonly ProbeSpec[], sink: DiagnosticSink): void {
  const [, second] = probes.filter(({ http }) => http?.propagate === true);
  if (second === undefined) return;
  sink.add('bad-value', 'one probe of a pipeline has "propagate", and another has it, too', second.name.span, {
    hints: ['say in one probe whose requests are to have a traceparent, by its ports, processes, comms and cgroups'],
  });
}

/** It changes what programs send, so it must be certain whose requests they are before they are sent. */
function readPropagate(
  probe: MappingEntry,
  node: DocumentNode | undefined,
  attach: readonly AlternativeSpec[] | undefined,
  sink: DiagnosticSink,
): boolean {
  if (scalarOf(child(node, 'propagate'))?.value !== true) return false;
  const span = keySpan(node, 'propagate') ?? probe.keySpan;
  const clients = attach?.every(({ hooks }) => hooks.every(({ target }) => target.text.trim() === 'client')) === true;
  if (!clients) {
    sink.add('bad-value', '"propagate" is for requests that are sent: of http:client', span, {
      hints: ['what http:server sees was sent already; give a probe of http:client "propagate"'],
    });
  }
  if (child(node, 'executables') !== undefined) {
    sink.add('bad-value', '"executables" is decided when a request is over, too late for "propagate"', span, {
      hints: ['choose clients by ports, processes, comms or cgroups'],
    });
  }
  return true;
}

function headSize(node: DocumentNode | undefined, key: string, otherwise: number, sink: DiagnosticSink): number {
  const written = textOf(node);
  if (written === undefined) return otherwise;
  const bytes = sizeInBytes(written.text);
  if (bytes !== undefined && bytes >= leastHead && bytes <= mostHead) return bytes;
  sink.add('bad-value', `"${key}" is from ${leastHead}B to ${mostHead / 1024}KiB`, written.span);
  return otherwise;
}

function readService(node: DocumentNode): ServiceRule {
  const part = (key: string): string | undefined => textOf(child(node, key))?.text;
  const port = wholeNumber(child(node, 'port'));
  return {
    name: part('name') ?? '',
    ...present({
      exe: part('exe'),
      comm: part('comm'),
      cmdline: part('cmdline'),
      cgroup: part('cgroup'),
      port: port && Number(port.value),
    }),
  };
}

const items = (node: DocumentNode | undefined): readonly DocumentNode[] =>
  node?.kind === 'sequence' ? node.items : [];
const texts = (node: DocumentNode | undefined): string[] => items(node).flatMap((each) => textOf(each)?.text ?? []);
const given = (node: DocumentNode | undefined): string[] | undefined => (node === undefined ? undefined : texts(node));
const numbers = (node: DocumentNode | undefined): number[] | undefined =>
  node === undefined
    ? undefined
    : items(node).flatMap((each) => {
        const number = wholeNumber(each);
        return number === undefined ? [] : [Number(number.value)];
      });
