import { describe, expect, test } from 'vitest';
import { mutantsOf, mutate } from '../../scripts/mutate/mutants.js';

/** The sources that the mutants of this one make, by kind. */
const madeOf = (source: string): readonly (readonly [string, string])[] =>
  mutantsOf('src/x.ts', source).map((mutant) => [mutant.kind, mutate(source, mutant)]);

describe('The mutants of a file', () => {
  test('change a constant in both directions', () => {
    expect(madeOf('const WAIT_MS = 5_000; // 7\n')).toEqual([
      ['doubled', 'const WAIT_MS = (2 * 5_000); // 7\n'],
      ['halved', 'const WAIT_MS = (5_000 / 2); // 7\n'],
    ]);
  });

  test('change the fields of a configuration', () => {
    expect(madeOf('export const FAST = {\n  share: 0.15,\n  grows: true,\n};\n')).toEqual([
      ['doubled', 'export const FAST = {\n  share: (2 * 0.15),\n  grows: true,\n};\n'],
      ['halved', 'export const FAST = {\n  share: (0.15 / 2),\n  grows: true,\n};\n'],
      ['flipped', 'export const FAST = {\n  share: 0.15,\n  grows: false,\n};\n'],
    ]);
  });

  test('drop a guard, however its condition is nested', () => {
    expect(madeOf('  if (isFull(a) || (b && c())) return false;\n')).toEqual([
      ['dropped', '  if (false) return false;\n'],
    ]);
  });

  test('leave comments, strings, zero and other branches alone', () => {
    const source = [
      '// const A = 5',
      "const TEXT = '  a: 5,';",
      'const NONE = 0;',
      'if (a) b();',
      '/* if (a) return; */',
    ].join('\n');
    expect(madeOf(source)).toEqual([]);
  });

  test('say where they are', () => {
    const [mutant] = mutantsOf('src/x.ts', '\n\nconst A = 3;\n');
    expect(mutant).toMatchObject({ file: 'src/x.ts', line: 3, excerpt: 'const A = 3;' });
  });
});
