import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registeredRuns, registerRun } from './run-registry.js';

const pipelines = [{ name: 'opens', path: 'opens.yaml', programs: [{ id: 7, probe: 'open', program: 'open_enter' }] }];

describe('the registry of runs', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(`${tmpdir()}/probepipe-registry-`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('knows a run while it is there', () => {
    const unregister = registerRun(pipelines, `${folder}/runs`);
    expect(registeredRuns(`${folder}/runs`)).toEqual([
      { pid: process.pid, startTime: expect.stringMatching(/^\d+$/), pipelines },
    ]);
    unregister();
    expect(readdirSync(`${folder}/runs`)).toEqual([]);
    expect(registeredRuns(`${folder}/nothing`)).toEqual([]);
  });

  it('tells a run that was killed from a later process of its number, and leaves out what is no run', () => {
    registerRun(pipelines, folder);
    const path = `${folder}/${process.pid}.json`;
    const run = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...run, startTime: '1' }));
    writeFileSync(`${folder}/1.json`, '{"pid": 1, "startTi');
    writeFileSync(`${folder}/2.json`, '[]');
    expect(registeredRuns(folder)).toEqual([]);
  });

  it('lets a run go on where it cannot be written', () => {
    writeFileSync(`${folder}/file`, '');
    registerRun(pipelines, `${folder}/file/runs`)();
  });
});
