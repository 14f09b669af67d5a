#!/usr/bin/env node
/**
 * The entry of every process. `scx`, `carrier` and `fallback` are started by a cluster while a listener waits,
 * so they load neither the command line nor any command: only what main() imports for them.
 */
import { argumentNames } from '../runtime/file-name.js';
import { fail } from './shell/failure.js';
import { allWritten, watchOutputs } from './shell/output.js';

async function main(): Promise<void> {
  const words = argumentNames(process.argv.slice(2));
  if (words[0] === 'scx') return (await import('./processes/scx-process.js')).runScx();
  if (words[0] === 'carrier') return (await import('./processes/carrier-process.js')).runCarrier();
  if (words[0] === 'fallback')
    return (await import('./processes/fallback-process.js')).runFallback();
  return (await import('./command-line.js')).runProgram(words);
}

process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);
watchOutputs();
main()
  .then(allWritten)
  .then(() => process.exit(), fail);
