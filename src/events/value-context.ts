/** What values need besides their own bytes to be shown: the time of day, and the frames behind the ids of stacks. */
import type { StackTable } from './stack-table.js';
import type { WallClock } from './wall-clock.js';

export interface ValueContext {
  readonly clock: WallClock;
  readonly stacks: StackTable;
}
