/** Whether others reach a cluster, asked of real servers. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { checkReach, checkReachFrom, explainAnswer } from '../../../src/cli/doctor/reach-check.js';
import { clockFacts } from '../../../src/client/cluster/cluster-clock.js';

/** A server that answers everything alike; its URL. */
async function serve(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** A port where nothing listens. */
const NOBODY = 'http://127.0.0.1:1';

test('A cluster that answers at its address is reached; others are told from it', async () => {
  expect((await checkReach(await serve(200, 'ok\n'))).state).toBe('good');
  expect((await checkReach(await serve(200, '<html>'))).says).toContain('Something else');
  expect((await checkReach(NOBODY)).says).toMatch(/No answer.*ECONNREFUSED.*firewalls/);
});

test('A server that is no cluster, or does not answer, cannot try', async () => {
  const url = `${NOBODY}/healthz`;
  expect(await checkReachFrom(await serve(404, 'no'), url)).toMatchObject({ state: 'unknown' });
  expect(await checkReachFrom(NOBODY, url)).toMatchObject({ state: 'unknown' });
});

test('The answer of the other cluster is read: a document, none, or no attempt', () => {
  const read = (status: number, body: unknown) =>
    explainAnswer('http://other', 'http://us/healthz', { status, text: JSON.stringify(body) });
  expect(read(502, { error: 'It is not valid:', problems: ['it is no XML'] }).state).toBe('good');
  const failed = read(502, { error: 'ECONNREFUSED.\u001b[2J', problems: [] });
  expect(failed).toMatchObject({ state: 'problem' });
  expect(failed.says).not.toContain('\u001b');
  expect(read(504, { error: 'timeout' }).state).toBe('problem');
  expect(read(403, { error: 'not carried', problems: [] }).says).toContain('not carried');
  expect(read(503, { error: 'busy' }).state).toBe('unknown');
  expect(explainAnswer('a', 'b', { status: 200, text: 'music' }).state).toBe('unknown');
});

test('A cluster tells its time', async () => {
  const from = await serve(200, 'ok\n');
  const { date, sentAt, answeredAt } = await clockFacts(from);
  expect(answeredAt).toBeGreaterThanOrEqual(sentAt);
  expect(Date.parse(date ?? '')).toBeGreaterThan(sentAt - 2000);
});
