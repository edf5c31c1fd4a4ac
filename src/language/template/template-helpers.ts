/** The helpers that a template may call; what they do stands in events/template-values.ts. */

export interface HelperUse {
  /** What it is called with, by name. */
  readonly takes: readonly string[];
}

export const helperNames = ['duration', 'bytes', 'clock', 'left', 'right', 'default', 'json'] as const;
export type HelperName = (typeof helperNames)[number];

const uses: Readonly<Record<HelperName, HelperUse>> = {
  duration: { takes: ['COLUMN'] },
  bytes: { takes: ['COLUMN'] },
  clock: { takes: ['COLUMN'] },
  left: { takes: ['COLUMN', 'WIDTH'] },
  right: { takes: ['COLUMN', 'WIDTH'] },
  default: { takes: ['COLUMN', 'TEXT'] },
  json: { takes: ['COLUMN'] },
};

export const helperUses: ReadonlyMap<string, HelperUse> = new Map(Object.entries(uses));
