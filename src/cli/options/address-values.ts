/**
 * Values of options that are addresses: of clusters, streams, Icecast mounts, network interfaces
 * and ports. They are read to the form in which the rest of the program uses them, so that a typing
 * error is found before anything starts.
 */

import { type IcecastTarget, parseIcecastUrl } from '../../client/icecast-relay/icecast-target.js';
import { isNetwork } from '../../http/server/client-address.js';
import { urlOf } from '../../lib/url-path.js';
import { isGroup } from '../../runtime/system/multicast-socket.js';
import { parseWebAddress } from '../../session/location.js';
import { isPublicKey, type PublicKey } from '../../session/public-key.js';
import { parseSessionPath, type SessionName } from '../../session/session-name.js';
import { expecting, unquoted, type Value } from './values.js';

/** `http://HOST:PORT` of a cluster's address; undefined if it is malformed. */
function readCluster(raw: unknown): string | undefined {
  if (typeof raw !== 'string') return undefined;
  const url = parseWebAddress('', raw.includes('://') ? raw : `http://${raw}`, 2048);
  const { origin, pathname, search } = new URL(url.ok ? url.value : 'http://bad/path');
  return pathname === '/' && search === '' ? origin : undefined;
}

/** A cluster's address, read to `http://HOST:PORT`; `HOST:PORT` alone will do. */
export const clusterUrl: Value<string> = expecting(
  "a cluster's address like http://cluster.example:8000",
  readCluster,
);

const CLUSTERS_MAX = 16;

/** Addresses of clusters with commas between, or a JSON array; duplicates are dropped. */
export const clusterUrls: Value<readonly string[]> = expecting(
  `a cluster's address, or up to ${CLUSTERS_MAX} with commas between`,
  (raw) => {
    const items: unknown[] = Array.isArray(raw) ? raw : `${raw}`.split(',');
    const urls = [...new Set(items.map((item) => readCluster(`${item}`.trim())))];
    const good = urls.filter((url) => url !== undefined);
    return good.length === urls.length && good.length <= CLUSTERS_MAX ? good : undefined;
  },
);

/** The URL of something on the web; undefined if it is malformed. */
function readUrl(raw: unknown): URL | undefined {
  const text = typeof raw === 'string' && raw.length <= 2048 ? raw : '';
  return /^https?:\/\//i.test(text) ? urlOf(text) : undefined;
}

/** The URL of a stream, which may contain a password. */
export const streamUrl: Value<URL> = expecting(
  'the URL of a stream, like http://radio.example:8000/live.mp3',
  readUrl,
  unquoted,
);

/** The URL of a hook, which may contain a secret. */
export const hookUrl: Value<URL> = expecting(
  'the URL of a hook, like http://127.0.0.1:8080/listeners',
  readUrl,
  unquoted,
);

/** The URL of an announcement, or `off`. */
export const announcementUrl: Value<'off' | URL> = expecting(
  'the URL of an announcement, like https://radio.example/directory.xml, or off',
  (raw) => (raw === 'off' ? raw : readUrl(raw)),
);

/** The URL of a mount of an Icecast server, which contains its password. */
export const icecastTarget: Value<IcecastTarget> = expecting(
  'like icecast://source:PASSWORD@radio.example:8000/live',
  (raw) => (typeof raw === 'string' ? parseIcecastUrl(raw) : undefined),
  unquoted,
);

/** A host name or an IP address, without a port. */
export const host: Value<string> = expecting('a host name or an IP address', (raw) => {
  if (typeof raw !== 'string' || !/^[A-Za-z0-9.:_-]{1,253}$/.test(raw)) return undefined;
  return urlOf(`http://${raw.includes(':') ? `[${raw}]` : raw}/`) ? raw : undefined;
});

/** They mean all addresses of this machine, so they are useless to other machines. */
const ALL_ADDRESSES: readonly (string | undefined)[] = ['0.0.0.0', '::'];

/** The host at which other machines reach this one. */
export const reachableHost: Value<string> = host.refine((value) => !ALL_ADDRESSES.includes(value), {
  message:
    'is given to players and other clusters, so it must be an address of this machine; ' +
    '--listen ADDR chooses where to listen',
});

/** IP addresses or CIDR ranges with commas between, or a JSON array; `none` is an empty list. */
export const ranges: Value<readonly string[]> = expecting(
  'addresses or ranges like 10.0.0.0/8,::1, or none',
  (raw) => {
    if (raw === 'none') return [];
    const items = typeof raw === 'string' ? raw.split(/[\s,]+/) : raw;
    return Array.isArray(items) &&
      items.length > 0 &&
      items.length <= 64 &&
      items.every((item) => typeof item === 'string' && isNetwork(item))
      ? items
      : undefined;
  },
);

/**
 * A range of multicast groups as CIDR, with room for a session at least. 224.0.0.0/24 is the routers' own:
 * switches send it everywhere.
 */
export const groups: Value<string> = expecting(
  'a range of IPv4 multicast groups, like 239.192.40.0/24',
  (raw) => {
    if (typeof raw !== 'string' || !isNetwork(raw)) return undefined;
    const [address = '', bits = '32'] = raw.split('/');
    const isRange = isGroup(address) && !address.startsWith('224.0.0.');
    return isRange && Number(bits) >= 4 && Number(bits) <= 30 ? raw : undefined;
  },
);

const SERVER = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]{1,255})(:\d{1,5})?$/;

/** Host names with commas between, each perhaps with a port; `none` is an empty list. */
export const servers: Value<'any' | readonly string[]> = expecting(
  'host names like radio.example,news.example:8000, or any, or none',
  (raw) => {
    if (raw === 'any') return raw;
    if (raw === 'none') return [];
    const items = typeof raw === 'string' ? raw.split(/[\s,]+/) : raw;
    if (!Array.isArray(items) || items.length === 0 || items.length > 256) return undefined;
    const names = items.map((item) => `${item}`.toLowerCase());
    return names.every((name) => SERVER.test(name)) ? names : undefined;
  },
);

const KEYS_MAX = 64;

/** Public keys of clusters with commas between; `none` is an empty list. */
export const clusterKeys: Value<'directory' | readonly PublicKey[]> = expecting(
  'keys of clusters, which their /status shows, or directory, or none',
  (raw) => {
    if (raw === 'directory') return raw;
    if (raw === 'none') return [];
    const items = typeof raw === 'string' ? raw.split(',') : raw;
    if (!Array.isArray(items) || items.length === 0 || items.length > KEYS_MAX) return undefined;
    const keys = items.map((item) => `${item}`.trim());
    return keys.every(isPublicKey) ? keys : undefined;
  },
);

const MOUNTS_MAX = 64;

function readMounts(raw: unknown): ReadonlyMap<string, SessionName> | undefined {
  const items = typeof raw === 'string' ? raw.split(/\s+/).filter((item) => item !== '') : raw;
  if (!Array.isArray(items) || items.length === 0 || items.length > MOUNTS_MAX) return undefined;
  const mounts = new Map<string, SessionName>();
  for (const item of items) {
    const [, path, session] = /^(\/[^\s=?#]{1,200})=(\S+)$/.exec(`${item}`) ?? [];
    const name = parseSessionPath(session ?? '');
    if (path === undefined || !name.ok) return undefined;
    mounts.set(path, name.value);
  }
  return mounts;
}

/** One or more of `/MOUNT=CREATOR/SESSION`. */
export const mounts: Value<ReadonlyMap<string, SessionName>> = expecting(
  `mounts like /live=CREATOR/SESSION, ${MOUNTS_MAX} at most`,
  readMounts,
);

/** A range of TCP ports, both ends included, or any free ports. */
export type Ports = 'any' | { readonly first: number; readonly last: number };

/** `FROM-TO`, at least two ports, or `any`. */
export const ports: Value<Ports> = expecting('ports like 8100-8227, or any', (raw) => {
  if (raw === 'any') return 'any';
  const match = typeof raw === 'string' ? /^(\d{1,5})-(\d{1,5})$/.exec(raw) : null;
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  return first > 0 && first < last && last < 65_536 ? { first, last } : undefined;
});
