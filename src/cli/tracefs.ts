/** Where tracepoint formats can be read: tracefs is rarely mounted, and root can have a mount of its own that nobody else sees. */
import type { Host } from '../host.js';
import { loadAddon } from '../runtime/load-addon.js';
import { isNativeError, type NativeAddon } from '../runtime/native-addon.js';

export function tracefsOf(addon: NativeAddon): string | undefined {
  try {
    return addon.tracefsPath();
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
}

/** For commands that run nothing: `undefined` where the usual places must do, as for everyone but root. */
export function tracefsToCheckWith(host: Host): string | undefined {
  const addon = host.uid === 0 ? loadAddon().output : undefined;
  return addon && tracefsOf(addon);
}
