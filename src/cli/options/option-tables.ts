/**
 * All options of all commands. They stand together, and apart from the commands, because the
 * configuration file is one for all: a field that no command knows is a slip of the pen.
 */
import { defaulting, optional, required, type Table } from './option.js';
import {
  bitrate,
  clusterUrl,
  clusterUrls,
  degree,
  faults,
  host,
  icecastTarget,
  mounts,
  oneOf,
  onOff,
  ports,
  probability,
  ranges,
  reachableHost,
  secondsUpTo,
  secret,
  streamUrl,
  text,
  texts,
  whole,
} from './values.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const logLevel = (use: (typeof LOG_LEVELS)[number]) =>
  defaulting(oneOf(...LOG_LEVELS), use, {
    placeholder: 'LEVEL',
    help: `what is logged: ${LOG_LEVELS.join(', ')}`,
  });

const port = defaulting(whole(0, 65_535), 8000, {
  placeholder: 'PORT',
  help: 'where the front end listens; 0: any free port',
});

const CLUSTER_HELP = { placeholder: 'URL', help: 'the cluster to use, like http://HOST:8000' };

export const clusterOptions = {
  port,
  host: optional(reachableHost, {
    placeholder: 'ADDR',
    help: 'the address that others are told (default: the first one that is not loopback)',
  }),
  listen: optional(host, {
    placeholder: 'ADDR',
    help: 'the address to listen on (default: all)',
  }),
  dataDir: optional(text, {
    flag: 'data',
    placeholder: 'DIR',
    help: 'where announcements are kept (default: ~/.local/state/scattercast/cluster-PORT)',
  }),
  scxPorts: defaulting(ports, '8100-8227', {
    placeholder: 'FROM-TO',
    help: 'ports of the SCXs, two for each; any: whatever is free',
  }),
  maxScxs: defaulting(whole(1, 10_000), 64, {
    placeholder: 'N',
    help: 'SCXs at once, at most: one for each session, more for those with many listeners',
  }),
  maxListeners: defaulting(whole(1, 1_000_000), 10_000, {
    placeholder: 'N',
    help: 'listeners of one SCX, at most; who comes then is sent to another SCX of the session',
  }),
  maxListenersPerSession: defaulting(whole(0, 100_000_000), 0, {
    placeholder: 'N',
    help: 'listeners of one session at this cluster, at most; 0: no limit',
  }),
  trustedProxies: defaulting(ranges, '127.0.0.0/8,::1', {
    placeholder: 'CIDR,...',
    help: 'proxies whose X-Forwarded-For tells where a listener is; none: nobody is believed',
  }),
  mounts: optional(mounts, {
    flag: 'mount',
    placeholder: '/MOUNT=CREATOR/SESSION',
    repeatable: true,
    help: 'one more mount where encoders feed a session; each is fed at /CREATOR/SESSION anyway',
  }),
  allowPrivate: defaulting(onOff, false, {
    help: 'also fetch announcements from private addresses',
  }),
  linger: defaulting(secondsUpTo(86_400), 30, {
    placeholder: 'SECONDS',
    help: 'an SCX without clients stays so long',
  }),
  burst: defaulting(secondsUpTo(30), 4, {
    placeholder: 'SECONDS',
    help: 'audio that a new listener gets at once',
  }),
  writeInterval: defaulting(secondsUpTo(5), 1, {
    placeholder: 'SECONDS',
    help: 'each listener is written to so often; at most a quarter of --burst',
  }),
  maxListenersPerAddress: defaulting(whole(0, 1_000_000), 1000, {
    placeholder: 'N',
    help: 'listeners of one address at an SCX, at most; 0: any number',
  }),
  accessLog: optional(text, {
    placeholder: 'FILE',
    help: 'where requests are logged (default: access.log in the data directory); none: nowhere',
  }),
  tlsCert: optional(text, {
    placeholder: 'FILE',
    help: 'PEM certificate with its chain: all ports speak https, too',
  }),
  tlsKey: optional(text, { placeholder: 'FILE', help: "the certificate's PEM key" }),
  profile: defaulting(oneOf('fast', 'paper'), 'fast', {
    placeholder: 'NAME',
    help: "the overlay's constants: fast, or paper as published",
  }),
  drain: defaulting(onOff, false, {
    help:
      'start nothing: have the cluster that runs with these settings replace its SCXs by new ' +
      'processes, which go on with their listeners',
  }),
  drainTimeout: defaulting(secondsUpTo(86_400), 3600, {
    placeholder: 'SECONDS',
    help: 'listeners over https may stay so long at an SCX that is replaced',
  }),
  logLevel: logLevel('info'),
} satisfies Table;

export const announceOptions = {
  cluster: optional(clusterUrl, CLUSTER_HELP),
  name: required(text, {
    placeholder: 'NAME',
    help: "the session's name, like scattercast://radio.example/night",
  }),
  title: optional(text, { placeholder: 'TEXT', help: 'the name of the station' }),
  description: optional(text, { placeholder: 'TEXT', help: 'one sentence about it' }),
  genre: optional(text, { placeholder: 'TEXT', help: 'the kind of music' }),
  homepage: optional(text, { placeholder: 'URL', help: "the station's web page" }),
  rendezvous: optional(texts, {
    placeholder: 'LOCATION',
    repeatable: true,
    help: "host:port or a front end's URL; may be repeated (default: the cluster itself)",
  }),
  udp: defaulting(onOff, false, {
    help: 'SCXs send each other datagrams, for links that lose packets (docs/transports.md)',
  }),
  output: optional(text, {
    placeholder: 'FILE',
    help: 'also write the XML to a file, for any web server; - is standard output',
  }),
  token: optional(secret, {
    placeholder: 'TOKEN',
    help: 'the admin token, to change or take back what was announced; better as a variable',
  }),
  password: optional(secret, {
    placeholder: 'PASSWORD',
    help: 'the source password that the session has at another cluster; better as a variable',
  }),
  newPassword: defaulting(onOff, false, {
    help: 'draw another source password; whoever broadcasts with the old one is closed',
  }),
  webhooks: optional(texts, {
    flag: 'webhook',
    placeholder: 'URL',
    repeatable: true,
    help: "where the session's events are sent, 4 at most; none: nowhere any more",
  }),
  fallback: optional(text, {
    placeholder: 'FILE',
    help: 'an MP3 file that is played, over and over, while nobody broadcasts; none: no longer',
  }),
  remove: defaulting(onOff, false, { help: 'take the announcement back' }),
} satisfies Table;

const CLUSTERS_HELP = {
  placeholder: 'URL',
  help: 'the cluster to use, like http://HOST:8000; or several, URL,URL, for when one fails',
};

const ANNOUNCEMENT = required(text, {
  placeholder: 'URL',
  help: "the announcement's URL, or a session that the cluster knows: CREATOR/SESSION",
});

export const broadcastOptions = {
  cluster: required(clusterUrls, CLUSTERS_HELP),
  announcement: ANNOUNCEMENT,
  from: optional(streamUrl, {
    placeholder: 'URL',
    help: 'instead of files: the stream of an Icecast or SHOUTcast server, with its titles',
  }),
  loop: defaulting(onOff, false, { help: 'begin again after the last file' }),
  shuffle: defaulting(onOff, false, { help: 'play the files in a new order each round' }),
  bitrate: optional(bitrate, {
    placeholder: 'KBPS',
    help: 're-encode files that are not 44.1 kHz stereo of this bit rate',
  }),
  priority: defaulting(whole(0, 255), 128, {
    placeholder: 'N',
    help: 'of several sources the one with the highest is heard, 0 to 255',
  }),
  password: optional(secret, {
    placeholder: 'PASSWORD',
    help: "the session's source password, from announce; better as a variable",
  }),
} satisfies Table;

export const relayOptions = {
  cluster: required(clusterUrls, CLUSTERS_HELP),
  announcement: ANNOUNCEMENT,
  to: required(icecastTarget, {
    placeholder: 'URL',
    help: 'the mount to feed, like icecast://source:PASSWORD@HOST:8000/live',
  }),
} satisfies Table;

export const statusOptions = {
  cluster: required(clusterUrl, CLUSTER_HELP),
  json: defaulting(onOff, false, { help: "print the front end's own JSON" }),
} satisfies Table;

export const demoOptions = {
  port,
  listen: defaulting(host, '127.0.0.1', {
    placeholder: 'ADDR',
    help: 'the address to listen on',
  }),
  scxPorts: defaulting(ports, 'any', {
    placeholder: 'FROM-TO',
    help: 'ports of the SCXs, two for each; any: whatever is free',
  }),
  logLevel: logLevel('silent'),
} satisfies Table;

export const simulateOptions = {
  topology: defaulting(text, 'transit-stub', {
    placeholder: 'SPEC',
    help:
      'transit-stub (drawn anew for each run, with as many nodes as --scxs needs), gtitm:FILE or ' +
      'rtt:FILE, gzipped or not',
  }),
  scxs: defaulting(whole(1, 10_000), 100, { placeholder: 'N', help: 'SCXs of the session' }),
  sources: defaulting(whole(1, 64), 1, { placeholder: 'N', help: 'source SCXs among them' }),
  degree: defaulting(degree, '3,4', {
    placeholder: 'K1,K2',
    help: 'edges that an SCX adds, and edges that it accepts',
  }),
  profile: defaulting(oneOf('fast', 'paper'), 'fast', {
    placeholder: 'NAME',
    help: "the overlay's constants: fast, or paper as published",
  }),
  seed: defaulting(whole(0, 2 ** 31 - 1), 1, {
    placeholder: 'N',
    help: 'what all chance comes from; further runs have the seeds after it',
  }),
  runs: defaulting(whole(1, 1000), 1, { placeholder: 'N', help: 'runs to summarise' }),
  until: optional(secondsUpTo(86_400), {
    placeholder: 'SECONDS',
    help: 'simulated time of a run (default: 600; with --faults what they need)',
  }),
  faults: optional(faults, {
    placeholder: 'SCENARIO',
    help:
      'what happens to the session once it has settled, while a source sends MP3 frames: crash:30% ' +
      '(processes die), vanish:30% (machines do), churn:1/s, partition:60s, loss:5%, flapping',
  }),
  joinWithin: defaulting(secondsUpTo(86_400), 5, {
    placeholder: 'SECONDS',
    help: 'the SCXs join within so long (with --faults always 5)',
  }),
  adus: defaulting(whole(0, 1000), 0, {
    placeholder: 'N',
    help: 'ADUs that each source publishes a second; MP3 has 38 (with --faults always as many)',
  }),
  transitDomains: defaulting(whole(1, 100), 2, {
    placeholder: 'N',
    help: 'transit-stub: transit domains',
  }),
  transitNodes: defaulting(whole(1, 1000), 4, {
    placeholder: 'N',
    help: 'transit-stub: mean routers in a transit domain',
  }),
  stubs: defaulting(whole(0, 100), 4, {
    placeholder: 'N',
    help: 'transit-stub: mean stub domains at a router',
  }),
  stubNodes: defaulting(whole(1, 1000), 31, {
    placeholder: 'N',
    help: 'transit-stub: mean nodes in a stub domain',
  }),
  domainDensity: defaulting(probability, 1, {
    placeholder: 'P',
    help: 'transit-stub: probability that two transit domains are joined',
  }),
  transitDensity: defaulting(probability, 0.6, {
    placeholder: 'P',
    help: 'transit-stub: probability that two routers of a transit domain are joined',
  }),
  stubDensity: defaulting(probability, 0.15, {
    placeholder: 'P',
    help: 'transit-stub: probability that two nodes of a stub domain are joined',
  }),
  json: defaulting(onOff, false, { help: 'print everything as JSON' }),
} satisfies Table;

export const figuresOptions = {
  out: defaulting(text, 'figures', {
    placeholder: 'DIR',
    help: 'where index.html, the pictures and the data go',
  }),
  draws: defaulting(whole(1, 1000), 25, {
    placeholder: 'N',
    help: 'runs of each of the main sessions; others get 3 of 10 as many',
  }),
  scxs: defaulting(whole(4, 250), 100, {
    placeholder: 'N',
    help: 'SCXs of the usual session; the scaling figures go from half to 3.5 times as many',
  }),
  seed: defaulting(whole(0, 2 ** 31 - 1), 1, {
    placeholder: 'N',
    help: 'what all chance comes from; further draws have the seeds after it',
  }),
  rtts: optional(text, {
    placeholder: 'FILE',
    help: 'measured round trips, gzipped or not (default: planetlab490 in a checkout of the project)',
  }),
  quick: defaulting(onOff, false, { help: '3 short draws, for a first look' }),
  full: defaulting(onOff, false, {
    help: 'more session sizes, up to 10,000 SCXs, and all draws everywhere: takes hours',
  }),
} satisfies Table;

/** The tables by command, which is also the name of their section in the configuration file. */
export const TABLES = {
  cluster: clusterOptions,
  announce: announceOptions,
  broadcast: broadcastOptions,
  relay: relayOptions,
  status: statusOptions,
  demo: demoOptions,
  simulate: simulateOptions,
  figures: figuresOptions,
} as const satisfies Readonly<Record<string, Table>>;

export type CommandName = keyof typeof TABLES;
