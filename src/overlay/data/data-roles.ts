/** Who may say what on a data connection. */
import type { DataMessage } from '../../gossamer/core/message.js';

/** What a parent tells a child. */
export type ParentMessage = Extract<
  DataMessage,
  { kind: 'subscribed' | 'refused' | 'head' | 'lost' }
>;

/** What a child says to its parent. */
export type ChildMessage = Exclude<DataMessage, ParentMessage>;

export const isFromParent = (message: DataMessage): message is ParentMessage =>
  message.kind === 'subscribed' ||
  message.kind === 'refused' ||
  message.kind === 'head' ||
  message.kind === 'lost';
