# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# private.sh - a private Slurm for one test of sched/weft, to be sourced
#
#   private_start NAME NODES GPUS [SCHEDULER] [LINES of slurm.conf...]
#   private_stop            stops what start started; also on exit, also after
#                           a failure, and fails if a process is left
#   private_kill            kill -9 slurmctld
#   private_revive          start it again
#
# It runs a munged of its own, one slurmctld and NODES slurmds in a temporary
# directory and a room of its own (room.sh); GPUs are character devices.
# The plugins come from the build (WEFT_BUILD, default: here), before
# Slurm's own.  A test that cannot run here exits 77 and says why.
#
# $private is the directory; SLURM_CONF is exported.  say, ok, not_ok, check,
# is_none and finish speak TAP.
set -u

WEFT_BUILD=$(cd "${WEFT_BUILD:-$PWD}" && pwd) || exit 99
# shellcheck source=tests/slurm/room.sh
. "${BASH_SOURCE[0]%/*}/room.sh"
export WEFT_BUILD
PATH=$PATH:/usr/sbin:/sbin room_enter "$WEFT_BUILD:$(cd "${srcdir:-.}" && pwd)" "$@"
tap_count=0
tap_failed=0

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 77
}

say() { echo "# $*"; }

ok()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

not_ok()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
}

# check DESCRIPTION COMMAND...: ok if the command succeeds
check()
{
	local what=$1

	shift
	if "$@"; then ok "$what"; else not_ok "$what"; fi
}

# is_none DESCRIPTION TEXT: ok if there is no text; else its first lines are why
is_none()
{
	if [ -z "$2" ]; then
		ok "$1"
	else
		not_ok "$1"
		head -n 10 <<<"$2" | sed 's/^/# /'
	fi
}

finish()
{
	private_stop
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}

private_need()
{
	local tool

	[ "$(id -u)" -eq 0 ] || skip_all "needs root (device nodes, slurmd)"
	for tool in slurmctld slurmd munged srun sbatch squeue; do
		PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null ||
			skip_all "$tool is not installed"
	done
	[ -f "$WEFT_BUILD/.libs/sched_weft.so" ] ||
		skip_all "sched_weft.so is not built"
}

# The first of COUNT (up to 96) consecutive ports on which nobody listens.  Two
# tests that start at once begin to look in different places: process ids tell
# nothing where each has a namespace of its own.
private_port()
{
	local base count=$1 busy

	busy=$(ss -Htln 2>/dev/null | awk '{ sub(/.*:/, "", $4); print $4 }')
	for ((base = 21000 + RANDOM % 20 * 96; base < 24000; base += 96)); do
		echo "$busy" | awk -v a="$base" -v b=$((base + count)) \
			'$1 >= a && $1 < b { exit 1 }' && break
	done
	echo "$base"
}

private_conf()
{
	local nodes=$1 gpus=$2 scheduler=$3 plugins

	shift 3
	plugins=$(scontrol_plugin_dir)
	cat <<-END
	ClusterName=private
	SlurmctldHost=localhost(127.0.0.1)
	SlurmUser=root
	SlurmctldPort=$private_base
	SlurmdPort=$((private_base + 1))
	AuthType=auth/munge
	CredType=cred/munge
	AuthInfo=socket=$private/run/munge.sock${private_auth:+,$private_auth}
	StateSaveLocation=$private/state
	SlurmdSpoolDir=$private/spool/%n
	SlurmctldPidFile=$private/run/slurmctld.pid
	SlurmdPidFile=$private/run/slurmd-%n.pid
	SlurmctldLogFile=$private/log/slurmctld.log
	SlurmdLogFile=$private/log/slurmd-%n.log
	TmpFS=$private/tmp/%n
	MailProg=/bin/true
	PluginDir=$private/plugins:$plugins
	PlugStackConfig=$private/plugstack.conf
	ProctrackType=proctrack/linuxproc
	TaskPlugin=task/none
	MpiDefault=none
	SlurmdParameters=config_overrides
	SchedulerType=$scheduler
	SelectType=select/cons_tres
	SelectTypeParameters=CR_Core_Memory
	ReturnToService=2
	JobAcctGatherType=jobacct_gather/none
	AccountingStorageType=accounting_storage/none
	GresTypes=gpu
	MaxJobCount=20000
	END
	printf '%s\n' "$@" | grep -v '^PartitionName'
	echo "NodeName=n[1-$nodes] NodeHostname=localhost NodeAddr=127.0.0.1" \
		"Port=[$((private_base + 2))-$((private_base + 1 + nodes))]" \
		"CPUs=64 RealMemory=64000 Gres=gpu:${private_gpu_type:+$private_gpu_type:}$gpus"
	echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
	printf '%s\n' "$@" | grep '^PartitionName'
}

scontrol_plugin_dir()
{
	local dir

	for dir in /usr/lib/*/slurm-wlm /usr/lib/slurm /usr/lib64/slurm; do
		[ -f "$dir/sched_builtin.so" ] && echo "$dir" && return
	done
}

private_start()
{
	local name=$1 nodes=$2 gpus=$3 scheduler=${4:-sched/weft} i

	shift 3
	[ $# -eq 0 ] || shift
	PATH=$PATH:/usr/sbin:/sbin
	private_need
	private=$(mktemp -d "${TMPDIR:-/tmp}/weft-$name-XXXXXX")
	private_nodes=$nodes
	private_base=$(private_port $((nodes + 2)))
	trap private_stop EXIT
	mkdir -p "$private"/{run,log,state,spool,tmp,dev,plugins}
	chmod 755 "$private"
	cp "$WEFT_BUILD"/.libs/sched_weft.so "$private/plugins/"
	cp "$WEFT_BUILD"/.libs/job_submit_weft.so "$private/plugins/"
	[ -z "${private_topology:-}" ] ||
		echo "$private_topology" > "$private/topology.conf"
	[ -z "${private_json:-}" ] || echo "$private_json" > "$private/weft.json"
	dd if=/dev/urandom of="$private/munge.key" bs=128 count=1 2>/dev/null
	chmod 600 "$private/munge.key"
	for ((i = 0; i < gpus; i++)); do
		mknod "$private/dev/nvidia$i" c 1 3
	done
	echo "Name=gpu ${private_gpu_type:+Type=$private_gpu_type} File=$private/dev/nvidia[0-$((gpus - 1))]" \
		> "$private/gres.conf"
	echo "${private_spank:-}" > "$private/plugstack.conf"
	# The last line of a name counts: Slurm would grumble.
	private_conf "$nodes" "$gpus" "$scheduler" "$@" | tac |
		awk -F= '/^(Node|Partition)Name/ || !seen[$1]++' | tac > "$private/slurm.conf"
	export SLURM_CONF=$private/slurm.conf
	munged -f -S "$private/run/munge.sock" --key-file="$private/munge.key" \
		--pid-file="$private/run/munged.pid" \
		--log-file="$private/log/munged.log" \
		--seed-file="$private/run/munge.seed" 2>/dev/null
	slurmctld -c 2>/dev/null
	for ((i = 1; i <= nodes; i++)); do
		mkdir -p "$private/tmp/n$i"
		slurmd -N "n$i"
	done
	private_wait 60 private_all_idle || {
		say "the nodes did not become idle"
		tail -n 5 "$private/log/slurmctld.log" | sed 's/^/# /'
		exit 1
	}
}

private_all_idle()
{
	[ "$(timeout 5 sinfo -h -N -t idle -o %N 2>/dev/null | sort -u | wc -l)" -eq "$private_nodes" ]
}

private_no_gpus()
{
	local used

	used=$(timeout 10 scontrol show node -d) || return
	! grep GresUsed <<<"$used" | grep -Eqv 'gpu:([a-z][a-z0-9]*:)?0([^0-9]|$)'
}

# private_wait SECONDS COMMAND...: until the command succeeds
private_wait()
{
	local end=$(($(date +%s) + $1))

	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.1
	done
}

private_pids()
{
	local file pid

	for file in "$private"/run/*.pid; do
		# A daemon that ends takes its file with it.
		pid=$(cat "$file" 2>/dev/null)
		[ -n "$pid" ] || continue
		kill -0 "$pid" 2>/dev/null && echo "$pid"
	done
}

private_slurmctld() { cat "$private/run/slurmctld.pid"; }

private_kill()
{
	local pid

	pid=$(private_slurmctld)
	kill -9 "$pid"
	private_wait 60 eval "! kill -0 $pid 2>/dev/null"
}

private_revive()
{
	slurmctld
	private_wait 60 timeout 2 squeue -h >/dev/null
}

private_no_pids() { [ -z "$(private_pids)" ]; }

private_stop()
{
	trap - EXIT
	[ -n "${private:-}" ] && [ -d "$private" ] || return 0
	timeout 10 scancel -u root 2>/dev/null
	private_wait 60 eval '[ -z "$(timeout 3 squeue -h)" ]'
	# shellcheck disable=SC2046  # a list of numbers
	kill $(private_pids) 2>/dev/null
	if ! private_wait 60 private_no_pids; then
		not_ok "every daemon ended when told to"
		# shellcheck disable=SC2046
		kill -9 $(private_pids) 2>/dev/null
	fi
	[ -n "${KEEP:-}" ] || rm -rf "$private"
	private=
}
