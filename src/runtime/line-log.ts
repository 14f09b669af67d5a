/**
 * A log of lines, like the access log. Lines are collected and appended about once a second; the file is
 * opened each time, so a program that rotates logs may move it away. The log also rotates itself, to
 * `FILE.1`.
 *
 * A disk that is full, or hangs, costs lines, which are counted, and nothing else: as soon as the disk
 * takes them again, new lines are written.
 *
 * Bounded: LINES_MAX lines that wait, and as many that are being written.
 */
import { appendFile, rename, stat } from 'node:fs/promises';
import type { Logger } from 'pino';

/** A log that is open. */
export interface LineLog {
  /** Adds a line, which `print` draws if it is to be written. */
  add(print: () => string): void;
  /** Writes the lines that wait, and ends. */
  close(): Promise<void>;
  /** Lines that could not be written. */
  readonly lost: number;
}

export interface LineLogOptions {
  /** Undefined: nothing is written. */
  readonly file: string | undefined;
  /** What it is, for messages: `access log`. */
  readonly what: string;
  readonly log: Logger;
}

/** Interval between two writes, ms. */
const WRITE_MS = 1000;
const LINES_MAX = 10_000;
const FILE_BYTES_MAX = 10 * 1024 * 1024;

const notWritten = (what: string): string =>
  `The ${what} cannot be written, and its lines are lost until it can: ` +
  'make room on the disk, or make the file writable.';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `22/Nov/2026:23:01:02 +0000` */
export function logInstant(at: Date): string {
  const [date = '', time = ''] = at.toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

async function rotate(file: string): Promise<void> {
  const size = await stat(file).then(
    (about) => about.size,
    () => 0,
  );
  if (size > FILE_BYTES_MAX) await rename(file, `${file}.1`);
}

/** Opens a log that is appended to a file. */
export function openLineLog({ file, what, log }: LineLogOptions): LineLog {
  let lines: string[] = [];
  let lost = 0;
  /** Lines lost since the last one that was written; the first of them may be in the file in part. */
  let lostSince = 0;
  let writing: Promise<void> | undefined;

  const onWritten = (): void => {
    if (lostSince > 0) log.info({ file, lines: lostSince }, `The ${what} is written again.`);
    lostSince = 0;
  };

  const onFailed = (error: unknown, count: number): void => {
    if (lostSince === 0) log.warn({ err: error, file }, notWritten(what));
    lostSince += count;
    lost += count;
  };

  const append = async (file: string, batch: readonly string[]): Promise<void> => {
    try {
      await rotate(file);
      const torn = lostSince > 0 ? '\n' : '';
      await appendFile(file, `${torn}${batch.join('\n')}\n`, { mode: 0o640 });
      onWritten();
    } catch (error) {
      onFailed(error, batch.length);
    }
  };

  /** One batch after the other: lines that come while the disk is busy wait in `lines`. */
  const flush = (): void => {
    if (file === undefined || writing !== undefined || lines.length === 0) return;
    const batch = lines;
    lines = [];
    writing = append(file, batch).finally(() => {
      writing = undefined;
    });
  };

  const timer = setInterval(flush, WRITE_MS);
  timer.unref();
  return {
    add: (print) => {
      if (file === undefined) return;
      if (lines.length < LINES_MAX) lines.push(print());
      else lost++;
    },
    close: async () => {
      clearInterval(timer);
      await writing;
      flush();
      await writing;
    },
    get lost() {
      return lost;
    },
  };
}
