/**
 * Errors that the user can fix: a bad flag, a port that is taken, an unreadable file. Each becomes
 * one clear line on the terminal that says what to do, and an exit code of its own; never a stack.
 */

/** Exit codes of the command line. The README lists the same table. */
export const EXIT = {
  ok: 0,
  /** We are wrong: an assertion failed. */
  internal: 1,
  /** A flag, an environment variable or the configuration file is wrong. */
  usage: 2,
  /** A port is taken or an address is not ours. */
  bind: 3,
  /** The cluster, or a server that it depends on, cannot be reached. */
  unreachable: 4,
  /** The cluster or SCX said no: unknown announcement, full, not allowed. */
  refused: 5,
  /** A file, or the output, cannot be read or written, or a file holds no MP3. */
  file: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A problem that the user can fix: one line, and the exit code that goes with it. */
export class UserError extends Error {
  readonly exitCode: ExitCode;
  /** Retrying is useless. */
  readonly isFinal: boolean;

  constructor(exitCode: ExitCode, message: string, isFinal = false) {
    super(message);
    this.name = 'UserError';
    this.exitCode = exitCode;
    this.isFinal = isFinal;
  }
}

/** What the operating system reports, in words that tell a user what is wrong. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EAGAIN: 'there is not enough of something for another process or thread',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would be larger than is allowed',
  EIO: 'the disk or the terminal reports an error',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links form a loop',
  EMFILE: 'too many files are open in this process (ulimit -n)',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many files are open on this machine',
  ENOENT: 'there is no such file',
  ENOMEM: 'there is not enough memory',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a directory',
  EPERM: 'permission denied',
  EPIPE: 'its reader has gone',
  ERR_WORKER_INIT_FAILED: 'there is not enough memory for another thread',
  ERR_WORKER_OUT_OF_MEMORY: 'there is not enough memory for another thread',
  EROFS: 'the file system is read-only',
};

/** The reason for an error of the operating system; undefined for any other error. */
export function systemReason(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? (REASONS[code] ?? code) : undefined;
}
