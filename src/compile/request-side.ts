/** Which side of HTTP probes see, and which of the maps count requests of one side alone: the conventions' names of these depend on it. */
import { type HttpRole, httpRoles } from '../hooks/http.js';
import type { TypedMap, TypedProbe, TypedProgram } from './typed-pipeline.js';

const programsOf = (probe: TypedProbe): readonly TypedProgram[] =>
  probe.groups.flatMap(({ alternatives }) => alternatives.flatMap(({ programs }) => programs));

/** Of a probe with `http:`. */
export function sideOf(probe: TypedProbe): HttpRole {
  const target = programsOf(probe)[0]?.point.target;
  const side = httpRoles.find((each) => target === each);
  if (side === undefined) throw new Error(`the probe "${probe.name}" is of no side of HTTP`);
  return side;
}

/** `undefined` for a map that something else is counted in, too. */
export function requestsIn({ spec }: TypedMap, probes: readonly TypedProbe[]): HttpRole | undefined {
  const counting = probes.filter((probe) =>
    programsOf(probe).some(({ body }) => 'updates' in body && body.updates.some(({ map }) => map === spec.name.value)),
  );
  const sides = new Set(counting.map((probe) => (probe.http === undefined ? undefined : sideOf(probe))));
  const [side] = sides;
  return sides.size === 1 ? side : undefined;
}
