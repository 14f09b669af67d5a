/**
 * Source passwords, admin tokens, webhook secrets: drawn, never chosen, so a plain hash protects
 * them. People copy them by hand and source clients put them into URLs and headers: no characters
 * that look alike or mean something there, and fewer of them than the 60 that some tools take.
 */
import { randomInt } from 'node:crypto';

/** Without i, l, o, 0 and 1: 4.95 bits each. */
const CHARACTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

const GROUPS = 4;
const GROUP_LENGTH = 6;

const drawGroup = (): string =>
  Array.from({ length: GROUP_LENGTH }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join('');

/** 118 random bits, like `k3nd8w-...-...-...`. */
export const drawSecret = (): string => Array.from({ length: GROUPS }, drawGroup).join('-');
