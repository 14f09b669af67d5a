/**
 * The process that carries encoders to SCXs which are not our children (ingest/encoder-carrier.ts). It is
 * started when it is needed first, in a process group of its own, so that neither Ctrl-C nor the end of
 * this process ends it; the next front end starts one of its own.
 */
import { spawn } from 'node:child_process';
import type { Logger } from 'pino';
import { childEnvironment } from '../../runtime/child-environment.js';
import { permissionFlags } from '../../runtime/system/permissions.js';
import { type EncoderChannel, type EncoderGift, openEncoderChannel } from './encoder-channel.js';

export interface CarrierProcess {
  /** Whether it takes the encoder; if not, the socket is still the caller's only. */
  give(gift: EncoderGift): Promise<boolean>;
  /** Closes the channel, not the connections that were given. */
  close(): void;
}

/** A process with few objects: see scx-command.ts. */
const LEAN = ['--max-semi-space-size=1'];

interface CarrierOptions {
  /** The command line's main file. */
  readonly entry: string;
  /** The process may use no files but the program's. */
  readonly confined: boolean;
  readonly log: Logger;
}

/** Creates one that is not started yet. */
export function createCarrierProcess(options: CarrierOptions): CarrierProcess {
  const { entry, confined, log } = options;
  let channel: EncoderChannel | undefined;

  const start = (): EncoderChannel => {
    const child = spawn(
      process.execPath,
      [...LEAN, ...permissionFlags(confined, {}), entry, 'carrier'],
      {
        detached: true,
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        env: childEnvironment({}),
      },
    );
    child.on('error', (error) => log.warn({ err: error }, 'the carrier of encoders has failed'));
    child.unref();
    const opened = openEncoderChannel(child);
    child.once('disconnect', () => {
      if (channel === opened) channel = undefined;
    });
    return opened;
  };

  return {
    give: (gift) => {
      channel ??= start();
      return channel.give(gift);
    },
    close: () => channel?.close(),
  };
}
