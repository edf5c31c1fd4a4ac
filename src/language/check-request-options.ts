// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
/**
 * Options of the sinks that send over HTTP, against each other: what each of them alone cannot show to be wrong. What a
 * reference (`${NAME}`) stands for is not known yet, and is left to the run. Neither URLs nor values of headers are part of a message.
 */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { DiagnosticOptions, DiagnosticSink } from '../diagnostics/diagnostic.js';
import { headerName, ownHeaders } from './request-headers.js';
import type { SinkSpec } from './spec.js';
import { nanoseconds } from './units.js';

class RequestOptionsCheck {
  private readonly urlOption: string;
  /** Missing where it holds a reference. */
  private readonly url: string | undefined;

  constructor(
    private readonly spec: SinkSpec,
    private readonly sink: DiagnosticSink,
  ) {
    this.urlOption = spec.kind.value === 'otlp' ? 'endpoint' : 'url';
    const text = spec.optionTexts?.get(this.urlOption)?.text;
    this.url = text?.includes('${') ? undefined : text;
  }

  check(): void {
    this.checkUrl();
    this.checkHeaders();
    this.checkSender();
    this.checkTls();
    this.checkRetry();
    const { kind, options } = this.spec;
    if (kind.value === 'otlp' || options.encoding === 'otlp') this.checkOtlp();
    if (kind.value === 'http') this.checkEncoding();
  }

  private checkUrl(): void {
    // What is no URL of HTTP at all, the schema has told.
    if (this.url === undefined || !/^https?:\/\/./i.test(this.url) || URL.canParse(this.url)) return;
    this.tell('bad-value', `"${this.urlOption}" is not a URL`, this.urlOption, {
      hints: [
        'write it whole, as in http://127.0.0.1:8080/events; a port is at most 65535, and what a URL cannot hold is written %20',
      ],
    });
  }

  private checkHeaders(): void {
    for (const name of this.keysBelow('headers')) {
      if (!headerName.test(name))
        this.tell('bad-name', `"${name}" cannot be the name of a header`, `headers.${name}`, {
          hints: ['it has letters, digits and -, and no spaces or colons'],
        });
      else if (ownHeaders.has(name.toLowerCase()))
        this.tell('bad-name', `the header "${name}" is set by probepipe itself`, `headers.${name}`, {
          hints: name.toLowerCase() === 'content-encoding' ? ['"compression" chooses it'] : ['leave it out'],
        });
    }
  }

  /** Only one of them would be sent. */
  private checkSender(): void {
    const header = this.keysBelow('headers').find((name) => name.toLowerCase() === 'authorization');
    const inUrl = this.url !== undefined && /^https?:\/\/[^/?#]*@/i.test(this.url);
    const given = [
      ...(inUrl ? [{ what: `the user name in "${this.urlOption}"`, path: this.urlOption }] : []),
      ...(this.has('auth') ? [{ what: '"auth"', path: 'auth' }] : []),
      ...(header === undefined ? [] : [{ what: `the header "${header}"`, path: `headers.${header}` }]),
    ];
    const [first, second] = given;
    if (first === undefined || second === undefined) return;
    this.tell('sink-config', `${first.what} and ${second.what} both say who sends`, second.path, {
      hints: ['leave one of the two out'],
    });
  }

  private checkTls(): void {
    if (!this.has('tls')) return;
    if (this.url !== undefined && /^http:/i.test(this.url))
      this.tell(
        'sink-config',
        `"tls" is for https://, and nothing is encrypted on the way to this "${this.urlOption}"`,
        'tls',
        {
          hints: [`write https:// in "${this.urlOption}", or leave "tls" out`],
        },
      );
    for (const [one, other] of [
      ['cert', 'key'],
      ['key', 'cert'],
    ])
      if (this.has(`tls.${one}`) && !this.has(`tls.${other}`))
        this.tell('missing-key', `"${one}" needs "${other}"`, `tls.${one}`, {
          hints: ['a certificate is shown with its key: two PEM files, or one that holds both, named twice'],
        });
  }

  private checkRetry(): void {
    const initial = nanoseconds(this.text('retry.initial') ?? '');
    const max = nanoseconds(this.text('retry.max') ?? '30s');
    if (initial === undefined || max === undefined || initial <= max) return;
    this.tell('bad-value', 'the first pause, "initial", is longer than the longest, "max"', 'retry.initial', {
      hints: this.has('retry.max') ? [] : ['"max" is 30s where it is missing'],
    });
  }

  private checkOtlp(): void {
    for (const name of this.keysBelow('resource'))
      if (!/^[A-Za-z][A-Za-z0-9_.-]*$/.test(name))
        this.tell('bad-name', `"${name}" cannot be the name of an attribute`, `resource.${name}`, {
          hints: ['it has letters, digits, _, . and -, and begins with a letter, as in service.name'],
        });
    if (this.url === undefined || !/^https?:/i.test(this.url) || !URL.canParse(this.url)) return;
    const { pathname, port } = new URL(this.url);
    const [added] = /\/v1\/(logs|traces|metrics)\/?$/.exec(pathname) ?? [];
    if (added !== undefined)
      this.tell('bad-value', `"${this.urlOption}" ends in "${added}", which is added to it`, this.urlOption, {
        hints: ['leave that out: logs, traces and metrics each have their own'],
      });
    else if (port === '4317')
      this.tell('sink-config', 'collectors speak gRPC at port 4317, and this sink speaks HTTP', this.urlOption, {
        severity: 'warning',
        hints: ['their port for HTTP is 4318'],
      });
  }

  private checkEncoding(): void {
    const { encoding } = this.spec.options;
    const samples = encoding === 'prometheus_remote_write';
    for (const name of this.keysBelow('labels')) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        this.tell('bad-name', `"${name}" cannot be the name of a label`, `labels.${name}`, {
          hints: ['it has letters, digits and _, and begins with no digit'],
        });
      // The stream's own goes before it.
      else if (encoding === 'loki' && name === 'name')
        this.tell('bad-name', 'the label "name" is the name of the probe or map', `labels.${name}`, {
          hints: ['give yours another name'],
        });
      else if (samples && name.startsWith('__'))
        this.tell(
          'bad-name',
          `"${name}" cannot be a label: names that begin with __ are Prometheus’ own`,
          `labels.${name}`,
          {
            hints: ['leave the two _ out'],
          },
        );
    }
    if (this.has('labels') && encoding !== 'loki' && !samples)
      this.unused('labels', `"labels" have no place in "encoding: ${String(encoding ?? 'ndjson')}"`, [
        'they are of "loki" and "prometheus_remote_write"',
      ]);
    if (this.has('resource') && encoding !== 'otlp')
      this.unused('resource', `"resource" has no place in "encoding: ${String(encoding ?? 'ndjson')}"`, [
        'it is of "otlp"',
      ]);
    if (this.has('method') && encoding === 'otlp')
      this.unused('method', 'requests of OTLP are always POST', ['leave "method" out']);
    if (!samples) return;
    if (this.has('compression'))
      this.unused('compression', 'bodies of remote write are always compressed with Snappy', [
        'leave "compression" out',
      ]);
    if (this.has('concurrency') && this.spec.options.concurrency !== 1)
      this.unused('concurrency', 'remote write sends one request at a time, since samples must come in order', [
        'leave "concurrency" out',
      ]);
  }

  private unused(path: string, message: string, hints: readonly string[]): void {
    this.tell('sink-config', message, path, { severity: 'warning', hints });
  }

  private has(path: string): boolean {
    return this.spec.optionKeys?.has(path) === true;
  }

  private text(path: string): string | undefined {
    return this.spec.optionTexts?.get(path)?.text;
  }

  private keysBelow(option: string): readonly string[] {
    const before = `${option}.`;
    return [...(this.spec.optionKeys?.keys() ?? [])].flatMap((path) =>
      path.startsWith(before) ? [path.slice(before.length)] : [],
    );
  }

  /** At the option's text, where it is the text that is wrong, or at its key. */
  private tell(code: DiagnosticCode, message: string, path: string, options: DiagnosticOptions): void {
    const { optionTexts, optionKeys, span } = this.spec;
    const atText = path === this.urlOption || path.startsWith('retry.');
    const place = (atText ? optionTexts?.get(path)?.span : undefined) ?? optionKeys?.get(path) ?? span;
    this.sink.add(code, message, place, options);
  }
}

export function checkRequestOptions(spec: SinkSpec, sink: DiagnosticSink): void {
  if (spec.kind.value === 'http' || spec.kind.value === 'otlp') new RequestOptionsCheck(spec, sink).check();
}
