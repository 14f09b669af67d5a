/**
 * The bytes of the parts of a rival's message, in the units of our own wire format, so that control
 * traffic compares: a frame's head, a kind, ids of 128 bits, IPv4 addresses with a port.
 */
export const HEAD_BYTES = 5;
export const ID_BYTES = 16;
export const MEMBER_BYTES = ID_BYTES + 7;
/** A count, a distance, a sequence number. */
export const NUMBER_BYTES = 4;
/** Source, channel and sequence number of an ADU. */
export const ADU_ID_BYTES = 8 + 1 + NUMBER_BYTES;
