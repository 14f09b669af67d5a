/**
 * Reports the failure of a command: one line on standard error that says what to do, and an exit
 * code that a script can act on. A stack trace helps developers only, so it is printed only on
 * request.
 */
import { EXIT, type ExitCode, systemReason, UserError } from '../../lib/user-error.js';
import { allWritten, remark } from './output.js';

const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'success',
  internal: 'an internal error: a bug in scattercast; of doctor: it has found a problem',
  usage: 'a flag, an environment variable or the configuration file is wrong',
  bind: 'a port is in use, or an address does not belong to this machine',
  unreachable: 'the cluster, or a server that it depends on, cannot be reached',
  refused: 'the cluster refused: unknown announcement, full, not allowed, wrong password or token',
  file: 'a file, or the output, cannot be read or written, or a file is not MP3',
};

/** The end of every help text. */
export const EXIT_HELP = [
  'Exit codes:',
  ...Object.entries(EXIT).map(
    ([kind, code]) => `  ${code}  ${MEANINGS[kind as keyof typeof EXIT]}`,
  ),
].join('\n');

/** What a machine or its limits do not give, wherever in the program that is noticed. */
const LACKS = new Set([
  ...['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO'],
  ...['ERR_WORKER_OUT_OF_MEMORY', 'ERR_WORKER_INIT_FAILED'],
]);

/** The sentence about an error of that kind; undefined for any other error. */
function lackOf(error: unknown): string | undefined {
  const { code = '', syscall = 'start', path = '' } = (error ?? {}) as NodeJS.ErrnoException;
  if (!LACKS.has(code)) return undefined;
  const what = `cannot ${syscall} ${path}`.trim();
  return `${what}: ${systemReason(error)} (is a limit too low? see ulimit -a)`;
}

/** The lines to print and the exit code; `debug` adds the stack trace of an internal error. */
export function explainFailure(
  error: unknown,
  debug: boolean,
): { readonly lines: readonly string[]; readonly exitCode: ExitCode } {
  if (error instanceof UserError) {
    const { message } = error;
    const lines = message === '' ? [] : message.split('\n').map((line) => `scattercast: ${line}`);
    return { lines, exitCode: error.exitCode };
  }
  const lack = lackOf(error);
  if (lack !== undefined) return { lines: [`scattercast: ${lack}`], exitCode: EXIT.file };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const bug = `scattercast: this is a bug: ${message.split('\n')[0]}`;
  const hint = debug ? [stack ?? ''] : ['(--debug prints the stack trace)'];
  return { lines: debug ? [bug, ...hint] : [`${bug} ${hint}`], exitCode: EXIT.internal };
}

/** The output of processes that a cluster starts goes to its log, which developers read. */
const isDebugging = (): boolean =>
  ['scx', 'fallback', 'carrier'].includes(process.argv[2] ?? '') ||
  process.argv.includes('--debug') ||
  process.env.SCATTERCAST_DEBUG === '1';

/** How long a failed process waits for the readers of its output, ms. Guess. */
const LAST_WORDS_MS = 1000;

/** Prints a failure and ends the process. */
export function fail(error: unknown): void {
  const { lines, exitCode } = explainFailure(error, isDebugging());
  const exit = (): never => process.exit(exitCode);
  for (const line of lines) remark(line);
  setTimeout(exit, LAST_WORDS_MS);
  allWritten().then(exit, exit);
}
