/** A server as stations run it for Icecast's URL authentication, which records what it is told. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request, its form read. */
interface Told {
  readonly type: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
}

type Answer = (fields: Readonly<Record<string, string>>, response: ServerResponse) => void;

/** Lets a listener in; `headers` besides the one that does so. */
export const admit = (response: ServerResponse, headers = {}): void =>
  void response.writeHead(200, { 'icecast-auth-user': '1', ...headers }).end('welcome');

export interface HookServer {
  readonly url: string;
  readonly told: readonly Told[];
  /** The forms of one action. */
  of(action: string): readonly Readonly<Record<string, string>>[];
  close(): void;
}

/** Starts one; by default it lets everybody in. */
export async function startHookServer(
  answer: Answer = (_fields, response) => admit(response),
): Promise<HookServer> {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const fields = Object.fromEntries(new URLSearchParams(body));
      told.push({ type: request.headers['content-type'], fields });
      answer(fields, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    told,
    of: (action) => told.map(({ fields }) => fields).filter((fields) => fields.action === action),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
