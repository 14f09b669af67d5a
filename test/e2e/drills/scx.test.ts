/** SCXs die or hang (scripts/bench/drills/), and no listener of another SCX misses a frame. */
import { testDrills } from '../support/drill.js';

testDrills({
  'kill-scx': 'kill -9 of an SCX with children costs nobody elsewhere a frame',
  'hang-scx': 'an SCX that hangs costs nobody else a frame, nor does it when it wakes',
  'source-scx': "kill -9 of the source's SCX costs nobody elsewhere a frame",
});
