/**
 * The certificate of a cluster of several machines. Its front ends read it from their files; SCXs on
 * other machines cannot, and get it from a front end, sealed (runtime/sealed-text.ts): when they join,
 * and later by `GET /certificate`, as soon as the terms of a lease (api/lease.ts) name another one. So a
 * renewed certificate reaches an SCX without ending a stream.
 */
import { z } from 'zod';

/** Names a certificate. While front ends have different ones, the one that was issued last holds. */
export const certificateMarkSchema = z.object({
  /** The beginning of its validity, ms since 1970. */
  sinceMs: z.number(),
  hash: z.string().max(64),
});

export type CertificateMark = Readonly<z.infer<typeof certificateMarkSchema>>;

const pem = z.string().max(128 * 1024); // guess: chains have 3 to 10 kB

/** What is sealed, as JSON: the certificate with its chain and its key (PEM), and the mark's hash. */
export const sharedCertificateSchema = z.object({
  cert: pem,
  key: pem,
  hash: certificateMarkSchema.shape.hash,
});

/** Sealed, in base64; longer than the longest pair. */
export const SEALED_CERTIFICATE_MAX = 512 * 1024;
