/** Real players. A test of one is skipped, visibly, only where that program is not installed. */
import { spawnSync } from 'node:child_process';
import { start } from './processes.js';

export const has = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** The errors that ffmpeg prints when it decodes a file or stream; '' if there are none. */
export async function ffmpegErrors(input: string, seconds?: number): Promise<string> {
  const limit = seconds === undefined ? [] : ['-t', String(seconds)];
  const args = ['-hide_banner', '-nostdin', '-v', 'warning', '-xerror', '-i', input];
  const player = start('ffmpeg', [...args, ...limit, '-f', 'null', '-']);
  const { code } = await player.exited;
  // The demuxer guesses a duration from the bit rate: a remark, not an error.
  const said = player.stderr().split('\n');
  const errors = said.filter((line) => line.trim() !== '' && !line.includes('Estimating duration'));
  return errors.join('\n') + (code === 0 ? '' : `\nexit code ${code}`);
}

/** The errors that mpg123 prints when it decodes a stream; '' if there are none. */
export const mpg123Errors = (input: string, frames?: number): Promise<string> =>
  mpg123Says([input], frames);

/** The same of a playlist, in a file or on the web. */
export const mpg123ListErrors = (input: string, frames: number): Promise<string> =>
  mpg123Says(['-@', input], frames);

async function mpg123Says(input: readonly string[], frames: number | undefined): Promise<string> {
  const limit = frames === undefined ? [] : ['-n', String(frames)];
  const player = start('mpg123', ['-q', '-t', ...limit, ...input]);
  const { code } = await player.exited;
  return player.stderr().trim() + (code === 0 ? '' : `\nexit code ${code}`);
}
