import { describe, expect, it } from 'vitest';
import { LiveScreen } from './live-view.js';

const esc = '\u001b';

/** As a terminal shows what was written: lines, cursor up by so many, clear to the end. */
function shown(rows: number, columns: number, draw: (screen: LiveScreen) => void): string[] {
  const lines: string[] = [];
  const write = (text: string): void => {
    for (const part of text.split(new RegExp(`(?=${esc}\\[\\d+F)`))) {
      const up = new RegExp(`^${esc}\\[(\\d+)F${esc}\\[J`).exec(part);
      if (up !== null) {
        expect(Number(up[1])).toBeLessThan(rows);
        lines.splice(lines.length - Number(up[1]));
      }
      lines.push(
        ...part
          .slice(up?.[0].length ?? 0)
          .split('\n')
          .slice(0, -1),
      );
    }
  };
  draw(new LiveScreen({ rows, columns, write }));
  return lines;
}

describe('a screen of pictures', () => {
  it('draws each in the place of what it was before', () => {
    expect(
      shown(24, 80, (screen) => {
        screen.show('a', ['a', '  1']);
        screen.show('b', ['b']);
        screen.show('a', ['a', '  2', '  3']);
      }),
    ).toEqual(['a', '  2', '  3', '', 'b']);
  });

  it('is of the usual size where the terminal does not know its own', () => {
    const lines: string[] = [];
    const screen = new LiveScreen({ rows: 0, columns: 0, write: (text) => lines.push(...text.split('\n')) });
    screen.show('a', ['a line', '  1']);
    expect(lines).toEqual(['a line', '  1', '']);
    expect(screen.width).toBe(80);
  });

  it('keeps events above them', () => {
    expect(
      shown(24, 80, (screen) => {
        screen.scroll('first\n');
        screen.show('a', ['a']);
        screen.scroll('second\nthird\n');
        screen.show('a', ['b']);
      }),
    ).toEqual(['first', 'second', 'third', 'b']);
  });

  it('leaves out what the terminal has no room for, and cuts lines that are too long', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index} ${'x'.repeat(20)}`);
    const seen = shown(10, 12, (screen) => {
      screen.show('a', lines);
      screen.show('a', lines);
    });
    expect(seen).toHaveLength(9);
    expect(seen.at(-1)).toBe('… 22 more l…');
    expect(seen[0]).toBe('line 0 xxxx…');
  });
});
