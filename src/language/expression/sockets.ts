/** `saddr(sock)` and `daddr(sock)`: an address read by the socket's own family. */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { ip } from '../types.js';
import { findMember, memberOf } from './members.js';
import type { Typed } from './typed.js';

const members = {
  saddr: { v4: 'skc_rcv_saddr', v6: 'skc_v6_rcv_saddr' },
  daddr: { v4: 'skc_daddr', v6: 'skc_v6_daddr' },
} as const;

export function socketAddress(
  socket: Typed,
  which: keyof typeof members,
  span: Span,
  sink: DiagnosticSink,
): Typed | undefined {
  const common = memberOf(socket, '__sk_common', span, span, sink);
  if (common?.op !== 'place' || common.type.kind !== 'struct') return undefined;
  const family = memberOf(common, 'skc_family', span, span, sink);
  const v4 = memberOf(common, members[which].v4, span, span, sink);
  if (family === undefined || v4 === undefined) return undefined;
  const hasV6 = findMember(common.type, members[which].v6) !== undefined;
  const v6 = hasV6 ? memberOf(common, members[which].v6, span, span, sink) : undefined;
  return { op: 'socketAddress', socket, family, v4, type: ip, span, ...(v6?.op === 'place' ? { v6 } : {}) };
}
