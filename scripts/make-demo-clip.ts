/**
 * Makes web/demo/clip.mp3, the music of `scattercast demo`: eight slow bars of pads, a plucked
 * arpeggio and a bass, all ours, so that nobody's rights are touched. The same each time.
 *
 * It is played in a loop. So it is a whole number of MP3 frames long, its last 40 ms are silent
 * (the first frame of an encoder knows no sound before it), and the encoder hears the beginning
 * again behind the end, so that the last frame is one in mid-music and not the last of a file.
 *
 * Run: npx tsx scripts/make-demo-clip.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMp3Encoder } from 'wasm-media-encoders';
import { createFramer } from '../src/mp3/frames/framer.js';

const SAMPLE_RATE_HZ = 44100;
const FRAME_SAMPLES = 1152;
const CLIP_FRAMES = 1020;
const CLIP_SAMPLES = CLIP_FRAMES * FRAME_SAMPLES;
const BAR_SAMPLES = CLIP_SAMPLES / 8;
const NOTE_SAMPLES = BAR_SAMPLES / 8;
const PEAK = 10 ** (-2 / 20);

/** The chords, bar by bar, as MIDI notes: the bass, then four voices. */
const BARS = [
  { bass: 36, voices: [52, 55, 59, 62] }, // C major 9
  { bass: 45, voices: [52, 55, 60, 64] }, // A minor 7
  { bass: 41, voices: [53, 57, 60, 64] }, // F major 7
  { bass: 43, voices: [55, 59, 62, 64] }, // G 6
  { bass: 40, voices: [55, 59, 62, 64] }, // E minor 7
  { bass: 45, voices: [55, 60, 64, 67] }, // A minor 7
  { bass: 38, voices: [53, 57, 60, 64] }, // D minor 9
  { bass: 43, voices: [53, 57, 60, 62] }, // G 7 suspended
];

/** Which voice the arpeggio plucks at each eighth of a bar. */
const ARPEGGIO = [0, 2, 3, 1, 2, 3, 1, 2];

/** The samples of the clip, left and right. */
type Stereo = readonly [Float32Array, Float32Array];

const noteHz = (midi: number): number => 440 * 2 ** ((midi - 69) / 12);

/** Adds `voice(seconds since its start)` to the clip, wrapped round its end. */
function add(
  clip: Stereo,
  start: number,
  samples: number,
  pan: number,
  voice: (seconds: number) => number,
): void {
  const left = Math.cos((pan * Math.PI) / 2);
  const right = Math.sin((pan * Math.PI) / 2);
  for (let index = 0; index < samples; index++) {
    const value = voice(index / SAMPLE_RATE_HZ);
    const at = (start + index) % CLIP_SAMPLES;
    clip[0][at] = (clip[0][at] ?? 0) + left * value;
    clip[1][at] = (clip[1][at] ?? 0) + right * value;
  }
}

/** Harmonics that grow weaker with the square of their number: a soft, round sound. */
function soft(hz: number, seconds: number, harmonics: number): number {
  let sum = 0;
  for (let number = 1; number <= harmonics; number++) {
    sum += Math.sin(2 * Math.PI * hz * number * seconds) / number ** 2;
  }
  return sum;
}

/** A held voice: two tones, a little out of tune, left and right, that swell and fade. */
function addPad(clip: Stereo, start: number, midi: number): void {
  const length = BAR_SAMPLES * 1.15;
  const lengthSeconds = length / SAMPLE_RATE_HZ;
  for (const [pan, detune] of [
    [0.2, 0.9985],
    [0.8, 1.0015],
  ] as const) {
    add(clip, start, length, pan, (seconds) => {
      const swell = Math.sin(Math.PI * Math.min(1, seconds / lengthSeconds)) ** 0.7;
      return 0.07 * swell * soft(noteHz(midi) * detune, seconds, 5);
    });
  }
}

/** A plucked note with two fading echoes on the other side. */
function addPluck(clip: Stereo, start: number, midi: number, pan: number): void {
  const pluck = (seconds: number): number =>
    Math.min(1, seconds * 300) * Math.exp(-3.2 * seconds) * soft(noteHz(midi), seconds, 6);
  for (const [echo, level] of [0.2, 0.07, 0.03].entries()) {
    const side = echo % 2 === 0 ? pan : 1 - pan;
    const late = Math.round(echo * 1.5 * NOTE_SAMPLES);
    add(clip, start + late, 2 * SAMPLE_RATE_HZ, side, (seconds) => level * pluck(seconds));
  }
}

function addBass(clip: Stereo, start: number, midi: number): void {
  add(clip, start, 4 * NOTE_SAMPLES, 0.5, (seconds) => {
    const release = Math.min(1, (1.65 - seconds) * 8);
    return 0.22 * Math.min(1, seconds * 60) * Math.max(0, release) * soft(noteHz(midi), seconds, 3);
  });
}

function compose(): Stereo {
  const clip: Stereo = [new Float32Array(CLIP_SAMPLES), new Float32Array(CLIP_SAMPLES)];
  for (const [bar, { bass, voices }] of BARS.entries()) {
    const start = bar * BAR_SAMPLES;
    for (const voice of voices) addPad(clip, start, voice);
    addBass(clip, start, bass);
    addBass(clip, start + 4 * NOTE_SAMPLES, bass);
    for (const [eighth, voice] of ARPEGGIO.entries()) {
      const pan = 0.3 + 0.4 * (eighth % 2);
      addPluck(clip, start + eighth * NOTE_SAMPLES, (voices[voice] ?? 60) + 12, pan);
    }
  }
  return clip;
}

/** Fades the end out to 40 ms of silence, and the beginning in; then sets the level. */
function master(clip: Stereo): void {
  const fadeSamples = 0.25 * SAMPLE_RATE_HZ;
  const silentSamples = 0.04 * SAMPLE_RATE_HZ;
  const ramp = (position: number): number =>
    (1 - Math.cos(Math.PI * Math.min(1, Math.max(0, position)))) / 2;
  const peak = clip.reduce((max, side) => side.reduce((m, s) => Math.max(m, Math.abs(s)), max), 0);
  for (const side of clip) {
    for (let index = 0; index < CLIP_SAMPLES; index++) {
      const fadeIn = ramp(index / (0.01 * SAMPLE_RATE_HZ));
      const fadeOut = ramp((CLIP_SAMPLES - silentSamples - index) / fadeSamples);
      side[index] = ((side[index] ?? 0) * fadeIn * fadeOut * PEAK) / peak;
    }
  }
}

/** The clip's frames: 128 kbit/s, as many as it is long. */
async function encode(clip: Stereo): Promise<Uint8Array[]> {
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate: SAMPLE_RATE_HZ, channels: 2, bitrate: 128 });
  const framer = createFramer();
  const again = clip.map((side) => side.subarray(0, 4 * FRAME_SAMPLES));
  const events = [
    ...framer.push(encoder.encode(clip)),
    ...framer.push(encoder.encode(again)),
    ...framer.push(encoder.finalize()),
  ];
  const frames = events.flatMap((event) => (event.kind === 'frame' ? [event.bytes] : []));
  return frames.slice(0, CLIP_FRAMES);
}

/** A text frame of ID3v2.3 in Latin-1. */
function id3TextFrame(id: string, text: string): Buffer {
  const head = Buffer.from(`${id}\0\0\0\0\0\0\0`, 'latin1');
  head.writeUInt32BE(text.length + 1, 4);
  return Buffer.concat([head, Buffer.from(text, 'latin1')]);
}

/** An ID3v2.3 tag; short enough for a length in seven bits. */
function id3Tag(title: string, artist: string): Buffer {
  const frames = Buffer.concat([id3TextFrame('TIT2', title), id3TextFrame('TPE1', artist)]);
  return Buffer.concat([
    Buffer.from('ID3\x03\0\0\0\0\0', 'latin1'),
    Buffer.of(frames.length),
    frames,
  ]);
}

const path = fileURLToPath(new URL('../web/demo/clip.mp3', import.meta.url));
const music = compose();
master(music);
const frames = await encode(music);
const file = Buffer.concat([id3Tag('Scattercast demo', 'Scattercast'), ...frames]);
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, file);
console.log(`${path}: ${frames.length} frames, ${file.length} bytes`);
