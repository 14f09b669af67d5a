/**
 * A chain of SCXs over a network that loses datagrams: overlays with real sockets, of a session
 * whose audio is announced as UDP. Every SCX knows all others, but links outside the chain are so
 * slow that routes follow the chain.
 */
import { pino } from 'pino';
import { FAST } from '../../../src/gossamer/core/config.js';
import type { Adu, NodeId } from '../../../src/gossamer/core/node.js';
import { createRng } from '../../../src/lib/rng.js';
import { createLotSigner } from '../../../src/overlay/lots/lot-signer.js';
import { drawSourceId } from '../../../src/overlay/lots/source-id.js';
import { signSource } from '../../../src/overlay/lots/source-statement.js';
import { createOverlay, type Overlay } from '../../../src/overlay/overlay.js';
import { nodeIdOf } from '../../../src/overlay/tls/node-id.js';
import { drawSigningKey, type SigningKey } from '../../../src/runtime/signing-key.js';
import { steadyTimeMs } from '../../../src/runtime/steady-time.js';
import { createLossyNetwork, type LossyNetwork } from './lossy-network.js';

const SESSION = 'scattercast://chain.example/udp';
const KEY = drawSigningKey();
const SOURCE = { id: drawSourceId(KEY.publicKey), priority: 1, epoch: 1 };
const signer = createLotSigner({ session: SESSION, source: SOURCE.id, epoch: 1, key: KEY });

/** The delay of a link outside the chain, in units of a link's of the chain. */
const DETOUR = 10;

export interface ChainOptions {
  readonly hops: number;
  /** Of one link, one way, ms. */
  readonly delayMs: number;
  readonly seed: number;
  /** The first of the fronts' ports, one for each SCX; they must be free. */
  readonly firstPort: number;
  onDeliver(index: number, adu: Adu): void;
}

export interface Chain {
  /** The source's SCX first. */
  readonly overlays: readonly Overlay[];
  readonly network: LossyNetwork;
  /** Publishes ADUs, which are numbered from `first`, as one lot. */
  publish(first: number, payloads: readonly Uint8Array[]): void;
  /** Whether each SCX but the first has the one before as its parent. */
  isFormed(): boolean;
  close(): Promise<void>;
}

/** Starts the SCXs, which join the session. The chain forms within some seconds. */
export async function startChain(options: ChainOptions): Promise<Chain> {
  const { hops, delayMs, seed, firstPort, onDeliver } = options;
  const rng = createRng(seed);
  const network = createLossyNetwork(
    (one, other) => delayMs * (Math.abs(ids.indexOf(one) - ids.indexOf(other)) === 1 ? 1 : DETOUR),
    rng.fork('network'),
  );
  const overlays: Overlay[] = [];
  const keys = Array.from({ length: hops + 1 }, drawSigningKey);
  const ids = keys.map(({ publicKey }) => nodeIdOf(publicKey));
  const idOf = (index: number): NodeId => ids[index] as NodeId;

  const start = async (index: number): Promise<void> => {
    const port = firstPort + index;
    const [front, host] = [`127.0.1.${index + 1}`, `127.0.2.${index + 1}`];
    await network.attach(idOf(index), front, host, port);
    const overlay = await createOverlay({
      key: keys[index] as SigningKey,
      ...{ session: SESSION, incarnation: 1, rendezvous: index === 0 },
      ...{ listenHost: host, listenPort: port, localAddress: host },
      ...{ advertiseHost: front, allowPrivate: true },
      config: { ...FAST, lossyChannels: [1] },
      locations: [`127.0.1.1:${firstPort}`],
      rng: rng.fork(`SCX ${index}`),
      sourceKeys: [{ name: 'station', key: KEY.publicKey, priorityMax: 255 }],
      log: pino({ level: 'silent' }),
      onDeliver: (adu) => onDeliver(index, adu),
      onEvent: () => {},
      onClient: () => {},
    });
    overlay.feed({ kind: 'join' });
    overlays.push(overlay);
  };

  for (let index = 0; index <= hops; index++) await start(index);
  const source = signSource(SOURCE, { session: SESSION, scx: idOf(0), key: KEY });
  overlays[0]?.feed({ kind: 'announceSource', source });

  const parentOf = (overlay: Overlay): NodeId | undefined =>
    overlay.view().sources[0]?.flows.find(({ channel }) => channel === 1)?.parent;

  return {
    overlays,
    network,
    publish: (first, payloads) => {
      const timestampMs = steadyTimeMs();
      const adus = payloads.map((payload, index) => ({
        ...{ channel: 1, sequence: first + index, timestampMs, payload },
      }));
      for (const adu of signer.sign(adus)) overlays[0]?.feed({ kind: 'publish', adu });
    },
    isFormed: () =>
      overlays.every((overlay, index) => index === 0 || parentOf(overlay) === idOf(index - 1)),
    close: async () => {
      await Promise.all(overlays.map((overlay) => overlay.close()));
      network.close();
    },
  };
}
