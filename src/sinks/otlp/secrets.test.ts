/** Nothing of what came from outside is told, whatever goes wrong. */
import { describe, expect, it } from 'vitest';
import { until } from '../../../test/support/http-sink.js';
import { collect, openOtlp } from '../../../test/support/otlp-sink.js';
import { balanced, NumberedEvents } from '../../../test/support/sinks.js';

describe('the secrets of an otlp sink', () => {
  it('are sent, and in no message', async () => {
    const collector = await collect(() => (response, request, index) => {
      response.writeHead(index === 0 ? 503 : 401).end(request.headers.authorization);
    });
    const { port } = collector.server;
    const { sink, context } = await openOtlp(`http://me:hunter2@127.0.0.1:${port}/base?token=hunter2`, {
      headers: { 'x-scope': 'hunter2' },
    });
    sink.accept(new NumberedEvents().batch(3));
    await until(() => balanced(sink).waiting === 0);
    expect(collector.server.requests[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('me:hunter2').toString('base64')}`,
      'x-scope': 'hunter2',
    });
    expect(context.warnings).toEqual([
      `sink "otlp": http://127.0.0.1:${port}/base fails (503); events wait and are sent again`,
      `sink "otlp": http://127.0.0.1:${port}/base does not take events: refused (401), it wants to know who sends, or does not believe it: see "auth"; they are dropped and counted`,
    ]);
  });

  it('that are the endpoint itself are not even named', async () => {
    const collector = await collect(() => (response) => response.writeHead(404).end());
    const endpoint = `http://127.0.0.1:${collector.server.port}/hunter2`;
    const { sink, context } = await openOtlp(endpoint, { endpointIsSecret: true });
    sink.accept(new NumberedEvents().batch(1));
    await until(() => balanced(sink).waiting === 0);
    expect(context.warnings).toEqual([
      'sink "otlp": its server does not take events: refused (404), what its URL names is not there; they are dropped and counted',
    ]);
    await expect(openOtlp('ftp://hunter2')).rejects.toThrow('its "endpoint" has the scheme "ftp", which is not HTTP');
    await expect(openOtlp('hunter2')).rejects.toThrow('its "endpoint" is not a URL');
  });
});
