/**
 * A test signals single processes. To the system 0 and negative ids are groups, and -1 is every
 * process of the machine: `kill(scx?.pid ?? -1)` of an SCX that is not there has ended whole gates.
 */
const { kill } = process;

// Files that share a process share this, too: it is put in front of the real one once.
if (kill.name !== 'killOne') {
  process.kill = function killOne(pid, signal) {
    if (Number.isInteger(pid) && pid > 1) return kill.call(process, pid, signal);
    throw new Error(`${pid} is the id of no single process`);
  };
}
