/**
 * The launch document of an SCX process, which other users of the machine cannot read, as it holds a
 * token. A front end sends it to a process that it has started, over the IPC channel between the two:
 * so the process may have been started long before (cluster/platform/spares.ts). An SCX that starts its
 * own successor passes it as JSON in the environment variable SCATTERCAST_SCX.
 */
import { z } from 'zod';
import { RENDITION_RATES_KBPS, RENDITIONS_MAX } from '../session/renditions.js';
import { segmentPlaceSchema, voucherSchema } from '../wire/hello.js';
import { SEALED_CERTIFICATE_MAX } from './certificates/cluster-certificate.js';
import { encoderTitlesSchema } from './encoder-titles.js';
import { keySeedSchema } from './fallback-launch.js';
import { neighboursSchema } from './scx-status.js';
import { sourceAccessSchema } from './source-access.js';

/** A channel of the session. */
export const channelSchema = z.strictObject({
  id: z.number().int().min(0).max(255),
  description: z.string().max(4096).optional(),
  unicast: z.enum(['tcp', 'udp']),
  multicast: z.string().max(64).optional(),
  rateKbps: z.number().int().min(1).max(320).optional(),
});

/** The server of `--listener-hook`. */
export const listenerHookSchema = z.strictObject({
  url: z.string().max(2048),
  /** What becomes of a listener about whom it does not answer. */
  onFailure: z.enum(['allow', 'deny']),
});

/** Bit rates of renditions, the highest first. */
export const renditionsSchema = z.array(z.literal([...RENDITION_RATES_KBPS])).max(RENDITIONS_MAX);

export const launchSchema = z.strictObject({
  /** The SCX's node id, 32 hexadecimal digits: the hash of its key. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** The private half of that key, 32 bytes in base64url: drawn by the cluster for this process. */
  keySeed: keySeedSchema,
  /** The cluster's word that this SCX is its own (wire/hello.ts). */
  voucher: voucherSchema.optional(),
  /** `scattercast://creator/session`. */
  session: z.string().max(400),
  title: z.string().max(256).optional(),
  genre: z.string().max(256).optional(),
  description: z.string().max(1000).optional(),
  /** The station's web page. */
  homepage: z.string().max(2048).optional(),
  /** Directories of streams may list it. */
  isListed: z.boolean().optional(),
  channels: z.array(channelSchema).min(1).max(16),
  /** The bit rates in which the stream is offered as well, kbit/s; absent: none. */
  renditions: renditionsSchema.optional(),
  /** Who may broadcast. */
  access: sourceAccessSchema,
  /**
   * The URL from which the announcement was fetched; absent when the cluster itself publishes it.
   */
  announcement: z.string().max(2048).optional(),
  /** The announcement's rendezvous locations. */
  locations: z.array(z.string().max(2048)).max(16),
  /** The neighbours of the SCX that ran here before and died: it asks them for edges at once. */
  formerNeighbours: neighboursSchema.optional(),
  /** What the session's SCX before this one remembered of its encoders. */
  encoderTitles: encoderTitlesSchema.optional(),
  /** The newest segment of HLS of the session's SCX before this one. */
  segment: segmentPlaceSchema.optional(),
  /** Whether this SCX is a rendezvous point: it stays without clients (§3.4). */
  rendezvous: z.boolean(),
  /**
   * The URL at which the lease is renewed: the front end as this machine reaches it,
   * `http://127.0.0.1:8000`.
   */
  leaseUrl: z.string().max(2048),
  /** Further front ends, at which it is renewed as well; absent: there is one. */
  leaseUrls: z.array(z.string().max(2048)).max(16).optional(),
  leaseToken: z.string().max(256),
  leaseIntervalMs: z.number().min(50).max(60_000),
  /** The id of the engine's service that keeps it running, and its machine; absent on one machine. */
  service: z.string().max(64).optional(),
  machine: z.string().max(255).optional(),
  /** The address at which others reach it; the sockets listen on `listenHost`. */
  advertiseHost: z.string().max(255),
  listenHost: z.string().max(255),
  /** 0: any free port. */
  httpPort: z.number().int().min(0).max(65_535),
  overlayPort: z.number().int().min(0).max(65_535),
  /** Of the front end that launched it. */
  version: z.string().max(64).optional(),
  /** Where the cluster writes an order to hand over to a successor; absent if it never does. */
  successorFile: z.string().max(4096).optional(),
  /** How long an SCX without clients goes on, ms. */
  lingerMs: z.number().min(0).max(86_400_000),
  /** The maximum number of listeners. */
  listenersMax: z.number().int().min(1).max(1_000_000),
  /** The maximum number of listeners of one address; 0: no limit. */
  perAddressMax: z.number().int().min(0).max(1_000_000),
  /** The proxies whose X-Forwarded-For counts: addresses, or networks as CIDR. */
  trustedProxies: z.array(z.string().max(64)).max(64),
  /** The file of the access log; absent: no access log. */
  accessLog: z.string().max(4096).optional(),
  /** PEM files; with them the HTTP port speaks https as well. */
  certificate: z.strictObject({ cert: z.string().max(4096), key: z.string().max(4096) }).optional(),
  /** The certificate of a cluster of several machines, as a front end has sealed it. */
  sealedCertificate: z.string().max(SEALED_CERTIFICATE_MAX).optional(),
  /** The audio that a new listener gets at once, ms; as Icecast, about 4 s. */
  burstMs: z.number().min(0).max(30_000),
  /** The interval at which each listener is written to, ms. */
  writeIntervalMs: z.number().min(10).max(5000),
  /** Digital silence after which a source counts as away, ms; absent or 0: it never does. */
  silenceMs: z.number().min(0).max(86_400_000).optional(),
  /** Where recordings lie, how many bytes they may take in all, and how long they are kept at most. */
  recording: z
    .strictObject({
      root: z.string().max(4096),
      bytesMax: z.number().nonnegative(),
      keepMsMax: z.number().nonnegative(),
      /** The same for sessions that are announced elsewhere; absent: these are not recorded. */
      foreign: z
        .strictObject({ root: z.string().max(4096), bytesMax: z.number().nonnegative() })
        .optional(),
    })
    .optional(),
  /** Multicast in the local network; absent: none. */
  multicast: z
    .strictObject({
      /** The first of the session's groups (rtp/ports.ts); null: there was none left. */
      group: z.ipv4().nullable(),
      /** The name or the IPv4 address of the network interface. */
      interface: z.string().max(64),
      ttl: z.number().int().min(0).max(255),
      /** RTP is sent although there is no sign of a player. */
      isAlways: z.boolean().optional(),
    })
    .optional(),
  /** Asked about each listener, as Icecast's URL authentication does it; absent: no hook. */
  listenerHook: listenerHookSchema.optional(),
  profile: z.enum(['fast', 'paper']),
  /** Whether rendezvous URLs may lead to private addresses. */
  allowPrivate: z.boolean(),
  logLevel: z.string().max(16),
});

/** The part of a session's announcement that its SCX needs. */
export const launchFactsSchema = launchSchema
  .pick({
    ...{ title: true, genre: true, description: true, homepage: true, isListed: true },
    ...{ channels: true, renditions: true, locations: true, access: true, announcement: true },
  })
  .strip();

/** See launchFactsSchema. */
export type LaunchFacts = z.infer<typeof launchFactsSchema>;

/** The launch document of one SCX process. */
export type Launch = z.infer<typeof launchSchema>;

/** The environment variable that carries it to a successor. */
export const LAUNCH_VARIABLE = 'SCATTERCAST_SCX';

/**
 * The front end's message to a process that waits for its launch. It comes with the socket of the HTTP
 * port, which is bound and outlives the process; without one the SCX opens the port itself.
 */
export const launchMessageSchema = z.object({ kind: z.literal('launch'), launch: z.unknown() });

/** What that process answers: its program is loaded, or it has its launch. */
export const launchReplySchema = z.object({ kind: z.enum(['loaded', 'launched']) });

/** A message to a process that waits for its launch. */
export type LaunchMessage = { readonly kind: 'launch'; readonly launch: Launch };

/** An answer to the front end. */
export type LaunchReply = z.infer<typeof launchReplySchema>;
