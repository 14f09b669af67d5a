import { describe, expect, test } from 'vitest';
import { loginRefusal, mountInUse, refusalFor } from '../../src/icecast/encoder-refusal.js';

describe('A refusal of an encoder', () => {
  test.each([
    [500, 403],
    [502, 403],
    [503, 403],
    [400, 400],
    [404, 404],
    [415, 415],
  ])('for the status %i is %i, as encoders wait after 403 only', (status, told) => {
    const refusal = refusalFor(status, 'Because.', 7);
    expect(refusal).toMatchObject({ status: told, body: 'Because.\n', reason: 'Because.' });
    expect(refusal.fields['Retry-After']).toBe(told === 403 ? 7 : undefined);
  });

  test('for a login challenges, and names the methods that libshout looks for', () => {
    for (const refusal of [loginRefusal('No.'), refusalFor(401, 'No.')]) {
      expect(refusal).toMatchObject({
        status: 401,
        reason: 'No.',
        fields: {
          Allow: expect.stringContaining('PUT'),
          'WWW-Authenticate': expect.stringMatching(/^Basic /),
        },
      });
    }
  });

  test("for a mount in use has Icecast's words alone in the status line", () => {
    expect(mountInUse('Wait.')).toMatchObject({
      status: 403,
      reason: 'Mountpoint in use',
      body: 'Mountpoint in use. Wait.\n',
    });
  });
});
