import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, test, vi } from 'vitest';
import type { LeaseTerms as Answer } from '../../src/api/lease.js';
import type { OfferedCertificate } from '../../src/scx/front-end/cluster-certificate.js';
import type { LeaseTerms } from '../../src/scx/lease.js';
import { startLeases } from '../../src/scx/leases.js';
import { afterTest } from '../after-test.js';
import { answerProven } from '../http/proven.js';

interface FrontEnd {
  readonly url: string;
  readonly server: Server;
  terms: Answer;
  renewals: number;
}

async function openFrontEnd(terms: Answer): Promise<FrontEnd> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume().once('end', () => {
      opened.renewals++;
      answerProven('secret', request, response, { body: JSON.stringify(opened.terms) });
    });
  };
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const opened: FrontEnd = { url, server, terms, renewals: 0 };
  return opened;
}

function start(urls: readonly string[]) {
  let last: LeaseTerms | undefined;
  let offered: readonly OfferedCertificate[] = [];
  const leases = startLeases({
    ...{ urls, token: 'secret', intervalMs: 20, isElsewhere: true },
    log: pino({ enabled: false }),
    now: () => performance.now(),
    status: () => ({}) as never,
    onRenewed: (terms) => {
      last = terms;
    },
    onGone: () => undefined,
    onCertificates: (all) => {
      offered = all;
    },
  });
  afterTest(() => leases.stop());
  return { last: () => last, offered: () => offered };
}

const FALLBACK = { path: '/file.mp3', title: 'later', seed: 'A'.repeat(43) };

describe('The leases of an SCX', () => {
  test('are renewed at every front end, and the death of one is no matter', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => openFrontEnd({ rendezvous: false })));
    const { last } = start([one, other].map((each) => each?.url ?? ''));
    await vi.waitFor(() => expect([one?.renewals, other?.renewals]).not.toContain(0));
    one?.server.closeAllConnections();
    one?.server.close();
    const before = other?.renewals ?? 0;
    await vi.waitFor(() => expect(other?.renewals).toBeGreaterThan(before + 3));
    expect(last()).toMatchObject({ pinned: false });
  });

  test('keep it without clients, and give it a fallback, as long as one front end wants that', async () => {
    const one = await openFrontEnd({ rendezvous: true, fallback: FALLBACK });
    const other = await openFrontEnd({ rendezvous: false, fallback: null });
    const { last } = start([one.url, other.url]);
    await vi.waitFor(() => expect(Math.min(one.renewals, other.renewals)).toBeGreaterThan(2));
    const after = other.renewals;
    await vi.waitFor(() => expect(other.renewals).toBeGreaterThan(after + 1));
    expect(last()).toMatchObject({ pinned: true, fallback: FALLBACK });
    one.terms = { rendezvous: false, fallback: null };
    await vi.waitFor(() => expect(last()).toMatchObject({ pinned: false, fallback: null }));
  });

  test('tell of each certificate that a front end has, at which it is to be fetched', async () => {
    const [old, renewed] = [1, 2].map((sinceMs) => ({ sinceMs, hash: `${sinceMs}` }));
    const one = await openFrontEnd({ rendezvous: false, certificate: old });
    const other = await openFrontEnd({ rendezvous: false, certificate: renewed });
    const { offered } = start([one.url, other.url]);
    const both = [
      { url: one.url, mark: old },
      { url: other.url, mark: renewed },
    ];
    await vi.waitFor(() => expect(offered()).toEqual(both));
    other.terms = { rendezvous: false };
    await vi.waitFor(() => expect(offered()).toEqual(both.slice(0, 1)));
  });

  test('begin and end with the front ends that the cluster names', async () => {
    const one = await openFrontEnd({ rendezvous: false });
    const other = await openFrontEnd({ rendezvous: false });
    one.terms = { rendezvous: false, frontEnds: [one.url, other.url] };
    start([one.url]);
    await vi.waitFor(() => expect(other.renewals).toBeGreaterThan(0));
    other.terms = { rendezvous: false, frontEnds: [other.url] };
    one.terms = other.terms;
    await vi.waitFor(() => {
      const before = one.renewals;
      return new Promise((resolve) => setTimeout(resolve, 100)).then(() =>
        expect(one.renewals).toBe(before),
      );
    });
  });
});
