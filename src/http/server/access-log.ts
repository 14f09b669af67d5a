/**
 * The access log, in the combined format that log analysers read, with the duration in seconds at the
 * end, as Icecast writes it. runtime/line-log.ts writes it.
 */
import type { Logger } from 'pino';
import { type LineLog, logInstant, openLineLog } from '../../runtime/line-log.js';

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
export interface AccessLog extends Omit<LineLog, 'add'> {
  add(access: AccessEntry): void;
}

const FIELD_LENGTH_MAX = 1024;

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
  const start = logInstant(new Date(endedAt.getTime() - access.durationMs));
  return `${address} - - [${start}] ${request} ${status} ${bytes} ${quoted(referer)} ${quoted(agent)} ${seconds}`;
}

/** Opens a log that is appended to `file`; undefined: nothing is written. */
export function openAccessLog(file: string | undefined, log: Logger): AccessLog {
  const lines = openLineLog({ file, what: 'access log', log });
  return {
    add: (access) => lines.add(() => accessLine(access, new Date())),
    close: lines.close,
    get lost() {
      return lines.lost;
    },
  };
}
