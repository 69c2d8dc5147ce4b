# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build.sh - autoreconf, configure, make, each only if something asks for it
#
# make itself reruns autoreconf and configure when configure.ac or a local.am
# changed; here it is done when there is no configure or no Makefile yet, or
# when the Makefile was made for another Slurm source.

BUILD_STEPS=5

tree_autoreconf()
{
	cd "$top" || return
	if [ -f configure ] && [ -f Makefile.in ] && [ ! configure -ot configure.ac ]; then
		note "configure is there"
	else
		# A half-written configure must not look ready.
		rm -f configure
		autoreconf -fi
	fi
}

# Configure into DIR unless it was configured with the same words before.
tree_configure()	# DIR OPTIONS...
{
	local dir=$1
	shift

	mkdir -p "$dir" && cd "$dir" || return
	if [ -f Makefile ] && [ "$(cat .configured-with 2>/dev/null)" = "$*" ] &&
		[ ! Makefile -ot "$top/configure" ]; then
		note "configured"
		return
	fi
	rm -f .configured-with
	"$top/configure" "$@" || return
	printf '%s\n' "$*" >.configured-with
}

tree_make()	# DIR TARGETS...
{
	local dir=$1
	shift

	make -C "$dir" --no-print-directory -j"$(nproc)" "$@"
}

build_all()	# extra packages
{
	system_check
	packages_ready "$@"
	source_ready
	step "autoreconf" tree_autoreconf
	step "configure" tree_configure "$build" --with-slurm-source="$slurm_source"
	step "make" tree_make "$build" all
}
