#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# enter.sh ROOT SOURCE WORK - run WORK/inside.sh in the chroot ROOT
#
# Called by release.sh as the first process of new mount and process
# namespaces: what is mounted and started here ends with this script.  SOURCE
# is seen inside as /mnt/source, WORK as /mnt/work, $WEFT_DATA as /mnt/data;
# /tmp and /run are fresh, so the chroot stays as it was.
#
# Host names come from files alone.  Slurm asks for the name of whoever sends
# it a message; with no /etc/hosts (debootstrap leaves none) and a name server
# that cannot be reached, each such question would take five seconds.
set -eu

root=$1
source=$2
work=$3

mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
for d in tmp run; do
	mount -t tmpfs -o mode=1777 tmpfs "$root/$d"
done
mount -t tmpfs -o mode=755 tmpfs "$root/mnt"
mkdir "$root/mnt/source" "$root/mnt/work" "$root/mnt/data"
mount --bind "$source" "$root/mnt/source"
mount -o remount,ro,bind "$root/mnt/source"
mount --bind "$work" "$root/mnt/work"
printf '127.0.0.1 localhost %s\n' "$(uname -n)" >"$root/mnt/hosts"
printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n' \
	>"$root/mnt/nsswitch.conf"
for f in hosts nsswitch.conf; do
	[ -e "$root/etc/$f" ] || : >"$root/etc/$f"
	mount --bind "$root/mnt/$f" "$root/etc/$f"
done
data=
if [ -n "${WEFT_DATA:-}" ]; then
	mount --bind "$WEFT_DATA" "$root/mnt/data"
	data=/mnt/data
fi
# Not exec: as process 1 of the namespace this shell reaps what is left over.
chroot "$root" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 TERM=dumb \
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	WEFT_TEST_LONG="${WEFT_TEST_LONG:-}" ${data:+WEFT_DATA=$data} \
	/bin/sh /mnt/work/inside.sh
