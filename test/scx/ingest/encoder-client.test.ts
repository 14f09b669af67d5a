import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createEncoderClient } from '../../../src/scx/ingest/encoder-client.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../../src/session/channels.js';

/** A link whose other end notes the numbers of audio, and says `title` for a notice. */
function openLink() {
  const closed: string[] = [];
  const sent: (number | string)[] = [];
  const stamps: number[] = [];
  const source = { id: 'source' as SourceId, priority: 100, epoch: 1 };
  const link = createEncoderClient(source, '127.0.0.1', (reason) => closed.push(reason));
  link.connection.onAdu(({ channel, sequence, timestampMs }) => {
    sent.push(channel === TITLE_CHANNEL ? 'title' : sequence);
    stamps.push(timestampMs);
  });
  link.connection.onClose((reason) => sent.push(reason));
  const payload = Uint8Array.of(1);
  const audio = (sequence: number): void =>
    link.publish({ channel: AUDIO_CHANNEL, sequence, payload });
  const title = (): void => link.publish({ channel: TITLE_CHANNEL, sequence: 0, payload });
  return { link, closed, sent, stamps, audio, title };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("An encoder's link", () => {
  test('sends the first frame at once, and then together what comes in a tenth of a second', () => {
    const { sent, stamps, audio } = openLink();
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
    const { sent, audio } = openLink();
    audio(0);
    vi.advanceTimersByTime(1000);
    audio(1);
    expect(sent).toEqual([0, 1]);
    expect(vi.getTimerCount()).toBe(1);
  });

  test('lets no title wait, nor overtake the frames before it', () => {
    const { sent, audio, title } = openLink();
    for (const n of [0, 1, 2]) audio(n);
    title();
    expect(sent).toEqual([0, 1, 2, 'title']);
  });

  test('has sent everything when its client is gone', () => {
    const { link, sent, audio } = openLink();
    for (const n of [0, 1, 2]) audio(n);
    link.close('bye');
    audio(3);
    vi.advanceTimersByTime(1000);
    expect(sent).toEqual([0, 1, 2, 'bye']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('has sent everything when its SCX leaves, which its client is told once', () => {
    const { link, closed, sent, audio } = openLink();
    for (const n of [0, 1, 2]) audio(n);
    link.connection.send({ kind: 'leaving' });
    link.connection.close();
    expect(sent).toEqual([0, 1, 2]);
    expect(closed).toEqual(['this SCX is leaving']);
  });

  test('sends nothing more to an SCX that closes it because of a frame', () => {
    const { link, closed, sent, audio } = openLink();
    link.connection.onAdu(({ sequence }) => {
      sent.push(sequence);
      if (sequence === 1) link.connection.close('a bad one');
    });
    for (const n of [0, 1, 2]) audio(n);
    link.close('bye');
    expect(sent).toEqual([0, 1]);
    expect(closed).toEqual(['a bad one']);
  });
});
