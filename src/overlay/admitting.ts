/**
 * Who may connect to the overlay port: SCXs of the session, source clients, clients that receive, and
 * SCXs whose operators look at the overlay. Each kind is handed to the part that serves it.
 */
import type { ClientHello, Hello, ReceiveHello } from '../wire/hello.js';
import type { ControlLinks } from './control/control-links.js';
import type { DataLinks } from './data/data-links.js';
import { createReceiverConnection, type ReceiverConnection } from './data/receiver-connection.js';
import type { Admission, Refusal } from './sockets/admission.js';
import { type ClientConnection, createClientConnection } from './sockets/client-connection.js';
import { controlHello, type OverlayContext } from './sockets/context.js';
import type { Watchers } from './watch/watchers.js';

export interface AdmittingOptions {
  /** `scattercast://creator/session`, normalised: peers must name the same session. */
  readonly session: string;
  /** Why a source client may not attach from an IP address; undefined: it may. */
  objectionTo?(
    client: ClientHello,
    remoteAddress: string,
  ): Refusal | undefined | Promise<Refusal | undefined>;
  /** Called when a source client attaches: set its callbacks before returning. */
  onClient(client: ClientConnection): void;
  /** Why a client may not receive at an IP address; undefined: it may. Default: none may. */
  objectionToReceiver?(
    hello: ReceiveHello,
    remoteAddress: string,
  ): Refusal | undefined | Promise<Refusal | undefined>;
  /** Called when a client that receives attaches: register its events before returning. */
  onReceiver?(receiver: ReceiverConnection): void;
}

/** The parts that serve connections. */
interface AdmittingParts {
  readonly context: OverlayContext;
  readonly controlLinks: ControlLinks;
  readonly dataLinks: DataLinks;
  readonly watchers: Watchers;
}

/** Admits SCXs of our session, and clients to which there is no objection. */
export function admitPeer(
  options: AdmittingOptions,
  { context, controlLinks, dataLinks, watchers }: AdmittingParts,
  hello: Hello,
  remoteAddress: string,
): Admission | Promise<Admission> {
  if (hello.session !== options.session) return { kind: 'refused', reason: 'wrong session' };
  if (hello.purpose === 'client') return admitClient(options, context, hello, remoteAddress);
  if (hello.purpose === 'receive') return admitReceiver(options, context, hello, remoteAddress);
  if (hello.id === context.self().id) return { kind: 'refused', reason: 'own id' };
  const objection = context.membership.objectionTo(hello);
  if (objection !== undefined) return { kind: 'refused', reason: objection };
  if (hello.purpose === 'watch') return watchers.admit();
  return hello.purpose === 'control' ? controlLinks.admit(hello) : dataLinks.admit(hello);
}

/** Decides when it is known whether there is an objection. */
function unlessObjected(
  objection: Refusal | undefined | Promise<Refusal | undefined>,
  admission: Admission,
): Admission | Promise<Admission> {
  const decide = (found: Refusal | undefined): Admission =>
    found === undefined ? admission : { kind: 'refused', ...found };
  return objection instanceof Promise ? objection.then(decide) : decide(objection);
}

const admitClient = (
  { objectionTo, onClient }: AdmittingOptions,
  context: OverlayContext,
  hello: ClientHello,
  remoteAddress: string,
): Admission | Promise<Admission> =>
  unlessObjected(objectionTo?.(hello, remoteAddress), {
    kind: 'admitted',
    answer: controlHello(context),
    onOpen: (connection) => onClient(createClientConnection(connection, hello, context)),
  });

const NO_RECEIVERS: Refusal = { reason: 'this SCX serves no clients that receive', isFinal: true };

const admitReceiver = (
  { objectionToReceiver = () => NO_RECEIVERS, onReceiver }: AdmittingOptions,
  context: OverlayContext,
  hello: ReceiveHello,
  remoteAddress: string,
): Admission | Promise<Admission> =>
  unlessObjected(objectionToReceiver(hello, remoteAddress), {
    kind: 'admitted',
    answer: controlHello(context),
    isListener: true,
    onOpen: (connection) => onReceiver?.(createReceiverConnection(connection, hello, context)),
  });
