/**
 * The few things that we ask of a Docker engine, over its socket: the services of our SCXs, the
 * secret that they are given, and the machines of the Swarm. The engine must be a manager of the
 * Swarm. It answers anybody who can open the socket, and whoever can do that is root of the machine.
 *
 * Departure: no client library. It would bring forty packages, one of them compiled, for seven
 * requests of plain HTTP and JSON; and what an engine answers has to be checked here in any case.
 *
 * Bounded: ANSWER_MS and ANSWER_BYTES_MAX for each answer.
 */
import { request as startRequest } from 'node:http';
import { z } from 'zod';
import { readText } from '../../../http/client/plain-request.js';

/** Of Docker 20.10 and everything later. */
const API = '/v1.41';
const ANSWER_MS = 4000; // guess: while the Swarm elects a leader an engine lets requests wait
const ANSWER_BYTES_MAX = 64 * 1024 * 1024; // guess: thousands of services of some kB

/** A service that we have created. */
const serviceSchema = z.object({
  ID: z.string().max(64),
  Spec: z.looseObject({
    Name: z.string().max(200),
    Labels: z.record(z.string(), z.string()).default({}),
    TaskTemplate: z.looseObject({
      ContainerSpec: z.looseObject({
        Image: z.string().max(1000),
        Env: z.array(z.string().max(256 * 1024)).default([]),
      }),
    }),
  }),
  UpdateStatus: z
    .object({ State: z.string().max(40).default(''), Message: z.string().max(1000).default('') })
    .optional(),
});

const createdSchema = z.object({ ID: z.string().max(64) });

const taskSchema = z.object({
  ServiceID: z.string().max(64).optional(),
  DesiredState: z.string().max(40),
  Status: z.object({ State: z.string().max(40) }),
});

const nodeSchema = z.object({
  ID: z.string().max(64),
  Description: z.object({ Hostname: z.string().max(255) }),
  Spec: z.object({ Role: z.string().max(20), Availability: z.string().max(20) }),
  Status: z.object({ State: z.string().max(20), Addr: z.string().max(64).optional() }),
});

const secretSchema = z.object({ ID: z.string().max(64), Spec: z.object({ Name: z.string() }) });

/** As the engine keeps it; what we do not know of it is kept as well. */
export type ServiceSpec = z.infer<typeof serviceSchema>['Spec'];

export interface EngineService {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly spec: ServiceSpec;
  /** How its last upgrade goes; undefined before the first. */
  readonly update: { readonly state: string; readonly message: string } | undefined;
}

export interface EngineMachine {
  readonly hostname: string;
  readonly isManager: boolean;
  /** Whether the Swarm reaches it. */
  readonly isReady: boolean;
  /** Whether it is given tasks. */
  readonly isActive: boolean;
  /** Where the other managers reach it; '' if that is not known. */
  readonly address: string;
}

export interface Engine {
  /** The services with these labels, `NAME=VALUE` or `NAME`. */
  services(...labels: readonly string[]): Promise<readonly EngineService[]>;
  /** Creates a service, and returns its id; undefined if there is one of that name already. */
  createService(spec: Readonly<Record<string, unknown>>): Promise<string | undefined>;
  /** Removes the service with this id; its task is told to end. Nothing happens if it is gone. */
  removeService(id: string): Promise<void>;
  /** Whether a task of the service with this id is running. */
  isRunning(service: string): Promise<boolean>;
  machines(): Promise<readonly EngineMachine[]>;
  /** The id of the secret of that name, which is created if there is none. */
  secret(name: string, value: string): Promise<string>;
}

/** An answer of the engine that is not what was asked for. */
export class EngineError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask(socketPath: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = text === undefined ? {} : { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(ANSWER_MS);
  return new Promise((resolve, reject) => {
    const asked = startRequest({ socketPath, method, path: `${API}${path}`, headers, signal });
    asked.on('error', reject);
    asked.on('response', (answer) => {
      const status = answer.statusCode ?? 0;
      readText(answer, ANSWER_BYTES_MAX).then((read) => resolve({ status, text: read }), reject);
    });
    asked.end(text);
  });
}

const messageSchema = z.object({ message: z.string() });

/** What the engine says about a failure; it may quote what was sent, so only its beginning. */
function errorOf({ status, text }: Answer): EngineError {
  let message = `status ${status}`;
  try {
    message = messageSchema.parse(JSON.parse(text)).message.slice(0, 300);
  } catch {
    // no message
  }
  return new EngineError(status, `the Docker engine refuses: ${message}`);
}

const filtered = (filters: Readonly<Record<string, readonly string[]>>): string =>
  `filters=${encodeURIComponent(JSON.stringify(filters))}`;

/** Opens the engine with this socket; nothing is asked yet. */
export function openEngine(socketPath: string): Engine {
  const read = async <Schema extends z.ZodType>(path: string, schema: Schema) => {
    const answer = await ask(socketPath, 'GET', path);
    if (answer.status !== 200) throw errorOf(answer);
    return schema.parse(JSON.parse(answer.text)) as z.infer<Schema>;
  };

  const secretNamed = async (name: string): Promise<string | undefined> => {
    const found = await read(`/secrets?${filtered({ name: [name] })}`, z.array(secretSchema));
    return found.find(({ Spec }) => Spec.Name === name)?.ID;
  };

  return {
    services: async (...label) => {
      const found = await read(`/services?${filtered({ label })}`, z.array(serviceSchema));
      return found.map(({ ID, Spec, UpdateStatus: last }) => ({
        ...{ id: ID, name: Spec.Name, labels: Spec.Labels },
        ...{ image: Spec.TaskTemplate.ContainerSpec.Image, spec: Spec },
        update: last && { state: last.State, message: last.Message },
      }));
    },
    createService: async (spec) => {
      const answer = await ask(socketPath, 'POST', '/services/create', spec);
      if (answer.status === 409) return undefined;
      if (answer.status !== 201) throw errorOf(answer);
      return createdSchema.parse(JSON.parse(answer.text)).ID;
    },
    removeService: async (id) => {
      const answer = await ask(socketPath, 'DELETE', `/services/${encodeURIComponent(id)}`);
      if (answer.status !== 200 && answer.status !== 404) throw errorOf(answer);
    },
    isRunning: async (service) => {
      const filters = filtered({ service: [service], 'desired-state': ['running'] });
      const tasks = await read(`/tasks?${filters}`, z.array(taskSchema));
      return tasks.some(({ Status }) => Status.State === 'running');
    },
    machines: async () => {
      const nodes = await read('/nodes', z.array(nodeSchema));
      return nodes.map(({ Description, Spec, Status }) => ({
        hostname: Description.Hostname,
        isManager: Spec.Role === 'manager',
        isReady: Status.State === 'ready',
        isActive: Spec.Availability === 'active',
        address: Status.Addr ?? '',
      }));
    },
    secret: async (name, value) => {
      const Data = Buffer.from(value).toString('base64');
      const known = await secretNamed(name);
      if (known !== undefined) return known;
      const answer = await ask(socketPath, 'POST', '/secrets/create', { Name: name, Data });
      if (answer.status !== 201 && answer.status !== 409) throw errorOf(answer);
      const created = await secretNamed(name);
      if (created === undefined) throw new EngineError(404, 'the secret of SCXs is gone');
      return created;
    },
  };
}
