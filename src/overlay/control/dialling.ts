/** Opens control connections, unless the address failed a moment ago or there are too many. */
import { controlHello, memberOf } from '../sockets/context.js';
import {
  type Contact,
  type LinkPool,
  linkTo,
  reportDown,
  sendEarly,
  writeTo,
} from './link-pool.js';
import { becomeLinked } from './linking.js';

/** Opens a connection if that is allowed; otherwise `linkDown` follows. True if one is opening. */
export function openIfAllowed(pool: LinkPool, contact: Contact): boolean {
  const mayTry = pool.retries.mayTry(contact.address, performance.now());
  if (mayTry && !isFull(pool)) open(pool, contact);
  else reportDownSoon(pool, contact, mayTry ? 'closed' : 'unreachable');
  return contact.opening !== undefined;
}

const isFull = ({ outboundCount, contacts, context: { limits } }: LinkPool): boolean =>
  outboundCount >= limits.outboundControlMax || contacts.size > limits.peersMax;

function open(pool: LinkPool, contact: Contact): void {
  const { context, retries } = pool;
  pool.outboundCount++;
  contact.isSecure = false;
  contact.opening = context.connections.open({
    to: contact.address,
    hello: controlHello(context),
    onSecure: (_, id) => {
      contact.isSecure = id === pool.expected.get(contact.address);
      sendEarly(pool, contact);
    },
    onOpen: (connection, answer) => {
      contact.opening = undefined;
      retries.onSucceeded(contact.address);
      becomeLinked(pool, connection, memberOf(answer), contact.address);
    },
    onFailed: () => onFailed(pool, contact),
  });
}

function onFailed(pool: LinkPool, contact: Contact): void {
  contact.opening = undefined;
  pool.outboundCount--;
  pool.retries.onFailed(contact.address, performance.now());
  const other = linkTo(pool, contact);
  if (other === undefined) return reportDown(pool, contact, 'unreachable');
  for (const frame of contact.outbox.takeAll()) writeTo(pool, other, frame);
}

/** Gives up opening a connection for which too many messages wait. */
export function giveUpOpening({ context }: LinkPool, contact: Contact): void {
  context.counters.overflows++;
  contact.opening?.fail('lost', 'too much waits for it');
}

/** Reports asynchronously, because the machine may retry at once. */
function reportDownSoon(pool: LinkPool, contact: Contact, reason: 'closed' | 'unreachable'): void {
  pool.context.counters.connectsSuppressed++;
  if (contact.isFailing) return;
  contact.isFailing = true;
  setImmediate(() => {
    contact.isFailing = false;
    reportDown(pool, contact, reason);
  });
}
