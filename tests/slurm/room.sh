# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# room.sh - a test in namespaces of its own, to be sourced
#
#   room_enter PATHS "$@"    begins the script again in a room, once
#
# Where the system lets it (root, util-linux), the script runs in mount, process
# and network namespaces of its own: it cannot meet the ports of another test,
# and nothing outlives it.  Elsewhere it runs as it is.  /tmp is empty there
# (WEFT_TEST_TMP says so) unless one of PATHS, a list with colons, or the current
# directory lies below it.

# Slurm's resolver wants an address that is not the loopback's: 192.0.2.1 is
# nobody's (RFC 5737).
room_net='ip link set lo up && ip link add weft0 type veth peer name weft1 &&
	ip addr add 192.0.2.1/24 dev weft0 && ip link set weft0 up'

room_enter()
{
	local paths=$1 flags="-m -p -f --kill-child --mount-proc" first=:

	shift
	[ -z "${WEFT_TEST_ROOM:-}" ] || return 0
	# shellcheck disable=SC2086  # a list of words
	unshare $flags true 2>/dev/null || return 0
	if unshare -n /bin/sh -c "$room_net" 2>/dev/null; then
		flags="$flags -n" first=$room_net
	fi
	case $paths:$PWD: in
	/tmp/* | *:/tmp/*) ;;
	*)
		first="$first && mount -t tmpfs -o mode=1777 tmpfs /tmp"
		export WEFT_TEST_TMP=1
		;;
	esac
	export WEFT_TEST_ROOM=1
	# shellcheck disable=SC2086,SC2016  # a list of words; the inner shell's
	exec unshare $flags /bin/sh -c "$first"' && exec "$@"' sh /bin/bash "$0" "$@"
}
