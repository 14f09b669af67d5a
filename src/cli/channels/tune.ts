/**
 * `scattercast tune`: receives a session, and passes it on to a player, a recording, a command, or to
 * players of this machine. The work is done in src/client/tune; this file reads what the user wants.
 */
import { warningOf } from '../../client/cluster/keep-attached.js';
import { openOutputs, planOutputs } from '../../client/tune/outputs/open-outputs.js';
import type { ReceptionEvent } from '../../client/tune/reception.js';
import { tune } from '../../client/tune/tune.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { type TuneSettings, tuneOptions } from '../options/broadcast-options.js';
import type { Command } from '../shell/command.js';
import { foundCluster } from '../shell/found-cluster.js';
import { remark } from '../shell/output.js';
import { stopSignal } from '../shell/stop-signal.js';
import { tunedAddress } from './tuned-address.js';

export const command: Command<typeof tuneOptions> = {
  story:
    'Listens to a session without a player, and writes its MP3 to standard output, to a file or to a ' +
    'command, or serves it to players of this machine. What comes is verified here with the keys of ' +
    "the session's announcement. When an SCX or a cluster fails, it goes on at another one, and no " +
    'frame is lost or comes twice. With --channel it receives any other channel of the session.',
  operands: [
    {
      name: '<session>',
      help:
        'CREATOR/SESSION, or CREATOR/SESSION@KEY; the address at which players listen, ' +
        "http://HOST:8000/listen/CREATOR/SESSION.mp3; or the announcement's URL",
    },
  ],
  options: tuneOptions,
  examples: [
    'scattercast tune radio.example/night --cluster a.example:8000,b.example:8000 | mpg123 -',
    'scattercast tune http://a.example:8000/listen/radio.example/night.mp3 --output show.mp3',
    'scattercast tune radio.example/night --serve 8765    # players: http://localhost:8765/',
    "scattercast tune radio.example/night --output 'exec mpv --no-video -'",
    'scattercast tune campus.example/lecture --channel 7 --output slides/',
  ],
  run,
};

const missingCluster = (): UserError =>
  new UserError(
    EXIT.usage,
    '--cluster URL is missing: give the flag, the variable SCATTERCAST_CLUSTER, or "cluster" in the ' +
      'configuration file; the domain of this machine names none',
  );

async function run(settings: TuneSettings, [operand = '']: readonly string[]): Promise<void> {
  const { channel, output, serve, interfaceName } = settings;
  const address = tunedAddress(operand);
  const plan = planOutputs({ output, serve, channel, isTerminal: process.stdout.isTTY });
  const found = settings.cluster === undefined && address.cluster === undefined;
  const cluster = found ? await foundCluster() : address.cluster;
  const clusters = settings.cluster ?? (cluster === undefined ? undefined : [cluster]);
  if (clusters === undefined) throw missingCluster();
  const { announcement } = address;
  const signal = stopSignal();
  await tune({
    ...{ clusters, announcement, channel, interfaceName, signal, onEvent: tell },
    ticket: settings.ticket ?? address.ticket,
    openOutputs: () => openOutputs(plan, { title: announcement, onOpen: remark }),
    onTitle: (title) => remark(title === null ? 'no title' : `now playing: ${title}`),
  });
}

function tell(event: ReceptionEvent): void {
  switch (event.kind) {
    case 'attached':
      return remark(`receiving ${event.session} from the SCX at ${event.address}`);
    case 'missed':
      return remark(`warning: ${event.count} ADUs of channel ${event.channel} are missing`);
    case 'unbelieved':
      return remark(UNBELIEVED[event.why]);
    case 'onGroup':
      return remark(`receiving by the multicast group ${event.group}`);
    case 'offGroup':
      return remark(`receiving by unicast: ${event.why}`);
    case 'alive':
    case 'refused':
      return undefined;
    default:
      return remark(`warning: ${warningOf(event)}`);
  }
}

const UNBELIEVED = {
  stale:
    'warning: what comes is more than 10 minutes old, or of the future, by the clock of this machine: ' +
    'is that right?',
  removed: 'warning: what comes is of a source that may not broadcast any more',
  unlisted: 'warning: what comes is of a source that the announcement does not list',
  forged: 'warning: what comes was not signed by its source',
} as const;
