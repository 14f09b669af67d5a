/**
 * `scattercast announce`: makes a session known (§2.2). The announcement is published at a cluster,
 * which is also the session's first rendezvous point unless others are named, or written to a file
 * for any web server.
 *
 * The answer is the announcement's URL. Secrets that have just been drawn are told, too
 * (announce-answer.ts); a cluster does not tell them again.
 */
import { readFile, stat } from 'node:fs/promises';
import { FALLBACK_BYTES_MAX } from '../../api/publishing.js';
import {
  type FallbackUpload,
  publish,
  remove,
  setFallback,
  setWebhooks,
} from '../../client/cluster/cluster-api.js';
import { fileProblem, nameOf } from '../../client/track/track-input.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { pathOf } from '../../runtime/file-name.js';
import type { Announcement } from '../../session/announcement.js';
import { dropAbsent } from '../../session/drop-absent.js';
import { printAnnouncement } from '../../session/print-announcement.js';
import { parseSessionName, type SessionName, sessionPath } from '../../session/session-name.js';
import { type AnnounceSettings, announceOptions } from '../options/announce-options.js';
import type { Command } from '../shell/command.js';
import { type Answer, createAnswer } from './announce-answer.js';
import { STANDARD, writeAnnouncement, writeWithKey } from './announcement-file.js';
import { createAnnouncement, usageProblem } from './announcement-settings.js';
import { secretOfCluster } from './data-directory.js';

export const command: Command<typeof announceOptions> = {
  story:
    "Publishes the announcement of a session at a cluster and prints the announcement's URL, " +
    'which is all that listeners need. If the session is new at that cluster, it also prints, ' +
    'this once, the source password that broadcasters need and the admin token that later ' +
    'changes need; in a pipe these go to standard error. ' +
    "A session that is new is announced by the cluster's operator: on the cluster's machine as its " +
    "user, or elsewhere with the operator's token. " +
    'With --output the XML is written to a file for any web server; it is then published only if ' +
    'a cluster is named as well.',
  operands: [],
  options: announceOptions,
  examples: [
    'scattercast announce --cluster http://localhost:8000 --name scattercast://radio.example/night',
    'scattercast announce --name scattercast://radio.example/night --output night.xml \\',
    '    --rendezvous http://a.example:8000/rendezvous/radio.example/night',
    'SCATTERCAST_TOKEN=... scattercast announce --cluster http://localhost:8000 --remove \\',
    '    --name scattercast://radio.example/night',
  ],
  run,
};

async function run(settings: AnnounceSettings): Promise<void> {
  const name = parseSessionName(settings.name);
  if (!name.ok) throw usageProblem(...name.problems.map((problem) => `--name: ${problem}`));
  if (settings.remove) return withdraw(name.value, settings);
  const announcement = createAnnouncement(name.value, settings);
  const { cluster, output } = settings;
  if (settings.json && output === STANDARD) {
    throw usageProblem('--json and --output - both need standard output: choose one');
  }
  const answer = createAnswer(settings);
  try {
    if (cluster !== undefined) await publishAt(cluster, announcement, settings, answer);
    else if (output !== undefined) await writeAlone(output, announcement, settings, answer);
  } finally {
    await answer.end();
  }
}

async function withdraw(
  name: SessionName,
  { cluster, token, dataDir }: AnnounceSettings,
): Promise<void> {
  if (cluster === undefined) {
    throw usageProblem('--remove needs --cluster URL: where was the session published?');
  }
  const clusterSecret = await secretOfCluster(cluster, dataDir);
  await remove(cluster, sessionPath(name), { token, clusterSecret });
}

/** Publishes at a cluster, which adds the source key, and then writes the result to `--output`. */
async function publishAt(
  cluster: string,
  announcement: Announcement,
  settings: AnnounceSettings,
  answer: Answer,
): Promise<void> {
  const path = sessionPath(announcement.name);
  const { token, newPassword, output } = settings;
  const fallback = await readFallback(settings.fallback);
  const password = newPassword ? 'new' : undefined;
  const xml = printAnnouncement(announcement);
  const clusterSecret = await secretOfCluster(cluster, settings.dataDir);
  const published = await publish(cluster, path, xml, { token, clusterSecret, password });
  answer.secret('password', published.password);
  answer.secret('token', published.token);
  await answer.url(published.url);
  const { sourceKey } = published;
  if (output !== undefined) {
    await writeAnnouncement(output, dropAbsent({ ...announcement, sourceKey }));
  }
  const owner = published.token ?? token;
  await changeWebhooks(cluster, path, owner, settings, answer);
  if (settings.fallback !== undefined) await setFallback(cluster, path, owner, fallback);
}

async function changeWebhooks(
  cluster: string,
  path: string,
  owner: string | undefined,
  settings: AnnounceSettings,
  answer: Answer,
): Promise<void> {
  if (settings.webhooks === undefined) return;
  const urls = settings.webhooks.filter((url) => url !== 'none');
  answer.secret('webhookSecret', await setWebhooks(cluster, path, owner, urls));
}

/** Reads the fallback; undefined for `none`. The cluster checks whether it is MP3. */
async function readFallback(file: string | undefined): Promise<FallbackUpload | undefined> {
  if (file === undefined || file === 'none') return undefined;
  try {
    const { size } = await stat(pathOf(file));
    if (size <= FALLBACK_BYTES_MAX)
      return { title: nameOf(file), bytes: await readFile(pathOf(file)) };
  } catch (error) {
    throw fileProblem(file, error);
  }
  const mib = FALLBACK_BYTES_MAX / 2 ** 20;
  throw new UserError(EXIT.file, `${file} is too large for a fallback: at most ${mib} MiB`);
}

/** Writes an announcement that no cluster publishes. */
async function writeAlone(
  output: string,
  announcement: Announcement,
  settings: AnnounceSettings,
  answer: Answer,
): Promise<void> {
  const { newPassword, webhooks, fallback } = settings;
  if (webhooks !== undefined) throw usageProblem('--webhook needs --cluster URL, which sends them');
  if (fallback !== undefined) throw usageProblem('--fallback needs --cluster URL, which plays it');
  answer.secret('password', await writeWithKey(output, announcement, newPassword));
}
