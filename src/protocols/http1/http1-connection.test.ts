import { describe, expect, it } from 'vitest';
import { type Call, type CaptureOptions, received, seen, sent, told } from '../../../test/support/captured-stream.js';
import { Http1Connection } from './http1-connection.js';

const see = (calls: readonly Call[], options?: CaptureOptions) =>
  seen((side, events) => new Http1Connection(side, events), calls, options);

const get = (path: string) => received(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
const ok = sent('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');

describe('requests and responses', () => {
  it('are put together on a kept connection, with times of their own', () => {
    const { exchanges, blind } = see(
      [
        received('GET /a?b=c HTTP/1.1\r\nHost: h\r\nUser-Agent:  x y \r\n\r\n', 100),
        sent('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok', 150),
        sent('ok', 180),
        received('HEAD /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 300),
        sent('HTTP/1.0 404 Not Found\r\nContent-Length: 99\r\n\r\n', 350),
      ],
      { ending: 'open' },
    );
    expect(blind).toEqual([]);
    expect(exchanges).toMatchObject([
      { method: 'GET', target: '/a?b=c', version: '1.1', status: 200, startedAt: 100, firstByteAt: 150, endedAt: 180 },
      { method: 'HEAD', target: '/b', version: '1.0', status: 404, startedAt: 300, firstByteAt: 350, endedAt: 350 },
    ]);
    expect(exchanges[0]?.responseBytes).toBe(4);
    expect(exchanges[0]?.request.get('user-agent')).toBe('x y');
    expect(exchanges[0]?.response?.get('content-length')).toBe('4');
    expect(exchanges[1]?.responseBytes).toBe(0);
  });

  it('answer pipelined requests in their order, all in one system call', () => {
    const requests = ['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`).join('');
    const responses = [200, 404, 500].map((status) => `HTTP/1.1 ${status} X\r\nContent-Length: 1\r\n\r\nx`).join('');
    expect(told(see([received(requests), sent(responses)]))).toEqual(['GET /1 200', 'GET /2 404', 'GET /3 500']);
  });

  it('may come byte by byte, which is how Go reads the first byte of the next request', () => {
    const calls = [get('/a/long/path'), ok, get('/b'), ok].flatMap(({ direction, bytes }) =>
      [...bytes].map((byte) => ({ direction, bytes: Buffer.of(byte) })),
    );
    expect(told(see(calls))).toEqual(['GET /a/long/path 200', 'GET /b 200']);
    const [first, second] = [get('/b').bytes.subarray(0, 1), get('/b').bytes.subarray(1)];
    const asGoReads = see([
      get('/a'),
      { direction: 'received', bytes: first },
      ok,
      { direction: 'received', bytes: second },
      ok,
    ]);
    expect(told(asGoReads)).toEqual(['GET /a 200', 'GET /b 200']);
  });

  it('skip interim responses, and let 101 end what is known', () => {
    const interim = sent('HTTP/1.1 100 Continue\r\n\r\n');
    const hints = sent('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    expect(told(see([get('/a'), interim, hints, ok]))).toEqual(['GET /a 200']);
    const upgraded = see([
      received('GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n'),
      sent('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
      received('GET /fake HTTP/1.1\r\n\r\n'),
      sent('HTTP/1.1 200 OK\r\n\r\n'),
    ]);
    expect(told(upgraded)).toEqual(['GET /ws 101']);
    expect(upgraded.blind).toEqual(['upgraded']);
  });

  it('end with a tunnel that was made', () => {
    const connect = received('CONNECT host:443 HTTP/1.1\r\nHost: host:443\r\n\r\n');
    expect(told(see([connect, sent('HTTP/1.1 200 OK\r\n\r\n'), get('/inside'), ok]))).toEqual(['CONNECT host:443 200']);
    expect(told(see([connect, sent('HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n'), get('/a'), ok]))).toEqual([
      'CONNECT host:443 407',
      'GET /a 200',
    ]);
  });

  it('have targets of every form', () => {
    const targets = ['/', '*', 'http://h:80/a?b', '/%41?\u00ff', '/a|b{c}'];
    for (const target of targets)
      expect(told(see([received(`OPTIONS ${target} HTTP/1.1\r\n\r\n`), ok]))).toEqual([`OPTIONS ${target} 200`]);
  });

  it('may end their lines without carriage returns', () => {
    expect(
      told(see([received('GET /a HTTP/1.1\nHost: h\n\n'), sent('HTTP/1.1 200 OK\nContent-Length: 0\n\n')])),
    ).toEqual(['GET /a 200']);
  });

  it('are the same of a client', () => {
    const calls = [get('/a'), ok].map(({ direction, bytes }) => ({
      direction: direction === 'sent' ? ('received' as const) : ('sent' as const),
      bytes,
    }));
    const { exchanges } = see(calls, { side: 'client' });
    expect(exchanges).toMatchObject([{ side: 'client', target: '/a', status: 200 }]);
  });

  it('of a client may be seen the wrong way round, when one thread sends and another reads', () => {
    const request = (path: string, time: number) => sent(`GET ${path} HTTP/1.1\r\n\r\n`, time);
    const response = (status: number, time: number) =>
      received(`HTTP/1.1 ${status} X\r\nContent-Length: 2\r\n\r\nok`, time);
    const swapped = see([response(201, 120), request('/a', 100), request('/b', 200), response(202, 220)], {
      side: 'client',
    });
    expect(told(swapped)).toEqual(['GET /a 201', 'GET /b 202']);
    expect(swapped.exchanges[0]).toMatchObject({ startedAt: 100, firstByteAt: 120, endedAt: 120, responseBytes: 2 });
    expect(swapped.blind).toEqual([]);
  });

  it('do not take a response that was there before them', () => {
    const late = see([
      sent('HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n', 50),
      { ...get('/a'), time: 100 },
      { ...ok, time: 150 },
    ]);
    expect(told(late)).toEqual(['GET /a 200']);
    expect(late.blind).toEqual(['joined_midway']);
  });
});

describe('bodies', () => {
  it('that look like requests are none, captured or not', () => {
    const body = 'GET /fake HTTP/1.1\r\nHost: evil\r\n\r\n';
    const head = received(`POST /a HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n`);
    for (const requestWindow of [20, 60, 100, 8192]) {
      const { exchanges, blind } = see([head, received(body), ok, get('/b'), ok], {
        requestWindow: Math.max(requestWindow, head.bytes.length),
      });
      expect(exchanges.map(({ target, requestBytes }) => [target, requestBytes])).toEqual([
        ['/a', body.length],
        ['/b', 0],
      ]);
      expect(blind).toEqual([]);
    }
    const chunked = received(`POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`);
    expect(told(see([chunked, received(body), received('\r\n0\r\n\r\n'), ok, get('/b'), ok]))).toEqual([
      'POST /a 200',
      'GET /b 200',
    ]);
  });

  it('that look like responses are none', () => {
    const body = 'HTTP/1.1 500 Fake\r\n\r\n';
    const response = sent(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
    expect(told(see([get('/a'), response, sent(body), get('/b'), ok]))).toEqual(['GET /a 200', 'GET /b 200']);
  });

  it('of which most is not captured end by their offset', () => {
    const response = sent(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(1000)}`, 150);
    const rest = sent('y'.repeat(99_000), 190);
    const { exchanges } = see([{ ...get('/a'), time: 100 }, response, rest], { responseWindow: 512 });
    expect(exchanges).toMatchObject([{ status: 200, responseBytes: 100_000, endedAt: 190, error: '' }]);
  });

  it('in chunks of which most is not captured end by their last bytes', () => {
    const response = sent('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 150);
    const chunk = sent(`1000\r\n${'x'.repeat(4096)}\r\n`, 160);
    const end = sent('0\r\n\r\n', 170);
    const options = { responseWindow: 100 };
    const apart = see([{ ...get('/a'), time: 100 }, response, chunk, chunk, end, get('/b'), ok], options);
    expect(told(apart)).toEqual(['GET /a 200', 'GET /b 200']);
    expect(apart.exchanges[0]).toMatchObject({ endedAt: 170 });
    const joined = sent(`1000\r\n${'x'.repeat(4096)}\r\n0\r\n\r\n`, 165);
    expect(told(see([get('/a'), response, joined, get('/b'), ok], options))).toEqual(['GET /a 200', 'GET /b 200']);
  });

  it('have trailers, extensions of chunks and zeros before their sizes', () => {
    const body = '0003;a="b"\r\nabc\r\n00\r\nX-Sum: 1\r\n\r\n';
    const response = sent(`HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n${body}`);
    const both = see([get('/a'), response, get('/b'), ok], { ending: 'open' });
    expect(told(both)).toEqual(['GET /a 200', 'GET /b 200']);
    expect(both.exchanges[0]?.responseBytes).toBe(3);
  });

  it('that end with the connection end with it, at their last byte', () => {
    const calls = [{ ...get('/a'), time: 100 }, sent('HTTP/1.0 200 OK\r\n\r\nab', 150), sent('cd', 180)];
    expect(see(calls).exchanges).toMatchObject([{ status: 200, responseBytes: 4, endedAt: 180, error: '' }]);
    expect(see(calls, { ending: 'open' }).exchanges).toEqual([]);
    expect(see(calls, { ending: 'reset' }).exchanges).toMatchObject([{ status: 200, error: 'connection_reset' }]);
  });

  it('do not follow 204 and 304, whatever their heads say', () => {
    for (const status of [204, 304]) {
      const response = sent(`HTTP/1.1 ${status} X\r\nContent-Length: 50\r\n\r\n`);
      expect(told(see([get('/a'), response, get('/b'), ok]))).toEqual([`GET /a ${status}`, 'GET /b 200']);
    }
  });
});

describe('connections that end', () => {
  it('with a request under way tell of it, without a status', () => {
    expect(told(see([get('/a')]))).toEqual(['GET /a 0 connection_closed']);
    expect(told(see([get('/a')], { ending: 'reset' }))).toEqual(['GET /a 0 connection_reset']);
    expect(see([get('/a')]).exchanges[0]?.response).toBeUndefined();
  });

  it('in the middle of a response tell the status that was read', () => {
    const response = sent('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    expect(told(see([get('/a'), response]))).toEqual(['GET /a 200 connection_closed']);
  });

  it('tell nothing of half a head', () => {
    expect(told(see([received('GET /a HTTP/1.1\r\nHos')]))).toEqual([]);
    expect(told(see([get('/a'), sent('HTTP/1.1 200 OK\r\nConte')]))).toEqual(['GET /a 0 connection_closed']);
  });
});

describe('what is no request', () => {
  const none = [
    'GET /a\r\n\r\n',
    'GET /a HTTP/1.1 \r\n\r\n',
    'GET  /a HTTP/1.1\r\n\r\n',
    'GET /a b HTTP/1.1\r\n\r\n',
    'GET /\u0001a HTTP/1.1\r\n\r\n',
    'GET /\u001b[31m HTTP/1.1\r\n\r\n',
    'GET /\u0000 HTTP/1.1\r\n\r\n',
    'GET /\u007f HTTP/1.1\r\n\r\n',
    'GET /a\rX HTTP/1.1\r\n\r\n',
    'G\u0000T /a HTTP/1.1\r\n\r\n',
    'GET /a HTTP/2.0\r\n\r\n',
    'GET /a HTTP/1.11\r\n\r\n',
    'GET /a http/1.1\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001',
    '{"GET": "/a HTTP/1.1"}\r\n\r\n',
  ];
  it.each(none)('%j is none, and counted', (text) => {
    const { exchanges, blind } = see([received(text), ok]);
    expect(exchanges).toEqual([]);
    expect(blind).toContain('no_head');
  });

  const statuses = [
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 abc',
    'HTTP/1.1 099 X',
    'HTTP/1.1  200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/1.1 200\u0000',
    'HTTP/1.1 +20 X',
  ];
  it.each(statuses)('%j is no status, and none is made up', (line) => {
    expect(told(see([get('/a'), sent(`${line}\r\nContent-Length: 0\r\n\r\n`)]))).toEqual([
      'GET /a 0 connection_closed',
    ]);
  });

  it('two ways to say where a body ends are trusted in none: nothing behind it is a request', () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\n\r\n';
    for (const fields of [
      'Content-Length: 5\r\nContent-Length: 6',
      'Content-Length: 5, 6',
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
      'Content-Length: +5',
      'Content-Length: -1',
      'Content-Length: 0x5',
      'Content-Length: 99999999999999999999',
      'Content-Length : 5',
      ' Content-Length: 5',
      'Content-Length:\u000b5',
      'X: y\r\n Content-Length: 5',
      'Transfer-Encoding : chunked',
      'Transfer-Encoding: chunked, gzip',
      'Transfer-Encoding: xchunked',
      'X: a\rTransfer-Encoding: chunked',
    ]) {
      const calls = [received(`POST /a HTTP/1.1\r\nHost: h\r\n${fields}\r\n\r\n0\r\n\r\n${smuggled}`), ok];
      expect({ fields, told: told(see(calls)) }).toEqual({ fields, told: ['POST /a 200'] });
    }
  });

  it('equal lengths are one', () => {
    const post = received('POST /a HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello');
    expect(told(see([post, ok, get('/b'), ok]))).toEqual(['POST /a 200', 'GET /b 200']);
  });
});

describe('heads beyond what is captured', () => {
  const long = `GET /a HTTP/1.1\r\nCookie: ${'x'.repeat(5000)}\r\n\r\n`;

  it('are told of by what there is of them', () => {
    const cut = see([received(long), ok, get('/b'), ok], { requestWindow: 1024 });
    expect(told(cut)).toEqual(['GET /a 200', 'GET /b 200']);
  });

  it('are no request when their first line is cut', () => {
    const path = see([received(`GET /${'p'.repeat(5000)} HTTP/1.1\r\n\r\n`), ok, get('/b'), ok], {
      requestWindow: 1024,
    });
    expect(told(path)).toEqual(['GET /b 200']);
    expect(path.blind).toContain('head_cut');
  });

  it('may be followed by others that are pipelined, which are not seen and do not shift the responses', () => {
    const requests = received(`${long}GET /b HTTP/1.1\r\n\r\n`);
    const three = sent('HTTP/1.1 201 A\r\nContent-Length: 0\r\n\r\n');
    const cut = see([requests, three, ok], { requestWindow: 1024 });
    expect(told(cut)).toEqual(['GET /a 201']);
  });

  it('hold a bounded number of bytes, however long they are', () => {
    const calls = [
      received('GET /a HTTP/1.1\r\n'),
      ...Array.from({ length: 2000 }, () => received(`X: ${'y'.repeat(1000)}\r\n`)),
      received('\r\n'),
      ok,
    ];
    expect(told(see(calls))).toEqual(['GET /a 200']);
  });
});

describe('connections that were open before', () => {
  it('begin with the first head that is seen', () => {
    expect(told(see([get('/a'), ok], { before: 123_456 }))).toEqual(['GET /a 200']);
  });

  it('count a response without its request, and take none for it', () => {
    const midway = see([ok, get('/a'), ok], { before: 1000 });
    expect(told(midway)).toEqual(['GET /a 200']);
    expect(midway.blind).toEqual(['joined_midway']);
  });
});

it('keeps a bounded number of requests without responses, and counts those that it lets go', () => {
  const { exchanges, blind } = see(Array.from({ length: 1_005 }, (_, index) => get(`/${index}`)));
  expect(exchanges).toHaveLength(1_000);
  expect(blind).toEqual(Array.from({ length: 5 }, () => 'queue_full'));
});
