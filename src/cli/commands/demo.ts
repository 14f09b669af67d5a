/**
 * `scattercast demo`, which `npm start` runs: a whole radio on one machine. The clusters and the
 * broadcaster run in this process, each SCX in a process of its own. All files are in a temporary
 * directory that is removed at the end.
 *
 * As soon as the first cluster can be listened to, others are started, each with a listener: so there is
 * an overlay to look at.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { broadcast } from '../../client/broadcast/broadcaster.js';
import { publish } from '../../client/cluster/cluster-api.js';
import { startCluster } from '../../cluster/cluster.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { temporaryDirectory } from '../../runtime/directories.js';
import { packageFile } from '../../runtime/package-files.js';
import { drawPassword } from '../../runtime/secrets.js';
import { signAnnouncement } from '../../runtime/signed-announcement.js';
import { drawSigningKey, sourceKeyOf } from '../../runtime/signing-key.js';
import { type Announcement, DEFAULT_CHANNELS } from '../../session/announcement.js';
import { printAnnouncement } from '../../session/print-announcement.js';
import { SOURCE_PRIORITY_MAX, type SourceKey, STATION_SOURCE } from '../../session/source-key.js';
import { type DemoSettings, demoOptions } from '../options/cluster-options.js';
import type { Command } from '../shell/command.js';
import { ENTRY } from '../shell/entry.js';
import { createLog } from '../shell/log.js';
import { remark, report } from '../shell/output.js';
import { stopSignal } from '../shell/stop-signal.js';
import { readSecret } from './data-directory.js';

export const command: Command<typeof demoOptions> = {
  story:
    'Runs a complete radio on this machine, to listen to at once: starts a few clusters, announces a ' +
    'session and broadcasts a clip, or the given files, over and over. Ctrl-C ends it.',
  operands: [
    { name: '[file...]', help: 'MP3 files (default: a clip that comes with scattercast)' },
  ],
  options: demoOptions,
  examples: ['scattercast demo', 'scattercast demo --port 8080 song.mp3', 'npm start -- song.mp3'],
  run,
};

const HOST = 'localhost';
const CLIP = fileURLToPath(packageFile('web/demo/clip.mp3'));
const PATH = 'localhost/demo';
/** A listener of the demo's own that was cut off comes back after this, ms. */
const AGAIN_MS = 1000;
const NAME = { text: `scattercast://${PATH}`, creator: 'localhost', session: 'demo' };

async function run(settings: DemoSettings, files: readonly string[]): Promise<void> {
  const signal = stopSignal();
  const dataDir = temporaryDirectory('scattercast-demo-');
  // Even when the process has to exit at once.
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const cluster = await startDemoCluster(settings, folderIn(dataDir, 'first'));
  let others: Promise<unknown> = Promise.resolve();
  try {
    const clusterSecret = await readSecret(join(dataDir, 'first'));
    const at = { cluster: `http://${HOST}:${cluster.port}`, clusterSecret };
    await broadcastAt(at, files.length > 0 ? files : [CLIP], signal, (announcement) => {
      report(invitation(at.cluster));
      others = runOthers(settings, dataDir, announcement, signal);
    });
  } finally {
    await Promise.all([others, cluster.close()]);
  }
}

function folderIn(dataDir: string, name: string): string {
  const folder = join(dataDir, name);
  mkdirSync(folder);
  return folder;
}

/** The other clusters. They make the overlay larger; without them there is a radio, too. */
async function runOthers(
  settings: DemoSettings,
  dataDir: string,
  announcement: string,
  signal: AbortSignal,
): Promise<void> {
  const numbers = Array.from({ length: settings.clusters - 1 }, (_, index) => index + 2);
  const runs = numbers.map((number) =>
    runOther(settings, folderIn(dataDir, `${number}`), announcement, signal),
  );
  for (const { status } of await Promise.allSettled(runs)) {
    if (status === 'rejected')
      remark('warning: a further cluster of the demo could not be started');
  }
}

/** One of them, with its listener, until the end. */
async function runOther(
  settings: DemoSettings,
  dataDir: string,
  announcement: string,
  signal: AbortSignal,
): Promise<void> {
  const cluster = await startDemoCluster({ ...settings, port: 0 }, dataDir);
  const url = `http://${HOST}:${cluster.port}/listen?${new URLSearchParams({ announcement })}`;
  try {
    while (!signal.aborted) {
      const listened = await fetch(url, { signal }).catch(() => undefined);
      await listened?.body?.pipeTo(new WritableStream(), { signal }).catch(() => undefined);
      await pause(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await cluster.close();
  }
}

async function startDemoCluster(settings: DemoSettings, dataDir: string) {
  const { port, listen, scxPorts, logLevel } = settings;
  try {
    return await startCluster({
      port,
      host: HOST,
      listenHost: listen,
      dataDir,
      scxPorts,
      maxScxs: 16,
      allowPrivate: true,
      publicMap: true,
      entry: ENTRY,
      confined: true,
      log: await createLog(logLevel),
      scx: { lingerMs: 1000, burstMs: 4000, profile: 'fast' },
      inheritLogs: false,
    });
  } catch (error) {
    if (!(error instanceof UserError) || !error.message.includes(`port ${port}`)) throw error;
    const other = port === 8080 ? 8081 : 8080;
    throw new UserError(EXIT.bind, `${error.message}, for example: npm start -- --port ${other}`);
  }
}

async function broadcastAt(
  { cluster, clusterSecret }: { readonly cluster: string; readonly clusterSecret: string },
  files: readonly string[],
  signal: AbortSignal,
  onAir: (announcement: string) => void,
): Promise<void> {
  const [sessionKey, password] = [drawSigningKey(), drawPassword()];
  const { publicKey: key } = await sourceKeyOf(password, sessionKey.publicKey);
  const station = { name: STATION_SOURCE, key, priorityMax: SOURCE_PRIORITY_MAX };
  const signed = signAnnouncement(announcementOf(cluster, [station]), sessionKey, Date.now());
  const xml = printAnnouncement(signed);
  const { url } = await publish(cluster, PATH, xml, { sessionKey, clusterSecret });
  let told = false;
  await broadcast({
    clusters: [cluster],
    announcement: url,
    program: { kind: 'files', files, loop: true },
    priority: 128,
    password,
    onProgress: ({ state }) => {
      if (state === 'onAir' && !told) onAir(url);
      told ||= state === 'onAir';
    },
    onWarning: (text) => remark(`warning: ${text}`),
    signal,
  });
}

const announcementOf = (cluster: string, sources: readonly SourceKey[]): Announcement => ({
  name: NAME,
  title: 'Scattercast demo',
  description: 'A clip that npm start plays over and over',
  channels: DEFAULT_CHANNELS,
  rendezvous: [`${cluster}/rendezvous/${PATH}`],
  sources,
});

/** Says how to listen, in a few lines. */
export const invitation = (cluster: string): string =>
  [
    'Scattercast is on the air. Listen in any MP3 player:',
    `  mpg123 ${cluster}/listen/${PATH}.mp3`,
    'or in a browser:',
    `  ${cluster}/`,
    'The map of its overlay:',
    `  ${cluster}/overlay/${PATH}`,
    'Ctrl-C ends it.',
  ].join('\n');
