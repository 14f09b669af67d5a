import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, expect, test } from 'vitest';
import { rendezvousRoutes } from '../../../src/cluster/fleet/rendezvous-routes.js';
import { problem, refused } from '../../../src/cluster/web/problem.js';
import { identityOf } from '../../../src/session/session-id.js';
import { announcementIn } from '../../session/signed.js';
import { announcementXml, NIGHT } from '../support.js';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

test('A rendezvous SCX that does not start is waited for at most 2 s', async () => {
  const announcement = announcementIn(announcementXml(NIGHT));
  const session = identityOf(announcement.name, announcement.key);
  const known = { announcement, session, url: '', isPublished: true };
  const asked: unknown[] = [];
  const routes = rendezvousRoutes({
    finder: { named: ({ text, key }) => (text === session.text && !key ? known : undefined) },
    scxs: {
      exists: () => false,
      existing: async () => refused(problem(503, 'not asked for')),
      first: async (...request) => {
        asked.push(request);
        return refused({ ...problem(503, 'not ready'), retryAfter: 7 });
      },
    },
  });
  const server = express().use(routes).listen(0, '127.0.0.1');
  closers.push(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/rendezvous/radio.example/night`);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7']);
  expect(asked).toEqual([[known, '', 2000]]);
});
