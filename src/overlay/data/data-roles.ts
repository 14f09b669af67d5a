/** Separates the messages on a data connection into those of the parent and those of the child. */
import type { DataMessage } from '../../gossamer/core/message.js';

/** Messages of a parent to a child. */
export type ParentMessage = Extract<
  DataMessage,
  { kind: 'subscribed' | 'refused' | 'head' | 'lost' }
>;

/** Messages of a child to its parent. */
export type ChildMessage = Exclude<DataMessage, ParentMessage>;

export const isFromParent = (message: DataMessage): message is ParentMessage =>
  message.kind === 'subscribed' ||
  message.kind === 'refused' ||
  message.kind === 'head' ||
  message.kind === 'lost';
