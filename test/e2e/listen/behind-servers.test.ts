/**
 * A cluster behind the web servers that stations use, which end the encryption: what it tells its
 * clients is the address by which they came, and they hear the stream there. The configurations are
 * those of docs/http.md.
 */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificate.js';
import { freePorts } from '../support/ports.js';
import { CLIP, type Running, start, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const HOST = 'radio.example';
const PATH = 'radio.example/behind';

interface Setting {
  readonly directory: string;
  readonly port: number;
  readonly cluster: number;
  readonly cert: string;
  readonly key: string;
}

interface WebServer {
  readonly program: string;
  config(setting: Setting): string;
  arguments(file: string): readonly string[];
}

const SERVERS: Readonly<Record<string, WebServer>> = {
  nginx: {
    program: '/usr/sbin/nginx',
    config: ({ directory, port, cluster, cert, key }) => `
      daemon off; pid ${directory}/nginx.pid; error_log stderr; events {}
      http {
        access_log off; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
        fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
        server {
          listen 127.0.0.1:${port} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key};
          location / {
            proxy_pass http://127.0.0.1:${cluster}; proxy_buffering off;
            proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-For $remote_addr;
          }
        }
      }`,
    arguments: (file) => ['-c', file],
  },
  haproxy: {
    program: '/usr/sbin/haproxy',
    config: ({ directory, port, cluster, cert, key }) => {
      const pair = join(directory, 'pair.pem');
      writeFileSync(pair, `${readFileSync(cert)}${readFileSync(key)}`);
      return [
        'defaults',
        '  mode http',
        '  timeout connect 5s',
        '  timeout client 60s',
        '  timeout server 60s',
        '  option forwardfor',
        'listen radio',
        `  bind 127.0.0.1:${port} ssl crt ${pair}`,
        '  http-request set-header X-Forwarded-Proto https',
        `  server cluster 127.0.0.1:${cluster}`,
        '',
      ].join('\n');
    },
    arguments: (file) => ['-f', file],
  },
  caddy: {
    program: '/usr/bin/caddy',
    config: ({ port, cluster, cert, key }) =>
      `{\n admin off\n auto_https off\n}\nhttps://${HOST}:${port} {\n bind 127.0.0.1\n tls ${cert} ${key}\n` +
      ` reverse_proxy 127.0.0.1:${cluster}\n}\n`,
    arguments: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  },
};

const stage = createStage();
let cluster: Cluster;
const running: Running[] = [];

/** Asks a web server as a client that knows it by its public name. */
async function ask(port: number, path: string, host: string): Promise<IncomingMessage> {
  const options = { host: '127.0.0.1', port, path, servername: HOST, rejectUnauthorized: false };
  const asking = request({ ...options, headers: { Host: host } });
  asking.end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return answer;
}

beforeAll(async () => {
  cluster = await stage.cluster();
  const announcement = await stage.announce(cluster, `scattercast://${PATH}`);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
});

afterAll(async () => {
  for (const server of running) server.child.kill();
  await Promise.all(running.map(({ exited }) => exited));
  await stage.close();
});

describe.each(Object.entries(SERVERS))(
  'Behind %s',
  (name, { program, config, arguments: args }) => {
    test.skipIf(!existsSync(program))(
      'every address is the public one, and the stream is heard',
      async () => {
        const port = await freePorts(1);
        const { cert, key } = makeCertificate(stage.directory, `${name}-${HOST}`);
        const setting = { directory: stage.directory, port, cluster: cluster.port, cert, key };
        const file = join(stage.directory, `${name}.conf`);
        writeFileSync(file, config(setting));
        const env = { ...process.env, HOME: stage.directory };
        running.push(start(program, args(file), env));
        await until(
          `${name} to answer`,
          async () => (await ask(port, '/healthz', `${HOST}:${port}`)).statusCode === 200,
        );

        const origin = `https://${HOST}:${port}`;
        const read = async (path: string) => text(await ask(port, path, `Radio.Example:${port}`));
        expect(await read(`/listen/${PATH}.m3u`)).toContain(`\n${origin}/listen/${PATH}.mp3\n`);
        const { cluster: about, sessions } = JSON.parse(await read('/status'));
        expect(about.url).toBe(origin);
        expect(sessions[0]).toMatchObject({
          listenUrl: `${origin}/listen/${PATH}.mp3`,
          announcementUrl: `${origin}/announcements/${PATH}.xml`,
        });
        expect(JSON.parse(await read('/status-json.xsl')).icestats.source.listenurl).toBe(
          `${origin}/${PATH}.mp3`,
        );
        const stream = await ask(port, `/listen/${PATH}.mp3`, `${HOST}:${port}`);
        expect([stream.statusCode, stream.headers['content-type']]).toEqual([200, 'audio/mpeg']);
        let received = 0;
        stream.on('data', (part: Buffer) => {
          received += part.length;
        });
        await until('audio through it', () => received > 64_000);
        stream.destroy();
      },
    );
  },
);
