/**
 * The protocols that can be compared. Gossamer is the one of this project; the others follow their
 * papers, each in a folder of its own.
 */
import type { GossamerOptions } from '../../gossamer/compose-rules.js';
import type { Message } from '../../gossamer/core/message.js';
import { createGossamer, type Gossamer } from '../../gossamer/gossamer.js';
import { messageBytes } from '../../wire/encoder.js';
import type { Protocol } from './core/protocol.js';
import { createRivalMachine, opened } from './core/rival-machine.js';
import { narada } from './narada/narada.js';
import { nice } from './nice/nice.js';
import { plumtree } from './plumtree/plumtree.js';

export const PROTOCOLS = ['gossamer', 'plumtree', 'narada', 'nice'] as const;

export type ProtocolName = (typeof PROTOCOLS)[number];

/** What a comparison needs of a protocol. */
export interface Contestant {
  create(options: GossamerOptions): Gossamer;
  /** The bytes of a control message; undefined: it carries an ADU. */
  controlBytes(message: Message): number | undefined;
}

const GOSSAMER: Contestant = { create: createGossamer, controlBytes: messageBytes };

const rival = <Own extends { readonly kind: string }>(protocol: Protocol<Own>): Contestant => ({
  create: (options) => createRivalMachine(protocol, options),
  controlBytes: (message) => {
    const own = opened<Own>(message);
    return protocol.isData(own) ? undefined : protocol.bytesOf(own);
  },
});

const CONTESTANTS: Readonly<Record<ProtocolName, Contestant>> = {
  gossamer: GOSSAMER,
  plumtree: rival(plumtree),
  narada: rival(narada),
  nice: rival(nice),
};

export const contestantOf = (name: ProtocolName): Contestant => CONTESTANTS[name];
