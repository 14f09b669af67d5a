/** What each process takes, looked at from time to time: its memory and its open files. Linux only. */
import { readdirSync } from 'node:fs';
import { privateBytes } from '../machine/process-metrics.js';
import { type Point, slopeOf } from './slope.js';
import type { Member } from './town.js';

/** One figure over time. */
export interface Course {
  readonly first: number;
  readonly last: number;
  /** The slope of least squares. */
  readonly perMinute: number;
}

/** How a process fared since the warm-up. */
export interface Growth {
  readonly name: string;
  readonly memoryKb: Course;
  readonly files: Course;
}

export interface Ledger {
  note(members: readonly Member[]): void;
  /** Of those that were there at the first look after the warm-up and at the last one. */
  growth(): readonly Growth[];
}

interface Series {
  readonly name: string;
  readonly memoryKb: Point[];
  readonly files: Point[];
}

/** undefined: it has ended meanwhile. */
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

/** Nothing is noted yet; what is before the warm-up's end never is. */
export function createLedger(warmUpMs: number): Ledger {
  const startedAt = performance.now();
  /** By pid; bounded by those that are ever started. */
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
