#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check-install - what make install puts where, and that uninstall takes all
# of it away.  Run by `make check-install`, which says what to expect:
#
#   PLUGINS    the plugins (.la names)     plugindir  where they belong
#   PROGRAMS   the programs                bindir     where they belong
#
# A plugin may export only the names that Slurm looks up: everything else
# could collide with slurmctld's own symbols, or with another plugin's.  Nor
# may it leave a weft_ name undefined, for nobody would define it.
set -u

plugindir=${plugindir:?make check-install sets it}
bindir=${bindir:?make check-install sets it}
number=0
failed=0
root=$PWD/install-check
trap 'rm -rf "$root"' EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$root"

verdict()	# RC TEXT
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=$((failed + 1))
	fi
}

make_in_root()	# TARGET
{
	# The outer make's words (-j, TESTS=) are not for this one.
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES \
		make -s "$1" DESTDIR="$root" >"$root.log" 2>&1
}

check_plugin()	# FILE
{
	allowed='^(init|fini|plugin_(name|type|version)|(slurm_)?sched_p_.*|gres_p_.*|job_submit|job_modify|slurm_spank_.*|spank_plugin(_version)?)$'
	[ -f "$root$plugindir/$1" ]
	verdict $? "$1 lies in $plugindir"
	others=$(nm -D --defined-only "$root$plugindir/$1" | awk '{ print $3 }' |
		grep -vE "$allowed")
	[ -z "$others" ]
	verdict $? "$1 exports only Slurm's names"
	[ -z "$others" ] || echo "# also: $others"
	missing=$(nm -D --undefined-only "$root$plugindir/$1" |
		awk '$2 ~ /^weft_/ { print $2 }')
	[ -z "$missing" ]
	verdict $? "$1 has all of its own functions"
	[ -z "$missing" ] || echo "# lacks: $missing"
}

mkdir "$root"
make_in_root install
verdict $? "make install DESTDIR="
sed 's/^/# /' "$root.log"
for p in ${PROGRAMS:-}; do
	[ -x "$root$bindir/$p" ]
	verdict $? "$p lies in $bindir"
done
for p in ${PLUGINS:-}; do
	check_plugin "${p%.la}.so"
done
odd=$(find "$root" -type f \( -name '*.la' -o -name '*.h' -o -name '*.a' \))
[ -z "$odd" ]
verdict $? "no .la, .a or header is installed"
[ -z "$odd" ] || echo "# $odd"
make_in_root uninstall
verdict $? "make uninstall DESTDIR="
left=$(find "$root" -type f -o -type l)
[ -z "$left" ]
verdict $? "nothing is left"
[ -z "$left" ] || echo "# $left"
rm -f "$root.log"
echo "1..$number"
[ $failed -eq 0 ]
