/**
 * Which SCXs may join a private session: those of the clusters that its announcement lists
 * (session/privacy.ts). A cluster signs for each SCX that it launches, and the SCX shows that in its
 * HELLO; its id there is proven by TLS. Both ends of a connection ask for it, so that nobody takes
 * sound from an SCX, or gets others to send it there.
 *
 * When a cluster is taken out of the list, its open connections end (sockets/connections.ts).
 */
import type { NodeId } from '../../gossamer/core/node.js';
import { type SigningKey, verifierOf } from '../../runtime/signing-key.js';
import type { PublicKey } from '../../session/public-key.js';
import type { ControlHello, Voucher } from '../../wire/hello.js';

export interface Membership {
  /** Every SCX may take part. */
  readonly isOpen: boolean;
  /** What this SCX shows. */
  readonly own: { readonly voucher?: Voucher };
  /** Why the SCX of a HELLO may not take part; undefined: it may. */
  objectionTo(hello: Pick<ControlHello, 'id' | 'voucher'>): string | undefined;
  /** The clusters that may carry the session; undefined: all. */
  setClusters(clusters: readonly PublicKey[] | undefined): void;
}

export interface MembershipOptions {
  /** The id of the session. */
  readonly session: string;
  readonly voucher: Voucher | undefined;
  readonly clusters: readonly PublicKey[] | undefined;
}

const statementOf = (session: string, id: string): Buffer => Buffer.from(`${session}\n${id}`);

/** A cluster's word that the SCX with that id is its own, for one session. */
export const vouchFor = (clusterKey: SigningKey, session: string, id: string): Voucher => ({
  key: clusterKey.publicKey,
  signature: Buffer.from(clusterKey.sign('cluster', statementOf(session, id))).toString(
    'base64url',
  ),
});

const STRANGER = 'this session is private, and its announcement does not list your cluster';
const UNPROVEN = 'this session is private, and your cluster has not signed for you';

const isSigned = (session: string, id: NodeId, { key, signature }: Voucher): boolean =>
  verifierOf(key)('cluster', statementOf(session, id), Buffer.from(signature, 'base64url'));

/** Creates the check for one SCX. */
export function createMembership(options: MembershipOptions): Membership {
  const { session, voucher } = options;
  let { clusters } = options;
  return {
    get isOpen() {
      return clusters === undefined;
    },
    own: voucher === undefined ? {} : { voucher },
    objectionTo: ({ id, voucher: shown }) => {
      if (clusters === undefined) return undefined;
      if (shown === undefined || !clusters.includes(shown.key)) return STRANGER;
      return isSigned(session, id, shown) ? undefined : UNPROVEN;
    },
    setClusters: (listed) => {
      clusters = listed;
    },
  };
}
