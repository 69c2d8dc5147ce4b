# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh - the main job on real input, in under a minute
#
# A private Slurm of 4 nodes with 8 emulated GPUs each, in two NVLink domains,
# is started with the plugins just built.  Batch scripts as users write them go
# in through sbatch, unedited; only the training command is a stand-in, found
# through PATH.  Each command is shown as a user would type it, then run, and
# its output follows: nothing is told that was not just seen.
#
# The first script is torchtitan's, if the data beside the tree is there
# (WEFT_DATA); else one of our own in the same style does the same.  It, the
# stand-ins and the rules lie in tests/golden/demo.
#
# A command that does not end as it should ends the demonstration with an
# error.  However it ends, the sandbox is stopped and its directory removed.

demo_dir=
demo_bold='' demo_typed='' demo_plain=''

demo_look()
{
	[ -n "$ui_live" ] && [ -z "${NO_COLOR:-}" ] || return 0
	demo_bold=$'\033[1m' demo_typed=$'\033[36m' demo_plain=$'\033[0m'
}

demo_heading() { say ""; say "${demo_bold}== $1${demo_plain}"; }

demo_stop()
{
	[ -n "$demo_dir" ] || return 0
	if [ -d "$demo_dir/slurm" ]; then
		"$build/weft" sandbox stop --dir "$demo_dir/slurm" >/dev/null 2>&1 9>&-
	fi
	rm -rf "$demo_dir"
	demo_dir=
}

# Show a line as typed, then run it by the shell inside the sandbox.
demo_run()	# LINE
{
	say "${demo_typed}\$ $1${demo_plain}"
	"$build/weft" sandbox exec --dir "$demo_dir/slurm" -- bash -c "$1" \
		</dev/null 2>&1 9>&- | sed 's/^/    /' >&3
	return "${PIPESTATUS[0]}"
}

demo_do() { demo_run "$1" || die "the command above failed, which it should not; the log: $ui_log"; }

demo_refused()
{
	demo_run "$1" && die "the command above should have been refused"
	return 0
}

# The same without showing it.
demo_quietly() { "$build/weft" sandbox exec --dir "$demo_dir/slurm" -- "$@" 2>&1 9>&-; }

# Until the job's state is (or with ! is not) among those given.
demo_until()	# JOB STATE...
{
	local job=$1 i state
	shift

	for ((i = 0; i < 150; i++)); do
		state=$(demo_quietly squeue -h -n "$job" -o %T)
		case " $* " in
		*" ${state:-GONE} "*) return ;;
		esac
		sleep 0.1
	done
	die "job $job is ${state:-gone} after 15 s; expected: $*"
}

demo_map()
{
	if [ -n "$demo_bold" ]; then
		say "${demo_typed}\$ weft map${demo_plain}"
		demo_quietly weft map --color=always | sed 's/^/    /' >&3
	else
		demo_do "weft map"
	fi
}

# What is submitted, and a PATH with the stand-ins and weft in front.
demo_files()
{
	local golden=$top/tests/golden/demo
	local real=${WEFT_DATA:-$top/../shared/data}/sbatch/torchtitan__multinode_trainer.slurm

	cp -r "$golden/." "$demo_dir/" || return
	chmod +x "$demo_dir"/bin/*
	ln -sf "$build/weft" "$demo_dir/bin/weft"
	demo_train="sbatch --nodes=4 pretrain.sbatch"
	demo_train_name=pretrain demo_train_out=pretrain-1.out
	demo_train_title="A training script: 4 nodes, all 32 GPUs"
	if [ -r "$real" ]; then
		cp "$real" "$demo_dir/multinode_trainer.slurm" || return
		demo_train="sbatch multinode_trainer.slurm"
		demo_train_name=torchtitan_multi_node demo_train_out=slurm-1.out
		demo_train_title="torchtitan's training script, unedited: 4 nodes, all 32 GPUs"
	fi
	PATH=$demo_dir/bin:$PATH
	export PATH
}

# 96 CPUs a node and a partition "train": what torchtitan's script asks.
demo_start()
{
	"$build/weft" sandbox start --nodes 4 --gpus 8 --cpus 96 --domains 2 \
		--partition "train Nodes=ALL DefaultTime=2:00:00" \
		--dir "$demo_dir/slurm"
}

run_demo()
{
	ui_plan $((BUILD_STEPS + 1))
	build_all
	"$build/weft" sandbox --help >/dev/null 2>&1 ||
		die "this weft was built without Slurm and has no sandbox; see the end of $build/log"
	demo_look
	trap demo_stop EXIT
	demo_dir=$(mktemp -d /tmp/weft-demo.XXXXXX) || die "cannot write to /tmp"
	demo_files || die "cannot write to $demo_dir"
	step "a private Slurm: 4 nodes x 8 GPUs, two NVLink domains" demo_start
	cd "$demo_dir" || exit 1
	demo_act_start
	demo_act_train
	demo_act_share
	demo_act_wait
	demo_act_rules
	demo_heading "The end"
	demo_stop
	say "The private Slurm is stopped and removed.  Play on your own:"
	say "    ./run sandbox start --domains 2     then     ./run sandbox exec -- sbatch YOURS"
	say "docs/user.md is for those who submit, docs/admin.md for those who run a site."
}

demo_act_start()
{
	demo_heading "An ordinary Slurm with Weft's four plugins"
	demo_do "scontrol show config | grep -E '^(SLURM_VERSION|SchedulerType|GresTypes|JobSubmitPlugins) '"
	demo_do "srun --help | grep --no-group-separator -A 1 -E -e '^ +--(domain|segment)='"
}

demo_act_train()
{
	demo_heading "$demo_train_title"
	WEFT_DEMO_SEC=3
	export WEFT_DEMO_SEC
	demo_do "$demo_train"
	demo_until "$demo_train_name" RUNNING
	demo_map
	say "What the script wrote (torchrun is a stand-in that says what it was given):"
	demo_until "$demo_train_name" GONE
	demo_do "cut -c 1-100 $demo_train_out"
}

demo_act_share()
{
	WEFT_DEMO_SEC=600
	demo_heading "Half a node is taken; a job of two nodes wants one NVLink domain"
	demo_do "sbatch --job-name=tune --gres=gpu:4 --time=60 --wrap 'torchrun tune.py'"
	demo_until tune RUNNING
	demo_do "sbatch --domain=same pretrain.sbatch"
	demo_until pretrain RUNNING
	demo_do "sbatch --job-name=eval --gres=gpu:2 --time=30 --wrap 'torchrun eval.py'"
	demo_until eval RUNNING
	demo_map
}

demo_act_wait()
{
	demo_heading "A job that has to wait: why, until when, and where it will run"
	demo_do "sbatch --job-name=large --nodes=4 --gres=gpu:8 --time=120 --wrap 'torchrun large.py'"
	sleep 1
	demo_do "squeue --start --format '%.6i %.9j %.2t %.6D %.20S  %12Y %R'"
	demo_do "scontrol show job 5 | grep -o -E '(JobState|Reason|StartTime|SchedNodeList|EndTime)=[^ ]*'"
	demo_heading "A short job passes it without delaying it"
	# shellcheck disable=SC2016  # the job's own variables
	demo_do 'srun --gres=gpu:1 --time=5 bash -c '\''echo "GPU $CUDA_VISIBLE_DEVICES of $SLURMD_NODENAME"'\'
	demo_do "squeue --format '%.6i %.9j %.2t %.6D %.10M  %R'"
}

demo_act_rules()
{
	demo_heading "The site's rules: a new file counts from the next second on, nothing is restarted"
	demo_do "grep -A 3 '\"rules\"' weft.json"
	demo_do "weft policy check weft.json"
	demo_do "cp weft.json slurm/etc/weft.json"
	sleep 1.1	# the plugin looks at the file once a second
	demo_refused "sbatch --gres=gpu:8 --time=14-0 --wrap 'torchrun forever.py'"
}
