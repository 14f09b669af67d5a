/**
 * Inputs of the machine (core/effects.ts): each is handed to the rules that it is for. The rules are
 * looked up once, when the handler is created: inputs come thousands of times a second, above all in
 * simulated sessions.
 */
import { unreachable } from '../lib/assert.js';
import type { Input } from './core/effects.js';
import { createMessages } from './messages.js';
import type { Rules } from './rules.js';

type LinkDown = Extract<Input, { kind: 'linkDown' }>;

function createLinkDown(rules: Rules) {
  const { life, pings, optimizer, mesh, departures, membership, rendezvous } = rules;
  return ({ address, reason }: LinkDown, now: number): void => {
    pings.onUnreachable(address);
    optimizer.onUnreachable(address);
    mesh.onLinkDown(address, now);
    if (reason !== 'unreachable') return departures.onClosedAgain(address, now);
    membership.unreachable(address, now);
    departures.onUnreachable(address, now);
    if (life.state() === 'joined' && membership.reachable(now).length === 0) {
      rendezvous.callUntilSettled(now);
    }
  };
}

/** Creates a handler that hands each input to the rules that it is for. */
export function createInputs(rules: Rules): (input: Input, now: number) => void {
  const { life, routing, distribution, rendezvous, departures, liveness, entries } = rules;
  const handleMessage = createMessages(rules);
  const onLinkDown = createLinkDown(rules);
  return (input, now) => {
    switch (input.kind) {
      case 'join':
        return life.join(now);
      case 'leave':
        return life.leave(now);
      case 'announceSource':
        return routing.announce(input.source, now);
      case 'withdrawSource':
        return routing.withdraw(input.source, now);
      case 'publish':
        return distribution.publish(input.adu, now);
      case 'addChannels':
        return distribution.addChannels(input.channels, now);
      case 'publishEntries':
        return entries.publish(input.entries, now);
      case 'audience':
        return distribution.setAudience(input.listeners, now);
      case 'optionalChannels':
        return distribution.setOptional(input, now);
      case 'located':
        return rendezvous.handleLocated(input.address, now);
      case 'received':
        departures.onMessage(input.from, now);
        liveness.heard(input.from.id, now);
        return handleMessage(input.from, input.message, now);
      case 'dataReceived':
        liveness.heard(input.from.id, now);
        return distribution.handleData(input.from, input.message, now);
      case 'adu':
        liveness.heard(input.from, now);
        return distribution.handleAdu(input.from, input.adu, now);
      case 'linkDown':
        return onLinkDown(input, now);
      case 'dataDown':
        return input.peerIs === 'parent'
          ? distribution.onParentDown(input.peer, input.channel, now)
          : distribution.onChildDown(input.peer, input.channel, now);
      case 'congested':
      case 'drained':
        return distribution.onCongestion(input, now);
      default:
        return unreachable(input);
    }
  };
}
