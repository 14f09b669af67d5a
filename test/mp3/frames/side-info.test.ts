import { describe, expect, it } from 'vitest';
import { parseFrameHeader } from '../../../src/mp3/frames/frame-header.js';
import {
  isVbrTagFrame,
  mainDataBegin,
  mainDataBytes,
  sideInfoBytes,
} from '../../../src/mp3/frames/side-info.js';
import { ascii, makeFrame, makeHeader } from '../make-mp3.js';

const withMark = (frame: Uint8Array, mark: string, offset: number): Uint8Array => {
  frame.set(ascii(mark), offset);
  return frame;
};

describe('Side information', () => {
  it.each([
    [{ version: 3, mode: 0 }, 32],
    [{ version: 3, mode: 3 }, 17],
    [{ version: 2, mode: 1 }, 17],
    [{ version: 0, mode: 3 }, 9],
  ])('of %j is %i bytes long', (bits, length) => {
    expect(sideInfoBytes(parseFrameHeader(makeHeader(bits), 0)!)).toBe(length);
  });

  it('leaves room for itself in the shortest frame', () => {
    const shortest = { version: 2, bitrate: 1, sampleRate: 1, unprotected: 0 };
    expect(mainDataBytes(parseFrameHeader(makeHeader(shortest), 0)!)).toBe(1);
  });

  it('begins with nine bits of reservoir in MPEG 1, behind the CRC', () => {
    const frame = makeFrame();
    frame.set([0xff, 0x80], 4);
    expect(mainDataBegin(frame)).toBe(511);
    const guarded = makeFrame({ unprotected: 0 });
    guarded.set([0xff, 0xff, 0x01, 0x7f], 4);
    expect(mainDataBegin(guarded)).toBe(2);
  });

  it('begins with eight bits of reservoir in MPEG 2', () => {
    const frame = makeFrame({ version: 2 });
    frame.set([0xfe, 0xff], 4);
    expect(mainDataBegin(frame)).toBe(254);
  });

  it('is absent from what is not a frame', () => {
    expect(mainDataBegin(ascii('no frame'))).toBeUndefined();
    expect(isVbrTagFrame(ascii('no frame'))).toBe(false);
  });
});

describe('VBR tag frame', () => {
  it.each([
    ['Xing', {}, 36],
    ['Info', { mode: 3 }, 21],
    ['Info', { version: 2 }, 21],
    ['Xing', { version: 2, mode: 3 }, 13],
    ['Info', { unprotected: 0 }, 38],
    ['Info', { unprotected: 0 }, 36],
    ['VBRI', { mode: 3 }, 36],
  ])('is recognised by "%s" in %j', (mark, bits, offset) => {
    expect(isVbrTagFrame(withMark(makeFrame(bits), mark, offset))).toBe(true);
  });

  it('is not a frame that contains the mark by chance, with sound before it', () => {
    const frame = withMark(makeFrame(), 'Info', 36);
    expect(isVbrTagFrame(frame)).toBe(true);
    frame[4] = 1;
    expect(isVbrTagFrame(frame)).toBe(false);
  });
});
