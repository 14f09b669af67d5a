/** The soak in small: listeners come and go while SCXs and front ends are killed or hang. */
import { expect, test } from 'vitest';
import { soak } from '../../../scripts/bench/soak/soak.js';

test('No listener whose SCX is alive misses a frame while other SCXs are killed or hang', async () => {
  const told: string[] = [];
  const tell = (what: string): void => void told.push(what);
  const size = { minutes: 0.4, listeners: 100, stayS: 20, troubleS: 3 };
  const { heard, faults } = await soak({ ...size, seed: 4, tell });
  const whole = { missed: 0, repeated: 0, foreign: 0, closed: 0 };
  expect(heard, told.join('\n')).toMatchObject(whole);
  // More than the bursts alone.
  expect(heard.frames).toBeGreaterThan(100 * 100);
  expect(faults).toBeGreaterThan(0);
});
