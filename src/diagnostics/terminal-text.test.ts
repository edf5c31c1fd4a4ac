import { describe, expect, it } from 'vitest';
import { cutTo, safeText, textWidth } from './terminal-text.js';

describe('text on a terminal', () => {
  it('cannot move the cursor or turn the line around', () => {
    expect(safeText('a\u001b[2Jb\u0007\n\u009b1m\u202egnp.exe\u007f')).toBe(
      'a\\x1b[2Jb\\x07\\n\\x9b1m\\u202egnp.exe\\x7f',
    );
  });

  it('is measured in columns', () => {
    expect(['abc', '你好', 'e\u0301', '🎉!'].map(textWidth)).toEqual([3, 4, 1, 3]);
    expect(cutTo('你好世界', 5)).toBe('你好…');
    expect(cutTo('abcdef', 4)).toBe('abc…');
    expect(cutTo('abcd', 4)).toBe('abcd');
  });
});
