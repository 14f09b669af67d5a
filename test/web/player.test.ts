/** How the player of pages tunes in again; the clock is the test's. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

/** What the player needs of an `<audio>` element. */
class FakeAudio extends EventTarget {
  currentTime = 0;
  /** When it got an address. */
  readonly loads: number[] = [];
  #source: string | null = '/listen/radio.example/night.mp3';
  readonly getAttribute = (): string | null => this.#source;
  readonly hasAttribute = (): boolean => this.#source !== null;
  readonly load = (): void => undefined;
  readonly play = async (): Promise<void> => undefined;
  readonly removeAttribute = (): void => {
    this.#source = null;
  };
  set src(value: string) {
    this.#source = value;
    this.loads.push(performance.now());
  }
}

interface Player {
  play(): void;
  stop(): void;
}
type CreatePlayer = (audio: FakeAudio, onChange: (state: string) => void) => Player;

const PLAYER = new URL('../../web/player.js', import.meta.url).href;
const { createPlayer } = (await import(PLAYER)) as { createPlayer: CreatePlayer };

const tell = (audio: EventTarget, kind: string): boolean => audio.dispatchEvent(new Event(kind));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('addEventListener', () => undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Plays what fails right after it has begun, as where nothing can be decoded; returns the waits. */
async function waitsOf(failures: number, heardS: number): Promise<readonly number[]> {
  const audio = new FakeAudio();
  const player = createPlayer(audio, () => undefined);
  player.play();
  for (let failed = 0; failed < failures; failed++) {
    tell(audio, 'playing');
    audio.currentTime = heardS;
    await vi.advanceTimersByTimeAsync(1000);
    tell(audio, 'error');
    audio.currentTime = 0;
    const before = audio.loads.length;
    while (audio.loads.length === before) await vi.advanceTimersByTimeAsync(50);
  }
  player.stop();
  return audio.loads.slice(1).map((at, index) => at - (audio.loads[index] ?? 0) - 1000);
}

test('A stream that begins and cannot be decoded is asked for ever more rarely', async () => {
  const waits = await waitsOf(8, 0.01);
  expect(waits.length).toBe(8);
  expect(Math.min(...waits.slice(-2))).toBeGreaterThanOrEqual(5000);
});

test('A stream that was heard for a while is asked for again at once', async () => {
  const waits = await waitsOf(8, 3);
  expect(Math.max(...waits)).toBeLessThanOrEqual(550);
});
