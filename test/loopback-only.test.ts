import { get } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';

const failure = (start: (fail: (error: Error) => void) => void): Promise<string> =>
  new Promise((resolve) => start((error) => resolve(error.message)));

test('Tests cannot connect to an address outside this machine', async () => {
  const direct = await failure((fail) => connect({ host: '240.0.0.1', port: 9 }).on('error', fail));
  expect(direct).toContain('a test tried to connect to 240.0.0.1');
  const viaHttp = await failure((fail) => get('http://240.0.0.1:9/').on('error', fail));
  expect(viaHttp).toContain('a test tried to connect to 240.0.0.1');
});

test('Tests cannot connect to a name that leads outside this machine', async () => {
  const lookup = (_host: string, _options: object, answer: (...found: unknown[]) => void): void =>
    answer(null, [{ address: '240.0.0.1', family: 4 }]);
  const named = await failure((fail) =>
    get({ host: 'away.test', port: 9, lookup: lookup as never }).on('error', fail),
  );
  expect(named).toContain('a test tried to connect to 240.0.0.1');
});
