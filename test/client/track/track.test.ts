import { beforeAll, describe, expect, test } from 'vitest';
import { readTrack } from '../../../src/client/track/track.js';
import { makeToneFrames } from '../../mp3/make-mp3.js';
import { PADDING_CASES } from '../../mp3/padding-cases.js';

let tone: readonly Uint8Array[] = [];
beforeAll(async () => {
  tone = await makeToneFrames();
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The frames that are played, as text. */
async function played(bytes: Uint8Array, sizeBytes: number | undefined): Promise<string[]> {
  const frames: string[] = [];
  const input = { file: 'a.mp3', name: 'a', sizeBytes, chunks: once(bytes) };
  for await (const event of readTrack(input)) {
    if (event.kind === 'frame') frames.push(Buffer.from(event.bytes).toString('hex'));
  }
  return frames;
}

describe.each(PADDING_CASES)('With %s between its frames, every frame is played', (_, make) => {
  test.each(['a file', 'a stream'])('of %s', async (kind) => {
    const bytes = make(tone);
    const sizeBytes = kind === 'a file' ? bytes.length : undefined;
    const expected = tone.map((frame) => Buffer.from(frame).toString('hex'));
    expect(await played(bytes, sizeBytes)).toEqual(expected);
  });
});
