/**
 * A redirector as operators run it, behind a real resolver (unbound, which keeps an answer for each network that it
 * is for), asked by dig. The clusters are stand-ins at addresses of their own.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { portOf, sessionRoom, standIn, ZONE } from '../../redirector/support.js';
import { SESSION_KEY } from '../../session/signed.js';
import { has } from '../support/players.js';
import { freePorts } from '../support/ports.js';
import { type Running, start, until } from '../support/processes.js';
import { createStage } from '../support/stage.js';

const stage = createStage();
const programs: Running[] = [];
afterAll(async () => {
  for (const { child } of programs) child.kill();
  await Promise.all(programs.map(({ exited }) => exited));
  await stage.close();
});

const NIGHT = `night.radio.example.${ZONE}`;

/** Asks; resolves to what dig prints. */
async function dig(port: number, ...args: readonly string[]): Promise<string> {
  const asking = start('dig', ['@127.0.0.1', '-p', `${port}`, '+tries=1', '+time=3', ...args]);
  await asking.exited;
  return asking.stdout();
}

const statusIn = (text: string): string => /status: (\w+)/.exec(text)?.[1] ?? 'none';

const short = async (port: number, ...args: readonly string[]): Promise<string[]> =>
  (await dig(port, '+short', ...args)).trim().split('\n').filter(Boolean);

/** A resolver that knows this zone, and nothing else of the world. */
async function startResolver(zonePort: number): Promise<number> {
  const port = await freePorts(1);
  const file = join(stage.directory, 'unbound.conf');
  const config = `
server:
  interface: 127.0.0.1@${port}
  port: ${port}
  do-ip6: no
  username: ""
  chroot: ""
  directory: "${stage.directory}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  do-daemonize: no
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  module-config: "subnetcache iterator"
  send-client-subnet: 127.0.0.1
  client-subnet-always-forward: yes
stub-zone:
  name: "${ZONE}"
  stub-addr: 127.0.0.1@${zonePort}
remote-control:
  control-enable: no
`;
  writeFileSync(file, config);
  const resolver = start('unbound', ['-d', '-c', file]);
  programs.push(resolver);
  await resolver.line(/start of service/);
  return port;
}

/** Three clusters, which have seen two networks. */
async function threeClusters() {
  const one = await standIn('127.0.0.2', 0);
  const others = ['127.0.0.3', '127.0.0.4'].map((address) => standIn(address, portOf(one)));
  const [two, three] = await Promise.all(others);
  if (two === undefined || three === undefined) throw new Error('there are three');
  const seen = (home: number, away: number): [string, number][] => [
    ['198.51.100.0', home],
    ['203.0.113.0', away],
  ];
  one.networks = seen(10, 90);
  two.networks = seen(90, 10);
  three.networks = seen(40, 40);
  for (const cluster of [one, two, three]) {
    cluster.room = { sessions: [sessionRoom('radio.example/night', SESSION_KEY, 96)] };
  }
  return [one, two, three] as const;
}

const HOME = '+subnet=198.51.100.0/24';
const AWAY = '+subnet=203.0.113.7/32';

test.skipIf(!has('unbound') || !has('dig'))(
  'Each network is led to its nearest clusters by a resolver that knows nothing of Scattercast',
  async () => {
    const clusters = await threeClusters();
    const [one, two] = clusters;
    const port = await freePorts(2);
    const redirector = stage.run([
      ...['redirector', '--zone', ZONE, '--port', `${port}`, '--listen', '127.0.0.1'],
      ...['--cluster', clusters.map(({ url }) => url).join(',')],
      ...['--cluster-port', `${portOf(one)}`, '--status-port', `${port + 1}`],
      ...['--name-server', `ns.${ZONE}=127.0.0.1`, '--ttl', '600'],
    ]);
    await redirector.line(/is ready at port/);
    const resolver = await startResolver(port);
    const nearest = (...args: string[]) => short(resolver, ...args);

    // Before the clusters have told what they have seen, the order is drawn, for all networks.
    await until('the order of both networks', async () => {
      const isForNetwork = /CLIENT-SUBNET: .*\/24\/24/.test(await dig(port, HOME, NIGHT));
      const [home, away] = [await short(port, HOME, NIGHT), await short(port, AWAY, NIGHT)];
      const orders = `${home} ${away}`;
      return isForNetwork && orders === '127.0.0.2,127.0.0.4 127.0.0.3,127.0.0.4';
    });
    expect((await nearest(HOME, NIGHT)).sort()).toEqual(['127.0.0.2', '127.0.0.4']);
    expect((await nearest(AWAY, NIGHT)).sort()).toEqual(['127.0.0.3', '127.0.0.4']);

    // Asked again it has both answers, each for its network, and does not ask.
    const asked = async (): Promise<string> => {
      const metrics = await fetch(`http://127.0.0.1:${port + 1}/metrics`);
      return /answers_total\{.*noerror"\} (\d+)/.exec(await metrics.text())?.[1] ?? '';
    };
    const before = await asked();
    expect(before).not.toBe('');
    expect((await nearest(HOME, NIGHT)).sort()).toEqual(['127.0.0.2', '127.0.0.4']);
    expect((await nearest(AWAY, NIGHT)).sort()).toEqual(['127.0.0.3', '127.0.0.4']);
    expect(await asked()).toBe(before);

    // What there is, and what there is not.
    expect(await nearest(`_scattercast._tcp.${NIGHT}`, 'SRV')).toHaveLength(3);
    expect(statusIn(await dig(resolver, `radio.example.${ZONE}`))).toBe('NOERROR');
    expect(statusIn(await dig(resolver, `day.radio.example.${ZONE}`))).toBe('NXDOMAIN');
    expect(await nearest(ZONE, 'NS')).toEqual([`ns.${ZONE}.`]);
    expect(statusIn(await dig(port, 'other.example'))).toBe('REFUSED');
    const direct = await dig(port, '+tcp', HOME, NIGHT);
    expect(direct).toMatch(/flags: qr aa rd;/);
    expect(direct).toMatch(/CLIENT-SUBNET: 198\.51\.100\.0\/24\/24/);
    expect(await dig(port, ZONE, 'ANY')).toContain('RFC8482');
    expect(statusIn(await dig(port, '+edns=1', '+noednsnegotiation', ZONE))).toBe('BADVERS');

    // A cluster that dies is out of the answers.
    await two.stop();
    await until(
      'the next nearest',
      async () => (await short(port, AWAY, NIGHT)).join() === '127.0.0.4,127.0.0.2',
    );
    expect((await nearest(AWAY, ZONE)).sort()).toEqual(['127.0.0.2', '127.0.0.4']);

    redirector.child.kill('SIGTERM');
    expect(await redirector.exited).toEqual({ code: 0, signal: null });
  },
);
