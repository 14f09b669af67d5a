/** Finding a cluster without configuration: a real resolver, name server and web servers. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packet, { type Answer } from 'dns-packet';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findCluster, ownDomains } from '../../../src/client/cluster/find-cluster.js';

/** A name server that knows these records and nothing else; `asked`: the names it was asked for. */
async function nameServer(records: readonly Answer[]) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (bytes, { port, address }) => {
    const { id, questions = [] } = packet.decode(bytes);
    const [question] = questions;
    asked.push(`${question?.type} ${question?.name}`);
    const answers = records.filter(
      ({ name, type }) => name === question?.name && type === question.type,
    );
    const flags = answers.length > 0 ? 0 : 3; // NXDOMAIN
    socket.send(
      packet.encode({ type: 'response', id: id ?? 0, flags, questions, answers }),
      port,
      address,
    );
  });
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  onTestFinished(() => void socket.close());
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return { asked, resolver };
}

async function webServer(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const frontEnd = (): Promise<number> =>
  webServer((request, response) => {
    response.statusCode = request.url === '/healthz' ? 200 : 404;
    response.end('ok\n');
  });

const service = (target: string, port: number, priority = 0, weight = 0): Answer => ({
  type: 'SRV',
  name: '_scattercast._tcp.radio.example',
  data: { target, port, priority, weight },
});

const find = (resolver: Resolver, webPort = 9) =>
  findCluster({ domains: ['radio.example'], resolver, webPort });

describe('A cluster is found', () => {
  test('by the SRV records of the domain, in the order of their priorities', async () => {
    const [first, second] = [await frontEnd(), await frontEnd()];
    const records = [service('127.0.0.1', second, 20), service('127.0.0.1', first, 10)];
    const { resolver, asked } = await nameServer(records);
    expect(await find(resolver)).toEqual({
      url: `http://127.0.0.1:${first}`,
      namedBy: 'the SRV record _scattercast._tcp.radio.example',
    });
    expect(asked).toContain('SRV _scattercast._tcp.radio.example');
    expect(asked).toContain('A scattercast.radio.example');
  });

  test('by weight where priorities are the same', async () => {
    const [light, heavy] = [await frontEnd(), await frontEnd()];
    const { resolver } = await nameServer([
      service('127.0.0.1', light, 5, 1),
      service('127.0.0.1', heavy, 5, 9),
    ]);
    expect((await find(resolver))?.url).toBe(`http://127.0.0.1:${heavy}`);
  });

  test('that answers: one that is down is passed over', async () => {
    const there = await frontEnd();
    const other = await webServer((_request, response) => void response.end('a printer'));
    const { resolver } = await nameServer([
      service('127.0.0.1', other, 1),
      service('127.0.0.1', 9, 2),
      service('127.0.0.1', there, 3),
    ]);
    expect((await find(resolver))?.url).toBe(`http://127.0.0.1:${there}`);
  });
});

describe('None is found', () => {
  test('where the domain names none', async () => {
    const { resolver } = await nameServer([]);
    expect(await find(resolver)).toBeUndefined();
  });

  test('where the service is said not to be there (RFC 2782: the target is the root)', async () => {
    const { resolver } = await nameServer([service('.', 80)]);
    expect(await find(resolver)).toBeUndefined();
  });

  test('where no name server answers', async () => {
    const resolver = new Resolver({ timeout: 200, tries: 1 });
    resolver.setServers(['127.0.0.1:9']);
    expect(await find(resolver)).toBeUndefined();
  });

  test('among more records than are tried', async () => {
    const there = await frontEnd();
    const down = Array.from({ length: 4 }, (_, index) => service('127.0.0.1', 9, index));
    const { resolver } = await nameServer([...down, service('127.0.0.1', there, 9)]);
    expect(await find(resolver)).toBeUndefined();
  });
});

describe('The well-known address of a domain', () => {
  /** The domain is a name of this machine, so that its web server is one of the test. */
  const findAt = async (webPort: number) => {
    const { resolver } = await nameServer([]);
    return findCluster({ domains: ['localhost'], resolver, webPort });
  };

  test('holds the address of a cluster', async () => {
    const there = await frontEnd();
    const web = await webServer((request, response) => {
      response.statusCode = request.url === '/.well-known/scattercast' ? 200 : 404;
      response.end(`http://127.0.0.1:${there}/\n`);
    });
    expect(await findAt(web)).toEqual({
      url: `http://127.0.0.1:${there}`,
      namedBy: `http://localhost:${web}/.well-known/scattercast`,
    });
  });

  test.each(['file:///etc/passwd', 'nonsense', 'x'.repeat(10_000)])(
    'is no "%.20s"',
    async (text) => {
      const web = await webServer((_request, response) => void response.end(text));
      expect(await findAt(web)).toBeUndefined();
    },
  );
});

describe('The domains of a machine', () => {
  const resolverFile = (text: string): string => {
    const file = join(mkdtempSync(join(tmpdir(), 'resolver-')), 'resolv.conf');
    writeFileSync(file, text);
    return file;
  };

  test("are those of its name and of its resolver's search list", () => {
    const file = resolverFile(
      '# search nowhere.example\nnameserver 192.0.2.1\nsearch A.example b.example\n',
    );
    expect(ownDomains('studio.radio.example', file)).toEqual([
      'radio.example',
      'a.example',
      'b.example',
    ]);
  });

  test('are none below which anybody may have a name, nor more than three', () => {
    const file = resolverFile(
      'search example com lan a.example b.example c.example d.example ../x\n',
    );
    expect(ownDomains('studio.example', file)).toEqual(['a.example', 'b.example', 'c.example']);
    expect(ownDomains('studio', '/nowhere')).toEqual([]);
  });
});
