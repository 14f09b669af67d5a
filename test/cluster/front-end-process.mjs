/**
 * A front end in a process of its own, from the build, for tests that kill it: DATADIR PORT; prints its
 * port.
 */
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { startCluster } from '../../dist/cluster/cluster.js';

const [dataDir = '', port = '0'] = process.argv.slice(2);
const cluster = await startCluster({
  port: Number(port),
  host: '127.0.0.1',
  listenHost: '127.0.0.1',
  dataDir,
  scxPorts: 'any',
  maxScxs: 4,
  allowPrivate: true,
  entry: fileURLToPath(new URL('stand-in.mjs', import.meta.url)),
  log: pino({ level: 'silent' }),
});
process.stdout.write(`${cluster.port}\n`);
process.once('SIGTERM', () => void cluster.close());
