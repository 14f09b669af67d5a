/**
 * Memory and open files of each process over time. A leak shows as a slope, so the values are
 * sampled at intervals after a warm-up, and a straight line is laid through them. Linux only: it
 * reads /proc.
 */
import { readdirSync } from 'node:fs';
import { privateBytes } from '../machine/process-metrics.js';
import type { Member } from './cluster-set.js';
import { type Point, slopeOf } from './slope.js';

/** One value over time. */
export interface Course {
  readonly first: number;
  readonly last: number;
  /** The slope of least squares. */
  readonly perMinute: number;
}

/** How the values of a process changed since the warm-up. */
export interface Growth {
  readonly name: string;
  readonly memoryKb: Course;
  readonly files: Course;
}

export interface ResourceLog {
  note(members: readonly Member[]): void;
  /** Of the processes that lived from the first sample to the last one. */
  growth(): readonly Growth[];
}

interface Series {
  readonly name: string;
  readonly memoryKb: Point[];
  readonly files: Point[];
}

/** undefined: the process has ended meanwhile. */
function look(pid: number): { memoryKb: number; files: number } | undefined {
  try {
    return { memoryKb: privateBytes(pid) / 1024, files: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

const courseOf = (points: readonly Point[]): Course => ({
  first: points[0]?.value ?? Number.NaN,
  last: points.at(-1)?.value ?? Number.NaN,
  perMinute: slopeOf(points),
});

const growthOf = ({ name, memoryKb, files }: Series): Growth => ({
  name,
  memoryKb: courseOf(memoryKb),
  files: courseOf(files),
});

/** An empty log; samples before the end of the warm-up are dropped. */
export function createResourceLog(warmUpMs: number): ResourceLog {
  const startedAt = performance.now();
  /** By pid; bounded by the number of processes that the soak starts. */
  const series = new Map<number, Series>();
  const looks: number[] = [];

  return {
    note: (members) => {
      const sinceMs = performance.now() - startedAt;
      if (sinceMs < warmUpMs) return;
      const minute = sinceMs / 60_000;
      looks.push(minute);
      for (const { name, pid } of members) {
        const seen = look(pid);
        if (seen === undefined) continue;
        const own = series.get(pid) ?? { name, memoryKb: [], files: [] };
        own.memoryKb.push({ minute, value: seen.memoryKb });
        own.files.push({ minute, value: seen.files });
        series.set(pid, own);
      }
    },
    growth: () => {
      const [first, last] = [looks[0], looks.at(-1)];
      const lived = [...series.values()].filter(
        ({ files }) => files[0]?.minute === first && files.at(-1)?.minute === last,
      );
      return lived.map(growthOf);
    },
  };
}
