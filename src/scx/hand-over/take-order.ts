/**
 * The order to hand over. A lease's answer says that there is one; what it is stands in a file that
 * only the cluster's own user can write: whoever answers at the front end's port while that is away
 * cannot make us start a program.
 */
import { readFile, rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { type Order, orderSchema } from '../../api/hand-over-order.js';

/** The order in the file, which is then gone; undefined if there is none that makes sense. */
export async function takeOrder(file: string | undefined, log: Logger): Promise<Order | undefined> {
  if (file === undefined) return undefined;
  try {
    const order = orderSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    await rm(file, { force: true });
    return order;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // it was taken before
    // Not what is in it: it carries a token.
    log.error({ file }, 'The order to hand over cannot be read, or makes no sense.');
    return undefined;
  }
}
