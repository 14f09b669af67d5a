/**
 * A local network of its own for tests: hosts with one interface each at a bridge that looks into IGMP,
 * as switches do, so that a group goes only to those that have joined it. The line of a host can be made
 * narrow. It needs `ip` and `tc`, and to be root.
 */
import { execFileSync } from 'node:child_process';
import type { Host } from './stage.js';

export interface LocalHost extends Host {
  /** Bytes that its interface has sent and received, Ethernet's headers included. */
  bytes(): { readonly sent: number; readonly received: number };
  /** Drops what comes from groups, as a network without multicast does; or lets it come again. */
  hearsGroups(does: boolean): void;
  /**
   * From now on its line carries so many kbit/s each way, headers included; undefined: as many as it can. It
   * has a queue as modems have: what does not fit in waits, and then is lost.
   */
  narrow(kbps: number | undefined): void;
}

export interface LocalNetwork {
  /** The first one is that of the cluster. */
  readonly hosts: readonly LocalHost[];
  close(): void;
}

const INTERFACE = 'eth0';
const GROUPS = '239.0.0.0/8';

/** The queue of a narrow line; that of one that is not narrow holds up nothing. */
const NARROW_QUEUE = ['burst', '3kb', 'latency', '400ms'] as const;
const WIDE = ['rate', '1gbit', 'burst', '1mb', 'latency', '400ms'] as const;

const ip = (...args: readonly string[]): string =>
  execFileSync('ip', args, { stdio: 'pipe' }).toString();

/** `replace` keeps what is in the queue. */
const shape = (name: string, device: string, limits: readonly string[]): void => {
  const queue = ['qdisc', 'replace', 'dev', device, 'root', 'handle', '1:', 'tbf', ...limits];
  execFileSync('tc', ['-n', name, ...queue], { stdio: 'pipe' });
};

/** What `ip -s -j link` tells. */
interface LinkFacts {
  readonly stats64: {
    readonly rx: { readonly bytes: number };
    readonly tx: { readonly bytes: number };
  };
}

function createHost(bridge: string, name: string, number: number): LocalHost {
  ip('netns', 'add', name);
  const within = ['netns', 'exec', name];
  const port = `port${number}`;
  const peer = ['peer', 'name', INTERFACE, 'netns', name];
  ip('-n', bridge, 'link', 'add', port, 'type', 'veth', ...peer);
  ip('-n', bridge, 'link', 'set', port, 'master', 'bridge', 'up');
  const address = `10.77.${Math.floor(number / 250)}.${(number % 250) + 1}`;
  ip('-n', name, 'address', 'add', `${address}/16`, 'dev', INTERFACE);
  for (const each of ['lo', INTERFACE]) ip('-n', name, 'link', 'set', each, 'up');
  // Players do not say which interface they mean.
  ip('-n', name, 'route', 'add', 'default', 'dev', INTERFACE);
  return {
    ...{ address, within: ['ip', ...within] },
    bytes: () => {
      const [link] = JSON.parse(
        ip('-n', name, '-s', '-j', 'link', 'show', INTERFACE),
      ) as readonly LinkFacts[];
      if (link === undefined) throw new Error(`${name} has no interface`);
      return { sent: link.stats64.tx.bytes, received: link.stats64.rx.bytes };
    },
    hearsGroups: (does) => {
      const policy = ['dir', 'in', 'dst', GROUPS];
      if (does) ip('-n', name, 'xfrm', 'policy', 'delete', ...policy);
      else ip('-n', name, 'xfrm', 'policy', 'add', ...policy, 'action', 'block');
    },
    narrow: (kbps) => {
      const limits = kbps === undefined ? WIDE : ['rate', `${kbps}kbit`, ...NARROW_QUEUE];
      shape(name, INTERFACE, limits);
      shape(bridge, port, limits);
    },
  };
}

/** Opens a network of that many hosts. */
export function openLocalNetwork(count: number): LocalNetwork {
  const prefix = `sc-${process.pid}`;
  const bridge = `${prefix}-bridge`;
  const names = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
  ip('netns', 'add', bridge);
  const looks = ['mcast_snooping', '1', 'mcast_querier', '1', 'mcast_startup_query_interval', '50'];
  ip('-n', bridge, 'link', 'add', 'bridge', 'type', 'bridge', ...looks);
  ip('-n', bridge, 'address', 'add', '10.77.255.254/16', 'dev', 'bridge');
  ip('-n', bridge, 'link', 'set', 'bridge', 'up');
  return {
    hosts: names.map((name, number) => createHost(bridge, name, number)),
    close: () => {
      for (const name of [...names, bridge]) ip('netns', 'delete', name);
    },
  };
}
