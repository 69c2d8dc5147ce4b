#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flow.sh - workflows on a real Slurm: arrays, one-to-one edges, retries with
# more memory, failures told apart, waves, resume, cancel.
. "${srcdir:-.}/tests/slurm/lib.sh"

# Stock Slurm lets the next job of a chain wait up to three seconds.
echo SchedulerParameters=batch_sched_delay=0,sched_interval=1 >"$t_dir/extra.conf"
sb_start --nodes 2 --gpus 2 --plugins off --conf-extra "$t_dir/extra.conf"
cd "$t_dir" || exit 99
field_of() { sed -n "s/^  \"$2\":\(.*[^,]\),*\$/\1/p" "$1" | tr -d ' "'; }
flow() { sx "$weft" flow "$@" >out.txt 2>err.txt; }

cat >good.yaml <<'Y'
name: good
params: {who: "it's me; $HOME"}
defaults: {resources: {time: 5, mem: 10}}
tasks:
  prep: {run: 'printf "%s\n" "$who" > prep.out'}
  map: {needs: prep, array: 0-9, run: 'echo "$index" >> map.out'}
  twin: {needs: {task: map, each: true}, array: 0-9, run: 'grep -qx "$index" map.out'}
  "odd $(name)": {needs: twin, run: 'wc -l < map.out > end.out'}
Y
check "a workflow runs to its end" flow run --json good.yaml
cp out.txt first.txt
check "every task is done" test "$(field_of first.txt done)" = 22
check "its 22 tasks were four Slurm objects" test "$(field_of first.txt objects)" = 4
is "a value with quotes arrives as it is" "$(cat prep.out)" "it's me; \$HOME"
is "every element ran once" "$(sort -n map.out | xargs)" "0 1 2 3 4 5 6 7 8 9"
is "the last ran after all" "$(cat end.out)" 10
check "a second run may begin when the first is over" flow run --json good.yaml

cat >bad.yaml <<'Y'
name: bad
defaults: {resources: {time: 5, mem: 10}}
tasks:
  a:
    array: 0-3
    run: 'echo "$index $SLURM_MEM_PER_NODE" >> a.out; if [ "$index" = 1 ]; then [ "$SLURM_MEM_PER_NODE" = 20 ]; else [ "$index" != 2 ]; fi'
    retries: {max: 1, delay: 1}
    on: {exit: {mem: x2}}
  b: {array: 0-3, needs: {task: a, each: true}, run: 'echo "$index" >> b.out'}
  c: {needs: b, run: 'echo never > c.out'}
  d: {needs: {task: a, on: failed}, run: 'echo mend > d.out'}
  k: {run: 'kill -9 $$'}
Y
flow run --json bad.yaml
is "a run with failures answers no" "$?" 3
cp err.txt bad.err
is "a retry brought the element through, with more memory" "$(grep -c '^1 ' a.out) $(grep -c '^1 20$' a.out)" "2 1"
is "its twin ran, the failed one's did not" "$(sort -n b.out | xargs)" "0 1 3"
check "what needs a failure ran" test -s d.out
check "what needs success did not" test ! -e c.out
like "an exit code is told" "$(cat bad.err)" 'a\[2\]: exit code 1'
like "a signal is told" "$(cat bad.err)" 'k: signal 9'
like "the command to continue is told" "$(cat bad.err)" 'weft flow resume'
sed -i 's/\[ "$index" != 2 \]/true/; s/kill -9 \$\$/true/' bad.yaml
check "mended and resumed, the rest runs" flow resume bad.yaml
is "only what was missing" "$(sort -n b.out | xargs)" "0 1 2 3"
check "and what waited for it" test -s c.out

cat >wave.yaml <<'Y'
max_queued: 3
defaults: {resources: {time: 5, mem: 10}}
tasks: {w: {array: 0-6, run: 'squeue -h -r -u "$(id -u)" -o %A | wc -l >> wave.out; echo x >> w.out'}}
Y
check "a run in waves ends" flow run wave.yaml
is "every element ran once in it" "$(wc -l <w.out)" 7
check "never more than three were queued" test "$(sort -n wave.out | tail -1)" -le 3

cat >make.yaml <<'Y'
defaults: {resources: {time: 5, mem: 10}}
tasks:
  one: {run: 'echo x >> one.n; echo 1 > one.o', inputs: src, outputs: one.o}
  two: {needs: one, run: 'echo x >> two.n; echo 2 > two.o', outputs: two.o}
Y
touch src
check "files: the first run makes them" flow run make.yaml
check "files: the second skips them" flow run make.yaml
is "files: each was made once" "$(wc -l <one.n) $(wc -l <two.n)" "1 1"
touch src
check "files: a newer input" flow run make.yaml
is "files: makes it and what needs it again" "$(wc -l <one.n) $(wc -l <two.n)" "2 2"

printf '#!/bin/sh\n#SBATCH -J mine -o %%x-%%j.log\necho "$SLURM_JOB_NAME"\n' >named.sbatch
printf 'defaults: {resources: {time: 5, mem: 10}}\ntasks: {s: {script: named.sbatch}}\n' >named.yaml
check "a script that names its output" flow run named.yaml
check "logs finds it" flow logs named.yaml s
is "and the job has its name" "$(cat out.txt)" mine
check "a command for each index" flow map --array 0-1 --time 5 --mem 10 --output 'map-%2a.log' \
	--comment '${none}' -- sh -c 'echo "$0 it'"'"'s"' {}
is "with the options as they are" "$(cat map-00.log map-01.log | xargs -d '\n')" "0 it's 1 it's"
like "logs in JSON" "$(sx "$weft" flow logs --json 'map[1]')" '"log":".*/map-01.log"'
flow status --svg named.yaml
is "an option of another command is wrong use" "$?" 2

cat >long.yaml <<'Y'
defaults: {resources: {time: 5, mem: 10}}
tasks: {s: {run: 'exec sleep 300'}, t: {needs: s, run: 'echo x'}}
Y
check "detached, it returns at once" flow run --detach long.yaml
flow run long.yaml
is "a second run beside it is refused" "$?" 3
like "and says what is under way" "$(cat err.txt)" 'is not over'
check "it can be cancelled" flow cancel long.yaml
check "nothing of it stays in Slurm" wait_for 60 sh -c '[ -z "$("$1" sandbox exec --name "$2" -- squeue -h -t PD,R)" ]' sh "$weft" "$sb"
printf 'tasks: {a: {run: x, resources: {partition: nowhere}}, b: {run: y, array: 0-2}}\n' >no.yaml
flow run no.yaml
is "a refusal by Slurm is a failure" "$?" 1
like "with Slurm's reason and the task" "$(cat err.txt)" 'task "a".*[Pp]artition'
is "and nothing of the run is left" "$(sx squeue -h -t PD,R | wc -l)" 0
t_end
