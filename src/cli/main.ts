#!/usr/bin/env node
/**
 * Where every process of ours begins. An SCX is started by its cluster, while a listener waits,
 * so its way leads past the command line altogether; so does what an SCX starts.
 */
import { EXIT } from '../lib/user-error.js';
import { fail } from './shell/failure.js';

/** A reader that has seen enough (`scattercast status | head`) is no failure. */
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
