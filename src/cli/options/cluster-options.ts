/**
 * Options of the commands that run a cluster (`cluster`, `demo`) or ask one for its status.
 *
 * `cluster` is the only command whose options stand at the top of the configuration file, without a
 * section: on a server that file usually configures nothing else.
 */
import {
  announcementUrl,
  clusterKeys,
  clusterUrl,
  groups,
  hookUrl,
  host,
  mounts,
  ranges,
  reachableHost,
  servers,
} from './address-values.js';
import { defaulting, optional, type Settings, type Table } from './option.js';
import {
  amount,
  duration,
  frontEndPort,
  logLevel,
  off,
  oneCluster,
  optionalText,
  profile,
  scxPorts,
} from './shared-options.js';
import { span } from './time-values.js';
import { oneOf, secondsUpTo, secret, text, whole } from './values.js';

const DAY_S = 86_400;

export const clusterOptions = {
  port: frontEndPort,
  host: optional(reachableHost, {
    placeholder: 'ADDR',
    help:
      'the host name or IP address that players, broadcasters and other clusters are given ' +
      '(default: the first IPv4 address that is not loopback)',
  }),
  listen: optional(host, {
    placeholder: 'ADDR',
    help: 'the address to listen on (default: all addresses)',
  }),
  dataDir: optional(text, {
    flag: 'data',
    placeholder: 'DIR',
    help:
      'the directory of announcements and of everything else that must survive a restart ' +
      '(default: ~/.local/state/scattercast/cluster-PORT)',
  }),
  scxPorts: scxPorts('8100-8227'),
  maxScxs: amount(
    whole(1, 10_000),
    64,
    'maximum number of SCXs: a session has one, and more while it has many listeners',
  ),
  spare: amount(
    whole(0, 16),
    1,
    'SCX processes that are kept started, so that the first listener of a session, or of an SCX that ' +
      'has died, need not wait until one has started; 0: none',
  ),
  anyoneMayAnnounce: off(
    'anybody who reaches the cluster may announce sessions that are new here; otherwise only who ' +
      'can read its data directory, or has the token in the file admin-token there',
  ),
  publicMap: off(
    'everybody may look at the map of the overlay of a session, without addresses; otherwise only who ' +
      'has the token in the file admin-token in the data directory',
  ),
  history: amount(
    whole(0, 100_000),
    256,
    'the largest size of the history of listeners and failures, in MB; it is kept for 30 days; ' +
      '0: keep none',
  ),
  places: optionalText(
    'FILE',
    'a database of addresses with countries, like GeoLite2-Country.mmdb, by which listeners are counted, and ' +
      'sent to a nearer cluster if nothing better is known of their network; no address is kept',
  ),
  carryFrom: defaulting(servers, 'any', {
    placeholder: 'HOST,...',
    help:
      'the servers of announcements whose sessions are carried here, besides those that are ' +
      'announced here; none: no others; any: all',
  }),
  directory: defaulting(announcementUrl, 'off', {
    placeholder: 'URL',
    help:
      'the announcement of a directory in which this cluster takes part: it tells other clusters ' +
      'what is announced here, and lists what is announced at them (docs/directory.md); off: none',
  }),
  trust: defaulting(clusterKeys, 'directory', {
    placeholder: 'KEY,...',
    help:
      'the clusters to which listeners may be sent who are much nearer to them, or when this one is ' +
      'full: keys from their /status; directory: those that the announcement of a private directory ' +
      'lists; none: no listener is sent away',
  }),
  maxForeignScxs: optional(whole(0, 10_000), {
    placeholder: 'N',
    help:
      'maximum number of SCXs for sessions that are not announced here; 0: carry none of them ' +
      '(default: three quarters of --max-scxs)',
  }),
  maxForeignScxsPerAddress: optional(whole(1, 10_000), {
    placeholder: 'N',
    help:
      'maximum number of these SCXs for the listeners of one address, and for the announcements ' +
      'of one server (default: a quarter of --max-foreign-scxs)',
  }),
  maxListeners: amount(
    whole(1, 1_000_000),
    10_000,
    'maximum number of listeners of one SCX; further listeners go to another SCX of the session',
  ),
  maxListenersPerSession: amount(
    whole(0, 100_000_000),
    0,
    'maximum number of listeners of one session at this cluster; 0: no limit',
  ),
  multicast: optional(groups, {
    placeholder: 'GROUPS',
    help:
      'the groups by which sessions are sent in the local network, like 239.192.40.0/24: three for each ' +
      'session; needs --interface (docs/receiving.md)',
  }),
  multicastInterface: optional(text, {
    flag: 'interface',
    placeholder: 'IF',
    help: 'with --multicast: the network interface, by its name or its IPv4 address',
  }),
  multicastTtl: defaulting(whole(0, 255), 1, {
    flag: 'ttl',
    placeholder: 'N',
    help: 'with --multicast: 1: it stays in this network; more: it passes routers, one less',
  }),
  multicastAlways: off(
    'with --multicast: send RTP for players (payload type 14) as long as a session is on the air, also ' +
      'when nobody seems to listen: for players that find it by SAP and send no reports, like VLC',
  ),
  trustedProxies: defaulting(ranges, '127.0.0.0/8,::1', {
    placeholder: 'CIDR,...',
    help:
      "proxies whose X-Forwarded-For header is believed to name the listener's address, like " +
      '10.0.0.0/8,::1; none: no proxy is trusted',
  }),
  mounts: optional(mounts, {
    flag: 'mount',
    placeholder: '/MOUNT=CREATOR/SESSION',
    repeatable: true,
    help:
      'a further mount at which encoders can feed a session, which always has the mount ' +
      '/CREATOR/SESSION; may be repeated',
  }),
  allowPrivate: off('also fetch announcements from private addresses, like 10.0.0.7'),
  linger: duration(
    secondsUpTo(DAY_S),
    30,
    'how long an SCX keeps running after its last listener or source has gone',
  ),
  burst: duration(
    secondsUpTo(30),
    4,
    'how much audio a new listener gets at once, to fill its buffer',
  ),
  writeInterval: duration(
    secondsUpTo(5),
    1,
    'the interval between two writes to a listener; at most a quarter of --burst is used',
  ),
  silence: duration(
    secondsUpTo(DAY_S),
    0,
    'how long a source may send digital silence before it counts as away; 0: for ever',
  ),
  maxListenersPerAddress: amount(
    whole(0, 1_000_000),
    1000,
    'maximum number of listeners from one IP address at one SCX; 0: no limit',
  ),
  listenerHook: optional(hookUrl, {
    placeholder: 'URL',
    help:
      "a server that is asked about each listener, and told of its end, as Icecast's URL " +
      'authentication does it (default: everybody may listen)',
  }),
  listenerHookFail: defaulting(oneOf('allow', 'deny'), 'deny', {
    placeholder: 'WORD',
    help: 'what becomes of a listener about whom that server does not answer: allow or deny',
  }),
  keepMax: defaulting(span, '0', {
    placeholder: 'TIME',
    help:
      'how long what was played may be kept, for sessions that are announced here with --keep: 4h, ' +
      '7d; 0: nothing is recorded. A day at 128 kbit/s takes 1.4 GB',
  }),
  recordingsMaxBytes: amount(
    whole(0, Number.MAX_SAFE_INTEGER),
    10_000_000_000,
    'the bytes that all recordings may take together; the oldest hours go first',
  ),
  foreignRecordingsMaxBytes: amount(
    whole(0, Number.MAX_SAFE_INTEGER),
    0,
    'the bytes that recordings of sessions that are announced elsewhere may take, beside the others, ' +
      'while they are heard here; needs --keep-max; 0: none are recorded',
  ),
  accessLog: optionalText(
    'FILE',
    'the file to which requests to SCXs are logged (default: access.log in the data ' +
      'directory); none: no access log',
  ),
  tlsCert: optionalText(
    'FILE',
    'a certificate with its chain (PEM); all ports then accept https as well as http',
  ),
  tlsKey: optionalText('FILE', 'the private key of the certificate (PEM)'),
  platform: defaulting(oneOf('process', 'swarm'), 'process', {
    placeholder: 'WORD',
    help:
      'what starts SCXs: process: they are processes of this machine; swarm: the Docker engine of ' +
      'this machine, a manager of a Swarm, starts them on all machines of the Swarm',
  }),
  swarmImage: optionalText('IMAGE', 'with --platform swarm: the image of SCXs, as engines know it'),
  swarmName: defaulting(text, 'scattercast', {
    placeholder: 'NAME',
    help: 'with --platform swarm: the beginning of the names of services, for each cluster another',
  }),
  dockerSocket: defaulting(text, '/var/run/docker.sock', {
    placeholder: 'FILE',
    help: 'with --platform swarm: the socket of the Docker engine',
  }),
  clusterSecret: optionalText(
    'FILE',
    'a file with a random text, the same for all front ends of a cluster, from which its secrets ' +
      'are derived (default: they are drawn, and lie in the data directory)',
  ),
  unconfined: off(
    'let SCX processes use all files that their user can; otherwise Node gives them only those that ' +
      'they need',
  ),
  profile,
  drain: off(
    'do not start a cluster, but have the running one that was started with the same --data and ' +
      '--port replace each SCX by a new process, which takes over its listeners',
  ),
  drainTimeout: duration(
    secondsUpTo(DAY_S),
    3600,
    'how long an SCX that has been replaced serves listeners that cannot be handed over (https, Swarm)',
  ),
  json: off('with --drain: print what happened to each SCX as JSON'),
  logLevel: logLevel('info'),
} satisfies Table;

/** The values of these options. */
export type ClusterSettings = Settings<typeof clusterOptions>;

const { port, host: clusterHost, listen, dataDir, maxScxs, maxListeners } = clusterOptions;
const { tlsCert, tlsKey } = clusterOptions;

export const doctorOptions = {
  ...{ port, host: clusterHost, listen, dataDir, scxPorts: clusterOptions.scxPorts },
  ...{ maxScxs, maxListeners, tlsCert, tlsKey, directory: clusterOptions.directory },
  fromCluster: optional(clusterUrl, {
    flag: 'from',
    placeholder: 'URL',
    help: 'another cluster, which is asked for its time, and whether it reaches this one',
  }),
  running: off('check only that the cluster runs and answers, as health checks need it'),
  json: off('print the findings as JSON'),
} satisfies Table;

/** The values of these options. */
export type DoctorSettings = Settings<typeof doctorOptions>;

export const demoOptions = {
  port: frontEndPort,
  listen: defaulting(host, '127.0.0.1', {
    placeholder: 'ADDR',
    help: 'the address to listen on',
  }),
  scxPorts: scxPorts('any'),
  clusters: amount(
    whole(1, 10),
    3,
    'the clusters that are run; each but the first has a listener of its own',
  ),
  logLevel: logLevel('silent'),
} satisfies Table;

/** The values of these options. */
export type DemoSettings = Settings<typeof demoOptions>;

export const statusOptions = {
  cluster: oneCluster,
  record: optionalText(
    'FILE',
    'the file to which the overlay of a session is recorded until Ctrl-C, as its operator sees it',
  ),
  session: optionalText(
    'CREATOR/SESSION',
    'with --record: the session (default: the only one that there is)',
  ),
  operatorToken: optional(secret, {
    placeholder: 'TOKEN',
    help:
      "with --record: the operator's token, from the file admin-token in the cluster's data " +
      'directory; better given as the variable',
  }),
  dataDir: optional(text, {
    flag: 'data',
    placeholder: 'DIR',
    help:
      'with --record: the data directory of a cluster on this machine, in place of a token ' +
      '(default: that of the cluster at the port in --cluster)',
  }),
  json: off("print the front end's JSON document"),
} satisfies Table;

/** The values of these options. */
export type StatusSettings = Settings<typeof statusOptions>;
