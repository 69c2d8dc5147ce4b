# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# debian.sh - what the build needs from the system: Debian packages, and the
# configured source of the Slurm that is installed
#
# Packages.  dpkg is asked first, so a complete system needs no network and
# no root.  Debian starts the services that it installs; a munged, slurmctld
# or slurmd that was not there before is stopped and disabled again, because
# this is somebody's workstation, not a cluster.
#
# Source.  Debian's libslurm-dev has the public headers only; plugins need
# the internal ones of exactly that release, after configure.  They come by
# apt-get source with a configuration of its own: the machine's own Debian
# archives, as Types: deb-src, in the cache directory.  The system's apt
# configuration is read, never changed.  The tree is made under another name
# and renamed when configure is through: if slurm-VERSION is there with its
# stamp, it is whole.

# What configure.ac asks for, a Slurm with its accounting to run, and iproute2,
# with which each test has a network of its own; on every release.
PACKAGES="gcc libc6-dev make pkg-config check libhwloc-dev libjson-c-dev
	libmunge-dev libnuma-dev libpmix-dev libslurm-dev libsqlite3-dev
	libxml2-dev libyaml-dev zlib1g-dev
	munge slurm-client slurm-wlm-basic-plugins slurmctld slurmd procps iproute2
	slurmdbd slurm-wlm-mysql-plugin mariadb-server-core mariadb-client-core"
# What only this system needs: to make configure, and Slurm's own configure.
BUILD_PACKAGES="autoconf automake bzip2 dpkg-dev libpam0g-dev libtool patch
	xz-utils"
SERVICES="munge slurmctld slurmd slurmdbd"

system_check()
{
	local id='' version=''

	if [ -r /etc/os-release ]; then
		id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"')
		version=$(sed -n 's/^VERSION_ID=//p' /etc/os-release | tr -d '"')
	fi
	[ "$id $version" = "debian 12" ] ||
		die "this door knows Debian 12 (bookworm), and this is ${id:-unknown} ${version:-}: install the packages named in door/debian.sh and follow docs/admin.md"
}

# Words of the argument list that are not installed packages.
packages_missing()
{
	local have

	have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^ii *//p')
	printf '%s\n' "$@" | grep -vxF -e "${have:-none}"
}

# Called before any step, as a password may have to be typed.
root_ready()
{
	[ "$(id -u)" -eq 0 ] && return
	command -v sudo >/dev/null ||
		die "packages are missing ($*), and this is neither root nor is there sudo: run as root once, or have an admin run: apt-get install $*"
	sudo -n true 2>/dev/null && return
	if [ -t 0 ]; then
		sudo -v && return
	fi
	die "packages are missing and sudo wants a password: run as root once, or: sudo apt-get install $*"
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

service_is_active()
{
	if [ -d /run/systemd/system ]; then
		systemctl -q is-active "$1" 2>/dev/null
	elif [ -x "/etc/init.d/$1" ]; then
		"/etc/init.d/$1" status >/dev/null 2>&1
	else
		return 1
	fi
}

service_put_out()
{
	note "$1 was started by its package: stopped and disabled"
	if [ -d /run/systemd/system ]; then
		as_root systemctl -q disable --now "$1"
	else
		as_root "/etc/init.d/$1" stop
		as_root update-rc.d "$1" disable
	fi
}

# apt's own words into one line that says what to do.
apt_advice()	# what was wanted
{
	local said
	# shellcheck disable=SC2016  # sed's $
	said=$(tail -n 200 "$ui_log" | sed -n '/^==== /h;//!H;${x;p}')

	case $said in
	*"Temporary failure resolving"* | *"Could not resolve"* | \
		*"Network is unreachable"* | *"Could not connect"* | \
		*"Unable to connect"* | *"Connection timed out"*)
		advice "no network: the Debian archive cannot be reached for $1; connect, or set a proxy for apt, and run it again" ;;
	*"Unable to locate package"* | *"has no installation candidate"*)
		advice "$(printf '%s' "$said" | sed -n 's/^E: //p' | head -n 1): is 'main' of bookworm in this machine's apt sources?" ;;
	*"Could not get lock"* | *"Unable to acquire the dpkg frontend lock"*)
		advice "another program installs packages at the moment; run it again when it is through" ;;
	*"No space left"* | *"enough free space"*)
		advice "the disk is full; make room and run it again" ;;
	esac
	return 1
}

packages_install()
{
	local s before=" "
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q)

	for s in $SERVICES; do
		if service_is_active "$s"; then before+="$s "; fi
	done
	note "to install: $*"
	# A broken third-party archive must not stop us: the install decides.
	as_root "${apt[@]}" update || note "apt-get update complained; going on"
	as_root "${apt[@]}" -o DPkg::Lock::Timeout=120 install -y \
		--no-install-recommends "$@" || apt_advice "packages" || return 1
	for s in $SERVICES; do
		case $before in
		*" $s "*) ;;
		*) if service_is_active "$s"; then service_put_out "$s"; fi ;;
		esac
	done
}

packages_ready()
{
	local missing

	# shellcheck disable=SC2086  # lists of words
	missing=$(packages_missing $PACKAGES $BUILD_PACKAGES "$@")
	# shellcheck disable=SC2086
	[ -z "$missing" ] || root_ready $missing
	# shellcheck disable=SC2086
	step "Debian packages" packages_get $missing
}

packages_get()
{
	if [ $# -eq 0 ]; then
		note "all there"
	else
		packages_install "$@"
	fi
}

# ---- the source of a Slurm release -------------------------------------------

# 22.05.8 of 22.05.8-4+deb12u3
upstream_of() { printf '%s\n' "$1" | sed 's/^[0-9]*://; s/-[^-]*$//'; }

slurm_installed() { dpkg-query -W -f '${source:Version}' libslurm-dev 2>/dev/null; }

source_dir() { printf '%s/slurm-%s\n' "$cache" "$1"; }

# The stamp says whole; a tree configured by hand is whole if its configure
# came to a good end.
source_is_whole()
{
	[ -f "$1/.weft-whole" ] && return
	[ -f "$1/config.h" ] && [ -f "$1/slurm/slurm_version.h" ] &&
		grep -qx 'configure: exit 0' "$1/config.log" 2>/dev/null
}

# The machine's Debian archives as deb-src, for SUITE or as they are.
source_archives()	# [SUITE]
{
	local uri suite component keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	# shellcheck disable=SC2016  # apt's own $(...)
	apt-get indextargets --no-release-info \
		--format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null | sort -u |
		grep '|main$' |
		while IFS='|' read -r uri suite component; do
			case ${1:+given}:$suite in
			given:bookworm) suite=$1 ;;
			given:*) continue ;;
			:bookworm*) ;;
			*) continue ;;
			esac
			printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: %s\nSigned-By: %s\n\n' \
				"$uri" "$suite" "$component" "$keyring"
		done
}

# apt-get with the private configuration in $1; nothing of the system's is
# written.
private_apt()	# DIR ARGUMENTS...
{
	local dir=$1
	shift

	apt-get -q -o Dir::Etc::SourceList=/dev/null \
		-o "Dir::Etc::SourceParts=$dir/parts" \
		-o "Dir::State=$dir/state" -o "Dir::State::Lists=$dir/lists" \
		-o "Dir::Cache=$dir/cache" -o APT::Sandbox::User= \
		-o Acquire::Languages=none "$@"
}

source_download()	# APT-DIR PACKAGE
{
	private_apt "$1" source --download-only "$2"
}

source_fetch()	# DIR SUITE-or-'' VERSION(Debian's, or '' for the newest)
{
	local dir=$1 suite=$2 version=$3 stanza

	mkdir -p "$dir/apt/parts" "$dir/apt/state" "$dir/apt/lists/partial" \
		"$dir/apt/cache/archives/partial" || return
	source_archives "$suite" >"$dir/apt/parts/weft.sources"
	if [ ! -s "$dir/apt/parts/weft.sources" ]; then
		printf 'Types: deb-src\nURIs: http://deb.debian.org/debian\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
			"${suite:-bookworm bookworm-updates}" >"$dir/apt/parts/weft.sources"
	fi
	cat "$dir/apt/parts/weft.sources"
	awk -v RS= -v out="$dir/apt/one." '{ print > (out NR) }' \
		"$dir/apt/parts/weft.sources"
	private_apt "$dir/apt" update || note "apt-get update complained; going on"
	cd "$dir" || return
	source_download "$dir/apt" "slurm-wlm${version:+=$version}" && return
	# An archive may list what it no longer has; the others are asked alone.
	for stanza in "$dir"/apt/one.*; do
		cp "$stanza" "$dir/apt/parts/weft.sources" || return
		note "asking alone:" "$(sed -n 's/^Suites: //p' "$stanza")"
		source_download "$dir/apt" "slurm-wlm${version:+=$version}" && return
	done
	note "apt-get source complained; what came is enough if the archive is there"
	ls -l
}

# Debian's patches change headers too, so the .dsc comes first; an archive
# without it still has the original, whose headers are right to the release.
source_unpack()	# DIR UPSTREAM
{
	local dsc orig

	cd "$1" || return
	dsc=$(find . -maxdepth 1 -name "slurm-wlm_$2-*.dsc" | head -n 1)
	orig=$(find . -maxdepth 1 -name "slurm-wlm_$2.orig.tar.*" ! -name '*.asc' | head -n 1)
	if [ -n "$dsc" ] && dpkg-source --no-check -x "$dsc" tree; then
		return
	fi
	# apt_advice fails either way; what it wrote is the better line.
	[ -n "$orig" ] || { apt_advice "the Slurm source"
		[ -s "$ui_log.advice" ] || advice "the archive has no source of Slurm $2 any more: apt-get update && apt-get upgrade libslurm-dev slurmctld slurmd, then run it again"; return 1; }
	rm -rf tree
	mkdir tree && tar -xf "$orig" -C tree --strip-components=1
}

# The flags of Debian's own build: struct layout depends on config.h.
source_configure()	# TREE
{
	local libdir
	libdir=/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)

	cd "$1" || return
	./configure -q --prefix=/usr --sysconfdir=/etc/slurm --libdir="$libdir" \
		--with-munge --enable-pam --without-rpath --disable-debug \
		--enable-multiple-slurmd --with-pmix="$libdir/pmix2" \
		SUCMD=/bin/su SLEEP_CMD=/bin/sleep || return
	[ -f config.h ] && [ -f slurm/slurm_version.h ]
}

source_make()	# UPSTREAM SUITE-or-'' VERSION
{
	local work
	work=$cache/.fetch-$1

	if source_is_whole "$(source_dir "$1")"; then
		note "$(source_dir "$1"): there"
		return
	fi
	rm -rf "$work"
	mkdir -p "$work" || return
	source_fetch "$work" "$2" "$3" || return
	source_unpack "$work" "$1" || return
	source_configure "$work/tree" || return
	touch "$work/tree/.weft-whole"
	rm -rf "$(source_dir "$1")"
	mv "$work/tree" "$(source_dir "$1")" && rm -rf "$work"
}

source_ready()
{
	local version
	version=$(slurm_installed)

	[ -n "$version" ] || die "libslurm-dev is not installed"
	slurm_release=$(upstream_of "$version")
	slurm_source=$(source_dir "$slurm_release")
	step "headers of Slurm $slurm_release" source_make "$slurm_release" '' "$version"
}
