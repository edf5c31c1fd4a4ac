/** What a run with a probe of a protocol needs besides others: captured bytes put together, and TLS libraries found. */
import type { Manifest } from '../compile/manifest.js';
import type { Host } from '../host.js';
import { probesLeft } from '../runtime/choose-alternatives.js';
import type { NativeAddon } from '../runtime/native-addon.js';
import type { Session } from '../runtime/session.js';
import { HttpCapture } from './http-capture.js';
import { shrinkHeap } from './small-heap.js';
import { TlsLibraries } from './tls-libraries.js';

const settledMs = 200;

/** `warn`: one line to the user, said once for each key. */
export function openCapture(
  manifest: Manifest,
  addon: NativeAddon,
  session: Session,
  host: Host,
  warn: (key: string, message: string) => void,
): HttpCapture {
  const capture = new HttpCapture(manifest, addon, session.connections, (program, contexts) =>
    session.run(program, contexts),
  );
  if (probesLeft(manifest).some(({ http }) => http?.tls === true))
    capture.watch(new TlsLibraries(host, (program, target) => session.attach(program, target), warn));
  // Not before the run has told that it is attached.
  setTimeout(shrinkHeap, settledMs).unref();
  return capture;
}
