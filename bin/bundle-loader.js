// Loads the chunks of dist/bundle/ as Node would load CommonJS modules, but with V8's code cache, which the build leaves beside them: compiling what a warm start runs takes longer than reading it. Node does this itself
// from version 22 on. A cache that another version of V8 has written is refused by V8, and the code is compiled as ever.
'use strict';
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { Script, constants } = require('node:vm');

const loaded = new Map();

/** `chunk`: a file's name, as chunks name each other. */
function loadChunk(folder, chunk) {
  const known = loaded.get(chunk);
  if (known !== undefined) return known.exports;
  const path = join(folder, chunk);
  const module = { exports: {} };
  // Before it runs, as Node does it, for chunks that need each other.
  loaded.set(chunk, module);
  const beyond = createRequire(path);
  const require = (id) => (id.startsWith('./') ? loadChunk(folder, id.slice(2)) : beyond(id));
  chunkScript(path, cachedCode(path)).runInThisContext()(module.exports, require, module, path, folder);
  return module.exports;
}

function chunkScript(path, cachedData) {
  const code = readFileSync(path, 'utf8');
  return new Script(`(function (exports, require, module, __filename, __dirname) {${code}\n})`, {
    filename: path,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

function cachePath(path) {
  return `${path}.cache`;
}

function cachedCode(path) {
  try {
    return readFileSync(cachePath(path));
  } catch {
    return undefined;
  }
}

module.exports = { loadChunk, chunkScript, cachePath };
