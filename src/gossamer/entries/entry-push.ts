/**
 * Passes news on: new entries, over a tree within the mesh, at once (Plumtree: Leitão, Pereira,
 * Rodrigues, *Epidemic Broadcast Trees*, 2007). To an *eager* neighbour whole entries are sent, to
 * a *lazy* one only their stamps. All neighbours begin as eager. One from which an entry comes a second
 * time becomes lazy; one from which an entry had to be asked for becomes eager again. So each SCX
 * gets an entry about once, whoever its author is, and a tree that breaks is mended by the stamps.
 */
import { type Context, send } from '../core/context.js';
import { type Entry, type EntryStamp, stampOf } from '../core/entry.js';
import type { EntryMessage } from '../core/message.js';
import type { Member, NodeId } from '../core/node.js';

/** Entries in one message: 8 to 50 kB. Guess. */
export const ENTRIES_PER_MESSAGE = 16;

/** Stamps in one message: 17 kB. Guess. */
export const STAMPS_PER_MESSAGE = 1024;

interface Neighbour {
  readonly member: Member;
  isEager: boolean;
  /** What it is to be told, if it is lazy. Bounded: `tellLazy` is called soon. */
  stamps: EntryStamp[];
}

export interface EntryPush {
  onEdgeUp(member: Member): void;
  onEdgeDown(id: NodeId): void;
  /** Passes entries on to all neighbours but the one that they came from. */
  passOn(entries: readonly Entry[], from: NodeId | undefined): void;
  /** Whether stamps wait for `tellLazy`. */
  hasStamps(): boolean;
  tellLazy(): void;
  /** Tells a neighbour whether to send us whole entries, unless it does that already. */
  become(id: NodeId, isEager: boolean): void;
  /** The neighbour tells us the same. */
  onTold(id: NodeId, isEager: boolean): void;
}

/** At most `most` items in each part. */
export function inParts<Item>(items: readonly Item[], most: number): Item[][] {
  const parts: Item[][] = [];
  for (let at = 0; at < items.length; at += most) parts.push(items.slice(at, at + most));
  return parts;
}

/** Creates the push of an SCX without neighbours. */
export function createEntryPush(context: Context): EntryPush {
  const neighbours = new Map<NodeId, Neighbour>();

  const tell = ({ member }: Neighbour, message: EntryMessage): void =>
    send(context, member.address, message);

  return {
    onEdgeUp: (member) => void neighbours.set(member.id, { member, isEager: true, stamps: [] }),
    onEdgeDown: (id) => void neighbours.delete(id),
    passOn: (entries, from) => {
      for (const [id, neighbour] of neighbours) {
        if (id === from) continue;
        if (!neighbour.isEager) neighbour.stamps.push(...entries.map(stampOf));
        else {
          for (const part of inParts(entries, ENTRIES_PER_MESSAGE)) {
            tell(neighbour, { kind: 'entries', isNews: true, entries: part });
          }
        }
      }
    },
    hasStamps() {
      return [...neighbours.values()].some(({ stamps }) => stamps.length > 0);
    },
    tellLazy: () => {
      for (const neighbour of neighbours.values()) {
        const { stamps } = neighbour;
        neighbour.stamps = [];
        for (const part of inParts(stamps, STAMPS_PER_MESSAGE)) {
          tell(neighbour, { kind: 'entryNews', stamps: part });
        }
      }
    },
    become: (id, isEager) => {
      const neighbour = neighbours.get(id);
      if (neighbour === undefined || neighbour.isEager === isEager) return;
      neighbour.isEager = isEager;
      tell(neighbour, { kind: 'entryEager', isEager });
    },
    onTold: (id, isEager) => {
      const neighbour = neighbours.get(id);
      if (neighbour !== undefined) neighbour.isEager = isEager;
    },
  };
}
