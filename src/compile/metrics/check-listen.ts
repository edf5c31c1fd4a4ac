// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
/** Where a prometheus sink listens, as far as it is known before the run: an address in a variable is looked at when the sink is opened. */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { SinkSpec } from '../../language/spec.js';
import { isLoopback, listenAddress } from './listen-address.js';

export function checkListen({ options, optionTexts, optionKeys }: SinkSpec, sink: DiagnosticSink): void {
  const text = optionTexts?.get('listen');
  if (text === undefined || text.text.includes('${')) return;
  const address = listenAddress(text.text);
  if (address === undefined) {
    sink.add('bad-value', `"${text.text}" is no address and port to listen at`, text.span, {
      hints: ['a port is from 0 to 65535, as in 127.0.0.1:9435 or [::1]:9435'],
    });
    return;
  }
  const guarded = options.auth !== undefined || options.tls !== undefined;
  if (isLoopback(address.host) || guarded || optionKeys === undefined) return;
  sink.add('sink-config', `anyone who reaches "${text.text}" can read the metrics`, text.span, {
    severity: 'warning',
    hints: [
      'ask for a password: auth: { username: …, password: "${file:…}" }',
      'or listen on this host only: 127.0.0.1:9435',
    ],
  });
}
