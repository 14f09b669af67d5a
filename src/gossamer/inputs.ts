/** Inputs of the machine (core/effects.ts): each is handed to the rules that it is for. */
import { unreachable } from '../lib/assert.js';
import type { Input } from './core/effects.js';
import type { Address } from './core/node.js';
import { handleMessage } from './messages.js';
import type { Rules } from './rules.js';

function onLinkDown(rules: Rules, address: Address, isUnreachable: boolean, now: number): void {
  const { life, pings, optimizer, mesh, departures, membership, rendezvous } = rules;
  pings.onUnreachable(address);
  optimizer.onUnreachable(address);
  mesh.onLinkDown(address, now);
  if (!isUnreachable) return departures.onClosedAgain(address, now);
  membership.unreachable(address, now);
  departures.onUnreachable(address, now);
  if (life.state === 'joined' && membership.reachable(now).length === 0) {
    rendezvous.callUntilSettled(now);
  }
}

/** Hands an input to the rules that it is for. */
export function handleInput(rules: Rules, input: Input, now: number): void {
  const { life, routing, distribution, rendezvous, departures, liveness } = rules;
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
    case 'audience':
      return distribution.setAudience(input.listeners, now);
    case 'located':
      return rendezvous.handleLocated(input.address, now);
    case 'received':
      departures.onMessage(input.from, now);
      liveness.heard(input.from.id, now);
      return handleMessage(rules, input, now);
    case 'dataReceived':
      liveness.heard(input.from.id, now);
      return distribution.handleData(input.from, input.message, now);
    case 'adu':
      liveness.heard(input.from, now);
      return distribution.handleAdu(input.from, input.adu, now);
    case 'linkDown':
      return onLinkDown(rules, input.address, input.reason === 'unreachable', now);
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
}
