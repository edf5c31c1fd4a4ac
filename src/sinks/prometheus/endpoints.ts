/** The endpoints of this process. Pipelines of one run that listen at the same address share one, as their metrics share a page where their paths are equal, too. */
import type { ListenAddress } from '../../compile/metrics/listen-address.js';
import { checkKeyPair } from '../pem.js';
import { errorCode, errorMeaning, SinkError } from '../sink-error.js';
import { Endpoint, type EndpointOptions } from './endpoint.js';
import { type Family, labelText } from './exposition.js';
import type { PrometheusOptions } from './prometheus.js';

interface Open {
  readonly endpoint: Endpoint;
  /** What all who share it must agree on. */
  readonly settings: string;
}

const open = new Map<string, Open>();

type Settings = Pick<PrometheusOptions, 'name' | 'auth' | 'tls' | 'timeoutMs'>;

/** `place`: the address in messages. Rejects with a `SinkError`. */
export async function acquireEndpoint(address: ListenAddress, place: string, options: Settings): Promise<Endpoint> {
  const { auth, tls, timeoutMs, name } = options;
  const key = `${address.host}:${address.port}`;
  const settings = JSON.stringify([auth, tls, timeoutMs]);
  const there = address.port === 0 ? undefined : open.get(key);
  if (there !== undefined) {
    if (there.settings === settings) return there.endpoint;
    throw new SinkError(
      `sink "${name}": another sink of this run listens at ${place} with other "auth", "tls" or "timeout"`,
      ['make them equal, or listen at another port'],
      'listen',
    );
  }
  await checkKeyPair(name, tls?.cert, tls?.key);
  const endpoint = await opened({ address, auth, timeoutMs, tls }, name, place);
  open.set(`${address.host}:${endpoint.port}`, { endpoint, settings });
  return endpoint;
}

/** Closes it when nobody has a page there any more. */
export async function releaseEndpoint(endpoint: Endpoint, deadlineMs: number): Promise<void> {
  if (!endpoint.unused) return;
  for (const [key, each] of open) if (each.endpoint === endpoint) open.delete(key);
  await endpoint.close(deadlineMs);
}

async function opened(options: EndpointOptions, name: string, place: string): Promise<Endpoint> {
  try {
    return await Endpoint.open(options, pageFamilies);
  } catch (error) {
    const code = errorCode(error);
    const [meaning = errorMeaning(code), ...hints] = listenMeanings[code] ?? [];
    throw new SinkError(`sink "${name}": cannot listen at ${place}: ${meaning}`, hints, 'listen');
  }
}

/** What is wrong, and what would be right. */
const listenMeanings: Readonly<Record<string, readonly string[]>> = {
  EADDRINUSE: [
    'the port is in use',
    'another program listens there (ss -ltnp tells which), perhaps another run of probepipe',
    'choose another: listen: 127.0.0.1:9436',
  ],
  EADDRNOTAVAIL: ['this host has no such address', 'ip addr tells those that it has; 0.0.0.0 stands for all of them'],
  EACCES: ['ports below 1024 need root'],
  EPERM: ['ports below 1024 need root'],
  ENOTFOUND: ['no such host', 'it is an address of this host, or a name of one'],
  EAI_AGAIN: ['the name could not be looked up', 'write an address of this host'],
};

/** What is of the page and of no pipeline. */
function pageFamilies(scrapes: number): readonly Family[] {
  const [node = '', arch = ''] = [process.versions.node, process.arch];
  const labels = `${labelText('node', node)},${labelText('arch', arch)}`;
  return [
    {
      name: 'probepipe_build_info',
      kind: 'gauge',
      help: 'What runs here.',
      unit: '',
      samples: [{ suffix: '', labels, value: '1' }],
    },
    {
      name: 'probepipe_scrapes',
      kind: 'counter',
      help: 'Scrapes of this page.',
      unit: '',
      samples: [{ suffix: '_total', labels: '', value: String(scrapes) }],
    },
  ];
}
