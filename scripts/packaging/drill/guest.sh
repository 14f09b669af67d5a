#!/bin/bash
# The steps of the installation drill, inside a machine that systemd has booted. Arguments: the
# package, and the same package with a later version. Prints a line for each thing that holds; the
# first one that does not ends the drill.
set -euo pipefail
package=$1 later=$2
cd /root
stream=http://localhost:8000/listen/radio.example/night.mp3

now() { echo $(($(date +%s%N) / 1000000)); }
say() { printf '%6.1f s  %s\n' "$(($(now) - started))e-3" "$*"; }
holds() {
	local what=$1
	shift
	if "$@"; then say "$what"; else say "NOT: $what" && exit 1; fi
}
# Waits for a condition for half a minute.
comes() {
	local what=$1 i
	shift
	for ((i = 0; i < 300; i++)); do
		if "$@"; then say "$what" && return; fi
		sleep 0.1
	done
	say "NOT within 30 s: $what"
	ps -u scattercast -o pid,ppid,etimes,stat,args || true
	journalctl --no-pager -o cat -u scattercast | tail -20
	exit 1
}
no_processes() { ! pgrep -u scattercast -f main.js >/dev/null; }
# The processes of SCXs; a spare is none.
scxs() {
	scattercast status --json 2>/dev/null | /usr/lib/scattercast/bin/node -e '
		const { sessions } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
		for (const { pid } of sessions.flatMap(({ scxs }) => scxs)) console.log(pid);' || true
}
is_mode() { [ "$(stat -c '%U %a' "$1")" = "$2" ]; }
answers() { curl -fs http://localhost:8000/healthz >/dev/null; }
sounds() { mpg123 -q -t -n 100 "$stream" 2>&1 | (! grep -q .); }
on_air() { scattercast status 2>/dev/null | grep -q 'on the air'; }
listens() { kill -0 "$listener" 2>/dev/null; }
main() { systemctl show --value -p MainPID scattercast; }
# Another one, and only one.
is_other() { [[ $2 =~ ^[0-9]+$ && $1 != "$2" ]]; }
other_main() { is_other "$1" "$(main)" && answers; }
other_scx() { is_other "$1" "$(scxs)"; }
same_scx() { [ "$1" = "$(scxs)" ]; }
of_process() { grep -q "^$1" "/proc/$(main)/status"; }

started=$(now)
dpkg -i "$package" >/dev/null
comes 'installed: the cluster answers' answers
holds 'the data directory is its own' is_mode /var/lib/scattercast 'scattercast 700'
holds 'the log directory is its own' is_mode /var/log/scattercast 'scattercast 750'
holds 'it has no capability' of_process $'CapBnd:\t0000000000000000'
holds 'it gains no privilege' of_process $'NoNewPrivs:\t1'
holds 'its system calls are filtered' of_process $'Seccomp:\t2'

scattercast announce --name scattercast://radio.example/night >/dev/null 2>secrets
SCATTERCAST_PASSWORD=$(sed -n 's/^source password: \(\S*\) .*/\1/p' secrets) scattercast broadcast \
	--announcement radio.example/night --loop /usr/lib/scattercast/web/demo/clip.mp3 >/dev/null 2>&1 &
comes 'a broadcaster is on the air' on_air
holds 'mpg123 hears it' sounds
say 'FROM THE FIRST COMMAND TO SOUND'

mpg123 -q -t "$stream" &
listener=$!
comes 'a listener stays' listens
front_end=$(main) scx=$(scxs)
systemctl restart scattercast
comes 'restarted: another front end answers' other_main "$front_end"
comes 'the SCX is the same' same_scx "$scx"
holds 'the listener is still connected' listens

front_end=$(main)
kill -9 "$front_end"
comes 'killed: another front end answers' other_main "$front_end"
holds 'the listener is still connected' listens

front_end=$(main)
systemctl reload scattercast
holds 'reloaded: the front end is the same' [ "$front_end" = "$(main)" ]

sed -i 's/"dataDir"/"burst": 3, "dataDir"/' /etc/scattercast.json
dpkg -i "$later" >/dev/null
comes 'upgraded: another front end answers' other_main "$front_end"
comes 'another SCX has taken over' other_scx "$scx"
holds 'the listener is still connected' listens
holds 'mpg123 hears the announced session' sounds
holds 'the changed configuration was kept' grep -q burst /etc/scattercast.json

systemctl stop scattercast
comes 'stopped: no process is left' no_processes
systemctl start scattercast
comes 'started: the announcement is there' grep -q SCATTERCAST \
	/var/lib/scattercast/announcements/radio.example/night.xml
comes 'the cluster answers' answers

logrotate --force /etc/logrotate.d/scattercast
rotated() { compgen -G '/var/log/scattercast/access.log-*' >/dev/null; }
holds 'logs rotate' rotated

dpkg -r scattercast >/dev/null
comes 'removed: no process is left' no_processes
holds 'data and configuration were kept' [ -e /var/lib/scattercast/secret -a -e /etc/scattercast.json ]
dpkg -P scattercast >/dev/null 2>&1
left=$(find /etc /usr /lib /var/lib /var/log -name '*scattercast*' -not -path '/var/lib/dpkg/*' -xdev || true)
holds "purged: nothing is left $left" [ -z "$left" ]
