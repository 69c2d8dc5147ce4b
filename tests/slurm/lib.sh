# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lib.sh - what every test on a real Slurm uses
#
# A test sources this, starts sandboxes, checks, and ends with t_end.  It
# speaks TAP.  It runs in a room of its own (room.sh), where the test sees exactly
# what it left behind; without one it looks for that by the name of its sandboxes.
#
# At the end a test fails, whatever its checks said, if there is
#   - a process that it did not end,
#   - a file that came, went or changed in a system path of Slurm,
#   - an entry in /tmp that it made outside its own directory,
#   - a reservation in a sandbox when that is stopped.
#
#   sb_start [OPTION...]     start sandbox test-PID-N; it becomes the current
#   sb_use NAME              make another current: $sb, $sb_dir
#   sb_stop [NAME]           stop it
#   sx COMMAND...            run in the current sandbox, $sx_sec seconds at most (60)
#   submit OPTION...         sbatch in it; prints the job's number
#   state JOB, wait_state JOB STATE [SEC], wait_for SEC COMMAND...
#   check NAME COMMAND...    ok if it exits 0; is NAME GOT WANT;
#   like NAME TEXT REGEX; unlike; skip NAME REASON; note TEXT
#
# $t_dir is the test's own directory, $release Slurm's "22.05" or "24.11".
set -u
export LC_ALL=C.UTF-8 TZ=UTC
unset WEFT_SANDBOX SLURM_CONF WEFT_CONF SLURM_JOB_ID SBATCH_EXPORT

t_need()
{
	command -v "$1" >/dev/null 2>&1 || { echo "1..0 # SKIP no $1 here"; exit 77; }
}

PATH=$PATH:/usr/sbin:/sbin
srcdir=$(cd "${srcdir:-.}" && pwd) || exit 99
weft=$(readlink -f "${WEFT:-./weft}")
t_need slurmctld
t_need slurmd
t_need munged
[ -x "$weft" ] || { echo "1..0 # SKIP no $weft here"; exit 77; }
[ -e "${weft%/*}/.libs/sched_weft.so" ] || [ -n "${WEFT:-}" ] ||
	{ echo "1..0 # SKIP built without Slurm's headers: no plugins"; exit 77; }

# shellcheck source=tests/slurm/room.sh
. "$srcdir/tests/slurm/room.sh"
export WEFT=$weft srcdir
room_enter "$weft:$srcdir" "$@"

t_count=0
t_failed=0
t_plan_skip=
t_names=()
t_serial=0
sb=
sb_dir=
# A short path: munge's socket lies below it.
t_dir=$(mktemp -d /tmp/weft-test.XXXXXX) || exit 99
chmod 0711 "$t_dir"
export XDG_RUNTIME_DIR=$t_dir TMPDIR=$t_dir
cd "$t_dir" || exit 99
release=$(slurmctld -V | sed -n 's/^[^ ]* \([0-9]*\.[0-9]*\).*/\1/p')
if [ "$release" = 22.05 ]; then
	opt_segment=--segment opt_domain=--domain
else
	opt_segment=--weft-segment opt_domain=--weft-domain
fi

t_system()
{
	find /etc/slurm* /var/spool/slurm* /run/slurm* /var/run/slurm* \
		/var/log/slurm* /var/lib/slurm* /run/munge -xdev \
		-printf '%p %s %T@ %m\n' 2>/dev/null | sort
}

t_tmp()
{
	find /tmp -mindepth 1 -maxdepth 1 ! -path "$t_dir" -printf '%p\n' | sort
}

# Outside a room of our own others work in /tmp too: only ours is looked for.
t_processes()
{
	local pid

	for pid in /proc/[0-9]*; do
		pid=${pid#/proc/}
		[ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] || continue
		if [ -n "${WEFT_TEST_ROOM:-}" ]; then
			[ "$(sed 's/.*) . \([0-9]*\).*/\1/' "/proc/$pid/stat" 2>/dev/null)" != "$BASHPID" ] ||
				continue
		elif ! tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null |
			grep -q "WEFT_SANDBOX[A-Z_]*=$t_dir"; then
			continue
		fi
		case $(sed 's/.*) \(.\).*/\1/' "/proc/$pid/stat" 2>/dev/null) in
		'' | Z) continue ;;
		esac
		echo "$pid $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)"
	done 2>/dev/null
}

t_system >"$t_dir/.system"
t_tmp >"$t_dir/.tmp"

# ---- TAP ---------------------------------------------------------------------

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

ok() { t_count=$((t_count + 1)); echo "ok $t_count - $1"; }

# not_ok NAME [TEXT]: the text says why
not_ok()
{
	t_count=$((t_count + 1))
	t_failed=1
	echo "not ok $t_count - $1"
	[ -z "${2:-}" ] || note "$2"
}

skip() { t_count=$((t_count + 1)); echo "ok $t_count - $1 # SKIP $2"; }

check()
{
	local name=$1 out rc

	shift
	out=$("$@" 2>&1 </dev/null)
	rc=$?
	if [ $rc -eq 0 ]; then ok "$name"; else not_ok "$name" "exit code $rc of: $*
$out"; fi
}

is()
{
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got:  $2
want: $3"; fi
}

like()
{
	if grep -Eq -- "$3" <<<"$2"; then ok "$1"; else not_ok "$1" "no match of /$3/ in:
$2"; fi
}

unlike()
{
	if grep -Eq -- "$3" <<<"$2"; then not_ok "$1" "a match of /$3/ in:
$2"; else ok "$1"; fi
}

# One of the numbers: the middle.
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

now_msec() { local t=$EPOCHREALTIME; echo $((${t%.*} * 1000 + 10#${t#*.} / 1000)); }

wait_for()
{
	local until=$(($(now_msec) + $1 * 1000))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(now_msec)" -lt $until ] || return 1
		sleep 0.05
	done
}

# ---- sandboxes -----------------------------------------------------------------

sb_use()
{
	sb=$1
	sb_dir=$t_dir/weft-sandbox/$1
}

# Start, or end the test: what follows would say nothing.
sb_start()
{
	t_serial=$((t_serial + 1))
	sb_use "test-$$-$t_serial"
	t_names+=("$sb")
	if ! "$weft" sandbox start --name "$sb" "$@" >"$t_dir/start.out" 2>&1 </dev/null; then
		not_ok "a sandbox starts: $*" "$(cat "$t_dir/start.out")
$(tail -n 30 "$sb_dir/log/slurmctld.log" 2>/dev/null)"
		t_end
	fi
}

sb_stop()
{
	local name=${1:-$sb} was=$sb i left

	sb_use "$name"
	left=$(timeout 20 "$weft" sandbox exec --name "$name" -- scontrol show res -o 2>/dev/null |
		grep '^ReservationName')
	if [ -n "$left" ]; then not_ok "no reservation is left" "$left"; fi
	left=$("$weft" sandbox stop --name "$name" 2>&1) ||
		not_ok "the sandbox stops" "$left"
	for i in "${!t_names[@]}"; do
		[ "${t_names[$i]}" != "$name" ] || unset "t_names[$i]"
	done
	sb_use "$was"
}

sx() { timeout "${sx_sec:-60}" "$weft" sandbox exec --name "$sb" -- "$@"; }

log() { cat "$sb_dir/log/${1:-slurmctld}.log"; }

submit() { sx sbatch --parsable -o "$t_dir/job-%j.out" "$@"; }

# Of the job's record: field JOB JobState
field() { sx scontrol show job -d -o "$1" 2>/dev/null | grep -o "\b$2=[^ ]*" | head -n 1 | cut -d= -f2-; }

state() { field "$1" JobState; }

in_state() { [ "$(state "$1")" = "$2" ]; }

wait_state()
{
	wait_for "${3:-60}" in_state "$1" "$2" && return
	note "job $1 is $(state "$1"), reason $(field "$1" Reason), not $2"
	return 1
}

no_jobs() { [ -z "$(sx squeue -h)" ]; }

# End every job, and wait until the nodes are free again.
clean()
{
	sx scancel --state=PENDING -u "$(id -un)" 2>/dev/null
	sx scancel -u "$(id -un)" 2>/dev/null
	wait_for 60 no_jobs
}

# ---- the end ---------------------------------------------------------------------

t_stop_all()
{
	local name

	for name in "${t_names[@]}"; do
		sb_stop "$name"
	done
	t_names=()
}

t_leftovers()
{
	local left

	left=$(t_processes)
	if [ -n "$left" ]; then
		not_ok "no process is left" "$left"
		# shellcheck disable=SC2046  # a list of numbers
		kill -9 $(cut -d' ' -f1 <<<"$left") 2>/dev/null
	fi
	left=$(t_system | diff "$t_dir/.system" -)
	[ -z "$left" ] || not_ok "the system's own Slurm paths are as they were" "$left"
	if [ -n "${WEFT_TEST_TMP:-}" ]; then	# nobody else's
		left=$(t_tmp | comm -13 "$t_dir/.tmp" -)
		[ -z "$left" ] || not_ok "nothing of ours is left in /tmp" "$left"
	fi
	left=$(find "$t_dir/weft-sandbox" -mindepth 1 ! -path '*/.ports' ! -name lock 2>/dev/null)
	[ -z "$left" ] || not_ok "the sandboxes are gone" "$left"
}

t_cleanup()
{
	trap - EXIT
	t_stop_all
	cd /
	rm -rf "$t_dir"
}
trap t_cleanup EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

t_end()
{
	t_stop_all
	t_leftovers
	echo "1..$t_count"
	exit $t_failed
}
