/** Who may read: nobody but those who know the password, where there is one. */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface BasicAuth {
  readonly username: string;
  readonly password: string;
}

/** Whether the header is of basic authentication (RFC 7617) with these; takes as long for every wrong one. */
export function authorized(header: string | undefined, { username, password }: BasicAuth): boolean {
  const given = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(header ?? '')?.[1];
  const wanted = digest(Buffer.from(`${username}:${password}`, 'utf8'));
  const equal = timingSafeEqual(digest(Buffer.from(given ?? '', 'base64')), wanted);
  return given !== undefined && equal;
}

const digest = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
