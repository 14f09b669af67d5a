import { beforeAll, describe, expect, it } from 'vitest';
import { crc16 } from '../../../src/mp3/frames/crc16.js';
import { parseFrameHeader } from '../../../src/mp3/frames/frame-header.js';
import { createLeadIn, leadIn, reservoirStart } from '../../../src/mp3/frames/lead-in.js';
import { mainDataBegin, mainDataBytes } from '../../../src/mp3/frames/side-info.js';
import { ascii, makeFrame, makeToneFrames } from '../make-mp3.js';

/** An MPEG 1 frame that reaches `reach` bytes back; 0xff elsewhere in its side information. */
function reaching(reach: number, bits = {}): Uint8Array {
  const frame = makeFrame(bits);
  frame.fill(0xff, 4, 38);
  frame.set([reach >> 1, ((reach & 1) << 7) | 0x7f], 4);
  return frame;
}

describe('Lead-in', () => {
  let frames: Uint8Array[] = [];
  beforeAll(async () => {
    frames = await makeToneFrames({ seconds: 4 });
  });

  it('changes nothing if no byte is missing', () => {
    const played = leadIn(frames);
    expect(played).toHaveLength(frames.length);
    expect(played.findIndex((frame, index) => frame !== frames[index])).toBe(-1);
  });

  it('leaves no frame that reaches back before the beginning, wherever a stream is cut', () => {
    for (let cut = 0; cut < 100; cut++) {
      let suppliedBytes = 0;
      for (const frame of leadIn(frames.slice(cut))) {
        expect(mainDataBegin(frame)!).toBeLessThanOrEqual(suppliedBytes);
        suppliedBytes += mainDataBytes(parseFrameHeader(frame, 0)!);
      }
    }
  });

  it('silences at most two frames, and most cuts need at least one', () => {
    const silenced: number[] = [];
    for (let cut = 1; cut < 100; cut++) {
      const rest = frames.slice(cut);
      const changed = leadIn(rest).map((frame, index) => frame !== rest[index]);
      silenced.push(1 + changed.lastIndexOf(true));
    }
    expect(Math.max(...silenced)).toBeLessThanOrEqual(2);
    expect(silenced.filter((count) => count > 0).length).toBeGreaterThan(50);
  });

  it('keeps header, length and main data, and removes the sound', () => {
    const first = reaching(511);
    const before = new Uint8Array(first);
    const [silent] = leadIn([first, reaching(0)]);
    expect(first).toEqual(before);
    expect(silent?.subarray(0, 4)).toEqual(first.subarray(0, 4));
    expect(silent?.subarray(4, 36)).toEqual(new Uint8Array(32));
    expect(silent?.subarray(36)).toEqual(first.subarray(36));
  });

  it('lets a silent frame reach back over everything there is', () => {
    const frame = { bitrate: 1 };
    const played = leadIn([reaching(511, frame), reaching(500, frame), reaching(480, frame)]);
    const { frameBytes } = parseFrameHeader(played[0]!, 0)!;
    const mainData = frameBytes - 36;
    expect(played.map(mainDataBegin)).toEqual([0, mainData, 2 * mainData]);
  });

  it('does the same in MPEG 2, where the reservoir is shorter', async () => {
    const low = await makeToneFrames({ sampleRateHz: 22050, bitrateKbps: 32, channels: 1 });
    for (let cut = 1; cut < 20; cut++) {
      const rest = low.slice(cut);
      const played = leadIn(rest);
      expect(mainDataBegin(played[0]!)).toBe(0);
      expect(played.at(-1)).toBe(rest.at(-1));
    }
  });

  it('renews the CRC of a silent frame', () => {
    const frame = makeFrame({ unprotected: 0 });
    frame[6] = 0xff;
    const silent = leadIn([frame])[0]!;
    const expected = crc16(silent.subarray(6, 38), crc16(silent.subarray(2, 4)));
    expect((silent[4]! << 8) | silent[5]!).toBe(expected);
  });

  it('does not write into a Buffer that it was given', () => {
    const frame = Buffer.from(reaching(300));
    const before = Buffer.from(frame);
    leadIn([frame]);
    expect(frame.equals(before)).toBe(true);
  });

  it('passes on what is not a frame', () => {
    const text = ascii('no frame');
    expect(leadIn([text])[0]).toBe(text);
  });

  it('does the same for frames that come one by one', () => {
    const rest = frames.slice(50);
    const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
    expect(rest.map(createLeadIn()).map(hex)).toEqual(leadIn(rest).map(hex));
  });
});

describe('CRC-16', () => {
  it('has the check value of CRC-16/CMS', () => {
    expect(crc16(ascii('123456789'))).toBe(0xaee7);
  });
});

describe('Reservoir start', () => {
  it('is the first frame that does not reach back', () => {
    expect(reservoirStart([reaching(511), reaching(1), reaching(0), reaching(0)])).toBe(2);
  });

  it('is undefined when each frame reaches back', () => {
    expect(reservoirStart([reaching(511), reaching(1)])).toBeUndefined();
    expect(reservoirStart([])).toBeUndefined();
  });
});
