#!/bin/sh
# Takes the options that Home Assistant wrote, then becomes the edge.
set -eu
export CONSENTRY_EDGE_DATA="${CONSENTRY_EDGE_DATA:-/data/edge}" CONSENTRY_EDGE_PAGE="${CONSENTRY_EDGE_PAGE:-0.0.0.0:8490}"
options=${1:-/data/options.json}

option() { # option NAME: its value, empty when it is not there
  python -c 'import json, sys; print(json.load(open(sys.argv[1])).get(sys.argv[2]) or "")' "$options" "$1"
}

hours=$(option ring_hours)
gigabytes=$(option ring_gigabytes)
python -m consentry.edge ring --hours "${hours:-0}" --gigabytes "${gigabytes:-0}"
server=$(option server)
code=$(option code)
if [ -n "$code" ] && python -m consentry.edge status | grep -q '^not paired'; then
  python -m consentry.edge pair "$code" --server "$server" || echo "Not paired. Ask your page for a new code."
fi
printf 'To see recordings on the page: '
python -m consentry.edge code
exec python -m consentry.edge run
