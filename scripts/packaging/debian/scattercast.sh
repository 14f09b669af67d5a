#!/bin/sh
# Runs the package's program with the package's own Node. Paths are relative to this file, so that an
# unpacked package runs as well.
lib=$(dirname "$(readlink -f "$0")")/../lib/scattercast
exec "$lib/bin/node" "$lib/dist/cli/main.js" "$@"
