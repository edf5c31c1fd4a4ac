/** IP and MAC addresses, and the ends of sockets. */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { TypeSource } from '../type-source.js';
import * as types from '../types.js';
import { integerShape } from './fit.js';
import { addressAndSpace, kernelCall, type LanguageFunction, userCall, wrongArgument } from './language-function.js';
import { memberOf } from './members.js';
import { socketAddress } from './sockets.js';
import type { Typed } from './typed.js';

/** include/linux/if_ether.h */
const macBytes = 6;
/** sizeof(struct sockaddr_in6), which a struct sockaddr_in is shorter than; and of struct sockaddr_un. */
const inetBytes = 28;
const largestSockaddr = 110;

export const addressFunctions: readonly LanguageFunction[] = [
  {
    name: 'ip',
    takes: 'places',
    stage: 'kernel',
    signature: 'ip(address)',
    description:
      'an IP address from a big-endian 32-bit number or 4 bytes (IPv4), or from 16 bytes or a struct in6_addr (IPv6)',
    arity: [1, 1],
    check: ({ arguments: [from], sink, span }) => {
      if (from === undefined) return undefined;
      if (integerShape(from.type)?.bits === 32) return { op: 'makeIp', v4: from, type: types.ip, span };
      const struct = from.op === 'place' && from.type.kind === 'struct' && from.type.byteSize === 16;
      if ((struct || isBytes(from, 16)) && from.op === 'place') {
        return { op: 'makeIp', v6: { address: from, space: from.space }, type: types.ip, span };
      }
      if (isBytes(from, 4) && from.op === 'place') {
        const number: Typed = { op: 'load', base: from, space: from.space, steps: [], type: types.u32, span };
        return { op: 'makeIp', v4: number, type: types.ip, span };
      }
      return wrongArgument(sink, from, 'ip() takes a big-endian 32-bit number, 4 or 16 bytes');
    },
  },
  ...(['saddr', 'daddr'] as const).map(
    (name): LanguageFunction => ({
      name,
      takes: 'places',
      stage: 'kernel',
      signature: `${name}(sock)`,
      description: `the ${name === 'saddr' ? 'local' : 'remote'} address of a struct sock *`,
      arity: [1, 1],
      check: ({ arguments: [sock], names, sink, span }) => {
        const typed = sock && asSocket(sock, names, sink);
        return typed && socketAddress(typed, name, span, sink);
      },
    }),
  ),
  socketMember('sport', 'the local port of a struct sock *, in host order', 'skc_num'),
  socketMember('dport', 'the remote port of a struct sock *, in host order', 'skc_dport'),
  socketMember('family', 'the address family of a struct sock *', 'skc_family'),
  {
    name: 'mac',
    takes: 'places',
    stage: 'kernel',
    signature: 'mac(address)',
    description: 'the hardware address in 6 bytes of memory',
    arity: [1, 1],
    check: ({ arguments: [from], sink, span }) => {
      if (from === undefined) return undefined;
      const array = from.op === 'place' && from.type.kind === 'array';
      if (array && !isBytes(from, macBytes)) return wrongArgument(sink, from, `mac() takes ${macBytes} bytes`);
      const place = addressAndSpace(from, sink);
      return place && { op: 'readMac', ...place, type: types.mac, span };
    },
  },
  {
    name: 'sockaddr',
    takes: 'places',
    stage: 'kernel',
    signature: 'sockaddr(pointer[, length])',
    description: `what a struct sockaddr says: 127.0.0.1:80, [::1]:80 or unix:/path; length is how long it is (${inetBytes} bytes when left out)`,
    arity: [1, 2],
    check: ({ arguments: [from, length], sink, span }) => {
      const place = from && addressAndSpace(from, sink);
      if (place === undefined) return undefined;
      if (length !== undefined && integerShape(length.type) === undefined)
        return wrongArgument(sink, length, 'a length is a number');
      const size: Typed = length ?? { op: 'constant', value: BigInt(inetBytes), type: types.u64, span };
      const max = length === undefined ? inetBytes : largestSockaddr;
      return userCall(
        'sockaddr',
        [{ op: 'readBytes', ...place, length: size, type: { kind: 'bytes', max }, span }],
        span,
        128,
      );
    },
  },
];

const isBytes = ({ type }: Typed, count: number): boolean =>
  type.kind === 'array' && type.count === count && integerShape(type.element)?.bits === 8;

function socketMember(name: string, description: string, member: string): LanguageFunction {
  return {
    name,
    takes: 'places',
    stage: 'kernel',
    signature: `${name}(sock)`,
    description,
    arity: [1, 1],
    check: ({ arguments: [sock], names, sink, span }) => {
      const typed = sock && asSocket(sock, names, sink);
      const common = typed && memberOf(typed, '__sk_common', span, span, sink);
      const value = common && memberOf(common, member, span, span, sink);
      return value === undefined || member !== 'skc_dport' ? value : kernelCall('ntohs', [value], types.u16, span);
    },
  };
}

/** A `struct sock *`, also from the structs that begin with one (tcp_sock, inet_sock) and from an untyped pointer. */
function asSocket(value: Typed, names: TypeSource, sink: DiagnosticSink): Typed | undefined {
  const sock = names.struct('sock');
  if (sock === undefined) {
    sink.add('type-unknown', `${names.label} has no struct "sock"`, value.span);
    return undefined;
  }
  const target = value.type.kind === 'pointer' ? value.type.target : value.op === 'place' ? value.type : undefined;
  const named = target?.kind === 'struct' ? target.name : undefined;
  if (named === 'sock') return value;
  if (target?.kind === 'void' || (named !== undefined && /_sock$|_request_sock$|^sock_common$/.test(named))) {
    return {
      op: 'convert',
      operand: value,
      type: { kind: 'pointer', space: 'kernel', target: sock },
      span: value.span,
    };
  }
  const hints = named === 'socket' ? ['a struct socket holds it as .sk'] : [];
  return wrongArgument(sink, value, 'a struct sock * should stand here', hints);
}
