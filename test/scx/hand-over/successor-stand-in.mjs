/**
 * Stands in for a successor process that behaves as its argument says: `ends` at once, is of another
 * `version`, hears `another` source, ends when it gets a `listener`, is `unknown` to its front end; or
 * is `good`: it answers new connections with its process id, and writes to its listeners that it has
 * taken over. A SIGTERM is reported as a title.
 */
import process from 'node:process';

const [behaviour] = process.argv.slice(2);
if (behaviour === 'ends') process.exit(7);
const say = (message) => process.connected && process.send(message);
const source = (behaviour === 'another' ? 'b' : 'a').repeat(16);
const run = { source, first: 0, last: 1_000_000 };
const version = behaviour === 'version' ? 99 : 1;
const tell = () => say({ kind: 'heard', version, isJoined: true, run, title: null });
const telling = setInterval(tell, 20);

process.on('message', (message, handle) => {
  if (message.kind === 'estate') clearInterval(telling);
  if (message.kind === 'door') {
    handle.on('connection', (socket) => socket.on('error', () => undefined).end(`${process.pid}`));
    if (behaviour !== 'unknown') say({ kind: 'known' });
  }
  if (message.kind === 'listener' && behaviour === 'listener') process.exit(0);
  if (message.kind === 'listener') handle.on('error', () => undefined).write('<taken over>');
  say({ kind: 'took' });
});
process.on('SIGTERM', () =>
  say({ kind: 'title', priority: null, who: { address: '', agent: '' }, title: 'told to leave' }),
);
process.on('disconnect', () => setTimeout(() => process.exit(0), 200));
