/**
 * The files and sockets that this process may have open (`ulimit -n`). Node raises the limit as far
 * as the system lets it, and has no function that tells it. At the limit the system refuses
 * connections before any code of ours sees them, so whatever promises connections must divide the
 * limit beforehand.
 */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { Logger } from 'pino';

const LINE = /^Max open files\s+(\d+|unlimited)/m;

/** The limit in a text such as /proc/self/limits; Infinity: none; undefined: it is not there. */
export function parseOpenFilesMax(text: string): number | undefined {
  const soft = LINE.exec(text)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/** The same from Node's diagnostic report, where there is no /proc; takes some 20 ms. */
function reportedMax(): number | undefined {
  const report = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
  };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

/** The limit of a process; undefined where the system does not tell. */
export function openFilesMaxOf(pid: number | 'self'): number | undefined {
  try {
    return parseOpenFilesMax(readFileSync(`/proc/${pid}/limits`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The number of files and sockets that this process may have open; Infinity if none is known. */
export const openFilesMax = (): number =>
  openFilesMaxOf('self') ?? reportedMax() ?? Number.POSITIVE_INFINITY;

/** How many are open now; undefined where the system does not tell. */
const countOpenFiles = (): Promise<number | undefined> =>
  readdir('/dev/fd').then(
    (names) => names.length,
    () => undefined,
  );

/** A share of the limit above which the operator is told. Guess. */
const TIGHT = 0.9;
const LOOK_MS = 15_000; // guess

export interface OpenFilesWatch {
  readonly log: Logger;
  /** The limit; read again at each look by default, as it can be changed from outside. */
  readonly max?: () => number;
  readonly count?: () => Promise<number | undefined>;
  readonly everyMs?: number;
}

/** Logs when the process comes near its limit, and when it no longer is; returns what ends that. */
export function watchOpenFiles(options: OpenFilesWatch): () => void {
  const { log, max = openFilesMax, count = countOpenFiles, everyMs = LOOK_MS } = options;
  let isTight = false;
  const look = async (): Promise<void> => {
    const openFiles = (await count()) ?? 0;
    const limit = max();
    const wasTight = isTight;
    isTight = openFiles > limit * TIGHT;
    if (isTight === wasTight) return;
    const told = { openFiles, limit };
    if (isTight) log.error(told, `Almost all files and sockets are in use: ${RAISE}`);
    else log.info(told, 'There are files and sockets to spare again.');
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return () => clearInterval(timer);
}

/** What an operator can do. */
export const RAISE = 'raise the limit (ulimit -n; LimitNOFILE= with systemd).';
