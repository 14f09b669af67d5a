/** Pipes to the standard input of a command, which the shell runs. The command's end is ours. */
import { spawn } from 'node:child_process';
import { EXIT, systemReason, UserError } from '../../../lib/user-error.js';
import { createLatch } from '../../../runtime/latch.js';
import type { Output } from './output.js';
import { createStreamOutput } from './stream-output.js';

/** Time for the command to end when its input has, ms. Guess: less than we have ourselves. */
const END_MS_MAX = 1500;

/** Starts the command. */
export function createCommandOutput(command: string): Output {
  // A group of its own: Ctrl-C is for us, and we end its input, so that it ends in order.
  const child = spawn('/bin/sh', ['-c', command], {
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
  const ended = createLatch();
  const input = createStreamOutput(child.stdin, 'to the command');
  child.on('error', (error) => {
    const why = systemReason(error) ?? error.message;
    ended.reject(new UserError(EXIT.file, `cannot run the command: ${why}`));
  });
  child.on('exit', (code, signal) => {
    if (code === 0) return ended.resolve();
    const how = code === null ? `was ended by ${signal}` : `has ended with exit code ${code}`;
    ended.reject(new UserError(EXIT.file, `the command ${how}`));
  });
  return {
    onFrame: input.onFrame,
    onAdu: input.onAdu,
    ended: ended.promise,
    end: async () => {
      await input.end().catch(() => undefined);
      const timer = setTimeout(() => child.pid && process.kill(-child.pid), END_MS_MAX);
      await ended.promise.finally(() => clearTimeout(timer));
    },
  };
}
