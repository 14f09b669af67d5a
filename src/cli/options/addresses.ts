/** The addresses of this machine. */
import { networkInterfaces } from 'node:os';

const interfaces = () => Object.values(networkInterfaces()).flatMap((list) => list ?? []);

/** What others are told when nobody says: the first IPv4 address that is not loopback. */
export function ownAddress(): string {
  const found = interfaces().find(({ family, internal }) => family === 'IPv4' && !internal);
  return found?.address ?? '127.0.0.1';
}

/** The address that means all; without IPv6 on the machine, `::` cannot be listened on. */
export function anyAddress(): string {
  return interfaces().some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}
