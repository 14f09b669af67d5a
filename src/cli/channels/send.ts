/**
 * `scattercast send`: sends files or standard input on a channel of a session that is neither its sound
 * nor its titles. The work is done in src/client/send; this file reads what the user wants.
 */
import type { LinkEvent } from '../../client/broadcast/attaching.js';
import { warningOf } from '../../client/cluster/keep-attached.js';
import { filePieces, linePieces, rawPieces } from '../../client/send/pieces.js';
import { send } from '../../client/send/sender.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { type SendSettings, sendOptions } from '../options/broadcast-options.js';
import type { Command } from '../shell/command.js';
import { remark } from '../shell/output.js';
import { stopSignal } from '../shell/stop-signal.js';

export const command: Command<typeof sendOptions> = {
  story:
    'Sends files, each as one ADU, or the lines of standard input (-) on a channel of the session ' +
    'besides its sound: slides, captions, data. Whoever receives the channel with tune gets them, ' +
    'everywhere. Keeps to the rate that the announcement lets the channel have.',
  operands: [{ name: '<file...>', help: 'files of at most 65535 bytes; or - for standard input' }],
  options: sendOptions,
  examples: [
    'scattercast announce ... --channel 7:slides:64',
    'scattercast send --announcement campus.example/lecture --channel 7 --hold slide-1.png',
    'tail -f captions.txt | scattercast send --announcement campus.example/lecture --channel 8 -',
    'scattercast tune campus.example/lecture --channel 7 --output slides/',
  ],
  run,
};

/** What is to be sent. */
function piecesOf({ raw }: SendSettings, files: readonly string[]): AsyncGenerator<Uint8Array> {
  if (!files.includes('-')) {
    if (raw) throw new UserError(EXIT.usage, '--raw is for standard input (-)');
    return filePieces(files);
  }
  if (files.length > 1) {
    throw new UserError(EXIT.usage, '- is standard input: no other files go with it');
  }
  return raw ? rawPieces(process.stdin) : linePieces(process.stdin);
}

async function run(settings: SendSettings, files: readonly string[]): Promise<void> {
  const { cluster: clusters, announcement, channel, password, every, hold: holds } = settings;
  const pieces = piecesOf(settings, files);
  const signal = stopSignal();
  const sent = await send({
    ...{ clusters, announcement, channel, password, pieces, holds, signal },
    ...{ everyMs: every * 1000, onEvent: tell },
  });
  remark(`sent ${sent} ${sent === 1 ? 'ADU' : 'ADUs'} on channel ${channel}`);
}

function tell(event: LinkEvent): void {
  switch (event.kind) {
    case 'attached':
      return remark(`sending to the SCX at ${event.address}`);
    case 'alive':
    case 'refused':
      return undefined;
    default:
      return remark(`warning: ${warningOf(event)}`);
  }
}
