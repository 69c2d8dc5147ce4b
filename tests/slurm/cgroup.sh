# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cgroup.sh - jobs that can open their own devices only; to be sourced after
# lib.sh
#
# Needs the kernel's devices and freezer controllers of cgroup v1, writable.
# The test gets a branch of each for itself, and each of its Slurms one below
# that, for node names are the same in all.  Device files have numbers that no
# driver has: open() says EPERM for one that is denied and ENXIO for one that is
# allowed.
#
#   cgroup_enter            false, and $cgroup empty, where it cannot be had
#   confine LABEL           configure the current Slurm, before its daemons start
#   cgroup_leave            when all Slurms have ended; done on exit too
#   node FILE MINOR [MAJOR] make such a device file
#
# $t_dir/opens, sourced in a job, gives it "opens DIR": a line "OPENS=" with the
# device files below DIR that it can open, without their "nvidia".

cgroups=(devices freezer)
cgroup=
no_cgroup="no cgroup v1 devices controller here that we may write"

# A branch of the kernel's tree for each Slurm: node names are the same in both.
cgroup_enter()
{
	local c name=weft-test-$$-$RANDOM$RANDOM

	# Mounts of our own must end with us.
	[ -n "${WEFT_TEST_ROOM:-}" ] || return 1
	for c in "${cgroups[@]}"; do
		[ -e "/sys/fs/cgroup/$c/tasks" ] && mkdir "/sys/fs/cgroup/$c/$name" 2>/dev/null || return 1
		cgroup=$name
	done
}
cgroup_of()
{
	local c

	for c in "${cgroups[@]}"; do
		mkdir -p "/sys/fs/cgroup/$c/$cgroup/$1" "$t_dir/cg-$1/$c" &&
			mount --bind "/sys/fs/cgroup/$c/$cgroup/$1" "$t_dir/cg-$1/$c" || return 1
	done
}
cgroup_leave()
{
	local c

	[ -n "$cgroup" ] || return 0
	awk -v d="$t_dir/cg-" 'index($2, d) == 1 { print $2 }' /proc/mounts | xargs -r umount
	for c in "${cgroups[@]}"; do
		find "/sys/fs/cgroup/$c/$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
	done
	cgroup=
}
trap 't_stop_all; cgroup_leave; t_cleanup' EXIT

# confine LABEL: the current Slurm, before its daemons start again
confine()
{
	[ -n "$cgroup" ] || return 0
	cgroup_of "$1" || return 1
	{
		[ "$release" = 22.05 ] || echo "CgroupPlugin=cgroup/v1"
		echo "CgroupMountpoint=$t_dir/cg-$1"
		echo "ConstrainDevices=yes"
	} >"$sb_dir/etc/cgroup.conf"
	sed -i 's,proctrack/linuxproc,proctrack/cgroup,; s,task/none,task/cgroup,' "$sb_dir/etc/slurm.conf"
}

# node FILE MINOR [MAJOR]: majors 120 and 121 are nobody's
node() { rm -f "$1"; mknod "$1" c "${3:-120}" "$2" && chmod 666 "$1"; }

cat >"$t_dir/opens" <<'END'
opens()
{
	local file list=
	for file in "$1"/nvidia*; do
		[ -c "$file" ] || continue
		case $({ : <"$file"; } 2>&1) in
		*"Operation not permitted"*) ;;
		*) list="$list,${file##*/nvidia}" ;;
		esac
	done
	echo "OPENS=${list#,}"
}
END
