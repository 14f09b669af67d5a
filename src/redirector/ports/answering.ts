/** From a query to its answer, for both transports: what concerns every zone, and what is counted. */
import { networkOf } from '../../http/ip-address.js';
import {
  type ClientSubnet,
  emptyReply,
  type Query,
  RCODE,
  type Rcode,
  type Reply,
} from '../dns/message.js';
import type { Zone } from '../zone/zone.js';

type Transport = 'udp' | 'tcp';

export interface Answering {
  /** `address`: of the resolver. */
  answer(query: Query, address: string, transport: Transport): Reply;
  /** Bytes that are no query; they are dropped. */
  onMalformed(transport: Transport): void;
  /** An answer beyond the rate. */
  onLimited(verdict: 'truncate' | 'drop'): void;
  onSocketError(error: Error): void;
}

export interface AnsweringOptions {
  readonly zone: Zone;
  onAnswered(transport: Transport, rcode: Rcode, ms: number): void;
  readonly onMalformed: Answering['onMalformed'];
  readonly onLimited: Answering['onLimited'];
  readonly onSocketError: Answering['onSocketError'];
}

const STANDARD_QUERY = 0;
const EDNS_VERSION = 0;

/** The address that a prefix begins, with zeros behind. */
function addressIn({ family, prefix }: ClientSubnet): string {
  if (family === 1) return [0, 1, 2, 3].map((index) => prefix[index] ?? 0).join('.');
  const words = [0, 2, 4, 6, 8, 10, 12, 14].map((index) =>
    (((prefix[index] ?? 0) << 8) | (prefix[index + 1] ?? 0)).toString(16),
  );
  return words.join(':');
}

/** Where the listeners are: what the resolver tells of them, or else where it is itself. */
function networkIn({ edns }: Query, address: string): string {
  const subnet = edns?.subnet;
  const isTold = subnet !== undefined && subnet !== 'malformed' && subnet.prefixLength > 0;
  return networkOf(isTold ? addressIn(subnet) : address);
}

function replyTo(zone: Zone, query: Query, address: string): Reply {
  if (query.opcode !== STANDARD_QUERY) return emptyReply(RCODE.notImp);
  if (query.edns?.subnet === 'malformed') return emptyReply(RCODE.formErr);
  if ((query.edns?.version ?? EDNS_VERSION) !== EDNS_VERSION) return emptyReply(RCODE.badVers);
  return zone.reply(query, networkIn(query, address));
}

/** Creates what answers queries about the zone. */
export function createAnswering({ zone, onAnswered, ...events }: AnsweringOptions): Answering {
  return {
    ...events,
    answer: (query, address, transport) => {
      const startedAt = performance.now();
      const reply = replyTo(zone, query, address);
      onAnswered(transport, reply.rcode, performance.now() - startedAt);
      return reply;
    },
  };
}
