#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flow_real.sh - real projects' batch scripts as a workflow, unchanged; a
# command that saves itself before its time is up; how often Slurm is asked
#
# Five scripts of other projects (set WEFT_DATA to where sbatch/ lies) are put
# one behind another by `weft flow from --after`.  The sandbox has what their
# #SBATCH lines ask for, and stand-ins come first in PATH for what they call.
. "${srcdir:-.}/tests/slurm/lib.sh"

data=${WEFT_DATA:-$srcdir/../shared/data}/sbatch
cat >"$t_dir/extra.conf" <<'C'
PartitionName=train Nodes=ALL
PartitionName=archive Nodes=ALL
PartitionName=hopper-prod Nodes=ALL
PartitionName=closed Nodes=ALL State=DOWN
MaxArraySize=20001
MaxJobCount=20000
C
sb_start --nodes 4 --gpus 8 --cpus 96 --plugins off --conf-extra "$t_dir/extra.conf"
cd "$t_dir" || exit 99

scripts="bigscience__jz_slurm_make-huge-tarball.slurm
open-r1__slurm_compute_pass_rate.slurm
torchtitan__multinode_trainer.slurm
deepops__workloads_examples_slurm_mpi-hello_hello-job.sh
nebius-solutions-library__soperator_test_quickcheck_hello.sh"

stand_ins()
{
	local name

	mkdir -p bin work/datasets/openwebtext store/datasets logs results openr1/bin
	for name in torchrun dcgmi mpirun python nvidia-smi; do
		printf '#!/bin/sh\necho "%s $*" >>"%s/ran"\n' "$name" "$t_dir" >bin/$name
	done
	chmod +x bin/*
	: >openr1/bin/activate
	: >.bashrc
	echo text >work/datasets/openwebtext/a
}

real=()
for s in $scripts; do
	[ ! -r "$data/$s" ] || real+=("$data/$s")
done
if [ ${#real[@]} -lt 5 ]; then
	skip "five real scripts as a workflow" "no $data here"
else
	stand_ins
	check "five real scripts make a workflow" "$weft" flow from "${real[@]}" --after -o real.yaml
	check "it checks" "$weft" flow check real.yaml
	sx env PATH="$t_dir/bin:$PATH" six_ALL_CCFRWORK="$t_dir/work" six_ALL_CCFRSTORE="$t_dir/store" \
		HOME="$t_dir" \
		"$weft" flow run --json real.yaml >real.json 2>real.err
	is "it runs to its end" "$?" 0
	[ "$(sed -n 's/.*"done":\([0-9]*\).*/\1/p' real.json)" = 5 ] || note "$(cat real.err; tail -n 5 .weft/*/log/* ./*.out 2>/dev/null)"
	is "all five are done" "$(sed -n 's/.*"done":\([0-9]*\).*/\1/p' real.json)" 5
	is "each in its turn" "$(cut -d' ' -f1 ran | uniq | xargs)" "python dcgmi torchrun dcgmi mpirun nvidia-smi"
	check "the first made its file" test -s store/datasets/openwebtext.tar
	is "the trainer in four tasks" "$(grep -c '^torchrun' ran)" 4
fi

# The signal comes, the command saves and is requeued until it is done.  By
# itself that takes Slurm minutes (it looks at limits twice a minute, and a
# requeued job waits for two): here the test gives the signal and ends the wait.
# It sends the signal up to half a minute early, once, and nobody hears it if the
# command has not begun by then: so no signal is due in the first half minute.
cat >save.yaml <<'Y'
tasks:
  train:
    resources: {time: 2, mem: 10}
    checkpoint: {signal: USR1, grace: 60}
    run: |
      trap 'echo saved >> saved; exit 1' USR1
      echo x >> begun
      [ ! -e saved ] || [ "$(wc -l < saved)" -lt 2 ] || { echo done > finished; exit 0; }
      for i in {1..3000}; do sleep 0.1; done
Y
sx_sec=1500
lines() { [ "$(wc -l <"$1" 2>/dev/null)" = "$2" ]; }
sx "$weft" flow run save.yaml >save.out 2>save.err &
runner=$!
if [ -z "${WEFT_TEST_LONG:-}" ]; then
	for turn in 1 2; do
		check "turn $turn of the command begins" wait_for 60 lines begun $turn
		id=$(sx squeue -h -o %A)
		sx scancel -b -s USR1 "$id"
		check "turn $turn: it saves" wait_for 30 lines saved $turn
		check "turn $turn: it is queued again" wait_state "$id" PENDING 30
		# refused while the old try is still being cleared away
		check "turn $turn: it need not wait" wait_for 30 sx scontrol update JobId="$id" StartTime=now
	done
fi
wait "$runner"
rc=$?
[ $rc = 0 ] || note "$(cat save.err)
$(cat .weft/save-*/log/* 2>/dev/null)
$(log | tail -n 20)"
is "a command with a checkpoint is requeued until it is done" "$rc" 0
is "it was told to save twice" "$(wc -l <saved)" 2
check "and then came to its end" test -s finished

# 9,000 tasks that wait and some that fail on the way: Slurm is asked twice a minute.
cat >many.yaml <<'Y'
defaults: {resources: {time: 5, mem: 10}}
tasks:
  wait: {array: 0-899, matrix: {m: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}, run: 'true', resources: {partition: closed}}
  fail: {array: 1-6, run: 'sleep $((index * 2)); exit 1'}
Y
asked() { sx sdiag | awk '/REQUEST_(JOB_(USER_)?|FED_)INFO/ { sub(/.*count:/, ""); n += $1 } END { print n + 0 }'; }
sx "$weft" flow run --detach many.yaml >/dev/null 2>many.err || note "$(cat many.err)"
timeout 200 "$weft" sandbox exec --name "$sb" -- "$weft" flow watch many.yaml >watch.out 2>watch.err &
runner=$!
sleep 3
before=$(asked)
sleep $((${WEFT_TEST_LONG:+57} + 12))
after=$(asked)
check "questions are counted" test "$before" -ge 2
check "while 9,000 jobs are watched Slurm is asked every 30 s at most (asked $((after - before)) times)" \
	test $((after - before)) -le $((${WEFT_TEST_LONG:+2} + 1))
check "and watching went on" kill -0 "$runner"
sx scancel -u "$(id -un)"
kill "$runner"
wait "$runner" 2>/dev/null
t_end
