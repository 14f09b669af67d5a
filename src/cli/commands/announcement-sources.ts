/**
 * The source keys of an announcement: who may broadcast. Each belongs to a password that is drawn
 * here, told once, and never sent. An announcement that replaces an earlier one keeps its keys, so
 * that broadcasters keep their passwords.
 */
import { DEFAULT_PRIORITY } from '../../icecast/mount.js';
import { printInstant } from '../../lib/instant.js';
import { drawPassword } from '../../runtime/secrets.js';
import { fallbackKeyOf, sourceKeyOf } from '../../runtime/signing-key.js';
import type { PublicKey } from '../../session/public-key.js';
import {
  FALLBACK_SOURCE,
  parseSourceName,
  SOURCE_KEYS_MAX,
  SOURCE_PRIORITY_MAX,
  type SourceKey,
  STATION_SOURCE,
} from '../../session/source-key.js';
import type { AnnounceSettings } from '../options/announce-options.js';
import { usageProblem } from './announcement-settings.js';

/** The keys, and the passwords that were drawn. */
export interface DrawnSources {
  readonly sources: readonly SourceKey[];
  readonly password?: string;
  readonly djPassword?: string;
}

/** What the keys are made for. */
export interface SourcesOptions {
  readonly settings: AnnounceSettings;
  /** The session's public key. */
  readonly session: PublicKey;
  /** The session's admin token. */
  readonly token: string;
  /** Those of the announcement that is replaced. */
  readonly earlier: readonly SourceKey[];
}

/**
 * The public half of a password's key is in the announcement, and guesses can be tried against it.
 * Guess: 20 characters of any kind cannot be guessed.
 */
const PASSWORD_LENGTH_MIN = 20;

/** The password that the session has at another cluster; undefined: none was given. */
function givenPassword({ password, newPassword }: AnnounceSettings): string | undefined {
  if (password === undefined || newPassword) return undefined;
  if (password.length >= PASSWORD_LENGTH_MIN) return password;
  throw usageProblem(
    `--password: must have at least ${PASSWORD_LENGTH_MIN} characters; ` +
      'without --password a new one is drawn',
  );
}

const without = (sources: readonly SourceKey[], name: string): readonly SourceKey[] =>
  sources.filter((source) => source.name !== name);

/** The station's own key: the earlier one, that of the password that was given, or a new one. */
async function withStation({ settings, session, earlier }: SourcesOptions): Promise<DrawnSources> {
  const given = givenPassword(settings);
  const isKept = earlier.some(({ name }) => name === STATION_SOURCE);
  if (isKept && given === undefined && !settings.newPassword) return { sources: earlier };
  const password = given ?? drawPassword();
  const { publicKey } = await sourceKeyOf(password, session);
  const station = { name: STATION_SOURCE, key: publicKey, priorityMax: SOURCE_PRIORITY_MAX };
  const sources = [station, ...without(earlier, STATION_SOURCE)];
  return given === undefined ? { sources, password } : { sources };
}

/** The name of a DJ, who is neither the station nor the fallback. */
function djName(flag: string, text: string): string {
  const name = parseSourceName(text);
  if (!name.ok) throw usageProblem(...name.problems.map((why) => `${flag}: ${why}`));
  if (name.value !== STATION_SOURCE && name.value !== FALLBACK_SOURCE) return name.value;
  throw usageProblem(`${flag}: "${name.value}" is the name of a key that is no DJ's`);
}

/** The names of the DJs in a list of keys. */
export const djsIn = (sources: readonly SourceKey[]): readonly SourceKey[] =>
  without(without(sources, STATION_SOURCE), FALLBACK_SOURCE);

function withoutDj(sources: readonly SourceKey[], { removeDj }: AnnounceSettings) {
  if (removeDj === undefined) return sources;
  const name = djName('--remove-dj', removeDj);
  const left = without(sources, name);
  if (left.length < sources.length) return left;
  const names = djsIn(sources).map((source) => `"${source.name}"`);
  const known = names.length === 0 ? 'has no DJs' : `has ${names.join(', ')}`;
  throw usageProblem(`--remove-dj: there is no DJ "${name}"; the session ${known}`);
}

/** A further password; a DJ of the same name loses the earlier one. */
async function withDj(
  { settings: { dj, priority, until }, session }: SourcesOptions,
  before: DrawnSources,
): Promise<DrawnSources> {
  if (dj === undefined) {
    if (priority === undefined && until === undefined) return before;
    throw usageProblem('--priority and --until go with --dj NAME');
  }
  const name = djName('--dj', dj);
  const djPassword = drawPassword();
  const { publicKey: key } = await sourceKeyOf(djPassword, session);
  const end = until === undefined ? {} : { untilMs: until };
  const added = { name, key, priorityMax: priority ?? DEFAULT_PRIORITY, ...end };
  return { ...before, sources: [...without(before.sources, name), added], djPassword };
}

/** The key with which clusters play the fallback. */
function withFallback(
  sources: readonly SourceKey[],
  { settings: { fallback }, token }: SourcesOptions,
): readonly SourceKey[] {
  if (fallback === undefined) return sources;
  const others = without(sources, FALLBACK_SOURCE);
  if (fallback === 'none') return others;
  const key = fallbackKeyOf(token).publicKey;
  return [...others, { name: FALLBACK_SOURCE, key, priorityMax: 0 }];
}

/** The keys of an announcement. Rejects with a UserError about flags that are wrong. */
export async function drawSources(options: SourcesOptions): Promise<DrawnSources> {
  const station = await withStation(options);
  const kept = { ...station, sources: withoutDj(station.sources, options.settings) };
  const drawn = await withDj(options, kept);
  const sources = withFallback(drawn.sources, options);
  if (sources.length <= SOURCE_KEYS_MAX) return { ...drawn, sources };
  throw usageProblem(
    `a session has at most ${SOURCE_KEYS_MAX} source keys: remove a DJ with --remove-dj`,
  );
}

/** A DJ as JSON. */
export const djJson = ({ name, key, priorityMax, untilMs }: SourceKey) => ({
  ...{ name, key, priority: priorityMax },
  until: untilMs === undefined ? null : printInstant(untilMs),
});

/** One line about a DJ. */
export const djSentence = ({ name, priorityMax, untilMs }: SourceKey): string => {
  const until = untilMs === undefined ? '' : `, until ${printInstant(untilMs)}`;
  return `DJ ${name}: priority up to ${priorityMax}${until}`;
};
