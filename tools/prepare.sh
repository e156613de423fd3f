# Sourced by ./run and ./test: makes .venv and the console from nothing but python3, and redoes only what changed.
# Needs $root (the checkout) and $lock (the name of the lock file without its ending).

say() { printf '%s\n' "$*" >&2; }
die() { printf 'consentry: %s\n' "$*" >&2; exit 1; }
digest() { cat "$@" | sha256sum | cut -d' ' -f1; }

# is_done NAME DIGEST: was step NAME done for these very inputs?
is_done() { [ "$(cat "$root/.venv/.done-$1" 2>/dev/null)" = "$2" ]; }
mark_done() { printf '%s' "$2" > "$root/.venv/.done-$1"; }

find_python() {
  for candidate in python3 python3.13 python3.12 python3.11; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' && { printf '%s' "$candidate"; return; }
  done
  die "needs Python 3.11 or newer (Debian: apt-get install python3 python3-venv)"
}

make_venv() {
  [ -x "$root/.venv/bin/python" ] && return
  python=$(find_python) || exit 1
  "$python" -c 'import ensurepip, venv' 2>/dev/null || die "needs venv (Debian: apt-get install python3-venv)"
  say "making .venv with $("$python" --version)"
  "$python" -m venv "$root/.venv" || die "could not make .venv"
}

install_packages() {
  wanted=$(digest "$root/requirements/$lock.lock" "$root/requirements/bootstrap.lock" "$root/pyproject.toml")
  # dev.lock holds all of runtime.lock, so ./run need not install again after ./test.
  is_done "$lock" "$wanted" && return
  say "installing the packages of requirements/$lock.lock (hashes are checked)"
  bin=$root/.venv/bin
  if "$bin/python" -m pip install --quiet --require-hashes -r "$root/requirements/bootstrap.lock" >&2; then
    "$bin/uv" pip install --quiet --python "$bin/python" --require-hashes -r "$root/requirements/$lock.lock" >&2 ||
      die "could not install the packages"
  else
    say "uv is not to be had, using pip (slower)"
    "$bin/python" -m pip install --quiet --require-hashes -r "$root/requirements/$lock.lock" >&2 ||
      die "could not install the packages"
  fi
  "$bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable "$root" >&2 ||
    die "could not install consentry itself"
  mark_done "$lock" "$wanted"
}

build_console() {
  PATH=$root/.venv/bin:$PATH
  export PATH
  packages=$(digest "$root/console/package-lock.json" "$root/console/package.json")
  if ! is_done npm "$packages" || [ ! -d "$root/console/node_modules" ]; then
    say "installing the console's packages"
    (cd "$root/console" && npm ci --no-audit --no-fund --loglevel=error >&2) || die "npm ci failed"
    mark_done npm "$packages"
  fi
  sources=$(cd "$root/console" && find . -path ./node_modules -prune -o -path ./dist -prune -o -type f -print |
    LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)
  if ! is_done console "$sources" || [ ! -f "$root/console/dist/index.html" ]; then
    say "building the console"
    (cd "$root/console" && npm run --silent build >&2) || die "the console does not build"
    mark_done console "$sources"
  fi
}

prepare() {
  make_venv
  install_packages
  build_console
}
