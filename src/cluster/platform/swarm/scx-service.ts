/**
 * The service that keeps one SCX, or a spare, running: one task, with the network of the machine that it lands on,
 * which the engine starts again at once when it fails. A task that ends in order is not started again.
 *
 * A service's name is PREFIX-SESSION-NUMBER, the same for everybody who wants an SCX of that session,
 * and an engine creates a name once. So of several front ends that are asked at the same instant one
 * creates the service, and the others learn that it is there. The number is 0 for the session's first
 * SCX; further ones, and those that are to run elsewhere, have the lowest number that is free.
 */
import { createHash } from 'node:crypto';
import { FALLBACK_BYTES_MAX } from '../../../api/publishing.js';
import type { Launch } from '../../../api/scx-launch.js';
import {
  MACHINE_VARIABLE,
  type ScxService,
  SECRET_FILE,
  SERVICE_ID_VARIABLE,
  SERVICE_VARIABLE,
  scxServiceSchema,
} from '../../../api/swarm/scx-service.js';
import type { OpenLaunch, SpareService } from '../../../api/swarm/spare.js';
import { packageVersion } from '../../../runtime/package-files.js';
import { permissionFlags } from '../../../runtime/system/permissions.js';
import type { PortRange } from '../../ports/port-pairs.js';
import { LEAN_SCX } from '../scx-command.js';
import type { ServiceSpec } from './engine.js';

/** What all services of a cluster share. */
export interface ServiceTemplate {
  /** Of the cluster, unique in the Swarm: the beginning of all names. */
  readonly prefix: string;
  readonly image: string;
  readonly entry: string;
  readonly confined: boolean;
  readonly ports: PortRange;
  readonly logLevel: string;
}

/** The labels by which services are found again. */
export const CLUSTER_LABEL = 'scattercast.cluster';
export const SESSION_LABEL = 'scattercast.session';
/** A service that was started without a session. */
export const SPARE_LABEL = 'scattercast.spare';
/** Of the service of the front ends, in the stack file. */
export const FRONT_END_LABEL = 'scattercast.front-end';

/** How long an SCX may take to leave, ns: longer than it needs for its flood and its drain. */
const STOP_NS = 10_000_000_000;

/** At once; one that fails again and again is left to the supervisor, which waits longer each time. Guess. */
const RESTART = { Condition: 'on-failure', Delay: 0, MaxAttempts: 10, Window: 30_000_000_000 };

/** In the memory of the machine: one fallback file, and the next. */
const TEMPORARY = '/tmp';
const TEMPORARY_BYTES = 2 * FALLBACK_BYTES_MAX;

const SESSION_DIGITS = 16;

/** A session in labels and names: they have few characters, and sessions are named by strangers. */
export const sessionLabel = (session: string): string =>
  createHash('sha256').update(session).digest('hex').slice(0, SESSION_DIGITS);

export const serviceName = (prefix: string, session: string, index: number): string =>
  `${prefix}-${sessionLabel(session)}-${index}`;

/** The number in a name that `serviceName` has made. */
const indexIn = (name: string): number => Number(name.slice(name.lastIndexOf('-') + 1));

/** A launch without what is secret, or is not known before the task runs. */
export function openLaunch(launch: Launch, frontEnds: readonly string[]): OpenLaunch {
  // Front ends are proxies for encoders, and for players that cannot be redirected.
  const proxies = frontEnds.map((url) => new URL(url).hostname);
  const trustedProxies = [...new Set([...launch.trustedProxies, ...proxies])];
  return scxServiceSchema.shape.launch.strip().parse({ ...launch, trustedProxies });
}

/** What all services start with. */
const commonOf = ({ ports }: ServiceTemplate, frontEnds: readonly string[]) => ({
  frontEnds: [...frontEnds],
  ports: ports === 'any' ? null : { ...ports },
});

/** What the service of a session's SCX starts with. */
export const sessionDocument = (
  template: ServiceTemplate,
  launch: Launch,
  frontEnds: readonly string[],
): ScxService => ({ ...commonOf(template, frontEnds), launch: openLaunch(launch, frontEnds) });

/** What the service of a spare starts with. */
export const spareDocument = (
  template: ServiceTemplate,
  frontEnds: readonly string[],
): SpareService => ({
  ...{ ...commonOf(template, frontEnds), image: template.image, logLevel: template.logLevel },
});

export interface ServiceOrder {
  readonly name: string;
  /** Besides that of the cluster. */
  readonly labels: Readonly<Record<string, string>>;
  readonly document: ScxService | SpareService;
  /** The id and the name of the Docker secret that holds the cluster's secret. */
  readonly secret: { readonly id: string; readonly name: string };
  /** Machines that are to have none of its tasks. */
  readonly avoided: readonly string[];
}

/** What `POST /services/create` takes. */
export function serviceSpec(template: ServiceTemplate, order: ServiceOrder) {
  const { name, labels, document, secret, avoided } = order;
  const text = Buffer.from(JSON.stringify(document)).toString('base64');
  const { prefix, image, entry, confined } = template;
  const write = [`${TEMPORARY}/*`]; // a fallback file
  const starts = { startsProcesses: true, startsThreads: true };
  const rights = { read: [SECRET_FILE, ...write], write, ...starts };
  const args = [...LEAN_SCX, ...permissionFlags(confined, rights), entry, 'scx'];
  const file = { Name: SECRET_FILE.slice('/run/secrets/'.length), UID: '0', GID: '0', Mode: 0o444 };
  return {
    Name: name,
    Labels: { [CLUSTER_LABEL]: prefix, ...labels },
    TaskTemplate: {
      ContainerSpec: {
        Image: image,
        Command: [process.execPath, ...args],
        Env: [
          `${SERVICE_VARIABLE}=${text}`,
          `${SERVICE_ID_VARIABLE}={{.Service.ID}}`,
          `${MACHINE_VARIABLE}={{.Node.Hostname}}`,
        ],
        Init: true,
        ReadOnly: true,
        CapabilityDrop: ['ALL'],
        Mounts: [
          { Type: 'tmpfs', Target: TEMPORARY, TmpfsOptions: { SizeBytes: TEMPORARY_BYTES } },
        ],
        StopGracePeriod: STOP_NS,
        Healthcheck: { Test: ['NONE'] },
        Secrets: [{ SecretID: secret.id, SecretName: secret.name, File: file }],
      },
      RestartPolicy: RESTART,
      Placement: { Constraints: avoided.map((machine) => `node.hostname!=${machine}`) },
      Networks: [{ Target: 'host' }],
    },
    Mode: { Replicated: { Replicas: 1 } },
  };
}

/** The name with the lowest number that none of a session's services has. */
export function freeName(like: string, existing: readonly { readonly name: string }[]): string {
  const used = new Set(existing.map(({ name }) => indexIn(name)));
  let index = 0;
  while (used.has(index)) index++;
  return `${like.slice(0, like.lastIndexOf('-'))}-${index}`;
}

/** The same service under another name, with another image. */
export function withImage(spec: ServiceSpec, name: string, image: string): ServiceSpec {
  const { ContainerSpec, ...template } = spec.TaskTemplate;
  const Env = ContainerSpec.Env.map((line) => {
    const base64 =
      line.startsWith(`${SERVICE_VARIABLE}=`) && line.slice(SERVICE_VARIABLE.length + 1);
    if (base64 === false) return line;
    const document = scxServiceSchema.parse(JSON.parse(Buffer.from(base64, 'base64').toString()));
    const launch = { ...document.launch, version: packageVersion() };
    const renewed = JSON.stringify({ ...document, launch });
    return `${SERVICE_VARIABLE}=${Buffer.from(renewed).toString('base64')}`;
  });
  const container = { ...ContainerSpec, Image: image, Env };
  return { ...spec, Name: name, TaskTemplate: { ...template, ContainerSpec: container } };
}
