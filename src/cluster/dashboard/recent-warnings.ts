/**
 * The last warnings and errors of logs: of the front end's own, as its lines are written, and of those that
 * its SCXs write into the data directory, the ends of whose newest files are read while somebody looks.
 *
 * Bounded: KEPT_MAX lines of the own log; of SCXs FILES_MAX files and TAIL_BYTES of each.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { WarningLine } from '../../api/dashboard/snapshot.js';
import { printable } from '../../lib/plain-text.js';

/** The front end's own. */
export interface RecentWarnings {
  /** Takes each line of the log, as JSON. */
  take(line: string): void;
  /** The newest first. */
  all(): readonly WarningLine[];
}

const KEPT_MAX = 50;
const FILES_MAX = 10;
const TAIL_BYTES = 32 * 1024;
const TEXT_LENGTH_MAX = 300;
/** Pino's numbers. */
const LEVELS = { warn: 40, error: 50 } as const;
/** Most lines are no warnings, and need not be parsed. */
const MAYBE = /"level":[4-6]0/;

type Fields = Readonly<Record<string, unknown>>;

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The message, and the reason that stands in another field. */
function textOf(fields: Fields): string {
  const err = (fields.err ?? {}) as Fields;
  const about = [fields.session, fields.reason, fields.why, err.message].map(textIn);
  const details = about.filter((text) => text !== '').join('; ');
  const message = textIn(fields.msg);
  const text = details === '' ? message : `${message} (${details})`;
  return printable(text.replace(/\s+/g, ' ')).slice(0, TEXT_LENGTH_MAX);
}

/** Reads a line of a log; undefined if it is no warning. */
function readWarning(line: string, from: string): WarningLine | undefined {
  if (!MAYBE.test(line)) return undefined;
  try {
    const fields = JSON.parse(line) as Fields;
    const { level, time } = fields;
    if (typeof level !== 'number' || typeof time !== 'number' || level < LEVELS.warn) {
      return undefined;
    }
    const word = level >= LEVELS.error ? 'error' : 'warn';
    return { at: time, level: word, from, text: textOf(fields) };
  } catch {
    return undefined; // cut off, or not ours
  }
}

/** Creates the memory of the front end's own log. */
export function createRecentWarnings(): RecentWarnings {
  let recent: readonly WarningLine[] = [];
  return {
    take: (line) => {
      const warning = readWarning(line, 'front end');
      if (warning !== undefined) recent = [warning, ...recent].slice(0, KEPT_MAX);
    },
    all: () => recent,
  };
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await file.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString();
  } finally {
    await file.close();
  }
}

async function newestLogs(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  const dated = names.map(async (name) => {
    const about = await stat(join(folder, name)).catch(() => undefined);
    return { name, at: about?.isFile() ? about.mtimeMs : 0 };
  });
  const newest = (await Promise.all(dated)).toSorted((one, other) => other.at - one.at);
  return newest.slice(0, FILES_MAX).map(({ name }) => name);
}

/** The warnings in the logs of SCXs, the newest first; none if they cannot be read. */
export async function readScxWarnings(folder: string): Promise<readonly WarningLine[]> {
  const names = await newestLogs(folder).catch(() => []);
  const read = names.map(async (name) => {
    const text = await tailOf(join(folder, name)).catch(() => '');
    const from = `SCX ${name.replace(/\.log$/, '')}`;
    return text.split('\n').flatMap((line) => readWarning(line, from) ?? []);
  });
  const all = (await Promise.all(read)).flat();
  return all.toSorted((one, other) => other.at - one.at).slice(0, KEPT_MAX);
}
