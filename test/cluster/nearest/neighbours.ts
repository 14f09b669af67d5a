/**
 * Two clusters of a directory, in this process: real front ends, in front of fake SCXs. The tests say what
 * their kernels show of listeners, and bring the entries from one to the other in place of the
 * SCXs of the directory.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { entryText } from '../../../src/api/directory/entries.js';
import type { ClusterOptions } from '../../../src/cluster/cluster-options.js';
import { packEntry } from '../../../src/overlay/entries/entry-body.js';
import { signEntry } from '../../../src/overlay/entries/entry-signature.js';
import { drawSigningKey, type SigningKey } from '../../../src/runtime/signing-key.js';
import { DIRECTORY_CHANNELS } from '../../../src/session/announcement.js';
import { printAnnouncement } from '../../../src/session/print-announcement.js';
import type { Privacy } from '../../../src/session/privacy.js';
import { identityOf } from '../../../src/session/session-id.js';
import { afterTest } from '../../after-test.js';
import { fetchProven } from '../../http/proven.js';
import { nameOf, SESSION_KEY, signed } from '../../session/signed.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT, temporaryFolder, until } from '../support.js';

const PATH = 'radio.example/night';
export const LISTEN = `/listen/${PATH}.mp3`;
const DIRECTORY = identityOf(nameOf('scattercast://dir.example/all'), SESSION_KEY.publicKey);

/** A listener whose connection the kernel shows. */
export interface Shown {
  readonly address: string;
  readonly rttMs: number;
}

/** Serves the directory's announcement. */
async function serveDirectory(privacy: Privacy | undefined): Promise<string> {
  const xml = printAnnouncement(
    signed({
      ...{ name: nameOf(DIRECTORY.text), channels: DIRECTORY_CHANNELS },
      ...{ rendezvous: ['127.0.0.1:9'], ...(privacy && { privacy }) },
    }),
  );
  const server = createServer((_request, response) => response.end(xml)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/directory.xml`;
}

/** The port of the SCX in a redirect. */
export const portOf = ({ headers }: Response): number =>
  Number(new URL(headers.get('location') ?? 'http://nowhere:1').port);

/** A cluster, and what its kernel shows. */
async function open(key: SigningKey, first: number, over: Partial<ClusterOptions>) {
  const dataDir = temporaryFolder();
  writeFileSync(`${dataDir}/cluster-key`, `${key.seed()}\n`, { mode: 0o600 });
  const kernel = { shown: [] as readonly Shown[], looks: 0 };
  const fake = await startFake({
    ...{ host: '127.0.0.1', dataDir, scxPorts: { first, last: first + 9 }, askClustersMs: 20 },
    roundTripLooks: {
      everyMs: 5,
      read: async (ports) => {
        kernel.looks++;
        const [localPort = 0] = ports;
        return { isKnown: true, connections: kernel.shown.map((one) => ({ localPort, ...one })) };
      },
    },
    ...over,
  });
  /** Waits until this has been seen. */
  const show = async (...shown: Shown[]): Promise<void> => {
    kernel.shown = shown;
    const before = kernel.looks;
    await until(() => kernel.looks >= before + 3);
  };
  /** What a player of this address is answered. */
  const ask = (address: string, headers: Record<string, string> = {}, path = LISTEN) =>
    fake.get(path, { headers: { 'x-forwarded-for': address, ...headers } });
  /** The port of the SCX to which that player is sent. */
  const sentTo = async (address: string, headers: Record<string, string> = {}) => {
    const response = await ask(address, headers);
    return response.status === 302 ? portOf(response) : response.status;
  };
  return { ...fake, key: key.publicKey, signer: key, first, show, ask, sentTo };
}

export type Neighbour = Awaited<ReturnType<typeof open>>;

export interface NeighbourOptions {
  /** What the first one trusts; default: the other one. */
  readonly trust?: ClusterOptions['trust'] | undefined;
  /** The directory is private, and lists both. */
  readonly isPrivate?: boolean;
  /** The key of the session that the other one carries; default: that of the first one. */
  readonly otherKey?: SigningKey;
  /** The address that the other one tells, if it is not its own. */
  readonly url?: string;
  readonly first?: Partial<ClusterOptions>;
  readonly other?: Partial<ClusterOptions>;
}

/** How far apart they are by their coordinates, one way, ms. */
const APART_MS = 50;
const place = (x: number) => ({ x, y: 0, height: 0, error: 0.1 });

/** The facts of a cluster as an entry of the directory. */
export function factsEntry(signer: SigningKey, url: string, issuedMs = Date.now()) {
  const facts = {
    ...{ urls: [url], version: '1', place: place(APART_MS), scxs: 1, scxsMax: 8, listeners: 0 },
    sessions: [],
  };
  const body = packEntry({ kind: 'facts', text: JSON.stringify(facts) }) as Uint8Array;
  return signEntry({ slot: 0, issuedMs, lifeMs: 600_000, body }, DIRECTORY.id, signer);
}

/** Brings entries to a cluster, as its SCX of the directory does. */
export async function bring(to: Neighbour, ...entries: ReturnType<typeof factsEntry>[]) {
  const body = JSON.stringify({
    ...{ session: DIRECTORY.id, place: place(0), entries: entries.map(entryText) },
  });
  const token = async () => to.platform.launches[0]?.leaseToken ?? '';
  await until(async () => {
    const told = await fetchProven(await token(), `${to.at}/entries`, { method: 'POST', body });
    return told.status === 200;
  });
}

/** Two clusters that carry one session; the first has heard of the other. */
export async function openNeighbours(options: NeighbourOptions = {}) {
  const [one, two] = [drawSigningKey(), drawSigningKey()];
  const clusters = [one.publicKey, two.publicKey];
  const directory = await serveDirectory(options.isPrivate ? { clusters, revoked: [] } : undefined);
  const trust = 'trust' in options ? options.trust : [two.publicKey];
  const first = await open(one, 21_100, { directory, trust, ...options.first });
  const other = await open(two, 21_200, { directory, ...options.other });
  const { otherKey: key } = options;
  await first.publish(PATH, announcementXml(NIGHT));
  await other.publish(PATH, announcementXml(NIGHT, 'Night', key && { key }), key);
  await until(() => first.platform.launches.length > 0 && other.platform.launches.length > 0);
  await bring(first, factsEntry(two, options.url ?? other.at));
  return { first, other };
}

/** Listeners of a network, as one cluster sees them. */
export const network = (prefix: string, rttMs: number, listeners = 3): Shown[] =>
  Array.from({ length: listeners }, (_, n) => ({ address: `${prefix}.${n + 1}`, rttMs }));

/** Whether an SCX is one of a cluster's. */
export const isOf = ({ first }: Neighbour, port: number): boolean =>
  port >= first && port < first + 10;
