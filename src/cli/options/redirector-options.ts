/** Options of `redirector`, the name server that leads listeners to the nearest cluster. */
import { isIP } from 'node:net';
import type { NameServer } from '../../redirector/zone/place.js';
import { parseHostName } from '../../session/host-name.js';
import { isPublicKey, type PublicKey } from '../../session/public-key.js';
import { clusterUrls, host } from './address-values.js';
import { defaulting, optional, required, type Settings, type Table } from './option.js';
import { amount, duration, logLevel, off, optionalText } from './shared-options.js';
import { expecting, secondsUpTo, type Value, whole } from './values.js';

const KEYS_MAX = 256;
const SERVERS_MAX = 8;

/** The longest zone that leaves room for names of sessions. */
const ZONE_LENGTH_MAX = 120;

/** A domain name of at least two labels, in lower case, without the final dot. */
const zoneName: Value<string> = expecting('the name of a zone, like redirect.example', (raw) => {
  const name = parseHostName('', `${raw}`.replace(/\.$/, ''));
  const isGood = name.ok && name.value.includes('.') && name.value.length <= ZONE_LENGTH_MAX;
  return isGood ? name.value : undefined;
});

/** Keys with commas between, `none` or `any`. */
const trusted: Value<'any' | readonly PublicKey[]> = expecting(
  'keys of clusters with commas between, as their /status shows them, or any, or none',
  (raw) => {
    if (raw === 'any') return raw;
    if (raw === 'none') return [];
    const items = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw;
    if (!Array.isArray(items) || items.length === 0 || items.length > KEYS_MAX) return undefined;
    return items.every(isPublicKey) ? items : undefined;
  },
);

function readServer(raw: unknown): NameServer | undefined {
  const [name = '', list, ...more] = `${raw}`.split('=');
  const parsed = parseHostName('', name.replace(/\.$/, ''));
  const addresses = list === undefined ? [] : list.split(',');
  const isGood = parsed.ok && more.length === 0 && addresses.every((one) => isIP(one) !== 0);
  return isGood ? { name: parsed.value, addresses } : undefined;
}

/** One or more of `NAME` and `NAME=ADDRESS,...`. */
const nameServers: Value<readonly [NameServer, ...NameServer[]]> = expecting(
  `name servers like ns1.redirect.example=192.0.2.1,2001:db8::1, ${SERVERS_MAX} at most`,
  (raw) => {
    const items = typeof raw === 'string' ? raw.split(/\s+/) : raw;
    if (!Array.isArray(items) || items.length > SERVERS_MAX) return undefined;
    const servers = items.map(readServer).filter((server) => server !== undefined);
    const [first, ...others] = servers;
    return first !== undefined && servers.length === items.length ? [first, ...others] : undefined;
  },
);

export const redirectorOptions = {
  zone: required(zoneName, {
    placeholder: 'NAME',
    help: 'the zone that is delegated to this server, like redirect.example',
  }),
  cluster: required(clusterUrls, {
    placeholder: 'URL,...',
    help:
      'clusters to which listeners may be sent, like http://HOST:8000; from each of them the map of ' +
      'the directory is read, so any of them may be away',
  }),
  trust: defaulting(trusted, 'none', {
    placeholder: 'KEY,...',
    help:
      'further clusters that may have listeners, by the keys in their /status; they are found in the ' +
      'directory; any: all clusters of the directory, which everybody can join; none: no others',
  }),
  nameServers: optional(nameServers, {
    flag: 'name-server',
    placeholder: 'NAME=ADDR,...',
    repeatable: true,
    help:
      'a name server of the zone, as it is delegated, with its addresses if its name is in the zone; ' +
      'may be repeated (default: ns.ZONE with the address of this machine)',
  }),
  port: amount(whole(0, 65_535), 53, 'the UDP and TCP port; 0: any free port', 'PORT'),
  listen: optional(host, {
    placeholder: 'ADDR',
    help: 'the address to listen on (default: all addresses)',
  }),
  clusterPort: amount(
    whole(1, 65_535),
    8000,
    'the port of clusters to which listeners come; addresses of clusters at other ports are told ' +
      'in SRV records only',
    'PORT',
  ),
  ttl: duration(
    secondsUpTo(3600),
    5,
    'how long resolvers may keep an answer, so that long a cluster that is gone is still asked for',
  ),
  rate: amount(
    whole(0, 1_000_000),
    200,
    'answers over UDP to one network (IPv4 /24, IPv6 /56) in a second; beyond it resolvers are told to ' +
      'ask over TCP; 0: no limit',
  ),
  statusPort: optional(whole(0, 65_535), {
    placeholder: 'PORT',
    help: 'the HTTP port of /metrics, /status and /healthz (default: none)',
  }),
  statusListen: defaulting(host, '127.0.0.1', {
    placeholder: 'ADDR',
    help: 'the address on which that port listens',
  }),
  places: optionalText(
    'FILE',
    'a database of addresses with countries or coordinates, like GeoLite2-City.mmdb: listeners of networks ' +
      'that no cluster has seen are led to a cluster in their country, or to the nearest',
  ),
  allowPrivate: off(
    'with --trust any: also use clusters at private addresses, like 10.0.0.7; those that are named ' +
      'or listed may have them anyway',
  ),
  logLevel: logLevel('info'),
} satisfies Table;

/** The values of these options. */
export type RedirectorSettings = Settings<typeof redirectorOptions>;
