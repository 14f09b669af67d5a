/** The addresses of this machine's network interfaces. */
import { networkInterfaces } from 'node:os';

const interfaces = () => Object.values(networkInterfaces()).flatMap((list) => list ?? []);

/** The default of `--host`: the first IPv4 address that is not loopback, or else 127.0.0.1. */
export function ownAddress(): string {
  const found = interfaces().find(({ family, internal }) => family === 'IPv4' && !internal);
  return found?.address ?? '127.0.0.1';
}

/** The address that stands for all addresses. Without IPv6, listening on `::` would fail. */
export function anyAddress(): string {
  return interfaces().some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}
