import { describe, expect, test } from 'vitest';
import type { Address, Member } from '../../../src/gossamer/core/node.js';
import { createTokenBucket } from '../../../src/lib/bounds/token-bucket.js';
import { nodeIdOf } from '../../../src/overlay/tls/node-id.js';
import { createTestimonies } from '../../../src/overlay/tls/testimony.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { createDecoder } from '../../../src/wire/decoder.js';
import { encodeHello } from '../../../src/wire/encoder.js';
import type { SignedMessage, Testimony } from '../../../src/wire/message-codec.js';
import { SOME_HELLO } from '../../wire/support.js';

const SESSION = 'scattercast://radio.example/news';

const NOW = 1_000_000_000;

/** An SCX, and another one that hears it. */
function setUp() {
  const key = drawSigningKey();
  const about: Member = {
    id: nodeIdOf(key.publicKey),
    address: '192.0.2.1:9000' as Address,
    incarnation: 5,
    rendezvous: false,
  };
  const speaker = createTestimonies(SESSION, key, () => NOW);
  const hearer = createTestimonies(SESSION, drawSigningKey(), () => NOW);
  const left: Testimony = {
    kind: 'notice',
    notice: { what: 'left', about, atMs: 12.5, reporter: about.id },
  };
  const beat: Testimony = { kind: 'heartbeat', generator: about.id, sequence: 7 };
  return { about, speaker, hearer, left, beat };
}

/** What arrives of a frame. */
function arrived(frame: Uint8Array | undefined): SignedMessage {
  if (frame === undefined) throw new Error('no frame');
  const decoder = createDecoder();
  decoder.push(encodeHello(SOME_HELLO));
  const [event] = decoder.push(frame);
  if (event?.kind !== 'signed') throw new Error(`not signed: ${event?.kind}`);
  return event;
}

const rate = (burst = 1000) => createTokenBucket(burst, 1e9);

describe('What is passed on about an SCX', () => {
  test('is believed with its signature, also when somebody else passes it on', () => {
    const { speaker, hearer, left, beat } = setUp();
    for (const message of [left, beat]) {
      const signed = arrived(speaker.encode(message));
      expect(signed.message).toEqual(message);
      expect(hearer.verdictOn(signed, rate())).toBe('true');
      const passedOn = arrived(hearer.encode(message));
      expect(
        createTestimonies(SESSION, drawSigningKey(), () => NOW).verdictOn(passedOn, rate()),
      ).toBe('true');
    }
  });

  test('is not heard when it was signed long ago, or in a time to come', () => {
    const { speaker, left, beat } = setUp();
    for (const message of [left, beat]) {
      const signed = arrived(speaker.encode(message));
      for (const [now, verdict] of [
        [NOW + 600_000, 'true'],
        [NOW + 600_001, 'unheard'],
        [NOW - 600_001, 'unheard'],
      ] as const) {
        const late = createTestimonies(SESSION, drawSigningKey(), () => now);
        expect(late.verdictOn(signed, rate())).toBe(verdict);
      }
      const later = { ...signed, timeMs: NOW + 1 };
      expect(speaker.verdictOn(later, rate())).toBe('forged');
    }
  });

  test('is not believed when anything of it is changed, or in another session', () => {
    const { about, speaker, hearer, left, beat } = setUp();
    const signed = arrived(speaker.encode(left));
    const others: Testimony[] = [
      { ...beat, sequence: 8 },
      { kind: 'notice', notice: { ...left.notice, what: 'alive' } } as Testimony,
      { kind: 'notice', notice: { ...left.notice, atMs: 13 } } as Testimony,
      { kind: 'notice', notice: { ...left.notice, about: { ...about, incarnation: 6 } } } as never,
    ];
    for (const message of others) {
      expect(hearer.verdictOn({ ...signed, message }, rate())).toBe('forged');
    }
    const elsewhere = createTestimonies(
      'scattercast://radio.example/day',
      drawSigningKey(),
      () => NOW,
    );
    expect(elsewhere.verdictOn(signed, rate())).toBe('forged');
    const key = Buffer.from(drawSigningKey().publicKey, 'base64url');
    expect(hearer.verdictOn({ ...signed, key }, rate())).toBe('forged');
    expect(hearer.verdictOn(signed, rate())).toBe('true');
    const signature = Uint8Array.from(signed.signature).reverse();
    expect(hearer.verdictOn({ ...signed, signature }, rate())).toBe('forged');
  });

  test('is not said in the name of another SCX', () => {
    const { hearer, left, beat } = setUp();
    expect(hearer.encode(left)).toBeUndefined();
    expect(hearer.encode(beat)).toBeUndefined();
  });

  test('is verified once, and as often as the rate of the connection allows', () => {
    const { about, speaker, hearer } = setUp();
    const beats = [1, 2, 3].map((sequence) =>
      arrived(speaker.encode({ kind: 'heartbeat', generator: about.id, sequence })),
    );
    const two = rate(2);
    const verdicts = [...beats, ...beats].map((signed) => hearer.verdictOn(signed, two));
    expect(verdicts).toEqual(['true', 'true', 'unheard', 'true', 'true', 'unheard']);
  });

  test('needs no signature when it is the failure of a neighbour', () => {
    const { about, hearer } = setUp();
    const notice = { what: 'failed', about, atMs: 1, reporter: about.id } as const;
    expect(hearer.encode({ kind: 'notice', notice })).toBeDefined();
  });
});
