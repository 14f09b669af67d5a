/**
 * What listeners get of one source, measured at the nodes: how long each frame is under way, and which
 * frames are missed. The cost ratio (§5) is thus measured by the frames themselves, whatever trees
 * and levels they have passed: the sum of the delays of a frame over that of the direct paths.
 */
import type { Adu } from '../../gossamer/core/node.js';

/** One frame, as it has arrived so far. */
interface Frame {
  readonly publishedMs: number;
  nodes: number;
  delaysMs: number;
  directMs: number;
}

export interface FrameLog {
  onDeliver(node: number, adu: Adu, now: number): void;
  /** Frames that nodes have skipped or got twice, since the beginning. */
  missed(): number;
  repeated(): number;
  /** The cost ratio of the frames that were published in a time; NaN: none was. */
  ratio(fromMs: number, untilMs: number): number;
  /**
   * Since when every frame has reached all nodes, at a ratio within 5% of the last ones, ms;
   * undefined: not by the end.
   */
  settledSince(untilMs: number): number | undefined;
  /** Since when every frame has reached all nodes, ms; undefined: not by the end. */
  wholeSince(untilMs: number): number | undefined;
}

const NEAR = 0.05;

/** The last ratio is that of this time, ms. */
const LAST_MS = 10_000;

/**
 * Creates a log without frames.
 * @param directMs by node: the delay of the direct path from the source, ms
 */
export function createFrameLog(directMs: readonly number[]): FrameLog {
  const frames: Frame[] = [];
  const last = new Int32Array(directMs.length).fill(-1);
  let missed = 0;
  let repeated = 0;

  const ratio = (fromMs: number, untilMs: number): number => {
    let [delays, direct] = [0, 0];
    for (const { publishedMs, delaysMs, directMs: its } of frames) {
      if (publishedMs < fromMs || publishedMs >= untilMs) continue;
      delays += delaysMs;
      direct += its;
    }
    return delays / direct;
  };

  /** Since when no frame was as it should not be, ms. */
  const since = (untilMs: number, isBad: (frame: Frame) => boolean): number | undefined => {
    const due = frames.filter(({ publishedMs }) => publishedMs < untilMs);
    return due[due.findLastIndex(isBad) + 1]?.publishedMs;
  };
  const isPartial = ({ nodes }: Frame): boolean => nodes < directMs.length;

  return {
    onDeliver: (node, { sequence, timestampMs }, now) => {
      const before = last[node] as number;
      if (sequence <= before) return void repeated++;
      if (before >= 0) missed += sequence - before - 1;
      last[node] = sequence;
      const fresh = { publishedMs: timestampMs, nodes: 0, delaysMs: 0, directMs: 0 };
      const frame = frames[sequence] ?? fresh;
      frames[sequence] = frame;
      frame.nodes++;
      frame.delaysMs += now - timestampMs;
      frame.directMs += directMs[node] as number;
    },
    missed: () => missed,
    repeated: () => repeated,
    ratio,
    settledSince: (untilMs) => {
      const final = ratio(untilMs - LAST_MS, untilMs);
      const isFar = (frame: Frame): boolean =>
        isPartial(frame) || Math.abs(frame.delaysMs / frame.directMs - final) > NEAR * final;
      return since(untilMs, isFar);
    },
    wholeSince: (untilMs) => since(untilMs, isPartial),
  };
}
