import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { connectIcy } from '../../../src/client/pull/icy-socket.js';

test.each(['127.0.0.1', '[::1]'])('A connection to https://%s sends no name', async (host) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const server = createServer();
  server.listen(0, host.replace(/[[\]]/g, ''));
  await once(server, 'listening');
  const arrived = once(server, 'connection');
  const { port } = server.address() as AddressInfo;
  const client = connectIcy(new URL(`https://${host}:${port}/live`));
  client.on('error', () => undefined);
  const [socket] = await arrived;
  const [hello] = await once(socket, 'data');
  expect(hello.includes(host.replace(/[[\]]/g, ''))).toBe(false);
  expect(warnings.map(({ message }) => message)).toEqual([]);
  client.destroy();
  socket.destroy();
  server.close();
  process.off('warning', onWarning);
});
