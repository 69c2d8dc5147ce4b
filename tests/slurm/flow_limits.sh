#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flow_limits.sh - workflows under limits of accounts and QOS
#
# A dry run tells the limits before anything is submitted.  A run goes in
# waves that never pass MaxSubmitJobs of the user, of the QOS, of the
# partition's QOS, also while other jobs of the user come and go.
. "${srcdir:-.}/tests/slurm/lib.sh"

t_need slurmdbd
t_need mariadbd
# Stock Slurm lets the next job wait up to three seconds.
printf '%s\n' AccountingStorageEnforce=limits,qos \
	SchedulerParameters=batch_sched_delay=0,sched_interval=1 >"$t_dir/extra.conf"
sb_start --nodes 1 --gpus 2 --cpus 8 --plugins off --slurmdbd --conf-extra "$t_dir/extra.conf"
cd "$t_dir" || exit 99
flow() { sx "$weft" flow "$@" >out.txt 2>err.txt; }
user=$(id -un)
sacctmgr() { sx sacctmgr -i "$@" >>"$t_dir/sacctmgr.out" 2>&1; }
sacctmgr add account ml
sacctmgr add account other
sacctmgr add user "$user" account=ml,other defaultaccount=ml
sacctmgr modify user "$user" set defaultaccount=ml
sacctmgr add qos short
sacctmgr add qos few
sacctmgr add qos tight
sacctmgr modify qos short set MaxWall=30
sacctmgr modify qos few set MaxSubmitJobsPerUser=4
sacctmgr modify qos tight set GrpSubmitJobs=3
sacctmgr modify user "$user" set qos+=short,few
sacctmgr modify user "$user" where account=ml set MaxSubmitJobs=50 MaxJobs=5 MaxWall=120
sacctmgr modify account ml set GrpTRES=gres/gpu=1
partition() { sx scontrol create PartitionName=tight Nodes=ALL QOS=tight; }
check "a partition with a QOS of its own" wait_for 60 partition

cat >limits.yaml <<'Y'
tasks:
  many: {array: 0-99, run: x, retries: 1, resources: {time: 10}}
  long: {run: x, resources: {time: 600}}
  gpus: {run: x, resources: {time: 10, gpus: 2}}
  short: {run: x, resources: {time: 60, qos: short}}
  late: {needs: {task: many, on: any}, run: x, resources: {time: 61, qos: short}}
  few: {array: 0-8, run: x, resources: {time: 10, qos: few}}
  tight: {array: 0-9, run: x, resources: {time: 10, partition: tight}}
  other: {array: 0-99, run: x, resources: {time: 600, gpus: 2, account: other}}
Y
known()
{
	flow run --dry-run limits.yaml
	grep -q '^limit: MaxSubmitJobs=50' out.txt && grep -q 'GrpTRES' out.txt
}
check "slurmctld knows the limits" wait_for 60 known
flow run --dry-run limits.yaml
is "a dry run with tasks that would never start answers no" "$?" 3
text=$(cat out.txt)
like "jobs at once" "$text" "^limit: MaxSubmitJobs=50 of user $user in account ml: 102 tasks .*in waves"
like "those of a QOS" "$text" '^limit: MaxSubmitJobs=4 of QOS few: 9 tasks .*in waves'
like "those of a partition" "$text" '^limit: GrpSubmitJobs=3 of QOS tight: 10 tasks .*in waves'
like "jobs that run" "$text" '^limit: MaxJobs=5 .*: of 102 tasks .* 5 will'
like "time" "$text" '^limit: MaxWall=120 .*: long asks for 600 minutes'
like "GPUs of the account" "$text" '^limit: GrpTRES=gres/gpu=1 of account ml: gpus asks for 2 GPUs'
like "a QOS has its own, for later waves too" "$text" \
	'^limit: MaxWall=30 of QOS short: short asks for 61 minutes, and 2 such tasks'
unlike "and no other account's are told" "$text" 'account other'
is "nothing was submitted" "$(sx squeue -h | wc -l)" 0

# Each task notes how many of its kind are in Slurm as it begins.
sacctmgr modify user "$user" where account=ml set MaxSubmitJobs=6 MaxJobs=-1
sacctmgr modify user "$user" where account=other set MaxSubmitJobs=-1
cat >waves.yaml <<'Y'
defaults: {resources: {time: 5, mem: 10}}
tasks:
  a: {array: 0-15, run: 'squeue -h -r -A ml -o %A | wc -l >> a.n; echo x >> a.ran'}
  b: {array: 0-15, needs: {task: a, each: true}, run: 'echo x >> b.ran'}
  last: {needs: b, run: 'wc -l < b.ran > last.ran'}
  few: {array: 0-9, run: 'squeue -h -r -q few -o %A | wc -l >> few.n; echo x >> few.ran', resources: {qos: few, account: other}}
  tight: {array: 0-9, run: 'squeue -h -r -p tight -o %A | wc -l >> tight.n; echo x >> tight.ran', resources: {partition: tight, account: other}}
Y
six() { flow run --dry-run waves.yaml; grep -q 'MaxSubmitJobs=6' out.txt; }
check "slurmctld knows the new limit" wait_for 60 six
check "a run over every limit of jobs ends" flow run --json waves.yaml
[ ! -s err.txt ] || note "$(tail -n 5 err.txt)"
like "it says why it goes in waves" "$(cat err.txt)" 'SubmitJobs=[0-9]* of .*: the run goes in waves'
is "every unit ran once" "$(wc -l <a.ran) $(wc -l <b.ran) $(cat last.ran) $(wc -l <few.ran) $(wc -l <tight.ran)" "16 16 16 10 10"
most() { sort -n "$1" | tail -n 1; }
check "never more than the user may" test "$(most a.n)" -le 6
check "nor than the QOS lets" test "$(most few.n)" -le 4
check "nor than the partition's QOS lets" test "$(most tight.n)" -le 3

# Another job of the user takes the room while the run waits for it.
cat >beside.yaml <<'Y'
defaults: {resources: {time: 5, mem: 10}}
tasks: {a: {array: 0-11, run: 'echo x >> beside.ran; sleep 1'}}
Y
id=$(submit -A ml -a 1-3 -t 5 --wrap 'exec sleep 300')
sx "$weft" flow run beside.yaml >out.txt 2>err.txt &
runner=$!
ran() { [ -s beside.ran ]; }
check "a run beside other jobs begins" wait_for 60 ran
more=$(submit -A ml -t 5 --wrap 'exec sleep 300' 2>/dev/null)
sx scancel "$id" ${more:+"$more"}
wait "$runner"
is "and ends" "$?" 0
is "every unit of it ran once" "$(wc -l <beside.ran)" 12

printf 'tasks: {a: {array: 0-1, run: x, resources: {time: 600}}}\n' >never.yaml
sacctmgr modify qos normal set flags=DenyOnLimit MaxWall=60
denied() { flow run --dry-run never.yaml; grep -q 'MaxWall=60 of QOS normal' out.txt; }
check "slurmctld knows the QOS" wait_for 60 denied
flow run never.yaml
is "a job that is too much itself is refused, not waited with" "$?" 1
like "in Slurm's words" "$(cat err.txt)" 'task "a": .*(limit|policy)'
is "and nothing of it is left" "$(sx squeue -h -t PD,R -n a | wc -l)" 0
t_end
