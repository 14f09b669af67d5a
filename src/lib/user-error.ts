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
  /** A file cannot be read or written, or holds no MP3. */
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
