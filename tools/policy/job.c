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
 * The options of weft.so are taken and not judged: no rule sees them.
 *
 * What it leaves out: SBATCH_* variables of the environment, options of other
 * plugins, and defaults that slurmctld fills in after its filters.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/units.h"
#include "lib/when.h"
#include "lib/wish.h"
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
	{ "priority", WEFT_F_PRIORITY },
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

/* Minutes from now, rounded up, as the filter in slurmctld counts them. */
static int set_when(struct policy_job *job, int field, const char *option,
		    const char *value, struct weft_err *err)
{
	int64_t now = (int64_t)time(NULL), at;

	if (!value || weft_when_parse(value, now, &at))
		return weft_err_set(err, EINVAL, "--%s=%s: expected a moment such as now+1hour, 16:00 or 2030-01-20T12:34",
				    option, value ? value : "");
	job->sub.value[field].num = at > now ? ((uint64_t)(at - now) + 59) / 60 : 0;
	return 0;
}

static int set_begin(struct policy_job *job, const char *value, struct weft_err *err)
{
	return set_when(job, WEFT_F_BEGIN_IN, "begin", value, err);
}

static int set_deadline(struct policy_job *job, const char *value, struct weft_err *err)
{
	return set_when(job, WEFT_F_DEADLINE_IN, "deadline", value, err);
}

static int set_delay_boot(struct policy_job *job, const char *value,
			  struct weft_err *err)
{
	uint64_t sec;

	if (!value || weft_units_parse_sec(value, &sec) || sec == WEFT_UNITS_UNLIMITED)
		return weft_err_set(err, EINVAL, "--delay-boot=%s: expected a time",
				    value ? value : "");
	job->sub.value[WEFT_F_DELAY_BOOT].num = sec;
	return 0;
}

/* Only the plain --exclusive is what rules call so. */
static int set_exclusive(struct policy_job *job, const char *value,
			 struct weft_err *err)
{
	job->sub.value[WEFT_F_EXCLUSIVE].num = !value || !*value ||
		!strcasecmp(value, "exclusive");
	return 0;
}

static int set_oversubscribe(struct policy_job *job, const char *value,
			     struct weft_err *err)
{
	job->sub.value[WEFT_F_EXCLUSIVE].num = 0;
	return 0;
}

static int set_no_kill(struct policy_job *job, const char *value,
		       struct weft_err *err)
{
	job->sub.value[WEFT_F_NO_KILL].num = !value || !*value ||
		!strcasecmp(value, "set");
	return 0;
}

static int set_wait_all(struct policy_job *job, const char *value,
			struct weft_err *err)
{
	if (!value || (strcmp(value, "0") != 0 && strcmp(value, "1") != 0))
		return weft_err_set(err, EINVAL, "--wait-all-nodes=%s: expected 0 or 1",
				    value ? value : "");
	job->sub.value[WEFT_F_WAIT_ALL_NODES].num = *value == '1';
	return 0;
}

/* sockets[:cores[:threads]], each a number or "*". */
static int set_extra(struct policy_job *job, const char *value, struct weft_err *err)
{
	static const int field[] = { WEFT_F_SOCKETS, WEFT_F_CORES, WEFT_F_THREADS };
	const char *at = value ? value : "?";
	char one[16];

	for (int i = 0; i < 3; i++) {
		size_t len = strcspn(at, ":");

		snprintf(one, sizeof(one), "%.*s", (int)(len < 15 ? len : 15), at);
		if (strcmp(one, "*") != 0 &&
		    !weft_field_parse(field[i], one, &job->sub.value[field[i]].num))
			break;
		at += len;
		if (!*at++)
			return 0;
	}
	return weft_err_set(err, EINVAL, "--extra-node-info=%s: expected sockets[:cores[:threads]]",
			    value ? value : "");
}

/* The script that sbatch makes of it. */
static int set_wrap(struct policy_job *job, const char *value, struct weft_err *err)
{
	union weft_value *v = job->sub.value;
	int rc;

	rc = keep(job, WEFT_F_SCRIPT, "#!/bin/sh\n# This script was created by sbatch --wrap.\n\n",
		  value ? value : "", "\n", err);
	if (rc)
		return rc;
	v[WEFT_F_SCRIPT_BYTES].num = strlen(v[WEFT_F_SCRIPT].text);
	v[WEFT_F_BATCH].num = 1;
	return 0;
}

static int set_hold(struct policy_job *job, const char *value, struct weft_err *err)
{
	job->sub.value[WEFT_F_PRIORITY].num = 0;
	return 0;
}

static int set_no_requeue(struct policy_job *job, const char *value,
			  struct weft_err *err)
{
	job->sub.value[WEFT_F_REQUEUE].num = 0;
	return 0;
}

static const struct {
	const char *option;
	int (*set)(struct policy_job *job, const char *value, struct weft_err *err);
} special[] = {
	{ "nodes", set_nodes }, { "switches", set_switches },
	{ "nice", set_nice }, { "signal", set_signal }, { "begin", set_begin },
	{ "deadline", set_deadline }, { "delay-boot", set_delay_boot },
	{ "exclusive", set_exclusive }, { "oversubscribe", set_oversubscribe },
	{ "no-kill", set_no_kill }, { "wait-all-nodes", set_wait_all },
	{ "extra-node-info", set_extra }, { "wrap", set_wrap },
	{ "hold", set_hold }, { "no-requeue", set_no_requeue },
};

/* One of weft.so's, with its prefix or without. */
static bool is_wish(const char *name)
{
	if (!strncmp(name, "weft-", 5))
		name += 5;
	for (int id = 0; id < WEFT_WISH_COUNT; id++)
		if (!strcmp(name, weft_wish_name((enum weft_wish_id)id)))
			return true;
	return false;
}

int policy_option_has_value(const char *name, char letter)
{
	const struct weft_sbatch_option *option = name ?
		weft_sbatch_option_find(name) : weft_sbatch_option_letter(letter);

	for (size_t i = 0; name && i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(name, ours[i].option) == 0)
			return 1;
	if (!option)
		return name && is_wish(name) ? 1 : -1;
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
	if (!option && name && is_wish(name))
		return 0;
	if (!option && name)
		return weft_err_set(err, EINVAL, "--%s: sbatch has no such option", name);
	if (!option)
		return weft_err_set(err, EINVAL, "-%c: sbatch has no such option", letter);
	if (strcmp(option->name, "gres") == 0 ||
	    strcmp(option->name, "gpus-per-node") == 0)
		return set_gres(job, option->name, value, err);
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (strcmp(option->name, special[i].option) == 0)
			return special[i].set(job, value, err);
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
