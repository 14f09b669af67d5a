/**
 * A player that connects again whenever its stream ends, from an address of its own: `node player.mjs
 * URL LOCAL_ADDRESS`. It prints a line of JSON for each connection that brings audio: the address at
 * which it hears, and how long it heard nothing before that, ms. SIGTERM ends it.
 */
import { get } from 'node:http';

const [, , address, localAddress] = process.argv;
const AGAIN_MS = 20;
const TIMEOUT_MS = 5000;

let silentSince = Date.now();

function connect(url) {
  let isOver = false;
  const again = () => {
    if (isOver) return;
    isOver = true;
    setTimeout(() => connect(address), AGAIN_MS);
  };
  const request = get(url, { localAddress, agent: false, timeout: TIMEOUT_MS }, (response) => {
    const { location } = response.headers;
    if (response.statusCode === 302 && location !== undefined) {
      isOver = true;
      response.destroy();
      return connect(location);
    }
    if (response.statusCode !== 200) {
      response.destroy();
      return again();
    }
    response.once('data', () => {
      const at = Date.now();
      console.log(JSON.stringify({ at, url, silentMs: at - silentSince }));
    });
    response.on('data', () => undefined);
    response.on('close', () => {
      silentSince = Date.now();
      again();
    });
    response.on('error', () => undefined);
  });
  request.on('timeout', () => request.destroy());
  request.on('error', again);
}

process.once('SIGTERM', () => process.exit(0));
connect(address);
