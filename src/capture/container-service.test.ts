import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { containerService } from './container-service.js';

const root = mkdtempSync(join(tmpdir(), 'probepipe-containers-'));
afterAll(() => rmSync(root, { recursive: true }));

let last = 0;
/** A container of which a runtime keeps this; `PATH` has ID for its id. */
function container(path: string, text: string): string {
  const id = (++last).toString(16).padStart(64, '0');
  const file = join(root, path.replace('ID', id));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return id;
}

const containerd = '/run/containerd/io.containerd.runtime.v2.task/k8s.io/ID/config.json';
const crio = '/run/containers/storage/overlay-containers/ID/userdata/config.json';
const docker = '/var/lib/docker/containers/ID/config.v2.json';

describe('a service in a container is called by', () => {
  it.each([
    [
      'the name in its manifest, with containerd',
      containerd,
      {
        annotations: {
          'io.kubernetes.cri.container-name': 'shop',
          'io.kubernetes.cri.sandbox-name': 'shop-6f5d-x2x9q',
        },
      },
      'shop',
    ],
    ['the name in its manifest, with CRI-O', crio, { annotations: { 'io.kubernetes.container.name': 'shop' } }, 'shop'],
    [
      'its service of Compose',
      docker,
      { Name: '/project-shop-1', Config: { Labels: { 'com.docker.compose.service': 'shop' } } },
      'shop',
    ],
    ['its name, with Docker', docker, { Name: '/shop', Config: { Labels: { app: '' } } }, 'shop'],
    ['nothing, where that is of no use', containerd, { annotations: ['shop'], other: null }, ''],
  ])('%s', (_, path, kept, name) => expect(containerService(container(path, JSON.stringify(kept)), root)).toBe(name));

  it('a label of its pod, which CRI-O keeps with the sandbox', () => {
    const podLabels = { 'app.kubernetes.io/name': 'shop', app: 'other', 'io.kubernetes.pod.name': 'shop-6f5d-x2x9q' };
    const kubelets = { 'io.kubernetes.container.name': 'main' };
    const kept = (labels: unknown, more = {}): string =>
      JSON.stringify({ annotations: { 'io.kubernetes.cri-o.Labels': JSON.stringify(labels), ...more } });
    const sandbox = container(crio, kept(podLabels));
    const id = container(crio, kept(kubelets, { 'io.kubernetes.cri-o.SandboxID': sandbox }));
    expect(containerService(id, root)).toBe('shop');
    const astray = container(crio, kept(kubelets, { 'io.kubernetes.cri-o.SandboxID': `../${sandbox}` }));
    expect(containerService(astray, root)).toBe('main');
  });

  it.each(['', '{', 'null', '"text"', '[1]'])('nothing, where the file has %j', (text) =>
    expect(containerService(container(docker, text), root)).toBe(''),
  );

  it('nothing, where there is no file', () => expect(containerService('f'.repeat(64), root)).toBe(''));
});
