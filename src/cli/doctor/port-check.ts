/**
 * Whether the cluster gets its ports: each is free, or held by the cluster, or by systemd for it.
 * The ports of SCXs should also lie outside the range from which the system takes ports for
 * outgoing connections, because it could take one of them at any time.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename } from 'node:path';
import type { PortRange } from '../../cluster/ports/port-pairs.js';
import { systemReason } from '../../lib/user-error.js';
import { type Finding, findings } from './finding.js';
import { type Holder, holdersOf, listeningSockets } from './listening-ports.js';

const { good, warning, problem, unknown } = findings('ports');

/** A port that something listens on; `holder` undefined: another user's process. */
export interface Held {
  readonly port: number;
  readonly user: number;
  readonly holder: Holder | undefined;
}

/** Whether the process is the front end, an SCX, or systemd, which holds a port for it. */
function isOurs({ command, pid }: Holder, frontEnd: number | undefined): boolean {
  return pid === frontEnd || pid === 1 || command.some((word) => word.endsWith('/cli/main.js'));
}

/** The ports that another program has. */
const ofStrangers = (held: readonly Held[], frontEnd: number | undefined): readonly Held[] =>
  held.filter(({ holder }) => holder === undefined || !isOurs(holder, frontEnd));

function holderName({ holder, user }: Held): string {
  if (holder === undefined) return `a process of user ${user} (root sees which)`;
  return `${basename(holder.command[0] ?? 'a program')} (process ${holder.pid})`;
}

/** Who holds these ports; undefined where the system does not tell. */
export async function heldPorts(ports: ReadonlySet<number>): Promise<readonly Held[] | undefined> {
  const sockets = (await listeningSockets())?.filter(({ port }) => ports.has(port));
  if (sockets === undefined) return undefined;
  const holders = await holdersOf(new Set(sockets.map(({ inode }) => inode)));
  return sockets.map(({ port, user, inode }) => ({ port, user, holder: holders.get(inode) }));
}

/** Why a port cannot be opened, as an error code; undefined: it can. */
export async function openingFails(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  const code = await new Promise<string | undefined>((resolve) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown'));
    server.listen({ host, port, exclusive: true }, () => resolve(undefined));
  });
  await new Promise((resolve) => server.close(resolve));
  return code;
}

/** The port of the front end, and the one after it, of SHOUTcast's encoders. */
export const frontEndPorts = (port: number): readonly number[] => [port, port + 1];

/** All ports of SCXs; none if any may be used. */
export const scxPortsOf = (range: PortRange): readonly number[] =>
  range === 'any'
    ? []
    : Array.from({ length: range.last - range.first + 1 }, (_, index) => range.first + index);

const FIRST_FREE_FOR_ALL = 1024;

/** What is wrong when a port of the front end that nobody holds cannot be opened. */
function cannotOpen(host: string, port: number, code: string): Finding {
  if (code === 'EACCES' && port < FIRST_FREE_FOR_ALL) {
    const advice = 'give the cluster CAP_NET_BIND_SERVICE, or let scattercast.socket open it';
    return problem(`Only root may open port ${port}: ${advice} (docs/deploying.md).`);
  }
  if (code === 'EADDRNOTAVAIL') {
    return problem(`${host} is no address of this machine: give --listen one that is, or none.`);
  }
  if (code === 'EADDRINUSE') {
    return problem(
      `Port ${port} is in use: end the program that has it, or choose another --port.`,
    );
  }
  return problem(`Port ${port} cannot be opened at ${host}: ${systemReason({ code })}.`);
}

export interface FrontEndPortFacts {
  readonly host: string;
  readonly port: number;
  readonly held: readonly Held[] | undefined;
  /** The result of `openingFails`, for each of the front end's ports that nobody holds. */
  readonly failures: readonly { readonly port: number; readonly code: string }[];
  /** The process id of the front end that runs. */
  readonly frontEnd: number | undefined;
}

/** Whether the front end has its ports, or gets them. */
export function checkFrontEndPorts(facts: FrontEndPortFacts): Finding {
  const { host, port, held = [], failures, frontEnd } = facts;
  const [stranger] = ofStrangers(held, frontEnd);
  if (stranger !== undefined) {
    const why = stranger.port === port ? '' : ', as the one after it is for SHOUTcast encoders';
    const advice = `choose another --port${why}`;
    const who = holderName(stranger);
    return problem(`Port ${stranger.port} is held by ${who}: end that program, or ${advice}.`);
  }
  const [failed] = failures;
  if (failed !== undefined) return cannotOpen(host, failed.port, failed.code);
  const which = frontEndPorts(port).join(' and ');
  return good(held.length > 0 ? `The cluster has ports ${which}.` : `Ports ${which} are free.`);
}

/** Ranges like `32768 60999` or `8100-8227,9000`, as the kernel prints them. */
function parseRanges(text: string): readonly (readonly [number, number])[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [first = 0, last = first] = part.split(/[\s-]+/).map(Number);
      return [first, last] as const;
    });
}

/** The ports that the system takes for outgoing connections, without those that it leaves out. */
export interface OutgoingPorts {
  /** `net.ipv4.ip_local_port_range`; '' if unknown. */
  readonly taken: string;
  /** `net.ipv4.ip_local_reserved_ports` */
  readonly leftOut: string;
}

/** Asks the kernel. */
export async function outgoingPorts(): Promise<OutgoingPorts> {
  const read = (name: string): Promise<string> =>
    readFile(`/proc/sys/net/ipv4/${name}`, 'utf8').catch(() => '');
  const [taken, leftOut] = await Promise.all(
    ['ip_local_port_range', 'ip_local_reserved_ports'].map(read),
  );
  return { taken: taken ?? '', leftOut: leftOut ?? '' };
}

export interface ScxPortFacts {
  readonly range: PortRange;
  readonly held: readonly Held[] | undefined;
  readonly frontEnd: number | undefined;
  readonly outgoing: OutgoingPorts;
}

/** Whether SCXs get their ports. */
export function checkScxPorts({ range, held, frontEnd, outgoing }: ScxPortFacts): Finding {
  if (range === 'any') {
    return warning('SCXs use any free ports, which a firewall cannot open: give --scx-ports.');
  }
  const name = `${range.first}-${range.last}`;
  const [first, ...others] = ofStrangers(held ?? [], frontEnd);
  if (first !== undefined) {
    const more = others.length > 0 ? `, and ${others.length} more ports are held` : '';
    const what = `Port ${first.port} of --scx-ports is held by ${holderName(first)}${more}`;
    return warning(`${what}: SCXs avoid such ports; end that program, or choose another range.`);
  }
  if (isAtRisk(range, outgoing)) {
    const taken = outgoing.taken.trim().replace(/\s+/, '-');
    const why = `The system may take ports of ${name} for outgoing connections (${taken})`;
    const advice = `sysctl -w net.ipv4.ip_local_reserved_ports=${name}`;
    return warning(`${why}: choose other --scx-ports, or run ${advice}.`);
  }
  if (held === undefined) return unknown(`This system does not tell who holds ports ${name}.`);
  return good(`No other program holds one of ports ${name}.`);
}

/** Whether an outgoing connection could get one of the ports. */
function isAtRisk(range: PortRange, { taken, leftOut }: OutgoingPorts): boolean {
  const isIn = (port: number, ranges: string): boolean =>
    parseRanges(ranges).some(([from, to]) => from <= port && port <= to);
  return scxPortsOf(range).some((port) => isIn(port, taken) && !isIn(port, leftOut));
}
