/** What a sealed datagram and a signed notice cost. */
import { randomBytes } from 'node:crypto';
import type { Address } from '../../../src/gossamer/core/node.js';
import { createTokenBucket } from '../../../src/lib/bounds/token-bucket.js';
import { nodeIdOf } from '../../../src/overlay/tls/node-id.js';
import { createSeal } from '../../../src/overlay/tls/seal.js';
import { createTestimonies } from '../../../src/overlay/tls/testimony.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import type { DatagramToken } from '../../../src/wire/datagram.js';
import { createDecoder } from '../../../src/wire/decoder.js';
import { encodeHello } from '../../../src/wire/encoder.js';
import { WIRE_VERSION } from '../../../src/wire/hello.js';
import { type Row, round } from '../benchmark.js';

const COUNT = 5000;
/** Two frames of 128 kbit/s. */
const CONTENT = new Uint8Array(900);
const SESSION = 'scattercast://bench.example/trust';

/** Processor time of each call, us. */
function microsOf(calls: number, act: (at: number) => void): number {
  const before = process.cpuUsage();
  for (let at = 0; at < calls; at++) act(at);
  const { user, system } = process.cpuUsage(before);
  return round((user + system) / calls);
}

function sealing(): Row[] {
  const secret = randomBytes(64);
  const exportKeys = (label: string, bytes: number): Uint8Array =>
    secret.subarray(label.length % 8, (label.length % 8) + bytes);
  const token = '00ff00ff00ff00ff' as DatagramToken;
  const [parent, child] = [
    createSeal(exportKeys, 'parent', token),
    createSeal(exportKeys, 'child', token),
  ];
  const sealed: Uint8Array[] = [];
  const seal = microsOf(COUNT, () => void sealed.push(parent.seal(CONTENT)));
  const open = microsOf(COUNT, (at) => void child.open(sealed[at] as Uint8Array));
  return [
    { what: 'datagram of 900 bytes sealed, CPU us', value: seal },
    { what: 'datagram of 900 bytes opened, CPU us', value: open },
  ];
}

function testimonies(): Row[] {
  const key = drawSigningKey();
  const id = nodeIdOf(key.publicKey);
  const speaker = createTestimonies(SESSION, key, Date.now);
  const hearer = createTestimonies(SESSION, drawSigningKey(), Date.now);
  const frames: Uint8Array[] = [];
  const signed = microsOf(1000, (sequence) => {
    const frame = speaker.encode({ kind: 'heartbeat', generator: id, sequence });
    if (frame !== undefined) frames.push(frame);
  });
  const decoder = createDecoder();
  const at = { id, address: '127.0.0.1:1' as Address, incarnation: 1, rendezvous: false };
  decoder.push(encodeHello({ version: WIRE_VERSION, session: SESSION, purpose: 'control', ...at }));
  const heard = decoder.push(Buffer.concat(frames));
  const rate = createTokenBucket(1e6, 1);
  const verify = (index: number): void => {
    const event = heard[index];
    if (event?.kind === 'signed') hearer.verdictOn(event, rate);
  };
  const first = microsOf(1000, verify);
  const again = microsOf(1000, verify);
  return [
    { what: 'heartbeat signed, CPU us', value: signed },
    { what: 'heartbeat verified, CPU us', value: first },
    { what: 'the same from another neighbour, CPU us', value: again },
  ];
}

/** Rows of sealing and of signed notices. */
export const measureSealing = (): Row[] => [...sealing(), ...testimonies()];
