import { expect, test } from 'vitest';
import { createAduMaker } from '../../../src/mp3/frames/adu.js';
import { parseFrameHeader } from '../../../src/mp3/frames/frame-header.js';
import { mainDataBegin, sideInfoBytes, sideInfoOffset } from '../../../src/mp3/frames/side-info.js';
import { joinBytes, makeFrame, makeToneFrames } from '../make-mp3.js';

/** The offset of a frame's main data. */
function mainAt(frame: Uint8Array): number {
  const header = parseFrameHeader(frame, 0);
  if (header === undefined) throw new Error('no frame');
  return sideInfoOffset(header) + sideInfoBytes(header);
}

test.each([
  { bitrateKbps: 128, sampleRateHz: 44_100, channels: 2 as const },
  { bitrateKbps: 48, sampleRateHz: 32_000, channels: 1 as const },
  { bitrateKbps: 64, sampleRateHz: 22_050, channels: 2 as const },
  { bitrateKbps: 24, sampleRateHz: 16_000, channels: 1 as const },
])(
  'ADUs of $bitrateKbps kbit/s at $sampleRateHz Hz have the sound of their frames',
  async (tone) => {
    const frames = await makeToneFrames(tone);
    const all = joinBytes(frames.map((frame) => frame.subarray(mainAt(frame))));
    const makeAdu = createAduMaker();
    let own = 0;
    let behind = 0;
    let borrowed = 0;
    for (const frame of frames) {
      const adu = makeAdu(frame) ?? new Uint8Array();
      const at = mainAt(frame);
      expect(adu.subarray(0, at)).toEqual(frame.subarray(0, at));
      const from = own - (mainDataBegin(frame) ?? 0);
      const end = from + adu.length - at;
      expect(adu.subarray(at)).toEqual(all.subarray(from, end));
      // No byte belongs to two ADUs, and each ends in its own frame at the latest.
      expect(from).toBeGreaterThanOrEqual(behind);
      expect(end).toBeLessThanOrEqual(own + frame.length - at);
      behind = end;
      own += frame.length - at;
      borrowed += Number(mainDataBegin(frame) !== 0);
    }
    expect(borrowed).toBeGreaterThan(5);
  },
);

test('a frame that needs bytes of frames which did not come has no ADU', async () => {
  const frames = await makeToneFrames();
  const needy = frames.findIndex((frame) => (mainDataBegin(frame) ?? 0) > 0);
  expect(createAduMaker()(frames[needy] as Uint8Array)).toBeUndefined();
});

test('a frame that claims more than it has, and what is no frame, have no ADU', () => {
  const greedy = makeFrame();
  greedy.fill(0xff, 6, 36);
  greedy[4] = 0;
  greedy[5] = 0;
  expect(createAduMaker()(greedy)).toBeUndefined();
  expect(createAduMaker()(Uint8Array.of(1, 2, 3))).toBeUndefined();
});
