/**
 * The access log, in the combined format that log analysers read, with the duration in seconds at the
 * end, as Icecast writes it. Lines are collected and appended about once a second; the file is
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

/** One request that was answered. */
export interface AccessEntry {
  readonly address: string;
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  readonly status: number;
  /** Bytes sent, the head included. */
  readonly bytes: number;
  readonly referer: string | undefined;
  readonly agent: string | undefined;
  readonly durationMs: number;
}

/** A log that is open. */
export interface AccessLog {
  add(access: AccessEntry): void;
  /** Writes the lines that wait, and ends. */
  close(): Promise<void>;
  /** Lines that could not be written. */
  readonly lost: number;
}

/** Interval between two writes, ms. */
const WRITE_MS = 1000;
const LINES_MAX = 10_000;
const FILE_BYTES_MAX = 10 * 1024 * 1024;
const FIELD_LENGTH_MAX = 1024;

const NOT_WRITTEN =
  'The access log cannot be written, and its lines are lost until it can: ' +
  'make room on the disk, or make the file writable.';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `22/Nov/2026:23:01:02 +0000` */
function instant(at: Date): string {
  const [date = '', time = ''] = at.toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

/** Text that a client has sent, escaped so that it stays within its quotes and its line. */
const quoted = (text: string | undefined): string =>
  text === undefined
    ? '"-"'
    : `"${text
        .slice(0, FIELD_LENGTH_MAX)
        .replace(
          /[^\x20-\x7e]|["\\]/g,
          (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
        )}"`;

/** One line, without its end. */
export function accessLine(access: AccessEntry, endedAt: Date): string {
  const { address, method, target, protocol, status, bytes, referer, agent } = access;
  const request = quoted(`${method} ${target} ${protocol}`);
  const seconds = Math.round(access.durationMs / 1000);
  const start = instant(new Date(endedAt.getTime() - access.durationMs));
  return `${address} - - [${start}] ${request} ${status} ${bytes} ${quoted(referer)} ${quoted(agent)} ${seconds}`;
}

async function rotate(file: string): Promise<void> {
  const size = await stat(file).then(
    (about) => about.size,
    () => 0,
  );
  if (size > FILE_BYTES_MAX) await rename(file, `${file}.1`);
}

/** Opens a log that is appended to `file`; undefined: nothing is written. */
export function openAccessLog(file: string | undefined, log: Logger): AccessLog {
  let lines: string[] = [];
  let lost = 0;
  /** Lines lost since the last one that was written; the first of them may be in the file in part. */
  let lostSince = 0;
  let writing: Promise<void> | undefined;

  const onWritten = (): void => {
    if (lostSince > 0) log.info({ file, lines: lostSince }, 'The access log is written again.');
    lostSince = 0;
  };

  const onFailed = (error: unknown, count: number): void => {
    if (lostSince === 0) log.warn({ err: error, file }, NOT_WRITTEN);
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
    add: (access) => {
      if (file === undefined) return;
      if (lines.length < LINES_MAX) lines.push(accessLine(access, new Date()));
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
