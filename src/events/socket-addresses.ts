/** `struct sockaddr` of any family as text (include/uapi/linux/{in,in6,un}.h). */
import { ipv4Text, ipv6Text } from './addresses.js';

/** include/linux/socket.h; the same on x86_64 and arm64. */
const families = { unix: 1, inet: 2, inet6: 10 } as const;
const decoder = new TextDecoder();

/** `127.0.0.1:80`, `[::1]:80`, `unix:/path`, `unix:@abstract`; `family 16` for others; `null` where there is none. */
export function socketAddressText(bytes: Uint8Array): string | null {
  if (bytes.length < 2) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, true);
  if (family === families.unix) return unixText(bytes.subarray(2));
  if (family === families.inet && bytes.length >= 8) return `${ipv4Text(bytes, 4)}:${view.getUint16(2, false)}`;
  if (family === families.inet6 && bytes.length >= 24) return `[${ipv6Text(bytes, 8)}]:${view.getUint16(2, false)}`;
  return family === 0 ? null : `family ${family}`;
}

function unixText(path: Uint8Array): string {
  if (path.length === 0) return 'unix:';
  if (path[0] === 0) return `unix:@${decoder.decode(path.subarray(1)).replace(/\0+$/, '')}`;
  const end = path.indexOf(0);
  return `unix:${decoder.decode(end < 0 ? path : path.subarray(0, end))}`;
}
