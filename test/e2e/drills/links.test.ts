/** Links are cut or turn bad (scripts/bench/drills/): where this machine has network namespaces. */
import { testDrills } from '../support/drill.js';

testDrills({
  cut: 'half a network that is cut off is live again on the same sockets, the other never stops',
  'bad-link': 'loss and jitter on the link to a parent cost nobody a frame',
});
