/**
 * What is private about an announcement (session/privacy.ts). A session that is private stays so
 * until `--public` says otherwise: an announcement that is repeated with another title must not open
 * it to everybody.
 */
import { status } from '../../client/cluster/cluster-api.js';
import type { Result } from '../../lib/result.js';
import {
  PRIVATE_CLUSTERS_MAX,
  type Privacy,
  parseTicketId,
  REVOKED_MAX,
} from '../../session/privacy.js';
import type { PublicKey } from '../../session/public-key.js';
import { parsePublicKey } from '../../session/source-key.js';
import type { AnnounceSettings } from '../options/announce-options.js';
import { usageProblem } from './announcement-settings.js';

function readAll<Value>(
  flag: string,
  texts: readonly string[] | undefined,
  parse: (text: string) => Result<Value>,
): readonly Value[] {
  return (texts ?? []).map((text) => {
    const value = parse(text);
    if (value.ok) return value.value;
    throw usageProblem(...value.problems.map((why) => `${flag}: ${why}`));
  });
}

/** The key of the cluster where the session is published, which carries it. */
async function keyOfCluster(cluster: string | undefined): Promise<readonly PublicKey[]> {
  if (cluster === undefined) return [];
  const { key } = (await status(cluster)).status.cluster;
  if (key !== undefined) return [key];
  throw usageProblem(`${cluster} is too old for private sessions: it has no key`);
}

const distinct = <Value>(values: readonly Value[]): readonly Value[] => [...new Set(values)];

/** Throws a UserError if a list is too long, or empty where it must not be. */
function checked({ clusters, revoked }: Privacy): Privacy {
  if (clusters.length === 0) {
    throw usageProblem('--private without --cluster needs --carried-by KEY: who carries it?');
  }
  if (clusters.length > PRIVATE_CLUSTERS_MAX) {
    throw usageProblem(`--carried-by: at most ${PRIVATE_CLUSTERS_MAX} clusters are possible`);
  }
  if (revoked.length <= REVOKED_MAX) return { clusters, revoked };
  throw usageProblem(`--revoke: at most ${REVOKED_MAX} tickets are possible`);
}

/**
 * What the new announcement says; `earlier`: what the one before it says. Undefined: the session is
 * public. Rejects with a UserError.
 */
export async function choosePrivacy(
  settings: AnnounceSettings,
  earlier: Privacy | undefined,
): Promise<Privacy | undefined> {
  const { carriedBy, revoke } = settings;
  if (settings.public) {
    if (settings.private) throw usageProblem('--private and --public: choose one');
    return undefined;
  }
  if (!settings.private && earlier === undefined) {
    if (carriedBy === undefined && revoke === undefined) return undefined;
    throw usageProblem('--carried-by and --revoke are for private sessions: give --private');
  }
  const named = readAll('--carried-by', carriedBy, (text) => parsePublicKey('the key', text));
  const kept = carriedBy === undefined ? (earlier?.clusters ?? []) : named;
  return checked({
    clusters: distinct([...(await keyOfCluster(settings.cluster)), ...kept]),
    revoked: distinct([...(earlier?.revoked ?? []), ...readAll('--revoke', revoke, parseTicketId)]),
  });
}
