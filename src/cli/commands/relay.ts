/** `scattercast relay`: feeds a mount of an Icecast server from a session. */
import { listenUrl } from '../../client/cluster/cluster-api.js';
import { relay } from '../../client/icecast-relay/icecast-relay.js';
import type { Settings } from '../options/option.js';
import { relayOptions } from '../options/option-tables.js';
import type { Command } from '../shell/command.js';
import { stopSignal } from '../shell/stop-signal.js';

type RelaySettings = Settings<typeof relayOptions>;

export const command: Command<typeof relayOptions> = {
  story:
    'Listens to a session and sends it, frame by frame and with its titles, to a mount of an ' +
    'Icecast server, whose listeners stay where they are. Connects again, on both sides, whatever ' +
    'breaks. The password is best given in the variable SCATTERCAST_TO, where ps does not show it.',
  operands: [],
  options: relayOptions,
  examples: [
    'scattercast relay --cluster http://localhost:8000 --announcement radio.example/night \\',
    '    --to icecast://source:hackme@icecast.example:8000/night.mp3',
  ],
  run,
};

async function run({ cluster: clusters, announcement, to: target }: RelaySettings): Promise<void> {
  process.title = 'scattercast relay'; // In place of the arguments, with the password.
  const signal = stopSignal();
  await relay({
    urls: clusters.map((cluster) => listenUrl(cluster, announcement)),
    target,
    onEvent: (text) => void process.stdout.write(`${text}\n`),
    onWarning: (text) => void process.stdout.write(`warning: ${text}\n`),
    signal,
  });
}
