/**
 * The ports of an SCX that an engine has started on some machine: nobody has chosen them before, as
 * nobody knew the machine. They are a pair of the operator's range, the HTTP port first. Each session
 * begins to look at a place of its own, so an SCX that is started again on the same machine mostly
 * has the ports that its listeners know.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { EXIT, UserError } from '../../lib/user-error.js';

/** Two ports. */
export interface PortPair {
  readonly http: number;
  readonly overlay: number;
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/**
 * A pair that is free at the moment. Rejects with a UserError if there is none. `range`: null is any
 * port, which the system chooses later.
 */
export async function findFreePorts(
  range: PortRange | null,
  host: string,
  session: string,
): Promise<PortPair> {
  if (range === null) return { http: 0, overlay: 0 };
  const pairs = Math.floor((range.last - range.first + 1) / 2);
  const start = createHash('sha256').update(session).digest().readUInt32BE(0);
  for (let tries = 0; tries < pairs; tries++) {
    const http = range.first + 2 * ((start + tries) % pairs);
    if ((await isFree(host, http)) && (await isFree(host, http + 1))) {
      return { http, overlay: http + 1 };
    }
  }
  const all = `${range.first}-${range.last}`;
  throw new UserError(EXIT.bind, `no two ports of ${all} are free here: widen --scx-ports`);
}
