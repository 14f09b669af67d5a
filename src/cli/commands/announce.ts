/**
 * `scattercast announce`: makes a session known (§2.2). The cluster that keeps the announcement
 * is also its first rendezvous point, unless others are named; or the XML goes to any web server.
 *
 * The first line of the output is the announcement's URL. Secrets that have just been drawn follow:
 * nobody can ask for them later.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
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
import { drawPassword, hashSecret } from '../../runtime/secrets.js';
import { type Announcement, type Channel, DEFAULT_CHANNELS } from '../../session/announcement.js';
import { dropAbsent } from '../../session/drop-absent.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { printAnnouncement } from '../../session/print-announcement.js';
import { parseSessionName, type SessionName, sessionPath } from '../../session/session-name.js';
import type { Settings } from '../options/option.js';
import { announceOptions } from '../options/option-tables.js';
import type { Command } from '../shell/command.js';

type AnnounceSettings = Settings<typeof announceOptions>;

export const command: Command<typeof announceOptions> = {
  story:
    "Publishes the announcement of a session at a cluster and prints the announcement's URL, " +
    'which is all that listeners need. For a session that is new there it also prints, once, the ' +
    'source password that broadcasters need and the admin token that a later announce needs. ' +
    'With --output the XML goes to a file for any web server; it is then published only if a ' +
    'cluster is named, too.',
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
  if (!name.ok) throw usage(name.problems.map((problem) => `--name: ${problem}`));
  if (settings.remove) return withdraw(name.value, settings);
  const announcement = createAnnouncement(name.value, settings);
  const { cluster, output } = settings;
  const print = (line: string): void =>
    void (output === '-' ? process.stderr : process.stdout).write(`${line}\n`);
  if (cluster !== undefined) await publishAt(cluster, announcement, settings, print);
  else if (output !== undefined) await writeAlone(output, announcement, settings, print);
}

/** As its hash is public, a password that can be guessed would be no password. */
const PASSWORD_LENGTH_MIN = 20;

/** The key of the password that the session has elsewhere; none: the cluster draws one. */
function givenKey({ password, newPassword }: AnnounceSettings): string | undefined {
  if (password === undefined || newPassword) return undefined;
  if (password.length >= PASSWORD_LENGTH_MIN) return hashSecret(password);
  throw usage([
    `--password: has fewer than ${PASSWORD_LENGTH_MIN} characters; leave it out, and one is drawn`,
  ]);
}

const usage = (problems: readonly string[]): UserError =>
  new UserError(EXIT.usage, problems.join('\n'));

const PASSWORD_USE = 'for broadcasters: broadcast --password, or SCATTERCAST_PASSWORD';
const TOKEN_USE = 'to change or remove it: announce --token, or SCATTERCAST_TOKEN';
const SECRET_USE = 'to check X-Scattercast-Signature';

/** At a cluster, and from there into the file: it is the cluster that adds the source key. */
async function publishAt(
  cluster: string,
  announcement: Announcement,
  settings: AnnounceSettings,
  print: (line: string) => void,
): Promise<void> {
  const path = sessionPath(announcement.name);
  const { token, newPassword, webhooks, output } = settings;
  const fallback = await readFallback(settings.fallback);
  const password = newPassword ? 'new' : undefined;
  const xml = printAnnouncement(announcement);
  const published = await publish(cluster, path, xml, { token, password });
  print(published.url);
  if (published.password !== undefined) {
    print(`source password: ${published.password}   (${PASSWORD_USE})`);
  }
  if (published.token !== undefined) print(`admin token: ${published.token}   (${TOKEN_USE})`);
  const { sourceKey } = published;
  const whole = dropAbsent({ ...announcement, sourceKey });
  if (output !== undefined) await writeXml(output, printAnnouncement(whole));
  const owner = published.token ?? token;
  if (webhooks !== undefined) {
    const urls = webhooks.filter((url) => url !== 'none');
    const secret = await setWebhooks(cluster, path, owner, urls);
    if (secret !== undefined) print(`webhook secret: ${secret}   (${SECRET_USE})`);
  }
  if (settings.fallback === undefined) return;
  await setFallback(cluster, path, owner, fallback);
}

/** The file that was named; undefined for `none`. It is the cluster that looks whether it is MP3. */
async function readFallback(file: string | undefined): Promise<FallbackUpload | undefined> {
  if (file === undefined || file === 'none') return undefined;
  try {
    const { size } = await stat(file);
    if (size <= FALLBACK_BYTES_MAX) return { title: nameOf(file), bytes: await readFile(file) };
  } catch (error) {
    throw fileProblem(file, error);
  }
  const mib = FALLBACK_BYTES_MAX / 2 ** 20;
  throw new UserError(EXIT.file, `${file} is too large for a fallback: at most ${mib} MiB`);
}

/** For another web server. Written again, the file keeps its source key. */
async function writeAlone(
  output: string,
  announcement: Announcement,
  { newPassword, webhooks, fallback }: AnnounceSettings,
  print: (line: string) => void,
): Promise<void> {
  if (webhooks !== undefined) throw usage(['--webhook needs --cluster URL: who would send them?']);
  if (fallback !== undefined) throw usage(['--fallback needs --cluster URL: who would play it?']);
  const kept =
    announcement.sourceKey ??
    (newPassword ? undefined : await sourceKeyIn(output, announcement.name));
  const password = kept === undefined ? drawPassword() : undefined;
  const sourceKey = kept ?? hashSecret(password ?? '');
  await writeXml(output, printAnnouncement({ ...announcement, sourceKey }));
  if (password !== undefined) print(`source password: ${password}   (${PASSWORD_USE})`);
}

/** The source key in an earlier announcement of the session. */
async function sourceKeyIn(file: string, { text }: SessionName): Promise<string | undefined> {
  const xml = file === '-' ? '' : await readFile(file, 'utf8').catch(() => '');
  const found = parseAnnouncement(xml);
  return found.ok && found.value.name.text === text ? found.value.sourceKey : undefined;
}

async function withdraw(name: SessionName, { cluster, token }: AnnounceSettings): Promise<void> {
  if (cluster === undefined) throw usage(['--remove needs --cluster URL: where was it published?']);
  await remove(cluster, sessionPath(name), token);
}

/** Printed and read again: what a cluster would refuse is refused here, in the same words. */
function createAnnouncement(name: SessionName, settings: AnnounceSettings): Announcement {
  const { title, description, genre, homepage } = settings;
  const rendezvous = locationsOf(name, settings);
  const about = dropAbsent({ title, description, genre, homepage });
  const sourceKey = givenKey(settings);
  const xml = printAnnouncement({
    ...{ name, channels: channelsOf(settings), rendezvous, ...about },
    ...dropAbsent({ sourceKey }),
  });
  const announcement = parseAnnouncement(xml);
  if (!announcement.ok) throw usage(announcement.problems);
  return announcement.value;
}

const channelsOf = ({ udp }: AnnounceSettings): readonly Channel[] =>
  DEFAULT_CHANNELS.map((channel) => ({ ...channel, unicast: udp ? 'udp' : 'tcp' }));

function locationsOf(name: SessionName, settings: AnnounceSettings): readonly string[] {
  const { cluster, rendezvous, output } = settings;
  if (cluster === undefined && output === undefined) {
    throw usage(['--cluster URL is missing (or --output FILE, to publish on your own web server)']);
  }
  if (rendezvous !== undefined) return rendezvous;
  if (cluster !== undefined) return [`${cluster}/rendezvous/${sessionPath(name)}`];
  throw usage(['--output without --cluster needs --rendezvous LOCATION: where does it meet?']);
}

async function writeXml(file: string, xml: string): Promise<void> {
  if (file === '-') {
    process.stdout.write(xml);
    return;
  }
  try {
    await writeFile(file, xml);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(EXIT.file, `cannot write ${file}: ${code}`);
  }
}
