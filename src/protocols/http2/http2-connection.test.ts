import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Call, type CaptureOptions, seen, told } from '../../../test/support/captured-stream.js';
import { ask, recordHttp2 } from '../../../test/support/http2-recording.js';
import { Http2Connection } from './http2-connection.js';

const see = (calls: readonly Call[], options?: CaptureOptions) =>
  seen((side, events) => new Http2Connection(side, events), calls, options);

/** Several at a time, with bodies, trailers, long fields that need CONTINUATION, and one that is cancelled. */
let recorded: Call[] = [];
const wanted = ['GET /a?b 200', 'GET /grpc 200', 'GET /long 200', 'GET /reset 0 stream_reset', 'POST /big 404'];

beforeAll(async () => {
  recorded = await recordHttp2(
    (stream, headers) => {
      switch (headers[':path']) {
        case '/grpc':
          stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
          stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '5' }));
          stream.end('x');
          return;
        case '/reset':
          stream.close(2);
          return;
        case '/big':
          stream.on('data', () => {});
          stream.on('end', () => {
            stream.respond({ ':status': 404 });
            stream.end('n'.repeat(70_000));
          });
          return;
        default:
          stream.additionalHeaders({ ':status': 103, link: '</x>' });
          stream.respond({ ':status': 200, 'x-back': 'y' });
          stream.end('ok');
      }
    },
    async (client) => {
      await Promise.all([
        ask(client, { ':path': '/a?b', 'user-agent': 'u' }),
        ask(client, { ':path': '/grpc' }),
        ask(client, { ':path': '/long', 'x-long': 'l'.repeat(30_000) }),
        ask(client, { ':path': '/reset' }),
      ]);
      await ask(client, { ':path': '/big', ':method': 'POST' }, 'b'.repeat(50_000));
    },
  );
});

describe('what a real client and a real server say', () => {
  it('is told of, stream by stream', () => {
    const both = see(recorded);
    expect(both.blind).toEqual([]);
    expect(told(both).sort()).toEqual(wanted);
    const of = (target: string) => both.exchanges.find((each) => each.target === target);
    expect(of('/a?b')).toMatchObject({ version: '2', side: 'server', responseBytes: 2, requestBytes: 0 });
    expect(of('/a?b')?.request.get('user-agent')).toBe('u');
    expect(of('/a?b')?.request.get('host')).toMatch(/^127\.0\.0\.1:[0-9]+$/);
    expect(of('/a?b')?.response?.get('x-back')).toBe('y');
    expect(of('/grpc')?.grpcStatus).toBe(5);
    expect(of('/a?b')?.grpcStatus).toBeUndefined();
    expect(of('/long')?.request.get('x-long')).toHaveLength(30_000);
    expect(of('/big')).toMatchObject({ requestBytes: 50_000, responseBytes: 70_000 });
    for (const { startedAt, firstByteAt = startedAt, endedAt } of both.exchanges) {
      expect(firstByteAt).toBeGreaterThanOrEqual(startedAt);
      expect(endedAt).toBeGreaterThanOrEqual(firstByteAt);
    }
  });

  it('is the same seen from the client', () => {
    const turned = recorded.map(({ direction, bytes }) => ({
      direction: direction === 'sent' ? ('received' as const) : ('sent' as const),
      bytes,
    }));
    expect(told(see(turned, { side: 'client' })).sort()).toEqual(wanted);
  });

  it('is the same wherever system calls split it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        let turn = 0;
        const calls = recorded.flatMap(({ direction, bytes }) => {
          const parts: Call[] = [];
          for (let at = 0; at < bytes.length; ) {
            const size = sizes[turn++ % sizes.length] ?? 1;
            parts.push({ direction, bytes: bytes.subarray(at, at + size) });
            at += size;
          }
          return parts;
        });
        const both = see(calls);
        expect(told(both).sort()).toEqual(wanted);
        expect(both.blind).toEqual([]);
      }),
      { numRuns: 60 },
    );
    const single = recorded.flatMap(({ direction, bytes }) =>
      [...bytes].map((byte) => ({ direction, bytes: Buffer.of(byte) })),
    );
    expect(told(see(single)).sort()).toEqual(wanted);
  });

  it('may lack its first bytes on the way back, which were sent before the connection was known', () => {
    const first = recorded.findIndex(({ direction }) => direction === 'sent');
    const settings = recorded[first];
    const length = 9 + (settings?.bytes.readUIntBE(0, 3) ?? 0);
    const late = recorded.map((call, index) =>
      index === first ? { ...call, bytes: call.bytes.subarray(length) } : call,
    );
    expect(told(see(late)).sort()).toEqual(wanted);
  });

  it('is never guessed when a part of it was lost', () => {
    for (let lost = 0; lost < recorded.length; lost++) {
      let call = 0;
      const both = seen((side, events) => {
        const parser = new Http2Connection(side, events);
        const take = parser.take.bind(parser);
        parser.take = (data) => {
          if (call++ !== lost) take(data);
        };
        return parser;
      }, recorded);
      for (const line of told(both).filter((each) => !each.includes('_'))) expect(wanted).toContain(line);
    }
  });
});

const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const settings = frame(4, 0, 0, Buffer.alloc(0));
const opening: Call = { direction: 'received', bytes: Buffer.concat([preface, settings]) };
/** RFC 7541, C.2: literal fields without indexing, names and values not compressed. */
const literal = (...fields: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat(
    fields.map(([name, value]) =>
      Buffer.concat([
        Buffer.of(0, name.length),
        Buffer.from(name),
        Buffer.of(value.length),
        Buffer.from(value, 'latin1'),
      ]),
    ),
  );
const request = (stream: number, path: string): Call => ({
  direction: 'received',
  bytes: frame(1, 0x05, stream, literal([':method', 'GET'], [':path', path])),
});
const response = (stream: number, status: string, flags = 0x05): Call => ({
  direction: 'sent',
  bytes: frame(1, flags, stream, literal([':status', status])),
});

describe('frames', () => {
  it('may be padded, have priorities, and be of unknown types', () => {
    const block = literal([':method', 'GET'], [':path', '/p']);
    const padded = Buffer.concat([Buffer.of(3), Buffer.alloc(5), block, Buffer.alloc(3)]);
    const body = frame(0, 0x09, 1, Buffer.from([2, 0x61, 0x62, 0, 0]));
    const calls: Call[] = [
      opening,
      { direction: 'received', bytes: frame(1, 0x2d, 1, padded) },
      { direction: 'sent', bytes: Buffer.concat([settings, frame(0xfa, 0xff, 7, Buffer.from('any'))]) },
      response(1, '200', 0x04),
      { direction: 'sent', bytes: body },
    ];
    const both = see(calls);
    expect(told(both)).toEqual(['GET /p 200']);
    expect(both.exchanges[0]?.responseBytes).toBe(2);
  });

  it('of bodies need not be captured', () => {
    const body = frame(0, 0x01, 1, Buffer.alloc(16_384, 0x61));
    const parser: Call[] = [
      opening,
      request(1, '/a'),
      response(1, '200', 0x04),
      { direction: 'sent', bytes: body },
      request(3, '/b'),
      response(3, '204'),
    ];
    const seenBytes: number[] = [];
    const both = seen((side, events) => {
      const real = new Http2Connection(side, events);
      // Of each call only the first 60 bytes.
      const take = real.take.bind(real);
      real.take = (data) => {
        seenBytes.push(Math.min(60, data.bytes.length));
        take({ ...data, bytes: data.bytes.subarray(0, 60) });
      };
      return real;
    }, parser);
    expect(told(both)).toEqual(['GET /a 200', 'GET /b 204']);
    expect(both.exchanges[0]?.responseBytes).toBe(16_384);
    expect(both.blind).toEqual([]);
  });

  it('that were lost lose the connection: what was under way is given up, and what comes is not guessed', () => {
    const gap = see([
      opening,
      request(1, '/a'),
      { direction: 'sent', bytes: Buffer.from('\u0000\u0000\u0004\u0001', 'latin1') },
      response(1, '200'),
    ]);
    expect(told(gap)).toEqual(['GET /a 0 given_up']);
    expect(gap.blind).toEqual(['lost_sync']);
  });

  it.each([
    ['a block that is interrupted', [frame(1, 0x00, 1, literal([':method', 'GET'])), frame(0, 1, 1, Buffer.from('x'))]],
    ['a continuation of nothing', [frame(9, 4, 1, Buffer.alloc(3))]],
    ['padding that is longer than its frame', [frame(1, 0x0d, 1, Buffer.from([200, 1, 2]))]],
    ['headers of no stream', [frame(1, 5, 0, literal([':method', 'GET']))]],
    ['a ping of another length', [frame(6, 0, 0, Buffer.alloc(3))]],
  ])('%s ends what is known', (_, frames) => {
    const both = see([
      opening,
      { direction: 'received', bytes: Buffer.concat(frames) },
      request(3, '/b'),
      response(3, '200'),
    ]);
    expect(told(both)).toEqual([]);
    expect(both.blind).toEqual(['lost_sync']);
  });

  it('in blocks without an end are not kept', () => {
    const endless = Array.from({ length: 20 }, (_, index) => frame(index === 0 ? 1 : 9, 0, 1, Buffer.alloc(16_000)));
    const both = see([opening, ...endless.map((bytes) => ({ direction: 'received' as const, bytes }))]);
    expect(both).toEqual({ exchanges: [], blind: ['head_cut'] });
  });
});

describe('header blocks', () => {
  it('that do not decode end what is known, and are counted', () => {
    for (const block of [
      Buffer.of(0x80),
      Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      Buffer.of(0xfe),
      Buffer.of(0x3f, 0xff, 0xff, 0xff, 0x7f),
      Buffer.of(0, 0x85, 0xff, 0xff, 0xff, 0xff, 0xff),
    ]) {
      const both = see([
        opening,
        request(1, '/a'),
        { direction: 'received', bytes: frame(1, 5, 3, block) },
        response(1, '200'),
      ]);
      expect(told(both)).toEqual(['GET /a 0 given_up']);
      expect(both.blind).toEqual(['bad_compression']);
    }
  });

  it('that stand for many megabytes cost little', () => {
    const entry = Buffer.concat([Buffer.of(0x40, 1, 0x78, 0x7f, 0x81, 0x1e), Buffer.alloc(4_000, 0x79)]);
    const bomb = Buffer.concat([literal([':method', 'GET'], [':path', '/bomb']), entry, Buffer.alloc(40_000, 0xbe)]);
    const both = see([opening, { direction: 'received', bytes: frame(1, 5, 1, bomb) }, response(1, '200')]);
    expect(told(both)).toEqual(['GET /bomb 200']);
    expect(both.exchanges[0]?.request.get('x')?.length).toBeLessThan(65_536);
  });

  it('without what a request must have are none, nor are those that would split lines', () => {
    for (const fields of [
      literal([':method', 'GET']),
      literal([':path', '/a']),
      literal([':method', 'G T'], [':path', '/']),
      literal([':method', 'GET'], [':path', '/a\r\nX: y']),
    ]) {
      const both = see([opening, { direction: 'received', bytes: frame(1, 5, 1, fields) }, response(1, '200')]);
      expect(both.exchanges).toEqual([]);
      expect(both.blind).toContain('no_head');
    }
  });

  it('without a status give none', () => {
    for (const status of ['', '20', '2000', '+20', 'abc', '099'])
      expect(told(see([opening, request(1, '/a'), response(1, status)]))).toEqual(['GET /a 0 response_cut']);
  });
});

describe('connections', () => {
  it('that end tell of the streams that are open, without a status where none was read', () => {
    const open = [opening, request(1, '/a'), request(3, '/b'), response(3, '200', 0x04)];
    expect(told(see(open))).toEqual(['GET /a 0 connection_closed', 'GET /b 200 connection_closed']);
    expect(told(see(open, { ending: 'reset' }))).toEqual(['GET /a 0 connection_reset', 'GET /b 200 connection_reset']);
  });

  it('on which the server leaves end the streams that it does not take', () => {
    const leave: Call = { direction: 'sent', bytes: frame(7, 0, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])) };
    const both = see([opening, request(1, '/a'), request(3, '/b'), leave, response(1, '200')]);
    expect(told(both)).toEqual(['GET /b 0 stream_reset', 'GET /a 200']);
  });

  it('may show a client that resets a stream before the end of the response that it has got', () => {
    const reset: Call = { direction: 'received', bytes: frame(3, 0, 1, Buffer.from([0, 0, 0, 8])), time: 2_000_200 };
    const body: Call = { direction: 'sent', bytes: frame(0, 1, 1, Buffer.from('ok')), time: 2_000_100 };
    const opened = [opening, request(1, '/a'), response(1, '200', 0x04)];
    expect(told(see([...opened, reset, body]))).toEqual(['GET /a 200']);
    expect(told(see([...opened, reset, { ...body, time: 2_000_300 }]))).toEqual(['GET /a 200']);
    expect(told(see([...opened, reset]))).toEqual(['GET /a 200 stream_reset']);
  });

  it('of clients may show a response before its request', () => {
    const turned = [opening, response(1, '200'), request(1, '/a'), request(3, '/b'), response(3, '500')].map(
      ({ direction, bytes }) => ({
        direction: direction === 'sent' ? ('received' as const) : ('sent' as const),
        bytes,
      }),
    );
    expect(told(see(turned, { side: 'client' }))).toEqual(['GET /a 200', 'GET /b 500']);
  });

  it('have a bounded number of open streams', () => {
    const both = see([opening, ...Array.from({ length: 1_003 }, (_, index) => request(index * 2 + 1, `/${index}`))]);
    expect(both.blind).toEqual(['queue_full', 'queue_full', 'queue_full']);
    expect(both.exchanges).toHaveLength(1_000);
  });

  it('take any bytes in any pieces', () => {
    const scrap = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.nat({ max: 10 }), fc.nat({ max: 255 }), fc.nat({ max: 4 }), fc.uint8Array({ maxLength: 30 }))
        .map(([kind, flags, stream, payload]) => frame(kind, flags, stream, Buffer.from(payload))),
      fc.constantFrom(
        request(1, '/a').bytes,
        request(3, '/b').bytes,
        response(1, '200').bytes,
        response(3, '404').bytes,
      ),
    );
    const calls = fc.array(
      fc.record({
        direction: fc.constantFrom('received' as const, 'sent' as const),
        bytes: fc.array(scrap, { maxLength: 4 }).map((scraps) => Buffer.concat(scraps)),
      }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(calls, fc.constantFrom('server' as const, 'client' as const), (conversation, side) => {
        const turned = side === 'server' ? opening : { ...opening, direction: 'sent' as const };
        for (const { status, error } of see([turned, ...conversation], { side }).exchanges)
          expect(status === 0 ? error !== '' : status >= 200 && status <= 999).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
