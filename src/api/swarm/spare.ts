/**
 * A spare SCX on a Swarm: a service whose task has started and waits for a session. It asks every
 * front end for one (`POST /spares`), and each keeps the question open for SPARE_HOLD_MS, so a front end
 * that needs an SCX has one at once. The launch that comes first counts; the SCX then joins as every
 * other does (`POST /joins`), which tells all front ends what has become of it.
 */
import { z } from 'zod';
import { scxServiceSchema } from './scx-service.js';

/** How long a front end keeps a question open, ms. Guess: long beside a round trip. */
export const SPARE_HOLD_MS = 2000;

/** What the service of a spare starts it with, in place of a launch. */
export const spareServiceSchema = scxServiceSchema.omit({ launch: true }).extend({
  /** The image that the service has: a front end of another version gives it no session. */
  image: z.string().max(1000),
  logLevel: scxServiceSchema.shape.launch.shape.logLevel,
});

export type SpareService = Readonly<z.infer<typeof spareServiceSchema>>;

/** The body of `POST /spares`. */
export const spareSchema = z.strictObject({
  /** The engine's id of its service. */
  service: z.string().max(64),
  machine: z.string().max(255),
  image: spareServiceSchema.shape.image,
});

export type SpareQuestion = Readonly<z.infer<typeof spareSchema>>;

export const spareAnswerSchema = z.object({
  frontEnds: scxServiceSchema.shape.frontEnds,
  /** Absent: it goes on waiting. */
  launch: scxServiceSchema.shape.launch.optional(),
});

/** The answer; proven by the cluster's secret. */
export type SpareAnswer = Readonly<z.infer<typeof spareAnswerSchema>>;

/** What an SCX is to do, without what is secret or not known before it runs. */
export type OpenLaunch = NonNullable<SpareAnswer['launch']>;
