import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { createLotSigner } from '../../../src/overlay/lots/lot-signer.js';
import { drawSourceId } from '../../../src/overlay/lots/source-id.js';
import { signSource } from '../../../src/overlay/lots/source-statement.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { createEncoderClient } from '../../../src/scx/ingest/encoder-client.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../../src/session/channels.js';

const KEY = drawSigningKey();
const SCX = 'a0'.repeat(16) as NodeId;

/** An encoder whose SCX notes the numbers of audio, `title` for a notice, and the reason of its end. */
function openEncoder(onSent: (sequence: number) => void = () => undefined) {
  const closed: string[] = [];
  const sent: (number | string)[] = [];
  const stamps: number[] = [];
  let stated = 0;
  const source = { id: drawSourceId(KEY.publicKey), priority: 100, epoch: 1 };
  const signer = createLotSigner({ session: 's', source: source.id, epoch: 1, key: KEY });
  const encoder = createEncoderClient({
    ...{ source, key: KEY.publicKey, remoteAddress: '127.0.0.1', signer },
    state: (unsigned) => signSource(unsigned, { session: 's', scx: SCX, key: KEY }, ++stated),
    onClosed: (reason) => void closed.push(reason),
  });
  encoder.client.listen({
    onAdu: ({ channel, sequence, timestampMs }) => {
      sent.push(channel === TITLE_CHANNEL ? 'title' : sequence);
      stamps.push(timestampMs);
      onSent(sequence);
    },
    onKeepAlive: () => sent.push('keep-alive'),
    onStated: ({ statement }) => void sent.push(`stated ${statement?.timeMs}`),
    onLeaving: () => undefined,
    onClose: (reason) => sent.push(reason),
  });
  const payload = Uint8Array.of(1);
  const audio = (sequence: number): void =>
    encoder.publish({ channel: AUDIO_CHANNEL, sequence, payload });
  const title = (): void => encoder.publish({ channel: TITLE_CHANNEL, sequence: 0, payload });
  return { encoder, closed, sent, stamps, audio, title };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('An encoder as a source client', () => {
  test('sends the first frame at once, and then together what comes in a tenth of a second', () => {
    const { sent, stamps, audio } = openEncoder();
    const sentBy: number[] = [];
    for (let n = 0; n < 12; n++) {
      audio(n);
      sentBy.push(sent.length);
      vi.advanceTimersByTime(25);
    }
    expect(sentBy).toEqual([1, 1, 1, 1, 4, 4, 4, 4, 8, 8, 8, 8]);
    expect(sent).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(new Set(stamps).size).toBe(4);
  });

  test('sends at once what comes after a pause', () => {
    const { sent, audio } = openEncoder();
    audio(0);
    vi.advanceTimersByTime(1000);
    audio(1);
    expect(sent).toEqual([0, 1]);
    expect(vi.getTimerCount()).toBe(1);
  });

  test('sends a title at once, behind the frames before it', () => {
    const { sent, audio, title } = openEncoder();
    for (const n of [0, 1, 2]) audio(n);
    title();
    expect(sent).toEqual([0, 1, 2, 'title']);
  });

  test('sends KEEP_ALIVE at once, and needs no answer', () => {
    const { encoder, sent, closed } = openEncoder();
    encoder.keepAlive();
    encoder.client.sendAlive({ listeners: 1, scxListeners: 1 });
    expect([sent, closed]).toEqual([['keep-alive'], []]);
  });

  test('states anew each two minutes that it is attached', () => {
    const { encoder, sent } = openEncoder();
    expect(encoder.client.source.statement?.timeMs).toBe(1);
    for (let second = 0; second <= 240; second++) {
      encoder.keepAlive();
      vi.advanceTimersByTime(1000);
    }
    expect(sent.filter((what) => what !== 'keep-alive')).toEqual(['stated 2', 'stated 3']);
    encoder.close('gone');
    vi.advanceTimersByTime(240_000);
    encoder.keepAlive();
    expect(sent).not.toContain('stated 4');
  });

  test('has sent everything when the encoder is gone', () => {
    const { encoder, sent, audio } = openEncoder();
    for (const n of [0, 1, 2]) audio(n);
    encoder.close('bye');
    audio(3);
    vi.advanceTimersByTime(1000);
    expect(sent).toEqual([0, 1, 2, 'bye']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('has sent everything when its SCX leaves, and is closed once', () => {
    const { encoder, closed, sent, audio } = openEncoder();
    for (const n of [0, 1, 2]) audio(n);
    encoder.client.sendLeaving();
    encoder.client.close();
    expect(sent).toEqual([0, 1, 2]);
    expect(closed).toEqual(['this SCX is leaving']);
  });

  test('sends nothing more to an SCX that closes it because of a frame', () => {
    const { encoder, closed, sent, audio } = openEncoder((sequence) => {
      if (sequence === 1) encoder.client.close('a bad one');
    });
    for (const n of [0, 1, 2]) audio(n);
    encoder.close('bye');
    expect(sent).toEqual([0, 1]);
    expect(closed).toEqual(['a bad one']);
  });
});
