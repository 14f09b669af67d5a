/** The overlay of one SCX in a process of its own; it prints its address, and runs until it is killed. */
import { pino } from 'pino';
import { FAST } from '../../../src/gossamer/core/config.js';
import { createRng } from '../../../src/lib/rng.js';
import { createOverlay } from '../../../src/overlay/overlay.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';

const overlay = await createOverlay({
  session: 'scattercast://bench.example/abuse',
  key: drawSigningKey(),
  incarnation: Date.now(),
  rendezvous: true,
  listenHost: '127.0.0.1',
  listenPort: 0,
  advertiseHost: '127.0.0.1',
  config: FAST,
  locations: [],
  rng: createRng(1),
  allowPrivate: true,
  log: pino({ level: 'silent' }),
  onDeliver: () => {},
  onEvent: () => {},
  onClient: (client) => client.close(),
});
overlay.feed({ kind: 'join' });
console.log(overlay.address);
