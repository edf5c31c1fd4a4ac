/** /proc/PID/maps: what lies where in a process. Source of the format: proc(5), and fs/proc/task_mmu.c, show_map_vma(). */

export interface Mapping {
  readonly start: number;
  readonly end: number;
  /** In the file, where the mapping begins. */
  readonly fileOffset: number;
  readonly executable: boolean;
  /** `fd:01`, hexadecimal. */
  readonly device: string;
  /** 0 where no file is behind it. */
  readonly inode: bigint;
  /** A file's path as the process sees it, `[heap]`, or nothing. Chosen by the process: any characters. */
  readonly path: string;
  readonly deleted: boolean;
}

/** vm.max_map_count is 65,530 unless somebody raised it; what is beyond is not named. */
const mostMappings = 100_000;
const linePattern = /^([0-9a-f]+)-([0-9a-f]+) [-r][-w]([-x])[-ps] ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+) *(.*)$/;
const deletedMark = ' (deleted)';

/** In ascending order, as the kernel lists them. Lines that cannot be read are left out. */
export function parseMaps(text: string): readonly Mapping[] {
  const mappings: Mapping[] = [];
  const names = new Map<string, string>();
  for (let at = 0; at < text.length && mappings.length < mostMappings; ) {
    const newline = text.indexOf('\n', at);
    const lineEnd = newline < 0 ? text.length : newline;
    const found = linePattern.exec(text.slice(at, lineEnd));
    at = lineEnd + 1;
    if (found === null) continue;
    const [, start = '', end = '', executable, offset = '', device = '', inode = '', rawName = ''] = found;
    // The page of x86's old system calls lies beyond all addresses that a process has.
    if (Number.parseInt(end, 16) > Number.MAX_SAFE_INTEGER) continue;
    const deleted = rawName.endsWith(deletedMark);
    // A library has several mappings, and a process may have thousands without a name.
    const name = names.get(rawName) ?? pathOf(rawName, deleted);
    names.set(rawName, name);
    mappings.push({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      fileOffset: Number.parseInt(offset, 16),
      executable: executable === 'x',
      device,
      inode: BigInt(inode),
      path: name,
      deleted,
    });
  }
  return mappings;
}

/** The kernel writes a newline as `\012`, and nothing else. */
function pathOf(raw: string, deleted: boolean): string {
  const path = deleted ? raw.slice(0, -deletedMark.length) : raw;
  return path.replaceAll('\\012', '\n');
}

/** The mapping that holds an address. */
export function mappingAt(mappings: readonly Mapping[], address: number): Mapping | undefined {
  let low = 0;
  let high = mappings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((mappings[middle]?.end ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  const mapping = mappings[low];
  return mapping !== undefined && address >= mapping.start ? mapping : undefined;
}
