/** Which outputs a user has asked for: checked before anything is received, and opened afterwards. */
import { EXIT, UserError } from '../../../lib/user-error.js';
import { AUDIO_CHANNEL } from '../../../session/channels.js';
import { createCommandOutput } from './command-output.js';
import { createFileOutput } from './file-output.js';
import { createFolderOutput } from './folder-output.js';
import { openLocalServer } from './local-server.js';
import type { Output } from './output.js';
import { createStreamOutput } from './stream-output.js';

export interface WantedOutputs {
  /** `-`, a file, a folder that ends with `/`, or `exec COMMAND`. */
  readonly output: string | undefined;
  /** The port for players of this machine. */
  readonly serve: number | undefined;
  readonly channel: number;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
}

/** What to open. */
export type OutputPlan = readonly (
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string; readonly withCue: boolean }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'command'; readonly command: string }
  | { readonly kind: 'serve'; readonly port: number }
)[];

const usage = (problem: string): UserError => new UserError(EXIT.usage, problem);

const EXEC = /^exec\s+(.+)$/s;

function planOf(output: string, channel: number): OutputPlan[number] {
  const command = EXEC.exec(output)?.[1];
  if (output === '-') return { kind: 'stdout' };
  if (command !== undefined) return { kind: 'command', command };
  const isSound = channel === AUDIO_CHANNEL;
  if (!output.endsWith('/')) return { kind: 'file', path: output, withCue: isSound };
  if (isSound) throw usage('--output: the sound goes to one file: give its name, like show.mp3');
  return { kind: 'folder', path: output };
}

/** Plans the outputs. Throws a UserError if they do not fit together. */
export function planOutputs({ output, serve, channel, isTerminal }: WantedOutputs): OutputPlan {
  const isSound = channel === AUDIO_CHANNEL;
  if (serve !== undefined && !isSound) throw usage('--serve is for the sound, which is channel 1');
  const server: OutputPlan = serve === undefined ? [] : [{ kind: 'serve', port: serve }];
  if (output === undefined && serve !== undefined) return server;
  const plan = planOf(output ?? '-', channel);
  if (plan.kind === 'stdout' && isTerminal && isSound) {
    throw usage(
      'standard output is a terminal: pipe it to a player (| mpg123 -), or give --output or --serve',
    );
  }
  return [plan, ...server];
}

interface Opening {
  readonly title: string;
  /** Told where players find the sound. */
  onOpen(line: string): void;
}

async function openOne(plan: OutputPlan[number], { title, onOpen }: Opening): Promise<Output> {
  switch (plan.kind) {
    case 'stdout':
      return createStreamOutput(process.stdout, 'standard output');
    case 'file':
      return createFileOutput(plan.path, plan.withCue);
    case 'folder':
      return createFolderOutput(plan.path);
    case 'command':
      return createCommandOutput(plan.command);
    case 'serve': {
      const server = await openLocalServer({ port: plan.port, title });
      onOpen(`players of this machine listen at ${server.url}`);
      return server;
    }
  }
}

/** Opens the planned outputs, or none. Rejects with a UserError. */
export async function openOutputs(plan: OutputPlan, opening: Opening): Promise<readonly Output[]> {
  const opened: Output[] = [];
  try {
    for (const one of plan) opened.push(await openOne(one, opening));
    return opened;
  } catch (error) {
    await Promise.allSettled(opened.map((output) => output.end()));
    throw error;
  }
}
