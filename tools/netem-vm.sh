#!/bin/sh
# tools/netem-vm.sh [FOLDER [ARGUMENT …]]   the tests that need `tc netem`, in a virtual machine with Debian's kernel
# For machines whose own kernel cannot lose packets. The machine's root is this one's, read-only under an overlay in
# memory, so it is the Python and the tests of here that run. FOLDER keeps the kernel for the next time, else all is
# thrown away; ARGUMENTs go to pytest. Needs Debian on amd64; where nothing virtualises it takes
# minutes. Nothing here may be edited meanwhile: the machine would read an old length of a new file.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
die() { printf 'consentry: %s\n' "$*" >&2; exit 1; }
PATH=$PATH:/usr/sbin:/sbin
needed="virtio_pci 9pnet_virtio 9p overlay veth sch_netem"

have() { command -v qemu-system-x86_64 && command -v ip && command -v tc; }
if ! have >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq >&2
  apt-get install -y -qq --no-install-recommends qemu-system-x86 iproute2 >&2
fi
have >/dev/null || die "needs QEMU (Debian: apt-get install --no-install-recommends qemu-system-x86 iproute2)"

vm='' made='' # whatever ends this, neither is left
trap '[ -z "$vm" ] || kill "$vm" || :; [ -z "$made" ] || rm -rf "$made"' EXIT
trap 'exit 130' INT TERM
if [ $# -gt 0 ]; then folder=$1; shift; else made=$(mktemp -d); folder=$made; fi
[ $# -gt 0 ] || set -- -rs tests/gateway/test_netem.py
folder=$(mkdir -p "$folder" && cd "$folder" && pwd)

# The kernel for all machines, unpacked and never installed.
if [ ! -e "$folder/fetched" ]; then
  image=$(apt-cache depends --important linux-image-amd64 | sed -n 's/.*Depends: //p' | head -n 1)
  (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root "$image" busybox-static) ||
    die "no kernel to be had: does apt-get update help?"
  for package in "$folder"/*.deb; do dpkg -x "$package" "$folder/system" && rm "$package"; done
  touch "$folder/fetched"
fi
busybox=$(find "$folder/system" -name busybox -type f -perm -100)
modules=$(find "$folder/system" -path '*/lib/modules/*' -prune -type d)
release=${modules##*/}

# The first file system: one program, and the modules that lead to the real root. `modules.dep` names what each needs.
first=$folder/first told=$folder/told
rm -rf "$first" "$told"
mkdir -p "$first/bin" "$first/proc" "$first/lib/modules/$release" "$told"
cp "$busybox" "$first/bin/busybox"
(cd "$modules" && "$busybox" depmod -b "${modules%/lib/modules/*}" "$release")
for module in $needed; do sed -n "s|^\(.*/$module\.ko[.a-z]*\):|\1|p" "$modules/modules.dep"; done | tr ' ' '\n' |
  sort -u | (cd "$modules" && xargs cp --parents -t "$first/lib/modules/$release" modules.dep)
cat >"$first/init" <<INIT
#!/bin/busybox sh
set -e
/bin/busybox --install -s /bin
modprobe -a $needed && mkdir /machine /memory /whole
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 machine /machine
mount -t tmpfs memory /memory && mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/machine,upperdir=/memory/upper,workdir=/memory/work whole /whole
mkdir -p /whole/told && mount -t 9p -o trans=virtio,version=9p2000.L told /whole/told
exec switch_root /whole /bin/sh /told/inside
INIT
chmod +x "$first/init"
(cd "$first" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$folder/first.cpio"
printf '%s' "$root" >"$told/root" && printf '%s\n' "$@" >"$told/arguments"
cat >"$told/inside" <<'INSIDE'
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CONSENTRY_NETEM=1
mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev && mount -t tmpfs run /run
mkdir -p /dev/shm && mount -t tmpfs shm /dev/shm && ip link set lo up && cd "$(cat /told/root)" &&
  xargs -d '\n' .venv/bin/python -m pytest </told/arguments
echo $? >/told/status
echo b >/proc/sysrq-trigger # "reboot", which ends the machine
INSIDE

# A processor without these flags may have /dev/kvm all the same: a common kernel hangs in it.
accel=tcg
grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ] && accel=kvm
nice -n 19 timeout --foreground 1200 qemu-system-x86_64 -accel "$accel" -cpu max -smp 2 -m 3072 -no-reboot -nodefaults \
  -display none -serial stdio -kernel "$folder"/system/boot/vmlinuz-* -initrd "$folder/first.cpio" \
  -append "console=ttyS0 quiet panic=-1" -virtfs "local,path=$told,mount_tag=told,security_model=none" \
  -virtfs local,path=/,mount_tag=machine,security_model=none,readonly=on,multidevs=remap </dev/null &
vm=$!
wait "$vm" || :; vm=''
[ -s "$told/status" ] || die "the machine ended before its tests"
exit "$(cat "$told/status")"
