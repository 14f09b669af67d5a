/** Closes and removes after each test what modules that tests share have opened (after-test.ts). */
import { afterEach } from 'vitest';
import { cleanUpNow } from './after-test.js';

afterEach(cleanUpNow);
