/**
 * Stands in for an SCX that is given encoders: argument `takes` answers each with the number of its
 * bytes and their hash, `refuses` refuses them, `silent` does not answer, `odd` answers what nobody
 * asked for.
 */
import { createHash } from 'node:crypto';

const [, , behaviour] = process.argv;
const answer = (kind, id) => process.connected && process.send({ kind, id });

const take = ({ id, request }, socket) => {
  const hash = createHash('sha256').update(Buffer.from(request, 'base64'));
  answer('took', id);
  socket.on('data', (bytes) => hash.update(bytes));
  socket.on('end', () => socket.end(hash.digest('hex')));
  socket.on('close', () => answer('gone', id));
};

process.on('message', (given, socket) => {
  if (behaviour === 'silent') return process.send('silent');
  if (behaviour === 'odd') process.send({ kind: 'took', id: given.id + 1 });
  if (behaviour === 'takes') return take(given, socket);
  socket?.destroy();
  answer('refused', given.id);
});
process.send('ready');
