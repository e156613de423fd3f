#!/bin/sh
# Fills a folder that Home Assistant builds the add-on from: packaging/homeassistant/make.sh /addons
# Then: Settings → Add-ons → Add-on store → ⋮ → Check for updates → Local add-ons.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source=$(CDPATH='' cd -- "$here/../.." && pwd)
[ $# = 1 ] || { printf 'make.sh: say the folder of local add-ons, /addons in Home Assistant\n' >&2; exit 2; }
target=$1/consentry_edge
rm -rf "$target"
mkdir -p "$target/consentry"
cp -R "$here/consentry_edge/." "$target/"
cp "$source/requirements/edge.lock" "$target/edge.lock"
cp "$source/src/consentry/__init__.py" "$target/consentry/"
for room in kernel media edge; do cp -R "$source/src/consentry/$room" "$target/consentry/"; done
find "$target" -name __pycache__ -prune -exec rm -rf {} +
printf 'the add-on is in %s\n' "$target"
