import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addonPath, loadAddon } from './load-addon.js';

describe('loadAddon', () => {
  it('looks in the build folder of the package, whose root is two folders up', () => {
    expect(addonPath).toBe(join(import.meta.dirname, '../../build/Release/probepipe.node'));
  });

  it('says how to build an addon that is not there', () => {
    const { output, diagnostics } = loadAddon('/nowhere/probepipe.node');
    expect(output).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { code: 'addon-missing', message: 'the native addon "/nowhere/probepipe.node" is not built' },
    ]);
    expect(diagnostics[0]?.hints[0]).toContain('scripts/build-addon');
  });

  it('says why an addon that is there does not load', () => {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-addon-'));
    const path = join(folder, 'probepipe.node');
    writeFileSync(path, 'not a library');
    const { output, diagnostics } = loadAddon(path);
    rmSync(folder, { recursive: true });
    expect(output).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: 'addon-missing' }]);
    expect(diagnostics[0]?.message).toMatch(/^the native addon ".*" cannot be loaded: .*(too short|invalid ELF)/);
  });
});
