/** `scattercast relay`: sends a session to a mount of an Icecast server. */
import { listenUrl } from '../../client/cluster/cluster-api.js';
import { relay } from '../../client/icecast-relay/icecast-relay.js';
import { type RelaySettings, relayOptions } from '../options/broadcast-options.js';
import type { Command } from '../shell/command.js';
import { remark, report } from '../shell/output.js';
import { stopSignal } from '../shell/stop-signal.js';

export const command: Command<typeof relayOptions> = {
  story:
    'Listens to a session and sends its frames and titles to a mount of an Icecast server, so ' +
    'that the listeners there need not change anything. When either connection breaks, it connects ' +
    'again. Give the password in the variable SCATTERCAST_TO: every user of this machine can see ' +
    'flags.',
  operands: [],
  options: relayOptions,
  examples: [
    'scattercast relay --cluster http://localhost:8000 --announcement radio.example/night \\',
    '    --to icecast://source:hackme@icecast.example:8000/night.mp3',
  ],
  run,
};

async function run({ cluster: clusters, announcement, to: target }: RelaySettings): Promise<void> {
  process.title = 'scattercast relay'; // It hides the arguments, which may contain the password.
  const signal = stopSignal();
  await relay({
    urls: clusters.map((cluster) => listenUrl(cluster, announcement)),
    target,
    onEvent: report,
    onWarning: (text) => remark(`warning: ${text}`),
    signal,
  });
}
