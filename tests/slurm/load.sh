#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# load.sh - the stock slurmctld, slurmd and srun load Weft's four plugins, and
# none of them has a word to say against it
. "${srcdir:-.}/tests/slurm/lib.sh"

sb_start --nodes 2 --domains 1 --topology "$srcdir/tests/slurm/pairs.json"
config=$(sx scontrol show config)
like "the scheduler" "$config" '^SchedulerType += sched/weft$'
like "the gres" "$config" '^GresTypes += gpu,nvlink$'
like "the filter" "$config" '^JobSubmitPlugins += weft$'
like "the SPANK options" "$(sx srun --help 2>&1)" " $opt_segment=K"
is "a job runs" "$(sx srun -n1 --gres=gpu:1 sh -c 'echo $CUDA_VISIBLE_DEVICES' 2>/dev/null)" 0

# Slurm's own lines: a first start has no state to recover; an srun may be
# gone before slurmctld tells it that its job has ended; a machine may have no
# name for an address; and its answer to the plugin's empty het job (hetgate.c).
quiet()
{
	grep -hE 'error|fatal' "$sb_dir"/log/*.log | grep -vE \
		'SRUN_JOB_COMPLETE|auth_p_get_host: Lookup failed|_slurm_rpc_allocate_het_job: Unspecified error|MailProg|Could not open .*(state|trigger|assoc|fed_mgr|resv|last_config_lite|priority_last)|No (job|trigger|node|reservation|last decay|Assoc usage|fed_mgr) state|(node|part|job|resv|trigger)_state|Not running as root|read_slurm_conf: MailProg|NOTE: Trying backup|cgroup|Unable to (open|resolve)|not found in PATH|restarts? file'
}
is "no error in any log" "$(quiet)" ""
sx scontrol reconfigure
sx srun -n1 true 2>/dev/null
is "nor after scontrol reconfigure" "$(quiet)" ""
t_end
