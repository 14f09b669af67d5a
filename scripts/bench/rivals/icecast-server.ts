/**
 * An Icecast server as Debian packages it: with the packaged limits (burst 64 KiB, queue 512 KiB),
 * but for more clients.
 */
import { execFileSync } from 'node:child_process';
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import {
  type IcecastServer,
  startIcecastServer,
} from '../../../test/e2e/support/icecast-server.js';

/** Of sources, relays and the administrator. */
export const PASSWORD = 'bench';

export interface IcecastSettings {
  readonly clients: number;
  /** The server whose mounts it relays; `updateS`: the interval at which it looks for them, s. */
  readonly master?: { readonly port: number; readonly updateS: number };
}

const relay = ({ master }: IcecastSettings): string =>
  master === undefined
    ? ''
    : `<master-server>127.0.0.1</master-server>
  <master-server-port>${master.port}</master-server-port>
  <master-update-interval>${master.updateS}</master-update-interval>
  <master-password>${PASSWORD}</master-password>`;

const configuration = (port: number, logs: string, settings: IcecastSettings): string => `<icecast>
  <limits>
    <clients>${settings.clients}</clients><sources>2</sources><queue-size>524288</queue-size>
    <client-timeout>30</client-timeout><header-timeout>15</header-timeout>
    <source-timeout>10</source-timeout>
    <burst-on-connect>1</burst-on-connect><burst-size>65535</burst-size>
  </limits>
  <authentication>
    <source-password>${PASSWORD}</source-password><relay-password>${PASSWORD}</relay-password>
    <admin-user>admin</admin-user><admin-password>${PASSWORD}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  ${relay(settings)}
  <fileserve>1</fileserve>
  <paths>
    <basedir>/usr/share/icecast2</basedir><logdir>${logs}</logdir>
    <webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging>
    <accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel>
  </logging>
</icecast>
`;

/** Throws a UserError if Icecast is not installed. `otherwise`: the flag that leaves it out. */
export function findIcecast(otherwise: string): void {
  try {
    execFileSync('icecast2', ['-v'], { stdio: 'pipe' });
  } catch {
    const advice = `install Debian's "icecast2", or leave it out with ${otherwise}`;
    throw new UserError(EXIT.file, `there is no icecast2 here: ${advice}`);
  }
}

/** Resolves when it answers. */
export const startPackagedIcecast = (settings: IcecastSettings): Promise<IcecastServer> =>
  startIcecastServer((port, logs) => configuration(port, logs, settings));
