import { describe, expect, test } from 'vitest';
import { announceOptions } from '../../../src/cli/options/announce-options.js';
import { broadcastOptions } from '../../../src/cli/options/broadcast-options.js';
import { clusterOptions } from '../../../src/cli/options/cluster-options.js';
import { parseConfigFile } from '../../../src/cli/options/config-file.js';
import { flagOf, variableOf } from '../../../src/cli/options/option.js';
import { TABLES } from '../../../src/cli/options/option-tables.js';
import { fieldsToFind, type Layers, resolveSettings } from '../../../src/cli/options/settings.js';

const FILE = '/etc/scattercast.json';

interface Given {
  readonly flags?: Record<string, unknown>;
  readonly environment?: Record<string, string>;
  readonly file?: object;
}

const layers = ({ flags = {}, environment = {}, file }: Given): Layers => ({
  flags,
  environment,
  file: file === undefined ? undefined : parseConfigFile(FILE, JSON.stringify(file)).file,
});

const clusterSettings = (given: Given) => resolveSettings('cluster', clusterOptions, layers(given));

const problemsOf = (result: { ok: boolean; problems?: readonly string[] }) => result.problems ?? [];

describe('Settings', () => {
  test('are the defaults when no layer gives a value', () => {
    expect(clusterSettings({})).toEqual({
      ok: true,
      value: {
        port: 8000,
        scxPorts: { first: 8100, last: 8227 },
        maxScxs: 64,
        maxListeners: 10_000,
        maxListenersPerAddress: 1000,
        maxListenersPerSession: 0,
        keepMax: 0,
        recordingsMaxBytes: 10_000_000_000,
        foreignRecordingsMaxBytes: 0,
        multicastTtl: 1,
        multicastAlways: false,
        trustedProxies: ['127.0.0.0/8', '::1'],
        allowPrivate: false,
        anyoneMayAnnounce: false,
        carryFrom: 'any',
        directory: 'off',
        trust: 'directory',
        linger: 30,
        listenerHookFail: 'deny',
        burst: 4,
        writeInterval: 1,
        silence: 0,
        spare: 1,
        platform: 'process',
        swarmName: 'scattercast',
        dockerSocket: '/var/run/docker.sock',
        unconfined: false,
        profile: 'fast',
        publicMap: false,
        drain: false,
        history: 256,
        drainTimeout: 3600,
        json: false,
        logLevel: 'info',
      },
    });
  });

  test('come from flags before the environment, and from the environment before the file', () => {
    const file = { port: 1000 };
    const environment = { SCATTERCAST_PORT: '2000' };
    const flags = { port: '3000' };
    expect(clusterSettings({ file })).toMatchObject({ value: { port: 1000 } });
    expect(clusterSettings({ file, environment })).toMatchObject({ value: { port: 2000 } });
    expect(clusterSettings({ file, environment, flags })).toMatchObject({ value: { port: 3000 } });
  });

  test("of a command's own section in the file win over the file's top", () => {
    const file = { port: 1000, demo: { port: 1001 } };
    const demo = resolveSettings('demo', TABLES.demo, layers({ file }));
    expect(demo).toMatchObject({ value: { port: 1001 } });
    expect(clusterSettings({ file })).toMatchObject({ value: { port: 1000 } });
  });

  test('take the cluster of the clients from the file', () => {
    const file = { cluster: 'http://radio.example:8000', announcement: 'radio.example/night' };
    const settings = resolveSettings('broadcast', broadcastOptions, layers({ file }));
    expect(settings).toMatchObject({ value: { cluster: ['http://radio.example:8000'] } });
  });

  test('take several clusters from text and from JSON, without duplicates', () => {
    const clusters = ['http://a.example:8000', 'http://b.example'];
    for (const cluster of ['a.example:8000, http://b.example,a.example:8000', clusters]) {
      const file = { cluster, announcement: 'radio.example/night' };
      const settings = resolveSettings('broadcast', broadcastOptions, layers({ file }));
      expect(settings).toMatchObject({ value: { cluster: clusters } });
    }
    const many = Array.from({ length: 17 }, (_, index) => `c${index}`).join();
    for (const cluster of ['', 'a,,b', 'a/b', many]) {
      const layer = layers({ flags: { cluster, announcement: 'x' } });
      expect(resolveSettings('broadcast', broadcastOptions, layer).ok).toBe(false);
    }
  });

  test('never show a value that may contain a password', () => {
    const flags = { cluster: 'a', announcement: 'x', to: 'icecast://me:hackme@h' };
    const problems = problemsOf(resolveSettings('relay', TABLES.relay, layers({ flags })));
    expect(problems).toEqual([expect.stringMatching(/^--to must be like icecast:/)]);
    expect(problems.join()).not.toContain('hackme');
  });

  test('are read the same from text and from JSON', () => {
    const file = { maxScxs: 5, allowPrivate: true, linger: 1.5, scxPorts: '9000-9009' };
    const environment = {
      SCATTERCAST_MAX_SCXS: '5',
      SCATTERCAST_ALLOW_PRIVATE: 'yes',
      SCATTERCAST_LINGER: '1.5',
      SCATTERCAST_SCX_PORTS: '9000-9009',
    };
    expect(clusterSettings({ file })).toEqual(clusterSettings({ environment }));
    expect(clusterSettings({ file })).toMatchObject({ value: { maxScxs: 5, allowPrivate: true } });
  });

  test('take proxies as addresses, as ranges, or as none', () => {
    const proxies = (trustedProxies: unknown) => clusterSettings({ file: { trustedProxies } });
    const both = { value: { trustedProxies: ['10.0.0.0/8', 'fd00::/64', '192.0.2.1'] } };
    expect(proxies('10.0.0.0/8,fd00::/64, 192.0.2.1')).toMatchObject(both);
    expect(proxies(both.value.trustedProxies)).toMatchObject(both);
    expect(proxies('none')).toMatchObject({ value: { trustedProxies: [] } });
    for (const wrong of ['', 'proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', '::1/x', [7], []]) {
      expect(proxies(wrong)).toMatchObject({ ok: false });
    }
  });

  test('take the servers that a cluster carries as host names, as any, or as none', () => {
    const servers = (carryFrom: unknown) => clusterSettings({ file: { carryFrom } });
    const both = { value: { carryFrom: ['radio.example', '[::1]:8000'] } };
    expect(servers('Radio.example, [::1]:8000')).toMatchObject(both);
    expect(servers(both.value.carryFrom)).toMatchObject(both);
    expect(servers('none')).toMatchObject({ value: { carryFrom: [] } });
    for (const wrong of ['', 'http://radio.example', 'a/b', 'radio_example', [7, {}], []]) {
      expect(servers(wrong)).toMatchObject({ ok: false });
    }
  });

  test('can switch off what a lower layer has switched on', () => {
    const file = { allowPrivate: true };
    const flags = { allowPrivate: false };
    expect(clusterSettings({ file, flags })).toMatchObject({ value: { allowPrivate: false } });
  });

  test('ignore an empty variable', () => {
    const environment = { SCATTERCAST_PORT: '' };
    expect(clusterSettings({ environment })).toMatchObject({ value: { port: 8000 } });
  });

  test('take several locations from flags, a variable, or the file', () => {
    const given = ['a.example:1', 'b.example:2'];
    const common = { name: 'x' };
    const ways: Given[] = [
      { flags: { ...common, rendezvous: given } },
      { flags: common, environment: { SCATTERCAST_RENDEZVOUS: 'a.example:1 b.example:2' } },
      { flags: common, file: { rendezvous: given } },
    ];
    for (const way of ways) {
      const settings = resolveSettings('announce', announceOptions, layers(way));
      expect(settings).toMatchObject({ value: { rendezvous: given } });
    }
  });

  test('list all problems at once, each with the layer that it came from', () => {
    const result = clusterSettings({
      flags: { port: 'eighty' },
      environment: { SCATTERCAST_LINGER: '-1', SCATTERCAST_PROFILE: 'quick' },
      file: { maxScxs: 0, host: 'a b', scxPorts: '9-3' },
    });
    expect(problemsOf(result)).toEqual([
      '--port must be a whole number from 0 to 65535, got "eighty"',
      `"host" in ${FILE} must be a host name or an IP address, got "a b"`,
      `"scxPorts" in ${FILE} must be ports like 8100-8227, or any, got "9-3"`,
      `"maxScxs" in ${FILE} must be a whole number from 1 to 10000, got 0`,
      'the variable SCATTERCAST_LINGER must be a number of seconds from 0 to 86400, got "-1"',
      'the variable SCATTERCAST_PROFILE must be one of fast, paper, got "quick"',
    ]);
  });

  test('never show a secret, whatever is wrong with it', () => {
    const password = 'k3nd8w'.repeat(200);
    const target = { cluster: 'radio.example', announcement: 'radio.example/night' };
    const read = (given: Given) => resolveSettings('broadcast', broadcastOptions, layers(given));
    const tooLong = 'must have at most 1024 characters';
    expect(problemsOf(read({ flags: { ...target, password } }))).toEqual([`--password ${tooLong}`]);
    expect(problemsOf(read({ flags: target, file: { password: 123_456 } }))).toEqual([
      `"password" in ${FILE} must be a text`,
    ]);
    const environment = { SCATTERCAST_PASSWORD: 'k3nd8w\n' };
    expect(read({ flags: target, environment })).toMatchObject({ value: { password: 'k3nd8w' } });
  });

  test('refuse to advertise an address that stands for all addresses, but listen on it', () => {
    const result = clusterSettings({ flags: { host: '0.0.0.0', listen: '0.0.0.0' } });
    expect(problemsOf(result)).toEqual([
      expect.stringMatching(/^--host is given to players and other clusters/),
    ]);
  });

  test('say which value is missing and the three ways to give it', () => {
    const result = resolveSettings('broadcast', broadcastOptions, layers({}));
    expect(problemsOf(result)).toEqual([
      '--cluster URL is missing: give the flag, the variable SCATTERCAST_CLUSTER, or "cluster" ' +
        'in the configuration file; the domain of this machine names none',
      '--announcement URL is missing: give the flag, the variable SCATTERCAST_ANNOUNCEMENT, or ' +
        '"announcement" in the configuration file',
    ]);
  });

  test('take what the network names only where no layer gives a value', () => {
    const found = { cluster: 'http://found.example:8000' };
    const read = (given: Given) =>
      resolveSettings('status', TABLES.status, { ...layers(given), found });
    expect(read({})).toMatchObject({ value: { cluster: 'http://found.example:8000' } });
    expect(fieldsToFind('status', TABLES.status, layers({}))).toEqual(['cluster']);
    for (const given of [
      { flags: { cluster: 'a.example' } },
      { environment: { SCATTERCAST_CLUSTER: 'a.example' } },
      { file: { cluster: 'a.example' } },
    ]) {
      expect(fieldsToFind('status', TABLES.status, layers(given))).toEqual([]);
      expect(read(given)).toMatchObject({
        value: { cluster: expect.stringContaining('a.example') },
      });
    }
  });

  test('read the address of a cluster with or without http', () => {
    const read = (cluster: string) =>
      resolveSettings('status', TABLES.status, layers({ flags: { cluster } }));
    const expected = { ok: true, value: { cluster: 'http://radio.example:8000' } };
    for (const text of ['radio.example:8000', 'http://radio.example:8000/']) {
      expect(read(text)).toMatchObject(expected);
    }
    for (const text of ['ftp://a.example', 'http://a.example/path', 'http://a b', '', '::']) {
      expect(read(text).ok).toBe(false);
    }
  });
});

describe('Every option', () => {
  const all = Object.values(TABLES).flatMap((table) => Object.entries(table));

  test('has a well-formed flag and variable', () => {
    for (const [field, option] of all) {
      expect(flagOf(field, option)).toMatch(/^--[a-z]+(-[a-z]+)*$/);
      expect(variableOf(field)).toMatch(/^SCATTERCAST_[A-Z]+(_[A-Z]+)*$/);
    }
  });

  test('means the same in all commands, as they share the variables and the file', () => {
    const kinds = new Map<string, Set<string>>();
    for (const [field, { placeholder = 'a switch' }] of all) {
      kinds.set(field, (kinds.get(field) ?? new Set()).add(placeholder));
    }
    const isSwitchToo = ([, found]: [string, Set<string>]) =>
      found.has('a switch') && found.size > 1;
    expect([...kinds].filter(isSwitchToo)).toEqual([]);
  });

  test('has no variable that has another meaning', () => {
    const variables = all.map(([field]) => variableOf(field));
    for (const taken of ['SCX', 'CONFIG', 'DEBUG']) {
      expect(variables).not.toContain(`SCATTERCAST_${taken}`);
    }
  });
});
