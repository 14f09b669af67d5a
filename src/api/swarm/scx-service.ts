/**
 * What the SCX of a Swarm service is started with. The engine shows a service to everybody who may
 * ask it, so this is a launch document (scx-launch.ts) without anything secret: the SCX draws its key
 * by itself, at each start, so a task that the engine has restarted is another SCX; the cluster's
 * secret comes as a Docker secret; the rest is asked of a front end (`POST /joins`).
 *
 * The document travels as base64 in the environment, because the engine expands `{{...}}` there and
 * titles are written by strangers.
 */
import { z } from 'zod';
import { segmentPlaceSchema, voucherSchema } from '../../wire/hello.js';
import { SEALED_CERTIFICATE_MAX } from '../certificates/cluster-certificate.js';
import { encoderTitlesSchema } from '../encoder-titles.js';
import { launchSchema, listenerHookSchema } from '../scx-launch.js';
import { neighboursSchema } from '../scx-status.js';

/** The environment variable of the document, and those that the engine fills in. */
export const SERVICE_VARIABLE = 'SCATTERCAST_SCX_SERVICE';
export const SERVICE_ID_VARIABLE = 'SCATTERCAST_SCX_SERVICE_ID';
export const MACHINE_VARIABLE = 'SCATTERCAST_SCX_MACHINE';

/** Where the engine puts the cluster's secret. */
export const SECRET_FILE = '/run/secrets/scattercast-lease';

/** Managers of a Swarm are few: 7 are many. */
export const FRONT_ENDS_MAX = 16;

const frontEndsSchema = z.array(z.string().max(2048)).max(FRONT_ENDS_MAX);

const port = z.number().int().min(1).max(65_535);

export const scxServiceSchema = z.strictObject({
  /** The front ends at the time of its creation, `http://HOST:PORT`. */
  frontEnds: frontEndsSchema,
  /** The ports of SCXs on each machine, `last` included; null: any. */
  ports: z.strictObject({ first: port, last: port }).nullable(),
  launch: launchSchema.omit({
    ...{ id: true, keySeed: true, voucher: true, formerNeighbours: true, encoderTitles: true },
    segment: true,
    ...{ leaseUrl: true, leaseUrls: true, leaseToken: true, advertiseHost: true, service: true },
    ...{ machine: true, httpPort: true, overlayPort: true },
    ...{ successorFile: true, accessLog: true, certificate: true, listenerHook: true },
    ...{ sealedCertificate: true },
  }),
});

/** The document. */
export type ScxService = Readonly<z.infer<typeof scxServiceSchema>>;

/** The body of `POST /joins`: an SCX has been started and asks for what its document does not have. */
export const joinSchema = z.strictObject({
  id: launchSchema.shape.id,
  session: launchSchema.shape.session,
  /** The engine's id of its service. */
  service: z.string().max(64),
});

export type Join = Readonly<z.infer<typeof joinSchema>>;

export const joinAnswerSchema = z.object({
  voucher: voucherSchema,
  formerNeighbours: neighboursSchema,
  encoderTitles: encoderTitlesSchema,
  segment: segmentPlaceSchema.optional(),
  listenerHook: listenerHookSchema.nullable(),
  /** The cluster's certificate (api/certificates); absent: it has none. */
  sealedCertificate: z.string().max(SEALED_CERTIFICATE_MAX).optional(),
  frontEnds: frontEndsSchema,
});

/** The answer; proven by the cluster's secret, as that of a lease is. */
export type JoinAnswer = Readonly<z.infer<typeof joinAnswerSchema>>;
