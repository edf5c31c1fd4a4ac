/** Requests to a real server of HTTP/2 on one connection, many at a time. */
import { connect, constants } from 'node:http2';
import type { Exchange } from './web-servers.js';

const kinds = ['fast', 'echo', 'missing', 'fast', 'fail', 'big', 'slow'] as const;

/** So many requests, each with a path of its own, and what was answered to each. */
export async function sendHttp2Requests(port: number, count: number, secure = false): Promise<Exchange[]> {
  const client = connect(`${secure ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const one = (index: number): Promise<Exchange> =>
    new Promise((resolve, reject) => {
      const kind = kinds[index % kinds.length] ?? 'fast';
      const method = kind === 'echo' ? 'POST' : 'GET';
      const path = `/${kind}/${index}`;
      const stream = client.request({
        [constants.HTTP2_HEADER_METHOD]: method,
        [constants.HTTP2_HEADER_PATH]: path,
        'x-number': String(index),
      });
      let status = 0;
      stream.once('response', (headers) => {
        status = headers[':status'] ?? 0;
      });
      stream.once('error', reject);
      stream.once('close', () => resolve({ method, path, status }));
      stream.resume();
      stream.end(kind === 'echo' ? `GET /fake/${index} HTTP/1.1\r\n\r\n${'y'.repeat(index * 100)}` : undefined);
    });
  const answered: Exchange[] = [];
  const together = 20;
  for (let at = 0; at < count; at += together)
    answered.push(
      ...(await Promise.all(Array.from({ length: Math.min(together, count - at) }, (_, each) => one(at + each)))),
    );
  client.close();
  return answered;
}
