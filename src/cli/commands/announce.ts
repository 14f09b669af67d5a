/**
 * `scattercast announce`: makes a session known (§2.2). The announcement is signed here with the
 * session's key, which is made from the admin token. Then it is published at a cluster, which is
 * also the session's first rendezvous point unless others are named, or written to a file for any
 * web server.
 *
 * All secrets are drawn here. None of them is sent, and each is told once (announce-answer.ts).
 */
import { readFile, stat } from 'node:fs/promises';
import { announcementPath, FALLBACK_BYTES_MAX } from '../../api/publishing.js';
import type { Credentials } from '../../client/cluster/ask-front-end.js';
import {
  type FallbackUpload,
  publish,
  remove,
  setFallback,
  setImage,
  setWebhooks,
} from '../../client/cluster/cluster-api.js';
import { type AnnouncementClock, announcementClock } from '../../client/cluster/cluster-clock.js';
import { fileProblem, nameOf } from '../../client/track/track-input.js';
import { staticPage } from '../../cluster/session-pages/static-page.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { pathOf } from '../../runtime/file-name.js';
import { packageFile } from '../../runtime/package-files.js';
import { derivePassword, drawPassword, hashSecret } from '../../runtime/secrets.js';
import { signAnnouncement } from '../../runtime/signed-announcement.js';
import { fallbackKeyOf, type SigningKey, sessionKeyOf } from '../../runtime/signing-key.js';
import {
  ANNOUNCEMENT_LIMITS,
  type Announcement,
  type SignedAnnouncement,
} from '../../session/announcement.js';
import { dropAbsent } from '../../session/drop-absent.js';
import { printAnnouncement } from '../../session/print-announcement.js';
import { parseRenditions } from '../../session/renditions.js';
import { parseSessionName, type SessionName, sessionPath } from '../../session/session-name.js';
import { type AnnounceSettings, announceOptions } from '../options/announce-options.js';
import type { Command } from '../shell/command.js';
import { print, printJson, remark } from '../shell/output.js';
import { type Answer, createAnswer } from './announce-answer.js';
import { type Picture, readPicture, STANDARD, writeDocument } from './announcement-file.js';
import { choosePrivacy } from './announcement-privacy.js';
import { createAnnouncement, usageProblem } from './announcement-settings.js';
import {
  type DrawnSources,
  djJson,
  djSentence,
  djsIn,
  drawSources,
} from './announcement-sources.js';
import { secretOfCluster } from './data-directory.js';
import { findEarlier, otherKeyProblem } from './earlier-announcement.js';

export const command: Command<typeof announceOptions> = {
  story:
    "Signs the announcement of a session, publishes it at a cluster and prints the announcement's " +
    'URL, which is all that listeners need. For a new session it also prints, this once, the source ' +
    'password that broadcasters need, the admin token that later changes need, and the password of ' +
    "Icecast's administration pages; in a pipe these go to standard error. " +
    'The token never leaves this machine: a cluster gets what was signed with it. ' +
    "A session that is new is announced by the cluster's operator: on the cluster's machine as its " +
    "user, or elsewhere with the operator's token. " +
    'With --output the XML is written to a file for any web server; it is then published only if ' +
    'a cluster is named as well.',
  operands: [],
  options: announceOptions,
  examples: [
    'scattercast announce --cluster http://localhost:8000 --name scattercast://radio.example/night',
    'scattercast announce --cluster http://localhost:8000 --name scattercast://radio.example/night \\',
    '    --page night.html',
    'scattercast announce --name scattercast://radio.example/night --output night.xml \\',
    '    --rendezvous http://a.example:8000/rendezvous/radio.example/night',
    'SCATTERCAST_TOKEN=... scattercast announce --cluster http://localhost:8000 --dj anna \\',
    '    --until 7d --name scattercast://radio.example/night',
    'scattercast announce --cluster http://localhost:8000 --private \\',
    '    --name scattercast://radio.example/board',
    'SCATTERCAST_TOKEN=... scattercast announce --cluster http://localhost:8000 --remove \\',
    '    --name scattercast://radio.example/night',
  ],
  run,
};

/** What one run works with. */
interface Run {
  readonly name: SessionName;
  readonly settings: AnnounceSettings;
  /** The session's admin token: the one that was given, or a new one. */
  readonly token: string;
  readonly key: SigningKey;
  readonly answer: Answer;
  readonly clock: AnnouncementClock;
}

const KEEP_MS_MAX = ANNOUNCEMENT_LIMITS.keepSecondsMax * 1000;

/** A drawn token has 118 random bits; a shorter one could be guessed. */
const TOKEN_LENGTH_MIN = 20;

async function run(settings: AnnounceSettings): Promise<void> {
  const parsed = parseSessionName(settings.name);
  if (!parsed.ok) throw usageProblem(...parsed.problems.map((problem) => `--name: ${problem}`));
  const name = parsed.value;
  if (settings.listDjs) return listDjs(name, settings);
  checkFlags(settings);
  const token = settings.token ?? drawPassword();
  const key = sessionKeyOf(token);
  const clock = await announcementClock(settings.cluster);
  if (clock.warning !== undefined) remark(`warning: ${clock.warning}.`);
  if (settings.remove) return withdraw(name, settings, key, clock);
  const answer = createAnswer(settings);
  try {
    await announce({ name, settings, token, key, answer, clock });
  } finally {
    await answer.end();
  }
}

function checkFlags(settings: AnnounceSettings): void {
  const { json, output, page, token, cluster, webhooks, fallback, image } = settings;
  if (token !== undefined && token.length < TOKEN_LENGTH_MIN) {
    throw usageProblem('--token: this is no admin token, which announce has drawn and printed');
  }
  if (json && output === STANDARD) {
    throw usageProblem('--json and --output - both need standard output: choose one');
  }
  if (page === STANDARD) throw usageProblem('--page needs the name of a file');
  if (image !== undefined && settings.removeImage) {
    throw usageProblem('--image and --remove-image exclude each other');
  }
  if ((settings.keep ?? 0) > KEEP_MS_MAX) throw usageProblem('--keep: at most 31d');
  if (cluster !== undefined) return;
  if (page !== undefined) throw usageProblem('--page needs --cluster URL, where the player is');
  if (webhooks !== undefined) throw usageProblem('--webhook needs --cluster URL, which sends them');
  if (image !== undefined) throw usageProblem('--image needs --cluster URL, which stores it');
  if (fallback !== undefined) throw usageProblem('--fallback needs --cluster URL, which plays it');
}

async function listDjs(name: SessionName, settings: AnnounceSettings): Promise<void> {
  const announced = await findEarlier(name, settings);
  if (announced === undefined) throw new UserError(EXIT.refused, 'there is no such announcement');
  const djs = djsIn(announced.sources ?? []);
  if (settings.json) return printJson({ djs: djs.map(djJson) });
  await print(djs.map((dj) => `${djSentence(dj)}\n`).join(''));
}

async function withdraw(
  name: SessionName,
  settings: AnnounceSettings,
  key: SigningKey,
  { now }: AnnouncementClock,
): Promise<void> {
  const { cluster, token } = settings;
  if (cluster === undefined) {
    throw usageProblem('--remove needs --cluster URL: where was the session published?');
  }
  const sessionKey = token === undefined ? undefined : key;
  await remove(cluster, sessionPath(name), {
    ...(await credentialsOf(cluster, settings, sessionKey)),
    now,
  });
}

const credentialsOf = async (
  cluster: string,
  { operatorToken, dataDir }: AnnounceSettings,
  sessionKey: SigningKey | undefined,
): Promise<Credentials> => ({
  ...{ sessionKey, operatorToken },
  clusterSecret: await secretOfCluster(cluster, dataDir),
});

async function announce(run: Run): Promise<void> {
  const { name, settings, token, key } = run;
  const earlier = await findEarlier(name, settings);
  if (earlier !== undefined && earlier.key !== key.publicKey) throw otherKeyProblem(settings);
  const content = createAnnouncement(name, settings, earlier);
  const fallback = await readFallback(settings.fallback, token);
  const picture = settings.image === undefined ? undefined : await readPicture(settings.image);
  const image = settings.removeImage ? undefined : (picture?.hash ?? earlier?.image);
  const keepMs = (settings.keep ?? earlier?.keepMs) || undefined;
  const renditions = chooseRenditions(settings, earlier);
  const drawn = await drawSources({
    ...{ settings, token, session: key.publicKey, earlier: earlier?.sources ?? [] },
  });
  const privacy = await choosePrivacy(settings, earlier?.privacy);
  const adminKey = hashSecret(derivePassword('admin password', token));
  // Later than the one that it replaces, also if this machine's clock was set back.
  const { now } = run.clock;
  const issuedMs = Math.max(now(), (earlier?.issuedMs ?? 0) + 1);
  const signed = signAnnouncement(
    {
      ...dropAbsent({ ...content, image, keepMs, renditions, privacy }),
      ...{ sources: drawn.sources, adminKey },
    },
    ...([key, issuedMs] as const),
  );
  if (settings.cluster !== undefined)
    await publishAt(settings.cluster, run, signed, drawn, { fallback, picture });
  else tellSecrets(run, drawn);
  if (settings.output !== undefined) {
    await writeDocument(settings.output, printAnnouncement(signed));
  }
  if (settings.dj === undefined && settings.removeDj === undefined) return;
  for (const dj of djsIn(drawn.sources)) remark(djSentence(dj));
}

/** The renditions that are asked for, or those that are announced already. */
function chooseRenditions(
  { renditions: text }: AnnounceSettings,
  earlier: Announcement | undefined,
): Announcement['renditions'] {
  if (text === undefined) return earlier?.renditions;
  if (text === 'none') return undefined;
  const read = parseRenditions(text);
  if (!read.ok) throw usageProblem(...read.problems.map((problem) => `--renditions: ${problem}`));
  return read.value;
}

/** The style of a page that is one file. */
const pageStyle = (): Promise<string> => readFile(packageFile('web/style.css'), 'utf8');

function tellSecrets(
  { answer, settings, token }: Run,
  { password, djPassword }: DrawnSources,
): void {
  answer.secret('password', password);
  answer.secret('djPassword', djPassword);
  if (settings.token !== undefined) return;
  answer.secret('token', token);
  answer.secret('adminPassword', derivePassword('admin password', token));
}

/** The files that belong to an announcement at a cluster. */
interface Uploads {
  readonly fallback: FallbackUpload | undefined;
  readonly picture: Picture | undefined;
}

/** Publishes, and sets up what belongs to the announcement at this cluster. */
async function publishAt(
  cluster: string,
  run: Run,
  signed: SignedAnnouncement,
  drawn: DrawnSources,
  { fallback, picture }: Uploads,
): Promise<void> {
  const { settings, answer, key } = run;
  const { now } = run.clock;
  const path = sessionPath(signed.name);
  const credentials = { ...(await credentialsOf(cluster, settings, key)), now };
  const published = await publish(cluster, path, printAnnouncement(signed), credentials).catch(
    (error: unknown) => {
      // It may have been published although the answer was lost.
      if (error instanceof UserError && error.exitCode !== EXIT.refused) tellSecrets(run, drawn);
      throw error;
    },
  );
  tellSecrets(run, drawn);
  await answer.url(published.url);
  if (picture !== undefined) await setImage(cluster, path, picture.bytes);
  if (settings.page !== undefined) {
    const at = published.url.slice(0, -announcementPath(path).length);
    await writeDocument(settings.page, staticPage(signed, at, await pageStyle()));
  }
  const owner = { sessionKey: key, now };
  if (settings.webhooks !== undefined) {
    const urls = settings.webhooks.filter((url) => url !== 'none');
    answer.secret('webhookSecret', await setWebhooks(cluster, path, owner, urls));
  }
  if (settings.fallback !== undefined) await setFallback(cluster, path, owner, fallback);
}

/** Reads the fallback; undefined for `none`. The cluster checks whether it is MP3. */
async function readFallback(
  file: string | undefined,
  token: string,
): Promise<FallbackUpload | undefined> {
  if (file === undefined || file === 'none') return undefined;
  try {
    const { size } = await stat(pathOf(file));
    if (size <= FALLBACK_BYTES_MAX) {
      const bytes = await readFile(pathOf(file));
      return { title: nameOf(file), bytes, key: fallbackKeyOf(token) };
    }
  } catch (error) {
    throw fileProblem(file, error);
  }
  const mib = FALLBACK_BYTES_MAX / 2 ** 20;
  throw new UserError(EXIT.file, `${file} is too large for a fallback: at most ${mib} MiB`);
}
