/** The parts of DNS messages (RFC 1035, 2782, 6891, 7871) that a server of a few types of records needs. */

/** Types of records, by their numbers. */
export const TYPE = {
  ...{ A: 1, NS: 2, SOA: 6, HINFO: 13, AAAA: 28, SRV: 33, OPT: 41 },
  ...{ IXFR: 251, AXFR: 252, ANY: 255 },
} as const;

export const CLASS_IN = 1;
export const CLASS_ANY = 255;

/** Response codes; those above 15 need EDNS. */
export const RCODE = {
  ...{ noError: 0, formErr: 1, servFail: 2, nxDomain: 3, notImp: 4, refused: 5, badVers: 16 },
} as const;

export type Rcode = (typeof RCODE)[keyof typeof RCODE];

/** What is asked. */
export interface Question {
  /**
   * From the most special to the root, in lower case. Bytes that no name of ours has are written
   * `?`, so that such a label equals none.
   */
  readonly labels: readonly string[];
  readonly type: number;
  readonly class: number;
  /** As it was sent: resolvers compare it letter by letter. */
  readonly bytes: Uint8Array;
}

/** Of a client, as its resolver tells it (RFC 7871). */
export interface ClientSubnet {
  /** 1: IPv4, 2: IPv6, 0: the client does not want to be located. */
  readonly family: 0 | 1 | 2;
  readonly prefixLength: number;
  /** The first bytes of the address, as many as the prefix needs. */
  readonly prefix: Uint8Array;
}

/** EDNS of a query (RFC 6891). */
export interface Edns {
  readonly version: number;
  /** The largest answer over UDP that the asker takes, bytes. */
  readonly bytesMax: number;
  /** `malformed`: it is there, and wrong. */
  readonly subnet: ClientSubnet | 'malformed' | undefined;
}

/** A query. */
export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly question: Question;
  readonly edns: Edns | undefined;
}

/** The data of a record. */
export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'NS'; readonly host: string }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | {
      readonly type: 'SOA';
      readonly primary: string;
      readonly mailbox: string;
      readonly serial: number;
      /** How long it may be remembered that there is nothing, s. */
      readonly minimum: number;
    }
  | { readonly type: 'HINFO'; readonly cpu: string };

/** A record; names are in lower case, without the final dot. */
export type DnsRecord = RecordData & { readonly name: string; readonly ttl: number };

/** What a query is answered with. */
export interface Reply {
  readonly rcode: Rcode;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  /** May be left out where the room is short. */
  readonly additional: readonly DnsRecord[];
  /** It is for the network of the client, and other networks may get other ones. */
  readonly isForNetwork: boolean;
}

/** A reply without records. */
export const emptyReply = (rcode: Rcode): Reply => ({
  ...{ rcode, answers: [], authority: [], additional: [], isForNetwork: false },
});
