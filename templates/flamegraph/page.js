/**
 * Draws the flame graph of the page that it stands in. Only what is at least some pixels wide becomes an element, so the page stays
 * quick with any number of stacks; zooming draws anew.
 */

const rowHeight = 18;
const narrowest = 1.5;
const narrowestWithText = 24;
const kinds = ['user', 'kernel', 'jit', 'inlined', 'unknown'];

const { names, nodes, unit, cut } = JSON.parse(document.getElementById('stacks').textContent);
const count = nodes.length / 4;
const depths = new Uint16Array(count);
const nameOf = new Uint32Array(count);
const kindOf = new Uint8Array(count);
const values = new Float64Array(count);
/** Where a node begins, in counts from the left. */
const starts = new Float64Array(count);
const parents = new Int32Array(count).fill(-1);
/** The first node behind those below it. */
const ends = new Uint32Array(count);
let deepest = 0;

/** Nodes stand parents first: the last of each depth so far is the parent of what follows one deeper. */
function readNodes() {
  const open = [];
  const filled = [];
  for (let at = 0; at < count; at++) {
    const depth = nodes[at * 4];
    depths[at] = depth;
    nameOf[at] = nodes[at * 4 + 1];
    kindOf[at] = nodes[at * 4 + 2];
    values[at] = nodes[at * 4 + 3];
    while (open.length > depth) ends[open.pop()] = at;
    const parent = depth === 0 ? -1 : open[depth - 1];
    parents[at] = parent;
    starts[at] = parent < 0 ? 0 : filled[depth - 1];
    if (parent >= 0) filled[depth - 1] += values[at];
    open.push(at);
    filled[depth] = starts[at];
    deepest = Math.max(deepest, depth);
  }
  for (const at of open) ends[at] = count;
}
readNodes();

const element = (id) => document.getElementById(id);
const graph = element('graph');
const tip = element('tip');
const search = element('search');
const flip = element('flip');

let zoomed = 0;
let focused = 0;
let wanted = '';
let rootOnTop = false;

const number = new Intl.NumberFormat('en');
const percent = (part, whole) => `${((100 * part) / whole).toFixed(2)}%`;

function describe(at) {
  const ofAll = `${number.format(values[at])} ${unit}, ${percent(values[at], values[0])} of all`;
  return zoomed === 0 || at === zoomed ? ofAll : `${ofAll}, ${percent(values[at], values[zoomed])} of what is shown`;
}

function matches(at) {
  return wanted !== '' && at !== 0 && names[nameOf[at]].toLowerCase().includes(wanted);
}

/** One of four shades, the same for a name wherever it stands. */
function shade(name) {
  let sum = 0;
  for (let at = 0; at < name.length; at++) sum = (sum * 31 + name.charCodeAt(at)) >>> 0;
  return sum % 4;
}

function draw() {
  if (values[0] === 0) return;
  const width = graph.clientWidth;
  const scale = width / values[zoomed];
  const rows = document.createDocumentFragment();
  let rowsUsed = depths[zoomed];
  for (let at = parents[zoomed]; at >= 0; at = parents[at]) rows.append(frame(at, 0, width, true));
  // The run of nodes that are too narrow to draw, until now, in each row.
  const runs = new Map();
  for (let at = zoomed; at < ends[zoomed]; ) {
    const left = (starts[at] - starts[zoomed]) * scale;
    const wide = values[at] * scale;
    const depth = depths[at];
    rowsUsed = Math.max(rowsUsed, depth);
    if (wide < narrowest) {
      const run = runs.get(depth);
      if (run !== undefined && left - run.right < 0.5) run.right = left + wide;
      else {
        if (run !== undefined) rows.append(...narrow(run, depth));
        runs.set(depth, { left, right: left + wide });
      }
      at = ends[at];
      continue;
    }
    rows.append(frame(at, left, wide, false));
    at++;
  }
  for (const [depth, run] of runs) rows.append(...narrow(run, depth));
  graph.style.height = `${(rowsUsed + 1) * rowHeight}px`;
  graph.replaceChildren(rows);
  for (const each of graph.children) each.style.top = `${rowOf(Number(each.dataset.depth), rowsUsed) * rowHeight}px`;
  graph.classList.toggle('searching', wanted !== '');
  element('reset').disabled = zoomed === 0;
  if (frameOf(focused) === null) focused = zoomed;
  frameOf(focused).tabIndex = 0;
  showFound();
}

function rowOf(depth, rowsUsed) {
  return rootOnTop ? depth : rowsUsed - depth;
}

function frame(at, left, wide, above) {
  const name = names[nameOf[at]];
  const drawn = document.createElement('div');
  drawn.className = `frame ${kinds[kindOf[at]]} shade${shade(name)}`;
  if (above) drawn.classList.add('above');
  if (matches(at)) drawn.classList.add('found');
  drawn.style.left = `${left}px`;
  drawn.style.width = `${wide}px`;
  drawn.dataset.depth = depths[at];
  drawn.dataset.node = at;
  drawn.tabIndex = -1;
  drawn.setAttribute('role', 'treeitem');
  drawn.setAttribute('aria-level', depths[at] + 1);
  drawn.setAttribute('aria-label', `${name}, ${describe(at)}`);
  if (wide >= narrowestWithText) drawn.textContent = name;
  else drawn.classList.add('thin');
  return drawn;
}

/** Functions too narrow to be drawn, as one hatched place; nothing where even together they are. */
function narrow({ left, right }, depth) {
  if (right - left < narrowest) return [];
  const drawn = document.createElement('div');
  drawn.className = 'narrow';
  drawn.style.left = `${left}px`;
  drawn.style.width = `${right - left}px`;
  drawn.dataset.depth = depth;
  drawn.setAttribute('aria-hidden', 'true');
  return [drawn];
}

function frameOf(at) {
  return graph.querySelector(`[data-node="${at}"]`);
}

/** What matches below something that matches is counted once. */
function showFound() {
  let sum = 0;
  for (let at = zoomed; wanted !== '' && at < ends[zoomed]; ) {
    if (matches(at)) {
      sum += values[at];
      at = ends[at];
    } else at++;
  }
  element('found').textContent =
    wanted === '' ? '' : sum === 0 ? 'nothing found' : `${percent(sum, values[zoomed])} of what is shown`;
}

function zoom(at) {
  zoomed = at;
  focused = at;
  hideTip();
  draw();
}

function nodeOf(target) {
  const found = target instanceof Element ? target.closest('.frame') : null;
  return found === null ? undefined : Number(found.dataset.node);
}

function showDetails(at) {
  element('details').textContent = `${names[nameOf[at]]}: ${describe(at)}`;
}

function showTip(at, x, y) {
  const name = document.createElement('b');
  name.textContent = names[nameOf[at]];
  tip.replaceChildren(name, describe(at));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - width - 4))}px`;
  tip.style.top = `${y + 20 + height > innerHeight ? y - height - 8 : y + 20}px`;
}

function hideTip() {
  tip.hidden = true;
}

graph.addEventListener('click', (event) => {
  const at = nodeOf(event.target);
  if (at !== undefined) {
    zoom(at);
    frameOf(at).focus({ preventScroll: true });
  }
});

graph.addEventListener('mousemove', (event) => {
  const at = nodeOf(event.target);
  if (at === undefined) return hideTip();
  showTip(at, event.clientX, event.clientY);
  showDetails(at);
});
graph.addEventListener('mouseleave', hideTip);

graph.addEventListener('focusin', (event) => {
  const at = nodeOf(event.target);
  if (at === undefined) return;
  const before = frameOf(focused);
  if (before !== null) before.tabIndex = -1;
  focused = at;
  event.target.tabIndex = 0;
  showDetails(at);
});

/** The drawn frame that lies next in a direction, along what is seen. */
function neighbour(at, key) {
  const outwards = rootOnTop ? 'ArrowUp' : 'ArrowDown';
  if (key === 'Home') return 0;
  if (key === outwards) return parents[at];
  const drawn = [...graph.querySelectorAll('.frame')].map((each) => Number(each.dataset.node));
  if (key === 'ArrowUp' || key === 'ArrowDown') {
    const below = drawn.filter((each) => parents[each] === at);
    return below.reduce((widest, each) => (widest < 0 || values[each] > values[widest] ? each : widest), -1);
  }
  const row = drawn.filter((each) => depths[each] === depths[at]).sort((a, b) => starts[a] - starts[b]);
  return row[row.indexOf(at) + (key === 'ArrowRight' ? 1 : -1)] ?? -1;
}

graph.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' || event.key === ' ') zoom(focused);
  else if (event.key.startsWith('Arrow') || event.key === 'Home') {
    const next = neighbour(focused, event.key);
    if (next >= 0) frameOf(next)?.focus();
    event.preventDefault();
    return;
  } else return;
  event.preventDefault();
  frameOf(focused).focus({ preventScroll: true });
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    if (wanted !== '') setSearch('');
    else zoom(0);
  } else if (event.key === '/' && event.target !== search) {
    search.focus();
    event.preventDefault();
  }
});

function setSearch(text) {
  search.value = text;
  wanted = text.trim().toLowerCase();
  draw();
}
search.addEventListener('input', () => {
  wanted = search.value.trim().toLowerCase();
  draw();
});

element('reset').addEventListener('click', () => zoom(0));
flip.addEventListener('click', () => {
  rootOnTop = !rootOnTop;
  flip.setAttribute('aria-pressed', String(rootOnTop));
  draw();
  showRoot();
});
addEventListener('resize', draw);

function showRoot() {
  scrollTo(0, rootOnTop ? 0 : document.body.scrollHeight);
}

element('title').textContent = document.title;
element('total').textContent =
  `${number.format(values[0])} ${unit}` +
  (cut > 0 ? `; ${number.format(cut)} of them end early, since there were too many stacks to tell apart` : '');
if (values[0] > 0) {
  draw();
  showRoot();
} else element('details').textContent = 'There were no stacks.';
