/** `scattercast redirector`: runs a name server that leads listeners to the nearest cluster (§2.4). */
import { startRedirector } from '../../redirector/redirector.js';
import { openPlaces } from '../../runtime/system/address-places.js';
import { anyAddress, ownAddress } from '../options/addresses.js';
import { type RedirectorSettings, redirectorOptions } from '../options/redirector-options.js';
import type { Command } from '../shell/command.js';
import { createLog } from '../shell/log.js';
import { report } from '../shell/output.js';
import { stopped, stopSignal } from '../shell/stop-signal.js';

export const command: Command<typeof redirectorOptions> = {
  story:
    'Answers for a zone of DNS with the nearest clusters that are there and have room, so that one ' +
    'address of a station works everywhere: http://SESSION.CREATOR.ZONE:8000/listen/... leads to ' +
    'another cluster from each network. The zone must be delegated to this machine ' +
    '(docs/redirector.md). The log goes to standard error.',
  operands: [],
  options: redirectorOptions,
  examples: [
    'scattercast redirector --zone redirect.example --cluster http://one.example:8000,http://two.example:8000 \\',
    '    --name-server ns1.redirect.example=192.0.2.1 --name-server ns2.redirect.example=198.51.100.1',
  ],
  run,
};

async function run(settings: RedirectorSettings): Promise<void> {
  const { zone, cluster: clusters, trust, port, statusPort } = settings;
  const log = await createLog(settings.logLevel);
  const stopping = stopSignal();
  const listenHost = settings.listen ?? anyAddress();
  const redirector = await startRedirector({
    ...{ zone, clusters, trust, port, listenHost, log },
    ...{ clusterPort: settings.clusterPort, ttl: Math.round(settings.ttl), rate: settings.rate },
    nameServers: settings.nameServers ?? [{ name: `ns.${zone}`, addresses: [ownAddress()] }],
    placeOf: settings.places === undefined ? undefined : await openPlaces(settings.places),
    allowPrivate: settings.allowPrivate,
    status:
      statusPort === undefined ? undefined : { host: settings.statusListen, port: statusPort },
  });
  report(`the redirector of ${zone} is ready at port ${redirector.port}`);
  if (redirector.statusPort !== undefined) {
    report(`its metrics are at http://${settings.statusListen}:${redirector.statusPort}/metrics`);
  }
  await stopped(stopping);
  await redirector.close();
}
