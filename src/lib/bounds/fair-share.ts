/**
 * Who makes room in a full table whose entries strangers may invent: the owner with the most
 * entries, and of its entries the newest. So an owner that invents many displaces its own, and one
 * with few entries always finds room.
 */

/**
 * The newest entry of the owner with the most.
 * @param entries the oldest first
 * @param ownerOf whose it is; undefined: it makes room for nobody
 * @param newcomer the owner of the entry that needs room
 * @returns undefined when the newcomer has as many as that owner, or one less
 */
export function newestOfMost<Entry, Owner>(
  entries: Iterable<Entry>,
  ownerOf: (entry: Entry) => Owner | undefined,
  newcomer: Owner,
): Entry | undefined {
  const byOwner = new Map<Owner, { count: number; newest: Entry }>();
  for (const entry of entries) {
    const owner = ownerOf(entry);
    if (owner === undefined) continue;
    byOwner.set(owner, { count: (byOwner.get(owner)?.count ?? 0) + 1, newest: entry });
  }
  const [most] = [...byOwner.values()].sort((one, other) => other.count - one.count);
  const own = byOwner.get(newcomer)?.count ?? 0;
  return most !== undefined && most.count > own + 1 ? most.newest : undefined;
}
