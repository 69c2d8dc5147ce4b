#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# submit_lua.sh - a real site's job_submit.lua and the rules that docs/examples
# offers in its place: the same submissions, decided alike by one slurmctld
# after the other filter, and what became of those that were accepted.
#
# Left out of the table, for they are not alike on purpose: lists of partitions
# (Lua looks at the first, rules at each), and the time limit of interactive
# jobs, which Lua also cuts at the partition's.
. "${srcdir:-.}/tests/slurm/lib.sh"

lua=${WEFT_DATA:-$srcdir/../shared/data}/slurm_conf/lua/niflheim_job_submit.lua
rules=$srcdir/docs/examples/submit-university.json
[ -r "$lua" ] || { echo "1..0 # SKIP no $lua here"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP only root can submit as somebody else"; exit 77; }
t_need setpriv

{
	for p in xeon24el8 xeon24 xeon32 xeon32_4096 xeon40 xeon56 sm3090 epyc96 a100 h200 other; do
		echo "PartitionName=$p Nodes=ALL MaxTime=10080"
	done
} >"$t_dir/extra.conf"
sb_start --nodes 4 --gpus 4 --cpus 128 --conf-extra "$t_dir/extra.conf"
conf=$(sx sh -c 'dirname "$SLURM_CONF"')
plugins=$(sx scontrol show config | sed -n 's/^PluginDir *= *//p' | tr : '\n' | tail -n 1)
if ! [ -e "$plugins/job_submit_lua.so" ]; then
	skip "a site's Lua" "no job_submit_lua.so here"
	sb_stop
	t_end
fi
# Before 23.02 Lua has no names for Slurm's errors: the script carries them in a
# comment, to be taken out of it there.
if [ "$release" = 22.05 ]; then
	{ grep '^slurm\.ESLURM_[A-Z_]*=[0-9]*$' "$lua"; cat "$lua"; } >"$conf/job_submit.lua"
else
	cp "$lua" "$conf/job_submit.lua"
fi
cp "$rules" "$conf/weft.json"
printf '#!/bin/sh\nsleep 1\n' >"$t_dir/job.sh"
chmod 0755 "$t_dir/job.sh"
args=$(printf '%01100d' 0)
cat >"$t_dir/table" <<X
-p xeon24 job.sh
-p xeon24el8 -n 5 job.sh
-p xeon24 -N 2 job.sh
-p xeon24 -N 2 -n 48 job.sh
-p xeon24 -N 2 -n 47 job.sh
-p xeon24 -N 2 --ntasks-per-node=24 job.sh
-p xeon24 -N 2 -n 2 -c 24 job.sh
-p xeon32 -n 7 job.sh
-p xeon32 -N 2 -n 7 job.sh
-p xeon32 -N 2 -n 64 job.sh
-p xeon32_4096 job.sh
-p xeon32_4096 --mem=800G job.sh
-p xeon32_4096 --mem=64G job.sh
-p xeon32_4096 --mem-per-cpu=30G job.sh
-p xeon32_4096 --mem-per-cpu=2G job.sh
-p xeon40 job.sh
-p xeon40 -n 40 job.sh
-p xeon40 -n 1 -c 40 job.sh
-p xeon40 -N 2 -n 80 job.sh
-p xeon40 -N 2 -n 79 job.sh
-p xeon56 -n 56 job.sh
-p xeon56 -n 55 job.sh
-p epyc96 -n 96 job.sh
-p epyc96 -n 48 -c 2 job.sh
-p epyc96 -n 48 job.sh
-p a100 job.sh
-p a100 --gres=gpu:1 job.sh
-p a100 --gres=gpu:h100:2 -n 3 job.sh
-p a100 --gpus=2 job.sh
-p a100 -N 2 --gres=gpu:4 job.sh
-p h200 job.sh
-p h200 --gpus-per-node=1 job.sh
-p sm3090 job.sh
-p other job.sh
job.sh
-p xeon24 -J MAINT job.sh
-p xeon24 -J maintain job.sh
-p xeon24 --mem=0 job.sh
-p xeon24 --mem-per-cpu=0 job.sh
-p xeon24 --mem=1G job.sh
-p xeon24 job.sh 1 2 3 4 5 6 7 8 9 10
-p xeon24 job.sh 1 2 3 4 5 6 7 8 9 10 11
-p xeon24 job.sh $args
-p xeon24 -t 3-0 job.sh
X

use()
{
	sed -i '/^JobSubmitPlugins/d' "$conf/slurm.conf"
	echo "JobSubmitPlugins=$1" >>"$conf/slurm.conf"
	"$weft" sandbox restart --name "$sb" slurmctld >/dev/null 2>&1
	wait_for 30 sx scontrol ping
}

# What comes of each line of the table: refused, or what Slurm holds of it.
decide()
{
	local line id

	cd "$t_dir" || return 1
	while read -r line; do
		# shellcheck disable=SC2086  # a list of words
		if id=$(sx setpriv --reuid=65534 --regid=65534 --clear-groups sbatch --parsable -H -o /dev/null \
			-D / ${line/job.sh/$t_dir/job.sh} </dev/null 2>"$t_dir/err"); then
			echo "taken: $(sx scontrol show job -o "$id" | grep -o '\b\(NumTasks\|NumNodes\|NumCPUs\|Partition\|TimeLimit\|MinMemory[A-Z]*\)=[^ ]*' | tr '\n' ' ')"
		elif grep -qi 'requested node\|configuration is not\|node count' "$t_dir/err"; then
			echo "Slurm itself: $(tail -n 1 "$t_dir/err")"
		else
			echo "refused"
		fi
		sx scancel -u nobody 2>/dev/null
	done <"$t_dir/table"
}
use lua
decide >"$t_dir/lua"
use weft
decide >"$t_dir/weft"
both=$(paste -d'|' "$t_dir/table" "$t_dir/lua" "$t_dir/weft")
while IFS='|' read -r line by_lua by_weft; do
	is "sbatch ${line:0:60}" "$by_weft" "$by_lua"
done <<<"$both"
note "$(grep -c '^taken' "$t_dir/lua") taken and $(grep -c '^refused' "$t_dir/lua") refused by Lua"
[ "$(grep -c '^refused' "$t_dir/lua")" -ge 10 ] && [ "$(grep -c '^taken' "$t_dir/lua")" -ge 10 ]
is "the table has both" $? 0
sb_stop
t_end
