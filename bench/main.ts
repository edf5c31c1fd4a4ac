/** `npm run bench [-- GROUP...]`: every figure beside its reference, in one run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { counting } from './counting.js';
import { growth } from './growth.js';
import { http } from './http.js';
import { many } from './many.js';
import { folder } from './places.js';
import { markdown, type Row, table } from './row.js';
import { sinks } from './sinks.js';
import { snapshot } from './snapshot.js';
import { starting } from './start.js';
import { streaming } from './streaming.js';
import { tools } from './tools.js';

const groups: Readonly<Record<string, () => Promise<Row[]>>> = {
  streaming,
  counting,
  start: starting,
  tools,
  sinks,
  http,
  snapshot,
  many,
  growth,
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => groups[name] === undefined);
if (unknown.length > 0) {
  console.error(`bench: no group "${unknown.join('", "')}"; there are ${Object.keys(groups).join(', ')}`);
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Linux ${release()}, Node ${process.version}`;
const rows: Row[] = [];
for (const [name, measure] of Object.entries(groups)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const measured = await measure();
  rows.push(...measured);
  console.log(`${name}\n${table(measured)}\n`);
  // After each group, so that a later one that fails takes nothing away.
  writeFileSync(`${folder}/results.json`, `${JSON.stringify({ machine, rows }, undefined, 2)}\n`);
  writeFileSync(`${folder}/results.md`, `${markdown(rows)}\n`);
}
