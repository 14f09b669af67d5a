import { expect, test } from 'vitest';

test('No test can signal a group of processes, or all of them', () => {
  for (const pid of [-1, 0, 1, Number.NaN]) {
    expect(() => process.kill(pid, 'SIGWINCH')).toThrow('no single process');
  }
  expect(process.kill(process.pid, 0)).toBe(true);
});
