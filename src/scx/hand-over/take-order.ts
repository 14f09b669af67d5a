/**
 * Reads the order to hand over. The answer to a lease renewal says only that there is an order; its
 * content lies in a file that only the cluster's own user can write. So a process that answers at
 * the front end's port while the front end is away cannot make an SCX start a program.
 */
import { readFile, rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { type Order, orderSchema } from '../../api/hand-over-order.js';

/** Reads and removes the order file; undefined if there is no valid order. */
export async function takeOrder(file: string | undefined, log: Logger): Promise<Order | undefined> {
  if (file === undefined) return undefined;
  try {
    const order = orderSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    await rm(file, { force: true });
    return order;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // taken before
    // The content is not logged: it carries a token.
    log.error({ file }, 'The order to hand over is unreadable or malformed.');
    return undefined;
  }
}
