/** A thread that plays simulated runs, one after the other; see job-pool.ts. */
import { parentPort } from 'node:worker_threads';
import { createPlayer, type Job } from './job.js';

const play = createPlayer();
parentPort?.on('message', (job: Job) => play(job, (event) => parentPort?.postMessage(event)));
