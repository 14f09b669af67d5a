/**
 * Files and streams with something between their frames. Every reader of MP3 plays all of them, and
 * not a frame is lost.
 */
import { id3Text, makeId3, makeId3Frame } from './make-id3.js';
import { ascii, joinBytes } from './make-mp3.js';

const zeros = (count: number): Uint8Array => new Uint8Array(count);

/** Puts something behind each frame. */
const behindEach = (frames: readonly Uint8Array[], what: (frame: Uint8Array) => Uint8Array) =>
  joinBytes(frames.flatMap((frame) => [frame, what(frame)]));

/** Puts something between the two halves. */
const inTheMiddle = (frames: readonly Uint8Array[], ...parts: Uint8Array[]): Uint8Array => {
  const half = Math.floor(frames.length / 2);
  return joinBytes([...frames.slice(0, half), ...parts, ...frames.slice(half)]);
};

const id3 = makeId3([makeId3Frame('TIT2', id3Text(0, 'Middle'))]);
const id3v1 = joinBytes([ascii('TAG'), new Uint8Array(125).fill(0x20)]);

/** An APE tag of two edges and an item. */
function apeTag(): Uint8Array {
  const item = joinBytes([Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0), ascii('Title\0Song')]);
  const edge = (flags: number): Uint8Array => {
    const bytes = new Uint8Array(32);
    bytes.set(ascii('APETAGEX'));
    bytes.set([0xd0, 7, 0, 0, item.length + 32, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, flags], 8);
    return bytes;
  };
  return joinBytes([edge(0xa0), item, edge(0x80)]);
}

/** The name of each case, and how it is made of the frames. */
export const PADDING_CASES: readonly (readonly [
  string,
  (frames: readonly Uint8Array[]) => Uint8Array,
])[] = [
  ['nothing', (frames) => joinBytes(frames)],
  ['a zero behind each frame', (frames) => behindEach(frames, () => zeros(1))],
  ['32 zeros behind each frame', (frames) => behindEach(frames, () => zeros(32))],
  [
    'zeros up to a multiple of 512 behind each frame',
    (frames) => behindEach(frames, ({ length }) => zeros((512 - (length % 512)) % 512)),
  ],
  [
    'zeros up to a sector of 4096 behind each frame',
    (frames) => behindEach(frames, ({ length }) => zeros(4096 - (length % 4096))),
  ],
  ['zeros in front', (frames) => joinBytes([zeros(2048), ...frames])],
  ['zeros at the end', (frames) => joinBytes([...frames, zeros(9000)])],
  ['many zeros in the middle', (frames) => inTheMiddle(frames, zeros(9000))],
  ['an ID3 tag in the middle', (frames) => inTheMiddle(frames, id3)],
  ['zeros around an ID3 tag in the middle', (f) => inTheMiddle(f, zeros(99), id3, zeros(99))],
  ['an APE tag in the middle', (frames) => inTheMiddle(frames, apeTag())],
  ['ID3v1 and ID3 in the middle, as of joined files', (f) => inTheMiddle(f, id3v1, zeros(7), id3)],
];
