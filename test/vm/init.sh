#!/bin/sh
# PID 1 of a guest: busybox from the initramfs, until the host's root stands read-only at /host and the command runs in it.
# In: the share's `settings` (CHECKOUT, LIMIT) and `command`. Out: its `release`, `booted`, `output`, and last
# of all `exit`: a guest that ends without that file has failed, whatever it has printed.

die() {
  echo "probepipe guest: $1"
  poweroff -f
}

/bin/busybox mkdir -p /proc /sys /dev /sbin /host /share /upper /checkout
/bin/busybox --install -s /sbin
export PATH=/bin:/sbin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
for module in /modules/*.ko; do insmod "$module" || die "cannot load $module"; done

over_9p=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o $over_9p,cache=loose,ro root /host || die "cannot mount the host's root"
mount -t 9p -o $over_9p,cache=none share /share || die "cannot mount the share"
. /share/settings || die "no settings in the share"

# The checkout is writable for the guest and stays as it is on the host. It is overlaid before /tmp is covered,
# so that a checkout in /tmp works too.
mount -t tmpfs upper /upper
mkdir /upper/data /upper/work
mount -t overlay -o "lowerdir=/host$CHECKOUT,upperdir=/upper/data,workdir=/upper/work" overlay /checkout ||
  die "cannot overlay the checkout"
for folder in /tmp /var/tmp /run; do mount -t tmpfs tmpfs /host$folder || die "cannot cover $folder"; done
chmod 1777 /host/tmp /host/var/tmp
mkdir -p "/host$CHECKOUT" /host/run/guest
mount --move /checkout "/host$CHECKOUT" || die "cannot place the checkout"
mount --move /share /host/run/guest || die "cannot place the share"

for folder in dev proc sys; do mount --move /$folder /host/$folder || die "cannot place /$folder"; done
mkdir -p /host/dev/pts /host/dev/shm
mount -t devpts devpts /host/dev/pts
mount -t tmpfs shm /host/dev/shm
mount -t tracefs tracefs /host/sys/kernel/tracing || die "cannot mount tracefs"
mount -t bpf bpf /host/sys/fs/bpf || die "cannot mount bpffs"
mount -t cgroup2 cgroup2 /host/sys/fs/cgroup || die "cannot mount cgroup2"
ip link set lo up
hostname guest
uname -r >/host/run/guest/release
cut -d' ' -f1 /host/proc/uptime >/host/run/guest/booted

timeout -s KILL "$LIMIT" env -i /sbin/chroot /host /bin/sh /run/guest/command </host/dev/null >/host/run/guest/output 2>&1
echo $? >/host/run/guest/exit.part
mv /host/run/guest/exit.part /host/run/guest/exit
poweroff -f
