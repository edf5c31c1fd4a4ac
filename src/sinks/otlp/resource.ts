/** Where it all comes from: the host, by OpenTelemetry's conventions (https://opentelemetry.io/docs/specs/semconv/resource/), and whatever the user adds. */
import { readFileSync } from 'node:fs';
import { arch, hostname, release } from 'node:os';
import type { KeyValue } from './messages.js';

/** As `host.arch` has them. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: 'x86', arm: 'arm32' };

/** `given` goes before what is found here. */
export function hostResource(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const id = machineId();
  return {
    'service.name': 'probepipe',
    'host.name': hostname(),
    ...(id === '' ? {} : { 'host.id': id }),
    'host.arch': architectures[arch()] ?? arch(),
    'os.type': 'linux',
    'os.version': release(),
    ...given,
  };
}

/** That of systemd and D-Bus: no address, no serial number. */
function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** What an event says of whom it is about goes before what is said of all. */
export function resourceOf(
  common: Readonly<Record<string, string>>,
  own: readonly KeyValue[],
): { readonly attributes: readonly KeyValue[] } {
  const owned = new Set(own.map(({ key }) => key));
  const rest = Object.entries(common).filter(([key]) => !owned.has(key));
  return { attributes: [...rest.map(([key, value]) => ({ key, value: { stringValue: value } })), ...own] };
}
