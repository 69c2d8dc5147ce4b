# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh - the main job on real input, in under a minute
#
# A private Slurm of 4 nodes with 8 emulated GPUs each, in two NVLink domains,
# is started with the plugins just built.  Batch scripts as users write them go in
# through sbatch, unedited; only the training command is a stand-in, found through
# PATH.  Each command is shown before its output, as a user would type it.
#
# The scripts lie in tests/golden/demo.  The sandbox is stopped and removed however this ends.

demo_dir=

demo_heading() { say ""; say "== $*"; }

demo_stop()
{
	[ -n "$demo_dir" ] || return 0
	"$build/weft" sandbox stop --dir "$demo_dir/slurm" >/dev/null 2>&1
	rm -rf "$demo_dir"
	demo_dir=
}

# Show the command as typed, then run it inside the sandbox.
demo_do()
{
	say "\$ $*"
	"$build/weft" sandbox exec --dir "$demo_dir/slurm" -- "$@" 2>&1 |
		sed 's/^/    /' >&3
}

demo_scripts()
{
	demo_real=$top/tests/golden/demo/pretrain.sbatch
	PATH=$top/tests/golden/demo/bin:$PATH
	export PATH
}

demo_start()
{
	"$build/weft" sandbox start --nodes 4 --gpus 8 --domains 2 \
		--dir "$demo_dir/slurm"
}

run_demo()
{
	ui_plan $((BUILD_STEPS + 1))
	build_all
	"$build/weft" sandbox --help >/dev/null 2>&1 ||
		die "this weft has no sandbox, so there is nowhere to show it; ./run check works"
	demo_dir=$(mktemp -d /tmp/weft-demo.XXXXXX) || die "cannot write to /tmp"
	trap demo_stop EXIT
	demo_scripts
	step "a private Slurm: 4 nodes x 8 GPUs, two NVLink domains" demo_start
	cd "$demo_dir" || exit 1
	demo_show
	demo_heading "stopping it"
	demo_stop
	say "nothing is left; to play on your own: ./run sandbox start"
}

demo_show()
{
	demo_heading "A training script, as it is"
	demo_do sbatch "$demo_real"
	demo_heading "Small jobs beside it, and one that has to wait"
	demo_do sbatch --job-name=tune --gres=gpu:4 --time=60 --wrap "torchrun tune.py"
	demo_do sbatch --job-name=eval --gres=gpu:2 --time=30 --wrap "torchrun eval.py"
	demo_do sbatch --job-name=large --nodes=4 --gres=gpu:8 --time=120 --wrap "torchrun large.py"
	# shellcheck disable=SC2016  # the job's own variables
	demo_do srun --gres=gpu:1 --time=1 sh -c 'echo "GPU $CUDA_VISIBLE_DEVICES on node $SLURMD_NODENAME"'
	sleep 2
	demo_heading "Who has what, who waits and until when"
	demo_do squeue --format "%.6i %.9j %.2t %.4D %.12b %.20S %R"
	if "$build/weft" map --help >/dev/null 2>&1; then
		demo_heading "GPUs and NVLink domains"
		demo_do "$build/weft" map
	fi
}
