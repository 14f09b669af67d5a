/**
 * The listening socket that systemd passes on (sd_listen_fds(3), "socket activation"). Systemd opens
 * the port and keeps it while the service is restarted, so connections wait instead of being
 * refused. The variables name a process, because children inherit them as well.
 */

/** The first descriptor that is passed on. */
const FIRST_FD = 3;

/** The descriptor of the socket for the process `pid`; undefined if there is none. */
export function inheritedSocket(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { LISTEN_PID, LISTEN_FDS } = env;
  const isForUs = LISTEN_PID === `${pid}` && /^[1-9]\d{0,3}$/.test(LISTEN_FDS ?? '');
  return isForUs ? FIRST_FD : undefined;
}
