/** Perf tracepoints of the running kernel, as tracefs lists and describes them. Reading it needs root, or a mount that allows it. */
import type { Host } from '../host.js';

const usualPlaces = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

export interface Tracefs {
  /** `category:name` of each tracepoint. */
  names(): readonly string[];
  format(category: string, name: string): string | undefined;
  /** Functions that the kernel can trace; `undefined` where it does not say (it was built without CONFIG_DYNAMIC_FTRACE). */
  functions(): ReadonlySet<string> | undefined;
}

/** `path` where tracefs is mounted elsewhere; `undefined` where none can be read. */
export function openTracefs(host: Host, path?: string): Tracefs | undefined {
  const root = (path === undefined ? usualPlaces : [path]).find((place) => {
    return host.readDirectory(`${place}/events`).length > 0;
  });
  if (root === undefined) return undefined;
  let names: readonly string[] | undefined;
  return {
    names() {
      names ??=
        readText(host, `${root}/available_events`)
          ?.split('\n')
          .filter((line) => line !== '') ?? [];
      return names;
    },
    format(category, name) {
      if (!isName(category) || !isName(name)) return undefined;
      return readText(host, `${root}/events/${category}/${name}/format`);
    },
    functions() {
      const text = readText(host, `${root}/available_filter_functions`);
      if (text === undefined || text === '') return undefined;
      // A module's functions have ` [name]` behind.
      return new Set(text.split('\n').map((line) => line.split(' ', 1)[0] ?? ''));
    },
  };
}

/** A path must not lead out of tracefs. */
function isName(text: string): boolean {
  return /^[\w-]+$/.test(text);
}

function readText(host: Host, path: string): string | undefined {
  try {
    return Buffer.from(host.readFile(path)).toString('latin1');
  } catch {
    return undefined;
  }
}
