#!/usr/bin/env node
/**
 * The entry of every process. `scx` and `fallback` are started by a cluster while a listener waits,
 * so they load neither the command line nor any command: only what main() imports for them.
 */
import { EXIT } from '../lib/user-error.js';
import { fail } from './shell/failure.js';

/** A reader that closes the pipe, as in `scattercast status | head`, is not an error. */
const onClosedPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  fail(error);
};

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  if (words[0] === 'scx') return (await import('./processes/scx-process.js')).runScx();
  if (words[0] === 'fallback')
    return (await import('./processes/fallback-process.js')).runFallback();
  process.stdout.on('error', onClosedPipe);
  return (await import('./command-line.js')).runProgram(words);
}

process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);
main().then(() => process.exit(), fail);
