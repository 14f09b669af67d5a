/** `GET /room` of a real front end. */
import { expect, test } from 'vitest';
import { roomAnswerSchema } from '../../../src/api/locating/room.js';
import { isSignedAnswer, SIGNATURE_FIELD } from '../../../src/http/signed-answer.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT, until } from '../support.js';

const CHALLENGE = 'a-challenge-of-27-characters';

test('The room of a cluster is signed for the challenge, and for no other', async () => {
  const { get } = await startFake();
  const response = await get(`/room?challenge=${CHALLENGE}`);
  const body = await response.text();
  const answer = roomAnswerSchema.parse(JSON.parse(body));
  const signed = { body, signature: response.headers.get(SIGNATURE_FIELD) };
  expect(isSignedAnswer(answer.key, 'room', CHALLENGE, signed)).toBe(true);
  expect(isSignedAnswer(answer.key, 'room', `${CHALLENGE}x`, signed)).toBe(false);
  expect(isSignedAnswer(answer.key, 'networks', CHALLENGE, signed)).toBe(false);
  const { cluster } = (await (await get('/status')).json()) as { cluster: { key: string } };
  expect([answer.key, answer.urls]).toEqual([cluster.key, [expect.stringContaining('http://')]]);
});

test('The sessions are told to those that do not know them', async () => {
  const { get, publish } = await startFake();
  await publish('radio.example/night', announcementXml(NIGHT));
  const ask = async (query: string) =>
    roomAnswerSchema.parse(await (await get(`/room${query}`)).json());
  await until(async () => ((await ask('')).sessions?.[0]?.free ?? 0) > 0);
  const { version, sessions } = await ask('');
  expect(sessions).toMatchObject([{ id: NIGHT }]);
  expect(await ask(`?known=${version}`)).not.toHaveProperty('sessions');
  expect(await ask('?known=other')).toHaveProperty('sessions');
});

test.each(['x'.repeat(65), 'with%20blanks%20in%20its%20text', '%0a'])(
  'Room asked for with the challenge "%s" is refused, as it would sign what strangers write',
  async (challenge) => {
    const { get } = await startFake();
    const response = await get(`/room?challenge=${challenge}`, {
      headers: { accept: 'text/plain' },
    });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('64')]);
  },
);
