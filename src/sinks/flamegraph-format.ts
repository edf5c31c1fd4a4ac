/** The format `flamegraph`: the folded stacks of a whole run as one page for a browser, which is written at the end. */
import type { Manifest, MapManifest } from '../compile/manifest.js';
import { weightOf } from '../events/folded-stacks.js';
import type { Selection } from '../events/selection.js';
import { flamegraphPage } from '../flamegraph/flamegraph-page.js';
import { StackTree } from '../flamegraph/stack-tree.js';
import { type Formatter, foldedFormatter } from './local-sink.js';

/** Throws a `SinkError` where there is no stack to show. */
export function flamegraphFormatter(manifest: Manifest, selection: Selection): Formatter {
  const { selection: taken = selection } = foldedFormatter(manifest, selection, 'flamegraph');
  const tree = new StackTree();
  /** A map that is shown more than once without `reset` has in each snapshot all that it had before: the last one counts. */
  const last = new Map<string, readonly string[]>();
  const add = (lines: Iterable<string>): void => {
    for (const line of lines) addLine(tree, line);
  };
  const nothing = { bytes: new Uint8Array(), count: 0, ends: new Uint32Array() };
  return {
    preamble: new Uint8Array(),
    selection: taken,
    events(batch) {
      add(batch.folded(taken));
      return nothing;
    },
    rows(snapshot) {
      if (snapshot.map.reset) add(snapshot.folded());
      else last.set(snapshot.map.name, [...snapshot.folded()]);
      return [];
    },
    page() {
      for (const lines of last.values()) add(lines);
      return Buffer.from(flamegraphPage(tree, { title: titleOf(manifest), unit: unitOf(manifest, taken) }));
    },
  };
}

/** `root;…;leaf COUNT` and its line end. */
function addLine(tree: StackTree, line: string): void {
  const space = line.lastIndexOf(' ');
  tree.add(line.slice(0, space).split(';'), Number(line.slice(space + 1)));
}

function titleOf({ name, description }: Manifest): string {
  return description === '' ? name : `${name}: ${description}`;
}

/** What is counted, where all that is shown counts the same. */
function unitOf({ probes, maps }: Manifest, taken: Selection): string {
  const units = new Set<string>();
  for (const probe of probes) if (probe.event !== undefined && taken.takes(probe.name)) units.add('events');
  for (const map of maps) if (map.shown && taken.takes(map.name)) units.add(unitOfMap(map));
  const [unit = 'samples'] = units;
  return units.size === 1 ? unit : 'in all';
}

function unitOfMap(map: MapManifest): string {
  const counting = map.value[weightOf(map)];
  if (counting === undefined || (counting.aggregation !== 'sum' && counting.aggregation !== 'stats')) return 'samples';
  return counting.as === 'duration' ? 'ns' : 'in all';
}
