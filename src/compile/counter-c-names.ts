/** What the ledger's counters are called in C. */
import { c } from './c-text.js';
import type { CaptureCounterName } from './capture-manifest.js';
import type { CounterName } from './manifest.js';
import type { CText } from './statements.js';

/** Behind the probe's name. */
export const counterC: Readonly<Record<CounterName, CText>> = {
  filtered: c`filtered`,
  passed: c`passed`,
  ringFull: c`ring_full`,
  numbered: c`numbered`,
  unmatched: c`unmatched`,
  expired: c`expired`,
  scratchBusy: c`scratch_busy`,
  sampledOut: c`sampled_out`,
  rateLimited: c`rate_limited`,
  started: c`started`,
  restarted: c`restarted`,
  mapFull: c`map_full`,
  faultedReads: c`faulted_reads`,
  truncatedStrings: c`truncated_strings`,
  emptyStacks: c`empty_stacks`,
  lostStacks: c`lost_stacks`,
};

/** Of what captures connections. */
export const captureCounterC: Readonly<Record<CaptureCounterName, CText>> = {
  ringFull: c`lost_for_full_ring`,
  ioUring: c`blind_to_io_uring`,
  quic: c`blind_to_quic`,
  injected: c`propagate_injected`,
  hadParent: c`propagate_has_one`,
  noRoom: c`propagate_no_room`,
  splitHeads: c`propagate_split`,
  noRequests: c`propagate_no_request`,
  unclearEnds: c`propagate_unclear`,
  noPlace: c`propagate_no_place`,
};
