/**
 * Everything that commands print. Standard output carries answers, standard error everything else.
 *
 * What is printed arrives whole, or the command fails with another exit code than 0: a pipe takes
 * 64 KiB at once and a disk may be full, so a process that exits right after its last write would
 * cut its answer.
 * main.ts therefore waits for `allWritten` before it exits. Characters that steer a terminal are
 * removed here, at the one place that all texts pass.
 *
 * A command that answers uses `print`, whose failure ends it. A command that runs until it is
 * stopped uses `report` and `remark`: it goes on, and its exit code tells of the failure at its end.
 */
import { fstatSync, writeSync } from 'node:fs';
import { printableJson, printableLines } from '../../lib/plain-text.js';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';

/** Of a command that goes on, at most this much waits for a reader that does not read. Guess. */
const WAITING_BYTES_MAX = 2 ** 20;

/** Standard output or standard error. */
interface Output {
  readonly name: string;
  readonly fd: number;
  readonly stream: () => NodeJS.WriteStream;
  /** Resolves when all texts so far were taken, or could not be. */
  settled: Promise<unknown>;
  /** Number of texts that are being written. */
  waiting: number;
  /** The first failure: nothing that was printed since is complete. */
  failure: UserError | undefined;
}

const NOTHING_YET = { settled: Promise.resolve(), waiting: 0, failure: undefined };

const OUT: Output = {
  ...{ name: 'standard output', fd: 1, stream: () => process.stdout },
  ...NOTHING_YET,
};
const ERR: Output = {
  ...{ name: 'standard error', fd: 2, stream: () => process.stderr },
  ...NOTHING_YET,
};

/** The failure without a message: a reader that has read enough, as in `status | head`. */
const READER_GONE = new UserError(EXIT.ok, '');

function failureOf(output: Output, error: unknown): UserError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EPIPE' && output === OUT) return READER_GONE;
  const reason = systemReason(error) ?? 'unknown';
  return new UserError(EXIT.file, `cannot write to ${output.name}: ${reason}`);
}

/** Node writes to files and devices at once, but only a part of the text if the disk gets full. */
function writeToFile(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; ) start += writeSync(fd, bytes, start);
}

function isFile(fd: number): boolean {
  const about = fstatSync(fd);
  return about.isFile() || about.isCharacterDevice();
}

/** Resolves when the operating system has taken the text. Rejects with its error. */
async function deliver(output: Output, text: string): Promise<void> {
  const stream = output.stream();
  if (stream.isTTY !== true && isFile(output.fd)) return writeToFile(output.fd, text);
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

async function write(output: Output, text: string): Promise<void> {
  output.waiting++;
  const written = deliver(output, text)
    .catch((error: unknown) => {
      output.failure ??= failureOf(output, error);
      throw output.failure;
    })
    .finally(() => output.waiting--);
  output.settled = Promise.allSettled([output.settled, written]);
  await written;
}

/** The same for a text that may be lost: what could not be written is told at the end. */
function offer(output: Output, text: string): void {
  if (output.stream().writableLength > WAITING_BYTES_MAX) {
    output.failure ??= new UserError(EXIT.file, `nobody reads ${output.name}: lines are missing`);
  } else {
    write(output, text).catch(() => undefined);
  }
}

/** Prints an answer; rejects with a UserError when it cannot be written whole. */
export const print = (text: string): Promise<void> => write(OUT, printableLines(text));

/** Prints an answer as JSON, for scripts. Rejects as `print` does. */
export const printJson = (value: unknown): Promise<void> =>
  write(OUT, `${printableJson(JSON.stringify(value, null, 2))}\n`);

/** Prints a line about what a running command does. */
export const report = (line: string): void => offer(OUT, `${printableLines(line)}\n`);

/** Prints a line that is not part of the answer, on standard error. */
export const remark = (line: string): void => offer(ERR, `${printableLines(line)}\n`);

/** Prints a secret or an explanation that is for the user's eyes, not for `URL=$(...)`. */
export const tell = (line: string): void => (process.stdout.isTTY ? report : remark)(line);

/** Whether everything has been written, without waiting for it. */
export const isAllWritten = (): boolean =>
  [OUT, ERR].every(({ waiting, failure }) => waiting === 0 && failure === undefined);

/** Both outputs report errors as events, too; `write` has dealt with them. */
export function watchOutputs(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** Resolves when everything that was printed has been written. Rejects with the first failure. */
export async function allWritten(): Promise<void> {
  await Promise.all([OUT.settled, ERR.settled]);
  const failure = OUT.failure ?? ERR.failure;
  if (failure !== undefined) throw failure;
}
