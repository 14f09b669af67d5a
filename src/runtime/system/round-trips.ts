/**
 * The round trips of this machine's TCP connections, as its kernel measures them anyway: the shortest
 * one of each connection within the last minutes. Nothing is sent for it.
 *
 * Node does not tell them, so `ss` of iproute2 is asked (Linux). A connection is a line:
 *   0 0 192.0.2.1:8000 198.51.100.7:40312 cubic ... rtt:12.3/4.5 ... minrtt:11.9 ...
 * Without that program none is known.
 *
 * Bounded: one `ss` at a time, its output and its time; a look takes a small share of the time.
 */
import { execFile } from 'node:child_process';
import { plainAddress } from '../../lib/host-port.js';
import { childEnvironment } from '../child-environment.js';
import { lookRegularly } from './regular-looks.js';

/** A connection that a client has opened to a port of this machine. */
export interface SeenConnection {
  readonly localPort: number;
  /** As Node prints it; IPv4 in an IPv6 socket is IPv4. */
  readonly address: string;
  readonly rttMs: number;
}

/** The connections, and whether `ss` could be asked. */
export interface RoundTripLook {
  readonly isKnown: boolean;
  readonly connections: readonly SeenConnection[];
}

export interface RoundTripLooks {
  /** The local ports that are of interest. */
  ports(): ReadonlySet<number>;
  onLook(look: RoundTripLook): void;
  /** Interval between two looks, ms. */
  readonly everyMs?: number | undefined;
  /** For tests. */
  readonly read?: ((ports: ReadonlySet<number>) => Promise<RoundTripLook>) | undefined;
}

const COMMAND = 'ss';
const LIST = ['--tcp', '--info', '--numeric', '--no-header', '--oneline', 'state', 'established'];
/** More ports are not named in the command, but looked for in its answer. */
const PORTS_NAMED_MAX = 64;
/** About 16,000 connections; what is beyond is seen at another look, or never. */
const OUTPUT_BYTES_MAX = 8 * 1024 * 1024;
const TIMEOUT_MS = 2000;

/** As the queues are looked at (send-queues.ts). */
const EVERY_MS = 5000;
/** On a machine with very many connections, or a very busy one. Guess. */
const TIME_SHARE_MAX = 0.05;

/** The two parts of `ADDRESS:PORT`, `[ADDRESS]:PORT` or `ADDRESS%INTERFACE:PORT`. */
function endIn(text: string): { readonly address: string; readonly port: number } | undefined {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  const [address = ''] = text.slice(0, colon).replace('[', '').replace(']', '').split('%');
  if (colon < 1 || !Number.isInteger(port)) return undefined;
  return { port, address: plainAddress(address) };
}

function connectionIn(line: string): (SeenConnection & { readonly isOwn: boolean }) | undefined {
  const [, , localText = '', remoteText = '', ...fields] = line.split(' ').filter(Boolean);
  const [local, remote] = [endIn(localText), endIn(remoteText)];
  const shortest = fields.find((field) => field.startsWith('minrtt:'));
  const rttMs = Number(shortest?.slice('minrtt:'.length));
  if (local === undefined || remote === undefined || !(rttMs > 0)) return undefined;
  const isOwn = local.address === remote.address;
  return { localPort: local.port, address: remote.address, rttMs, isOwn };
}

/** The connections in the output of `ss` that came to one of these ports from another machine. */
export function parseRoundTrips(
  text: string,
  ports: ReadonlySet<number>,
): readonly SeenConnection[] {
  return text.split('\n').flatMap((line) => {
    const found = connectionIn(line);
    if (found === undefined || found.isOwn || !ports.has(found.localPort)) return [];
    const { localPort, address, rttMs } = found;
    return [{ localPort, address, rttMs }];
  });
}

const filterOf = (ports: ReadonlySet<number>): readonly string[] =>
  ports.size > PORTS_NAMED_MAX ? [] : [[...ports].map((port) => `sport = :${port}`).join(' or ')];

/** Asks the kernel; never rejects. */
export function readRoundTrips(ports: ReadonlySet<number>): Promise<RoundTripLook> {
  const options = {
    ...{ maxBuffer: OUTPUT_BYTES_MAX, timeout: TIMEOUT_MS, encoding: 'latin1' as const },
    env: childEnvironment({}),
  };
  return new Promise((fulfil) => {
    execFile(COMMAND, [...LIST, ...filterOf(ports)], options, (error, output) => {
      // What came before a limit was reached is as good as the rest.
      const isKnown = error === null || output.length > 0;
      fulfil({ isKnown, connections: parseRoundTrips(output, ports) });
    });
  });
}

/** Starts to look; returns what ends it. */
export function lookAtRoundTrips(looks: RoundTripLooks): () => void {
  const { everyMs = EVERY_MS, read = readRoundTrips } = looks;
  const readPorts = async (): Promise<RoundTripLook | undefined> => {
    const ports = looks.ports();
    return ports.size === 0 ? undefined : read(ports);
  };
  return lookRegularly(
    { everyMs, timeShareMax: TIME_SHARE_MAX },
    readPorts,
    (seen) => seen && looks.onLook(seen),
  );
}
