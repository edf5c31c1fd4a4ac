/** A manifest whose programs are all loaded, also those that the defaults of its params rule out. */
import type { Manifest, ProgramManifest } from '../../src/compile/manifest.js';

export function withAllPrograms(manifest: Manifest): Manifest {
  const always = ({ needs: _, ...program }: ProgramManifest): ProgramManifest => program;
  return {
    ...manifest,
    probes: manifest.probes.map((probe) => ({
      ...probe,
      groups: probe.groups.map((group) => ({
        ...group,
        alternatives: group.alternatives.map((each) => ({ ...each, programs: each.programs.map(always) })),
      })),
    })),
  };
}
