# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# release.sh - the same source on another Slurm release, for real
#
# Debian 13 (trixie) has Slurm 24.11.  debootstrap puts it into the cache
# directory once; the tarball of `make dist` is built and tested inside, with
# the headers of that release.  The chroot itself is not written to: what is
# built lies in a directory mounted into it.  All of it runs in mount and
# process namespaces of its own, so when the leg ends, however it ends, no
# process and no mount outlives it.

RELEASE_PACKAGES="debootstrap mount"
RELEASE_STEPS=4
RELEASE_SUITE=trixie
release_root=$cache/$RELEASE_SUITE

release_root_ready()
{
	if [ "$(id -u)" -ne 0 ]; then root_ready debootstrap; fi
}

# Those of PACKAGES that the chroot lacks.
release_missing()
{
	local have
	have=$(dpkg-query --admindir="$release_root/var/lib/dpkg" -W \
		-f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^ii *//p')

	# shellcheck disable=SC2086  # a list of words
	printf '%s\n' $PACKAGES | grep -vxF -e "${have:-none}"
}

release_mirror()
{
	local uri
	# shellcheck disable=SC2016  # apt's own $(...)
	uri=$(apt-get indextargets --no-release-info \
		--format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
		sed -n 's/ bookworm main$//p' | head -n 1)
	printf '%s\n' "${uri:-http://deb.debian.org/debian}"
}

# A command in the chroot; a daemon that a package starts ends with it.
release_in()
{
	# shellcheck disable=SC2016  # the inner shell's
	as_root unshare -m -p -f --kill-child --mount-proc /bin/sh -c \
		'mount -t proc proc "$1/proc" && exec chroot "$@"' sh \
		"$release_root" env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

release_bootstrap()
{
	local new=$cache/.$RELEASE_SUITE-new

	if [ ! -d "$release_root" ]; then
		as_root rm -rf "$new"
		mkdir -p "$cache" || return
		as_root debootstrap --variant=minbase "$RELEASE_SUITE" "$new" \
			"$(release_mirror)" || apt_advice "Debian 13" || return
		as_root mv "$new" "$release_root" || return
	fi
	if [ -z "$(release_missing)" ]; then
		note "$release_root is there"
		return
	fi
	# What an interrupted run left half installed comes first.
	release_in dpkg --configure -a
	release_in apt-get -q update
	# shellcheck disable=SC2046  # a list of words
	release_in apt-get -q install -y --no-install-recommends $(release_missing) ||
		apt_advice "Debian 13" || return
	release_in apt-get clean
}

release_version()
{
	upstream_of "$(dpkg-query --admindir="$release_root/var/lib/dpkg" -W \
		-f '${source:Version}' libslurm-dev)"
}

release_source()
{
	local upstream
	upstream=$(release_version)

	source_make "$upstream" "$RELEASE_SUITE" ''
}

release_dist()
{
	run_make "$build" dist || return
	as_root rm -rf "$release_work"
	mkdir -p "$release_work" || return
	cp "$build"/weft-*.tar.gz "$top/door/inside.sh" "$release_work/"
}

release_run()
{
	as_root env WEFT_TEST_LONG="${WEFT_TEST_LONG:-}" WEFT_DATA="${WEFT_DATA:-}" \
		unshare -m -p -f --kill-child --mount-proc \
		/bin/sh "$top/door/enter.sh" "$release_root" \
		"$(source_dir "$(release_version)")" "$release_work"
}

release_check()
{
	release_work=$cache/$RELEASE_SUITE-work
	release_root_ready
	# A leg like the others: what ends it is counted, and the count is told.
	if ! { try "Debian 13 in $release_root" release_bootstrap &&
		try "headers of its Slurm" release_source &&
		try "make dist" release_dist; }; then
		tally_add 0 1 0 "tests on another Slurm release"
		ui_why >&2
		return
	fi
	leg_tests "build and tests on a real Slurm $(release_version)" \
		"$release_work" release_run
	as_root rm -rf "$release_work"
}
