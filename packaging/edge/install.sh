#!/bin/sh
# Installs the edge on a Debian-like machine, as a service that starts by itself. Run it again to update; it says what it does.
#
#   sudo packaging/edge/install.sh                       install or update
#   sudo packaging/edge/install.sh --uninstall           remove the program, keep keys, terms and recordings
#   sudo packaging/edge/install.sh --uninstall --purge   remove those too
#   packaging/edge/install.sh --root DIR                 put all below DIR and start nothing (for images and tests)
set -eu
umask 022

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source=$(CDPATH='' cd -- "$here/../.." && pwd)
root='' act=install purge=no

say() { printf '%s\n' "$*"; }
die() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

while [ $# -gt 0 ]; do
  case $1 in
    --root) [ $# -gt 1 ] || die "--root needs a folder"; root=$2; shift ;;
    --uninstall) act=uninstall ;;
    --purge) purge=yes ;;
    -h|--help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) die "unknown: $1 (--help says what there is)" ;;
  esac
  shift
done
[ "$purge" = no ] || [ "$act" = uninstall ] || die "--purge goes with --uninstall"
if [ -z "$root" ]; then
  [ "$(id -u)" = 0 ] || die "run it as root: sudo $0"
else
  mkdir -p "$root"
  root=$(CDPATH='' cd -- "$root" && pwd)
fi

program=$root/opt/consentry-edge
unit=$root/etc/systemd/system/consentry-edge.service
settings=$root/etc/consentry-edge.env
command=$root/usr/local/bin/consentry-edge
manual=$root/usr/share/doc/consentry-edge
state=$root/var/lib/consentry-edge

on_this_machine() { [ -z "$root" ] && command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ]; }

find_python() {
  for candidate in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    printf '%s' "$candidate"
    return
  done
  return 1
}

need_python() {
  python=$(find_python) && return
  if [ -z "$root" ] && command -v apt-get >/dev/null 2>&1; then
    say "installing python3-venv"
    apt-get update -qq || die "apt-get failed"
    apt-get install -y -qq --no-install-recommends python3 python3-venv || die "apt-get failed"
    python=$(find_python) && return
  fi
  die "needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)"
}

# Beside the old one, then exchanged: an update that fails leaves the edge as it was.
make_program() {
  fresh=$program.new
  rm -rf "$fresh"
  mkdir -p "$(dirname "$fresh")"
  say "making $program with $("$python" --version 2>&1)"
  "$python" -m venv --without-pip "$fresh"
  say "installing the packages of requirements/edge.lock (hashes are checked)"
  locked=$source/requirements/edge.lock
  if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --python "$fresh/bin/python" --require-hashes -r "$locked" || die "could not install the packages"
  else
    "$python" -m venv "$fresh.pip"
    "$fresh.pip/bin/python" -m pip --quiet --disable-pip-version-check --python "$fresh/bin/python" install \
      --require-hashes -r "$locked" || die "could not install the packages"
    rm -rf "$fresh.pip"
  fi
  packages=$("$fresh/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  mkdir -p "$packages/consentry"
  cp "$source/src/consentry/__init__.py" "$packages/consentry/"
  # Only what runs at home: no server, no gateway.
  for room in kernel media edge; do cp -R "$source/src/consentry/$room" "$packages/consentry/"; done
  find "$packages/consentry" -name __pycache__ -prune -exec rm -rf {} +
  rm -rf "$program.old"
  [ ! -d "$program" ] || mv "$program" "$program.old"
  mv "$fresh" "$program"
  rm -rf "$program.old"
  # A service under ProtectSystem=strict cannot write bytecode itself.
  [ -n "${PYTHONDONTWRITEBYTECODE-}" ] || "$program/bin/python" -m compileall -q "$program/lib" >/dev/null || :
}

place() { # place MODE SOURCE TARGET
  mkdir -p "$(dirname "$3")"
  install -m "$1" "$2" "$3"
}

make_user() {
  if ! id consentry-edge >/dev/null 2>&1; then
    say "adding the system user consentry-edge"
    useradd --system --home-dir /var/lib/consentry-edge --shell /usr/sbin/nologin --user-group consentry-edge
  fi
  install -d -m 700 -o consentry-edge -g consentry-edge "$state"
  # A Python out of somebody's home cannot be run by the service.
  runuser -u consentry-edge -- "$program/bin/python" -c 'import consentry.edge' 2>/dev/null ||
    die "the user consentry-edge cannot run $("$python" -c 'import sys; print(sys.executable)'): install Debian's python3-venv"
}

install_all() {
  need_python
  make_program
  place 644 "$here/consentry-edge.service" "$unit"
  place 755 "$here/consentry-edge" "$command"
  place 644 "$source/docs/guide/edge.md" "$manual/edge.md"
  if [ -e "$settings" ]; then say "keeping $settings"; else place 644 "$here/consentry-edge.env" "$settings"; fi
  if [ -z "$root" ]; then make_user; fi
  if on_this_machine; then
    systemctl daemon-reload
    systemctl enable --quiet consentry-edge
    systemctl restart consentry-edge
    say "the edge runs; its page: http://127.0.0.1:8490"
    say "next: consentry-edge pair --server https://your-city CODE"
  else
    say "installed; nothing was started"
  fi
}

uninstall_all() {
  if on_this_machine && [ -e "$unit" ]; then
    systemctl disable --now --quiet consentry-edge || :
  fi
  rm -rf "$program" "$unit" "$command" "$manual"
  if on_this_machine; then systemctl daemon-reload; fi
  say "removed the program"
  if [ "$purge" = yes ]; then
    rm -rf "$state" "$settings"
    if [ -z "$root" ] && id consentry-edge >/dev/null 2>&1; then userdel consentry-edge; fi
    say "removed keys, terms and recordings"
  elif [ -d "$state" ]; then
    say "kept $state (keys, terms, recordings) and $settings; --purge removes them"
  fi
}

"${act}_all"
