/**
 * The side-by-side drill's part that is ours, in small: the source's SCX is killed, listeners are
 * elsewhere.
 */
import { expect, test } from 'vitest';
import { openSourceScx } from '../../../scripts/bench/side-by-side/scattercast.js';
import { drill } from '../../../scripts/bench/side-by-side/scene.js';

test("kill -9 of the source's SCX closes no socket and costs no frame at three other clusters", async () => {
  const scene = await openSourceScx();
  try {
    const { noticed, backMs } = await drill(scene, { listeners: 3, downS: 0 });
    const whole = { missed: 0, repeated: 0, foreign: 0, closed: 0, refused: 0 };
    expect(noticed).toEqual(noticed.map((one) => ({ ...one, ...whole })));
    expect(noticed).toHaveLength(9);
    expect(backMs).toBeLessThan(Number.POSITIVE_INFINITY);
  } finally {
    await scene.close();
  }
});
