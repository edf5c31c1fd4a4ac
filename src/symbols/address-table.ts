/**
 * Symbols ordered by address, in typed arrays: some 20 bytes a symbol beside the text that holds their names, since a
 * kernel has 120,000 of them and a browser a million. Addresses are integers below 2^53.
 */

/** A symbol that holds an address. */
export interface FoundSymbol {
  /** Where the name stands, in the terms of whoever added it. */
  readonly name: number;
  readonly start: number;
}

export interface AddressTable {
  readonly count: number;
  find(address: number): FoundSymbol | undefined;
}

/** More than the largest binaries have; what a hostile file claims beyond is not read. */
export const mostSymbols = 2_000_000;
/** Functions that lie in functions are rare, and never nest deeper; without a limit a hostile file makes each search long. */
const deepestNesting = 64;

export class AddressTableBuilder {
  readonly #prefer: 'first' | 'last';
  #count = 0;
  #starts = new Float64Array(1024);
  #sizes = new Float64Array(1024);
  #names = new Uint32Array(1024);
  #ranks = new Uint8Array(1024);

  /** `prefer`: which of symbols with the same address and rank is kept. */
  constructor(prefer: 'first' | 'last' = 'first') {
    this.#prefer = prefer;
  }

  /**
   * `size` 0: unknown, it then goes on to where the next one begins. `rank`: of several at one address the one with the lowest
   * is kept. False when the table is full.
   */
  add(start: number, size: number, name: number, rank: number): boolean {
    if (this.#count >= mostSymbols) return false;
    if (this.#count === this.#starts.length) this.#grow();
    this.#starts[this.#count] = start;
    this.#sizes[this.#count] = size;
    this.#names[this.#count] = name;
    this.#ranks[this.#count] = rank;
    this.#count++;
    return true;
  }

  build(): AddressTable {
    const order = ascending(this.#starts.subarray(0, this.#count));
    const starts = new Float64Array(order.length);
    const ends = new Float64Array(order.length);
    const names = new Uint32Array(order.length);
    let kept = 0;
    let bestRank = 0;
    for (const index of order) {
      const start = this.#starts[index] ?? 0;
      const rank = this.#ranks[index] ?? 0;
      if (kept > 0 && starts[kept - 1] === start) {
        if (rank > bestRank || (rank === bestRank && this.#prefer === 'first')) continue;
        kept--;
      }
      bestRank = rank;
      const size = this.#sizes[index] ?? 0;
      starts[kept] = start;
      ends[kept] = size === 0 ? 0 : start + size;
      names[kept] = this.#names[index] ?? 0;
      kept++;
    }
    return tableOf(starts.slice(0, kept), ends.slice(0, kept), names.slice(0, kept));
  }

  #grow(): void {
    const length = this.#starts.length * 2;
    this.#starts = grown(this.#starts, new Float64Array(length));
    this.#sizes = grown(this.#sizes, new Float64Array(length));
    this.#names = grown(this.#names, new Uint32Array(length));
    this.#ranks = grown(this.#ranks, new Uint8Array(length));
  }
}

function grown<A extends Float64Array | Uint32Array | Uint8Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}

/**
 * The indices in ascending order of their values, equal ones in their own order. The engine sorts plain numbers ten times
 * faster than by a comparison, so where they fit into one number value and index are sorted together.
 */
function ascending(values: Float64Array): Uint32Array {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = 0;
  for (const value of values) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  const stride = 2 ** Math.ceil(Math.log2(values.length + 1));
  if ((highest - lowest + 1) * stride > Number.MAX_SAFE_INTEGER) {
    const order = Uint32Array.from(values, (_, index) => index);
    return order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  }
  const together = values.map((value, index) => (value - lowest) * stride + index).sort();
  return Uint32Array.from(together, (both) => both % stride);
}

/** `ends` is 0 where unknown. */
function tableOf(starts: Float64Array, ends: Float64Array, names: Uint32Array): AddressTable {
  const around = enclosing(starts, ends);
  return {
    count: starts.length,
    find(address) {
      let at = lastNotAbove(starts, address);
      // A label inside of a function has no size: the function that it lies in is the answer.
      for (let depth = 0; at >= 0 && depth < deepestNesting; depth++) {
        const end = ends[at] ?? 0;
        const outer = around[at] ?? -1;
        if (end === 0 && (outer < 0 || address >= (ends[outer] ?? 0))) return symbolAt(at);
        if (address < end) return symbolAt(at);
        at = outer;
      }
      return undefined;
    },
  };

  function symbolAt(at: number): FoundSymbol {
    return { name: names[at] ?? 0, start: starts[at] ?? 0 };
  }
}

/** For each symbol the nearest earlier one that goes beyond its start; -1 where there is none. */
function enclosing(starts: Float64Array, ends: Float64Array): Int32Array {
  const around = new Int32Array(starts.length);
  const open: number[] = [];
  for (let at = 0; at < starts.length; at++) {
    const start = starts[at] ?? 0;
    while (open.length > 0 && (ends[open[open.length - 1] ?? 0] ?? 0) <= start) open.pop();
    around[at] = open[open.length - 1] ?? -1;
    if ((ends[at] ?? 0) > 0) open.push(at);
  }
  return around;
}

function lastNotAbove(starts: Float64Array, address: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
