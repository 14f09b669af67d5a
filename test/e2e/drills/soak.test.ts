/** The soak in small: a minute of listeners who come and go while SCXs and front ends die or hang. */
import { expect, test } from 'vitest';
import { soak } from '../../../scripts/bench/soak/soak.js';

test('Nobody whose SCX is alive misses a frame while others are killed and hang', async () => {
  const told: string[] = [];
  const tell = (what: string): void => void told.push(what);
  const size = { minutes: 1, listeners: 100, stayS: 20, troubleS: 3 };
  const { heard, strikes } = await soak({ ...size, seed: 4, tell });
  const whole = { missed: 0, repeated: 0, foreign: 0, closed: 0 };
  expect(heard, told.join('\n')).toMatchObject(whole);
  // A burst of two seconds for each would be fewer.
  expect(heard.frames).toBeGreaterThan(100 * 100);
  expect(strikes).toBeGreaterThan(0);
});
