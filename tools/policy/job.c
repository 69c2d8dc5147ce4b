/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.c - a script and options, as slurmctld's filter would see the job
 *
 * sbatch's options are read by the workflow reader's table and parser; here
 * each is put where Slurm's own client puts it (slurm_opt.c,
 * slurm_opt_create_job_desc()), so that a rule sees offline what it sees in
 * slurmctld.  GPUs by node, --gres, and by task and socket become the lists
 * "gres:gpu:4" that 22.05's clients send.
 *
 * What it leaves out: moments (--begin, --deadline), SBATCH_* variables of the environment, options that
 * plugins add, and defaults that slurmctld fills in after its filters.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flow/model.h"
#include "tools/flow/sbatch_options.h"
#include "tools/policy/policy.h"

static const struct {
	const char *option;
	int field;
	const char *prefix;	/* put before the value, or NULL */
} places[] = {
	{ "partition", WEFT_F_PARTITION }, { "account", WEFT_F_ACCOUNT },
	{ "qos", WEFT_F_QOS }, { "reservation", WEFT_F_RESERVATION },
	{ "job-name", WEFT_F_NAME }, { "comment", WEFT_F_COMMENT },
	{ "wckey", WEFT_F_WCKEY }, { "constraint", WEFT_F_FEATURES },
	{ "prefer", WEFT_F_PREFER }, { "nodelist", WEFT_F_NODELIST },
	{ "exclude", WEFT_F_EXCLUDE }, { "licenses", WEFT_F_LICENSES },
	{ "dependency", WEFT_F_DEPENDENCY }, { "chdir", WEFT_F_WORK_DIR },
	{ "array", WEFT_F_ARRAY }, { "output", WEFT_F_STD_OUT },
	{ "error", WEFT_F_STD_ERR }, { "mail-user", WEFT_F_MAIL_USER },
	{ "clusters", WEFT_F_CLUSTERS }, { "bb", WEFT_F_BURST_BUFFER },
	{ "container", WEFT_F_CONTAINER }, { "network", WEFT_F_NETWORK },
	{ "gpus", WEFT_F_TRES_PER_JOB, "gres:gpu:" },
	{ "gpus-per-task", WEFT_F_TRES_PER_TASK, "gres:gpu:" },
	{ "gpus-per-socket", WEFT_F_TRES_PER_SOCKET, "gres:gpu:" },
	{ "ntasks", WEFT_F_TASKS }, { "ntasks-per-node", WEFT_F_TASKS_PER_NODE },
	{ "cpus-per-task", WEFT_F_CPUS_PER_TASK },
	{ "cpus-per-gpu", WEFT_F_CPUS_PER_GPU },
	{ "mem", WEFT_F_MEM_PER_NODE }, { "mem-per-cpu", WEFT_F_MEM_PER_CPU },
	{ "mem-per-gpu", WEFT_F_MEM_PER_GPU }, { "time", WEFT_F_TIME },
	{ "time-min", WEFT_F_TIME_MIN }, { "tmp", WEFT_F_TMP_DISK },
	{ "priority", WEFT_F_PRIORITY }, { "exclusive", WEFT_F_EXCLUSIVE },
	{ "requeue", WEFT_F_REQUEUE }, { "reboot", WEFT_F_REBOOT },
	{ "batch", WEFT_F_BATCH_FEATURES },
	{ "cluster-constraint", WEFT_F_CLUSTER_FEATURES },
	{ "mcs-label", WEFT_F_MCS_LABEL }, { "acctg-freq", WEFT_F_ACCTG_FREQ },
	{ "input", WEFT_F_STD_IN }, { "gpu-freq", WEFT_F_TRES_FREQ, "gpu:" },
	{ "gpu-bind", WEFT_F_TRES_BIND, "gres:gpu:" },
	{ "ntasks-per-socket", WEFT_F_TASKS_PER_SOCKET },
	{ "ntasks-per-core", WEFT_F_TASKS_PER_CORE },
	{ "ntasks-per-gpu", WEFT_F_TASKS_PER_GPU },
	{ "mincpus", WEFT_F_MIN_CPUS_NODE },
	{ "sockets-per-node", WEFT_F_SOCKETS },
	{ "cores-per-socket", WEFT_F_CORES },
	{ "threads-per-core", WEFT_F_THREADS },
	{ "no-kill", WEFT_F_NO_KILL },
	{ "contiguous", WEFT_F_CONTIGUOUS }, { "overcommit", WEFT_F_OVERCOMMIT },
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static const struct {
	const char *option;
	int field;
} ours[] = {
	{ "user", WEFT_F_USER }, { "requester", WEFT_F_REQUESTER },
	{ "groups", WEFT_F_GROUPS },
};

void policy_job_init(struct policy_job *job)
{
	memset(job, 0, sizeof(*job));
	weft_submission_init(&job->sub);
	job->sub.value[WEFT_F_MODIFY].num = 0;
	job->sub.value[WEFT_F_ARGS].num = 0;
	job->sub.value[WEFT_F_ARG_BYTES].num = 0;
}

void policy_job_fini(struct policy_job *job)
{
	for (uint32_t i = 0; i < job->owned_count; i++)
		free(job->owned[i]);
	free(job->owned);
}

static int keep(struct policy_job *job, int field, const char *before,
		const char *mark, const char *value, struct weft_err *err)
{
	size_t size = strlen(before) + strlen(mark) + strlen(value) + 1;
	char **bigger = reallocarray(job->owned, job->owned_count + 1,
				     sizeof(*bigger));
	char *text = malloc(size);

	if (bigger)
		job->owned = bigger;
	if (!bigger || !text) {
		free(text);
		return weft_err_set(err, ENOMEM, "out of memory");
	}
	snprintf(text, size, "%s%s%s", before, mark, value);
	job->owned[job->owned_count++] = text;
	job->sub.value[field].text = text;
	return 0;
}

static int set_place(struct policy_job *job, size_t i, const char *value,
		     struct weft_err *err)
{
	int field = places[i].field;

	if (weft_fields[field].type == WEFT_TYPE_BOOL) {
		job->sub.value[field].num = 1;
		return 0;
	}
	if (!weft_field_is_text(field)) {
		if (value && weft_field_parse(field, value, &job->sub.value[field].num))
			return 0;
		return weft_err_set(err, EINVAL, "--%s=%s: not a value for it",
				    places[i].option, value ? value : "");
	}
	return keep(job, field, places[i].prefix ? places[i].prefix : "", "",
		    value ? value : "", err);
}

/* The last --gres and the last --gpus-per-node together make one list. */
static int set_gres(struct policy_job *job, const char *name, const char *value,
		    struct weft_err *err)
{
	bool per_node = name[1] == 'p';
	int rc = keep(job, WEFT_F_GRES, per_node ? "gres:gpu:" : "gres:", "",
		      value ? value : "", err);

	if (rc)
		return rc;
	*(per_node ? &job->gpus_per_node : &job->gres) =
		job->sub.value[WEFT_F_GRES].text;
	if (!job->gres || !job->gpus_per_node)
		return 0;
	return keep(job, WEFT_F_GRES, job->gres, ",", job->gpus_per_node, err);
}

static int set_nodes(struct policy_job *job, const char *value, struct weft_err *err)
{
	uint32_t min, max;

	if (!value || weft_sbatch_parse_nodes(value, &min, &max))
		return weft_err_set(err, EINVAL, "--nodes=%s: expected a number or min-max",
				    value ? value : "");
	job->sub.value[WEFT_F_NODES].num = min;
	job->sub.value[WEFT_F_NODES_MAX].num = max;
	return 0;
}

static int set_switches(struct policy_job *job, const char *value, struct weft_err *err)
{
	char count[16];

	snprintf(count, sizeof(count), "%.*s", (int)strcspn(value ? value : "", "@"),
		 value ? value : "");
	if (weft_field_parse(WEFT_F_SWITCHES, count, &job->sub.value[WEFT_F_SWITCHES].num))
		return 0;
	return weft_err_set(err, EINVAL, "--switches=%s: expected a count[@time]",
			    value ? value : "");
}

static int set_nice(struct policy_job *job, const char *value, struct weft_err *err)
{
	bool raises = value && *value == '-';
	union weft_value *v = job->sub.value;
	int field = raises ? WEFT_F_NICE_RAISE : WEFT_F_NICE_BY;

	v[WEFT_F_NICE_BY].num = v[WEFT_F_NICE_RAISE].num = WEFT_UNSET;
	if (weft_field_parse(field, value ? value + raises : "100", &v[field].num))
		return 0;
	return weft_err_set(err, EINVAL, "--nice=%s: expected a number", value);
}

static int set_signal(struct policy_job *job, const char *value, struct weft_err *err)
{
	unsigned int seconds, flags;
	int number;

	if (!value || weft_sbatch_parse_signal(value, &number, &seconds, &flags))
		return weft_err_set(err, EINVAL, "--signal=%s: expected [B:]signal[@seconds]",
				    value ? value : "");
	job->sub.value[WEFT_F_SIGNAL].num = (uint64_t)number;
	job->sub.value[WEFT_F_SIGNAL_TIME].num = seconds;
	return 0;
}

int policy_option_has_value(const char *name, char letter)
{
	const struct weft_sbatch_option *option = name ?
		weft_sbatch_option_find(name) : weft_sbatch_option_letter(letter);

	for (size_t i = 0; name && i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(name, ours[i].option) == 0)
			return 1;
	if (!option)
		return -1;
	if (strcmp(option->name, "hold") == 0)
		return 0;
	return option->kind != WEFT_SBATCH_FLAG &&
		(!option->value_optional || option->use == WEFT_SBATCH_REFUSED);
}

int policy_job_option(struct policy_job *job, const char *name, char letter,
		      const char *value, struct weft_err *err)
{
	const struct weft_sbatch_option *option;

	for (size_t i = 0; name && i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(name, ours[i].option) == 0)
			return keep(job, ours[i].field, "", "", value ? value : "", err);
	option = name ? weft_sbatch_option_find(name) : weft_sbatch_option_letter(letter);
	if (!option && name)
		return weft_err_set(err, EINVAL, "--%s: sbatch has no such option", name);
	if (!option)
		return weft_err_set(err, EINVAL, "-%c: sbatch has no such option", letter);
	if (strcmp(option->name, "nodes") == 0)
		return set_nodes(job, value, err);
	if (strcmp(option->name, "gres") == 0 ||
	    strcmp(option->name, "gpus-per-node") == 0)
		return set_gres(job, option->name, value, err);
	if (strcmp(option->name, "switches") == 0)
		return set_switches(job, value, err);
	if (strcmp(option->name, "nice") == 0)
		return set_nice(job, value, err);
	if (strcmp(option->name, "signal") == 0)
		return set_signal(job, value, err);
	if (strcmp(option->name, "hold") == 0)
		job->sub.value[WEFT_F_PRIORITY].num = 0;
	if (strcmp(option->name, "no-requeue") == 0)
		job->sub.value[WEFT_F_REQUEUE].num = 0;
	for (size_t i = 0; i < PLACES; i++)
		if (strcmp(option->name, places[i].option) == 0)
			return set_place(job, i, value, err);
	return 0;
}

static int found(void *ctx, const char *name, char letter, const char *value,
		 uint32_t line, struct weft_err *err)
{
	return policy_job_option(ctx, name, letter, value, err);
}

int policy_job_script(struct policy_job *job, const char *text, size_t len,
		      struct weft_err *err)
{
	if (strlen(text) != len)
		return weft_err_set(err, EINVAL, "a NUL byte: sbatch refuses such a script");
	job->sub.value[WEFT_F_SCRIPT].text = text;
	job->sub.value[WEFT_F_SCRIPT_BYTES].num = len;
	job->sub.value[WEFT_F_BATCH].num = 1;
	return weft_script_options(text, found, job, err);
}
