/** What a scrape asks for in its headers (RFC 9110, 12.5). */
import type { IncomingHttpHeaders } from 'node:http';
import type { PageFormat } from './exposition.js';

interface Choice {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** OpenMetrics where it is liked at least as well as the older text; in Prometheus' own reading of it for Prometheus. */
export function formatFor(headers: IncomingHttpHeaders): PageFormat {
  let [open, text] = [0, 0];
  for (const { value, parameters, quality } of choices(headers.accept ?? '')) {
    const version = parameters.get('version');
    if (
      value === 'application/openmetrics-text' &&
      (version === undefined || version === '1.0.0' || version === '0.0.1')
    )
      open = Math.max(open, quality);
    else if (value === 'text/plain' || value === 'text/*' || value === '*/*') text = Math.max(text, quality);
  }
  if (open === 0 || open < text) return 'text';
  // Only Prometheus and what is made of it tell how long they wait.
  return patienceOf(headers) === undefined ? 'openmetrics' : 'prometheus';
}

export function takesGzip(headers: IncomingHttpHeaders): boolean {
  return choices(String(headers['accept-encoding'] ?? '')).some(
    ({ value, quality }) => value === 'gzip' && quality > 0,
  );
}

/** How long Prometheus itself waits, in milliseconds; `undefined` where it does not tell. */
export function patienceOf(headers: IncomingHttpHeaders): number | undefined {
  const seconds = Number(headers['x-prometheus-scrape-timeout-seconds'] ?? Number.NaN);
  return seconds > 0 ? seconds * 1000 : undefined;
}

function choices(header: string): Choice[] {
  return header.split(',').map((each) => {
    const [value = '', ...rest] = each.split(';').map((part) => part.trim().toLowerCase());
    const parameters = new Map(
      rest.map((parameter): [string, string] => {
        const [name = '', given = ''] = parameter.split('=');
        return [name.trim(), given.trim().replace(/^"(.*)"$/, '$1')];
      }),
    );
    const quality = Number(parameters.get('q') ?? 1);
    return { value, parameters, quality: Number.isFinite(quality) ? quality : 0 };
  });
}
