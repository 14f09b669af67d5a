/**
 * `GET /directory/networks`: the networks from which a cluster has had listeners, with the shortest round
 * trip of each to that cluster, as its own connections have shown it. Only networks of several listeners
 * are told (locating/own-networks.ts). The answer is signed (http/signed-answer.ts).
 */
import { z } from 'zod';

export const NETWORKS_PATH = '/directory/networks';

/** Networks in one answer; who gets that many asks again, with the version of the answer. */
export const NETWORKS_TOLD_MAX = 5000;

/** Longer round trips are errors, ms. */
const RTT_MS_MAX = 5000;

const network = z.string().regex(/^[0-9a-f.:]{4,45}$/);

export const networksAnswerSchema = z.object({
  /** The cluster's key. */
  cluster: z.string().max(64),
  /** For `?since=`, next time. */
  version: z.string().max(64),
  /** What has changed since then: an IPv4 /24 (`192.0.2.0`) or an IPv6 /48 (`2001:db8:1::`), and ms. */
  networks: z
    .array(z.tuple([network, z.number().int().min(1).max(RTT_MS_MAX)]))
    .max(NETWORKS_TOLD_MAX),
});

export type NetworksAnswer = Readonly<z.infer<typeof networksAnswerSchema>>;
