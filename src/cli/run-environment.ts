/** What the pipelines of a run share. */
import type { Host } from '../host.js';
import type { NativeAddon } from '../runtime/native-addon.js';
import type { LiveScreen } from '../sinks/live-view.js';
import type { CommandIo } from './command.js';
import type { RunOptions } from './run-options.js';
import type { StopRequest } from './stop-request.js';

export interface RunEnvironment {
  readonly host: Host;
  readonly io: CommandIo;
  readonly addon: NativeAddon | undefined;
  readonly tracefs: string | undefined;
  readonly runOptions: RunOptions;
  readonly stop: StopRequest;
  /** Where all pipelines of the run draw with --live; missing where standard output is no terminal. */
  readonly screen?: LiveScreen | undefined;
}
