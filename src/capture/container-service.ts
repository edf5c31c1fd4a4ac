/**
 * What the service in a container is called, from what its runtime keeps of it on this host: labels of Kubernetes where they are there, else the container's name as its manifest has it. No API server is asked, and nothing is
 * made up of a pod's name, whose end is random. Sources: containerd's internal/cri/annotations, CRI-O's pkg/annotations, Docker's container/container.go.
 */
import { readFileSync } from 'node:fs';

/** In the order in which they are taken: https://opentelemetry.io/docs/specs/semconv/non-normative/k8s-attributes/. */
const labels = [
  'resource.opentelemetry.io/service.name',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/name',
  'app',
  'com.docker.compose.service',
  'io.kubernetes.container.name',
];
const names = ['io.kubernetes.cri.container-name', 'io.kubernetes.container.name'];

/** `id`: 64 digits. `root`: where this host's files are. Empty where nothing is known. */
export function containerService(id: string, root = ''): string {
  const annotations = textsOf(
    at(
      json(`${root}/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`) ?? crioConfig(id, root),
      'annotations',
    ),
  );
  const docker = json(`${root}/var/lib/docker/containers/${id}/config.v2.json`);
  // A container's own labels are the kubelet's; those of its pod stand with the pod's sandbox.
  const sandbox = annotations['io.kubernetes.cri-o.SandboxID'] ?? '';
  const pod = isId(sandbox) ? textsOf(at(crioConfig(sandbox, root), 'annotations')) : {};
  const labelled = {
    ...textsOf(at(at(docker, 'Config'), 'Labels')),
    ...textsOf(parsed(pod['io.kubernetes.cri-o.Labels'] ?? '')),
    ...textsOf(parsed(annotations['io.kubernetes.cri-o.Labels'] ?? '')),
    ...annotations,
  };
  const key = [...labels, ...names].find((each) => (labelled[each] ?? '') !== '');
  if (key !== undefined) return labelled[key] ?? '';
  return (textsOf(docker).Name ?? '').replace(/^\//, '');
}

const isId = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

const crioConfig = (id: string, root: string): unknown =>
  json(`${root}/run/containers/storage/overlay-containers/${id}/userdata/config.json`);

function json(path: string): unknown {
  try {
    return parsed(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    // Being written, or another version's.
    return undefined;
  }
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

/** Those of its members that are texts. */
function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((each): each is [string, string] => typeof each[1] === 'string'),
  );
}
