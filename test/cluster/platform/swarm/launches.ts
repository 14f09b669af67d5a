/** Launches for the platform swarm, which say nothing that matters to it. */
import { type Launch, launchSchema } from '../../../../src/api/scx-launch.js';
import { FACTS, NIGHT } from '../../support.js';

export const SECRET = 'the-secret-of-the-cluster-of-these-tests';
export const SEED = 'A'.repeat(43);

export const idOf = (n: number): string => n.toString(16).padStart(32, '0');

export const launchOf = (n: number, over: Partial<Launch> = {}): Launch =>
  launchSchema.parse({
    ...FACTS,
    ...{ id: idOf(n), keySeed: SEED, session: NIGHT, rendezvous: false },
    ...{ leaseUrl: 'http://127.0.0.1:8000', leaseToken: SECRET, leaseIntervalMs: 500 },
    ...{ advertiseHost: '127.0.0.1', listenHost: '0.0.0.0', httpPort: 0, overlayPort: 0 },
    ...{ lingerMs: 1000, listenersMax: 1, perAddressMax: 0, trustedProxies: [], burstMs: 500 },
    ...{ writeIntervalMs: 20, profile: 'fast', allowPrivate: true, logLevel: 'silent' },
    ...over,
  });
