/**
 * A Docker engine's API, as far as the platform uses it, on a real socket: services, their names,
 * tasks, machines and secrets. It runs nothing.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterTest } from '../../../after-test.js';
import { temporaryFolder } from '../../support.js';

export interface Spec {
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly TaskTemplate: {
    readonly Placement: { readonly Constraints: readonly string[] };
    readonly ContainerSpec: {
      readonly Image: string;
      readonly Env: readonly string[];
      readonly Command: readonly string[];
    };
  };
}

export interface FakeEngine {
  readonly socket: string;
  readonly services: Map<string, Spec>;
  /** All that were ever created. */
  readonly created: Spec[];
  /** The id of the service that has this name now; '' if there is none. */
  idOf(name?: string): string;
  /** How the upgrades of services go. */
  readonly updates: Map<string, { readonly State: string }>;
  /** The ids of services with a running task. */
  readonly running: Set<string>;
  secrets: string[];
  /** It has no leader: it refuses everything. */
  isLeaderless: boolean;
  /** Why it creates no service; '': it does. */
  refusal: string;
  /** The addresses of the managers. */
  addresses: string[];
  /** The bodies of all requests. */
  readonly bodies: string[];
}

const nodeAt = (address: string) => ({
  ID: address,
  Description: { Hostname: address },
  Spec: { Role: 'manager', Availability: 'active' },
  Status: { State: 'ready', Addr: address },
});

type Filters = Readonly<Record<string, readonly string[]>>;

/** Starts an engine; it ends with the test. */
export async function startFakeEngine(): Promise<FakeEngine> {
  const ids = new Map<string, string>(); // by name
  const engine: FakeEngine = {
    idOf: (name = '') => ids.get(name) ?? '',
    socket: `${temporaryFolder()}/docker.sock`,
    ...{
      services: new Map(),
      created: [],
      running: new Set(),
      updates: new Map(),
      secrets: [],
      addresses: ['10.77.0.1', '10.77.0.2'],
      bodies: [],
    },
    isLeaderless: false,
    refusal: '',
  };

  const create = (body: string): [number, unknown] => {
    const spec = JSON.parse(body) as Spec;
    if (engine.refusal !== '') return [400, { message: engine.refusal }];
    if (engine.services.has(spec.Name)) return [409, { message: 'name conflicts' }];
    engine.services.set(spec.Name, spec);
    engine.created.push(spec);
    ids.set(spec.Name, `id${engine.created.length}`);
    return [201, { ID: engine.idOf(spec.Name) }];
  };

  const listServices = ({ label = [] }: Filters): unknown =>
    [...engine.services.values()]
      .filter(({ Labels }) =>
        label.every((one) => {
          const [name = '', value] = one.split('=');
          return Labels[name] !== undefined && (value === undefined || Labels[name] === value);
        }),
      )
      .map((spec) => ({
        ID: engine.idOf(spec.Name) || spec.Name,
        Spec: spec,
        UpdateStatus: engine.updates.get(spec.Name),
      }));

  const answerTo = (method: string, url: URL, body: string): [number, unknown] => {
    const path = url.pathname.replace('/v1.41', '');
    const filters = JSON.parse(url.searchParams.get('filters') ?? '{}') as Filters;
    if (engine.isLeaderless) return [500, { message: 'the swarm does not have a leader' }];
    if (path === '/services/create') return create(body);
    if (path === '/services') return [200, listServices(filters)];
    if (method === 'DELETE') {
      const gone = path.split('/').at(-1);
      const name = [...ids].find(([, id]) => id === gone)?.[0] ?? '';
      ids.delete(name);
      return [engine.services.delete(name) ? 200 : 404, {}];
    }
    if (path === '/tasks') {
      const isRunning = filters.service?.some((name) => engine.running.has(name));
      return [200, isRunning ? [{ DesiredState: 'running', Status: { State: 'running' } }] : []];
    }
    if (path === '/nodes') return [200, engine.addresses.map(nodeAt)];
    if (path === '/secrets/create') {
      engine.secrets.push((JSON.parse(body) as { Name: string }).Name);
      return [201, {}];
    }
    if (path === '/secrets') {
      return [200, engine.secrets.map((Name) => ({ ID: `id of ${Name}`, Spec: { Name } }))];
    }
    return [404, { message: `no ${path}` }];
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const part of request) body += part;
    engine.bodies.push(body);
    const url = new URL(request.url ?? '', 'http://engine');
    const [status, told] = answerTo(request.method ?? '', url, body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(told));
  };

  const server = createServer((request, response) => void answer(request, response));
  server.listen(engine.socket);
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return engine;
}
