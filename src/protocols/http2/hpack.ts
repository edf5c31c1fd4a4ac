/**
 * Header compression (RFC 7541) by libnghttp2, which curl, Node and nginx's tests rely on, through the addon `hpack.node`. npm's own have been left alone: hpack.js since 2017. A table is kept for each direction of a
 * connection, and is right only when every block was read from the connection's beginning on.
 */
import { existsSync } from 'node:fs';
import { addonFile, requireFromPackage } from '../../package-files.js';

export interface HpackInflater {
  /** Names and values by turns, as Latin-1, the first `most` bytes of them; `undefined` for a block that does not decode, and for all that follow it. */
  inflate(block: Uint8Array, most: number): string[] | undefined;
}

interface HpackAddon {
  /** A dynamic table may have so many bytes. */
  HpackInflater: new (
    table: number,
  ) => HpackInflater;
}

/**
 * A peer may use a larger table than the usual 4 KiB only when the other side's SETTINGS allow it, which may not have been seen. Whether it was allowed does not matter here: what it uses, it says. Browsers allow 64 KiB.
 */
const mostTableBytes = 65_536;
const addonPath = addonFile('hpack');
let addon: HpackAddon | undefined;

/** `undefined` where the addon is not built, or its library is gone. Loaded with the first connection that needs it. */
export function startInflater(path = addonPath): HpackInflater | undefined {
  addon ??= load(path);
  return addon && new addon.HpackInflater(mostTableBytes);
}

function load(path: string): HpackAddon | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const loaded: HpackAddon = requireFromPackage(path);
    return loaded;
  } catch {
    return undefined;
  }
}
