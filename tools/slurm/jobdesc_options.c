/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobdesc_options.c - what sbatch does with its options, for the public library
 *
 * libslurm takes a job_desc_msg_t; turning options into it is done inside
 * sbatch (src/common/slurm_opt.c, slurm_opt_create_job_desc()), which is not
 * public.  The table here says for each option which field its value goes to.
 * Options whose value needs thought have a function of their own; some also
 * leave an environment variable for the srun inside the job, as sbatch does.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "tools/flow/sbatch_options.h"
#include "tools/slurm/jobdesc.h"
#include "lib/when.h"

#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 11, 0)
#define TRES "gres/"
#else
#define TRES "gres:"
#endif

typedef int setter(struct weft_jobdesc *d, const char *value);

enum field { F_TEXT, F_U16, F_U32, F_FUNC };

struct rule {
	const char *name;
	enum field field;
	size_t offset;
	setter *set;
	const char *env;	/* for srun in the job; NULL: none */
};

static char *keep(struct weft_jobdesc *d, char *text)
{
	if (!text || d->owned_count == sizeof(d->owned) / sizeof(d->owned[0])) {
		free(text);
		return NULL;
	}
	return d->owned[d->owned_count++] = text;
}

static char *keepf(struct weft_jobdesc *d, const char *fmt, const char *a, const char *b)
{
	char *text = NULL;

	if (asprintf(&text, fmt, a, b) < 0)
		return NULL;
	return keep(d, text);
}

static int set_memory(struct weft_jobdesc *d, const char *value)
{
	return weft_sbatch_parse_mib(value, &d->msg.pn_min_memory);
}

static int set_mem_per_cpu(struct weft_jobdesc *d, const char *value)
{
	int rc = weft_sbatch_parse_mib(value, &d->msg.pn_min_memory);

	d->msg.pn_min_memory |= MEM_PER_CPU;
	return rc;
}

static int set_mem_per_gpu(struct weft_jobdesc *d, const char *value)
{
	uint64_t mib;
	char text[64];

	if (weft_sbatch_parse_mib(value, &mib))
		return -EINVAL;
	snprintf(text, sizeof(text), TRES "gpu:%llu", (unsigned long long)mib);
	d->msg.mem_per_tres = keep(d, strdup(text));
	return d->msg.mem_per_tres ? 0 : -ENOMEM;
}

static int set_tmp(struct weft_jobdesc *d, const char *value)
{
	uint64_t mib;
	int rc = weft_sbatch_parse_mib(value, &mib);

	if (rc || mib >= NO_VAL)
		return -EINVAL;
	d->msg.pn_min_tmp_disk = (uint32_t)mib;
	return 0;
}

static int minutes_of(const char *value, uint32_t *ret)
{
	uint32_t minutes;

	if (weft_sbatch_parse_minutes(value, &minutes))
		return -EINVAL;
	*ret = minutes == UINT32_MAX ? INFINITE : minutes;
	return 0;
}

static int set_time(struct weft_jobdesc *d, const char *value)
{
	return minutes_of(value, &d->msg.time_limit);
}

static int set_time_min(struct weft_jobdesc *d, const char *value)
{
	return minutes_of(value, &d->msg.time_min);
}

static int set_delay_boot(struct weft_jobdesc *d, const char *value)
{
	uint32_t minutes;

	if (weft_sbatch_parse_minutes(value, &minutes) || minutes > 1000000)
		return -EINVAL;
	d->msg.delay_boot = minutes * 60;
	return 0;
}

static int set_begin(struct weft_jobdesc *d, const char *value)
{
	int64_t at;

	if (weft_when_parse(value, time(NULL), &at))
		return -EINVAL;
	d->msg.begin_time = (time_t)at;
	return 0;
}

static int set_deadline(struct weft_jobdesc *d, const char *value)
{
	int64_t at;

	if (weft_when_parse(value, time(NULL), &at))
		return -EINVAL;
	d->msg.deadline = (time_t)at;
	return 0;
}

static int set_nodes(struct weft_jobdesc *d, const char *value)
{
	uint32_t min, max;

	if (weft_sbatch_parse_nodes(value, &min, &max))
		return -EINVAL;
	d->msg.min_nodes = min;
	d->msg.max_nodes = max;
	d->nodes_set = true;
	return 0;
}

static int set_ntasks(struct weft_jobdesc *d, const char *value)
{
	uint64_t count;
	int rc = weft_sbatch_parse_count(value, &count);

	if (rc)
		return rc;
	d->ntasks = (uint32_t)count;
	d->ntasks_set = true;
	d->msg.num_tasks = d->ntasks;
	d->msg.bitflags |= JOB_NTASKS_SET;
	return 0;
}

static int set_cpus_per_task(struct weft_jobdesc *d, const char *value)
{
	uint64_t count;

	if (weft_sbatch_parse_count(value, &count) || count >= NO_VAL16)
		return -EINVAL;
	d->msg.cpus_per_task = (uint16_t)count;
	d->msg.bitflags |= JOB_CPUS_SET;
	d->cpus_set = true;
	return 0;
}

static int set_core_spec(struct weft_jobdesc *d, const char *value)
{
	uint64_t count;

	if (weft_sbatch_parse_count(value, &count) || count >= CORE_SPEC_THREAD)
		return -EINVAL;
	d->msg.core_spec = (uint16_t)count;
	return 0;
}

static int set_thread_spec(struct weft_jobdesc *d, const char *value)
{
	int rc = set_core_spec(d, value);

	d->msg.core_spec |= CORE_SPEC_THREAD;
	return rc;
}

/* "h100:2,a100:1" with "gres:gpu" before each item. */
static int set_tres(struct weft_jobdesc *d, char **field, const char *prefix,
		    const char *value)
{
	char out[1024];
	size_t len = 0;

	if (*field)
		len = (size_t)snprintf(out, sizeof(out), "%s", *field);
	while (*value && len < sizeof(out)) {
		int item = (int)strcspn(value, ",");

		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%s%.*s",
					len ? "," : "", prefix, item, value);
		value += item + (value[item] == ',');
	}
	if (len >= sizeof(out))
		return -EINVAL;
	*field = keep(d, strdup(out));
	return *field ? 0 : -ENOMEM;
}

static int set_gpus(struct weft_jobdesc *d, const char *value)
{
	return set_tres(d, &d->msg.tres_per_job, TRES "gpu:", value);
}

static int set_gpus_per_node(struct weft_jobdesc *d, const char *value)
{
	return set_tres(d, &d->msg.tres_per_node, TRES "gpu:", value);
}

static int set_gpus_per_socket(struct weft_jobdesc *d, const char *value)
{
	return set_tres(d, &d->msg.tres_per_socket, TRES "gpu:", value);
}

static int set_gpus_per_task(struct weft_jobdesc *d, const char *value)
{
	return set_tres(d, &d->msg.tres_per_task, TRES "gpu:", value);
}

static int set_gres(struct weft_jobdesc *d, const char *value)
{
	if (!strcasecmp(value, "none"))
		return 0;
	return set_tres(d, &d->msg.tres_per_node, TRES, value);
}

static int set_cpus_per_gpu(struct weft_jobdesc *d, const char *value)
{
	return set_tres(d, &d->msg.cpus_per_tres, TRES "gpu:", value);
}

static int set_gres_flags(struct weft_jobdesc *d, const char *value)
{
	if (!strcasecmp(value, "disable-binding"))
		d->msg.bitflags |= GRES_DISABLE_BIND;
	else if (!strcasecmp(value, "enforce-binding"))
		d->msg.bitflags |= GRES_ENFORCE_BIND;
	else
		return -EINVAL;
	return 0;
}

static int set_gpu_bind(struct weft_jobdesc *d, const char *value)
{
	d->msg.tres_bind = keepf(d, TRES "gpu:%s%s", value, "");
	return d->msg.tres_bind ? 0 : -ENOMEM;
}

static int set_gpu_freq(struct weft_jobdesc *d, const char *value)
{
	d->msg.tres_freq = keepf(d, "gpu:%s%s", value, "");
	return d->msg.tres_freq ? 0 : -ENOMEM;
}

static int set_exclusive(struct weft_jobdesc *d, const char *value)
{
	if (!value || !*value || !strcmp(value, "true") || !strcasecmp(value, "exclusive"))
		d->msg.shared = JOB_SHARED_NONE;
	else if (!strcasecmp(value, "user"))
		d->msg.shared = JOB_SHARED_USER;
	else if (!strcasecmp(value, "mcs"))
		d->msg.shared = JOB_SHARED_MCS;
	else
		return strcmp(value, "false") ? -EINVAL : 0;
	return 0;
}

static int set_oversubscribe(struct weft_jobdesc *d, const char *value)
{
	d->msg.shared = JOB_SHARED_OK;
	return 0;
}

static int set_overcommit(struct weft_jobdesc *d, const char *value)
{
	d->msg.overcommit = 1;
	d->overcommit = true;
	return weft_jobdesc_setenv(d, "SLURM_OVERCOMMIT", "1");
}

static int set_contiguous(struct weft_jobdesc *d, const char *value)
{
	d->msg.contiguous = 1;
	return 0;
}

static int set_reboot(struct weft_jobdesc *d, const char *value)
{
	d->msg.reboot = 1;
	return 0;
}

static int set_requeue(struct weft_jobdesc *d, const char *value)
{
	d->msg.requeue = 1;
	return 0;
}

static int set_no_requeue(struct weft_jobdesc *d, const char *value)
{
	d->msg.requeue = 0;
	return 0;
}

static int set_no_kill(struct weft_jobdesc *d, const char *value)
{
	if (value && (!strcasecmp(value, "off") || !strcasecmp(value, "no") ||
		      !strcmp(value, "false")))
		return 0;
	d->msg.kill_on_node_fail = 0;
	return 0;
}

static int set_spread_job(struct weft_jobdesc *d, const char *value)
{
	d->msg.bitflags |= SPREAD_JOB;
	return 0;
}

static int set_use_min_nodes(struct weft_jobdesc *d, const char *value)
{
	d->msg.bitflags |= USE_MIN_NODES;
	return 0;
}

static int set_nice(struct weft_jobdesc *d, const char *value)
{
	long nice = value && *value && strcmp(value, "true") ? strtol(value, NULL, 10) : 100;

	if (nice < -2147483645 || nice > 2147483645)
		return -EINVAL;
	d->msg.nice = NICE_OFFSET + (uint32_t)nice;
	return 0;
}

static int set_open_mode(struct weft_jobdesc *d, const char *value)
{
	if (*value == 'a' || *value == 'A')
		d->msg.open_mode = OPEN_MODE_APPEND;
	else if (*value == 't' || *value == 'T')
		d->msg.open_mode = OPEN_MODE_TRUNCATE;
	else
		return -EINVAL;
	return 0;
}

static int set_signal(struct weft_jobdesc *d, const char *value)
{
	unsigned int seconds, flags;
	int number;

	if (weft_sbatch_parse_signal(value, &number, &seconds, &flags))
		return -EINVAL;
	d->msg.warn_signal = (uint16_t)number;
	d->msg.warn_time = (uint16_t)seconds;
	d->msg.warn_flags = (uint16_t)((flags & 1 ? KILL_JOB_BATCH : 0) |
				       (flags & 2 ? KILL_JOB_RESV : 0));
	return 0;
}

static int set_switches(struct weft_jobdesc *d, const char *value)
{
	char count[16];
	const char *at = strchr(value, '@');
	size_t len = at ? (size_t)(at - value) : strlen(value);
	uint64_t switches;
	uint32_t minutes;

	if (len >= sizeof(count))
		return -EINVAL;
	memcpy(count, value, len);
	count[len] = 0;
	if (weft_sbatch_parse_count(count, &switches))
		return -EINVAL;
	d->msg.req_switch = (uint32_t)switches;
	if (at && (weft_sbatch_parse_minutes(at + 1, &minutes) || minutes > 1000000))
		return -EINVAL;
	if (at)
		d->msg.wait4switch = minutes * 60;
	return 0;
}

static int set_hint(struct weft_jobdesc *d, const char *value)
{
	if (!strcasecmp(value, "nomultithread") || !strcasecmp(value, "compute_bound"))
		d->msg.threads_per_core = 1;
	else if (!strcasecmp(value, "memory_bound"))
		d->msg.threads_per_core = d->msg.cores_per_socket = 1;
	else if (!strcasecmp(value, "multithread"))
		d->msg.ntasks_per_core = INFINITE16;
	else
		return -EINVAL;
	return weft_jobdesc_setenv(d, "SLURM_HINT", value);
}

/* -B sockets[:cores[:threads]] */
static int set_extra_node_info(struct weft_jobdesc *d, const char *value)
{
	uint16_t *const field[] = { &d->msg.sockets_per_node, &d->msg.cores_per_socket,
				    &d->msg.threads_per_core };

	for (unsigned int i = 0; i < 3 && *value; i++) {
		char text[16];
		size_t len = strcspn(value, ":");
		uint64_t count;

		if (len >= sizeof(text))
			return -EINVAL;
		memcpy(text, value, len);
		text[len] = 0;
		if (strcmp(text, "*")) {
			if (weft_sbatch_parse_count(text, &count) || count >= NO_VAL16)
				return -EINVAL;
			*field[i] = (uint16_t)count;
		}
		value += len + (value[len] == ':');
	}
	return *value ? -EINVAL : 0;
}

/* --export: ALL, NONE, or names and NAME=VALUE pairs with ALL among them. */
static int set_export(struct weft_jobdesc *d, const char *value)
{
	bool all = false;

	for (const char *p = value; *p;) {
		size_t len = strcspn(p, ",");

		all |= len == 3 && !strncasecmp(p, "ALL", 3);
		p += len + (p[len] == ',');
	}
	if (!strcasecmp(value, "NIL"))
		return -EINVAL;
	d->env_none = !all;
	while (*value) {
		char item[4096];
		size_t len = strcspn(value, ",");
		char *equals;
		const char *from;

		if (len >= sizeof(item))
			return -EINVAL;
		memcpy(item, value, len);
		item[len] = 0;
		value += len + (value[len] == ',');
		if (!strcasecmp(item, "ALL") || !strcasecmp(item, "NONE"))
			continue;
		equals = strchr(item, '=');
		if (equals)
			*equals = 0;
		from = equals ? equals + 1 : getenv(item);
		if (from && weft_jobdesc_setenv(d, item, from))
			return -ENOMEM;
	}
	return 0;
}

#define TEXT_RULE(name, field) { name, F_TEXT, offsetof(job_desc_msg_t, field), NULL, NULL }
#define U16_RULE(name, field, env) { name, F_U16, offsetof(job_desc_msg_t, field), NULL, env }
#define FUNC_RULE(name, set, env) { name, F_FUNC, 0, set, env }

static const struct rule rules[] = {
	TEXT_RULE("account", account), TEXT_RULE("acctg-freq", acctg_freq),
	TEXT_RULE("batch", batch_features), TEXT_RULE("bb", burst_buffer),
	FUNC_RULE("begin", set_begin, NULL), TEXT_RULE("chdir", work_dir),
	TEXT_RULE("cluster-constraint", cluster_features),
	TEXT_RULE("constraint", features), TEXT_RULE("container", container),
	TEXT_RULE("context", req_context),
	FUNC_RULE("contiguous", set_contiguous, NULL),
	FUNC_RULE("core-spec", set_core_spec, "SLURM_CORE_SPEC"),
	U16_RULE("cores-per-socket", cores_per_socket, NULL),
	FUNC_RULE("cpus-per-gpu", set_cpus_per_gpu, "SLURM_CPUS_PER_GPU"),
	FUNC_RULE("cpus-per-task", set_cpus_per_task, "SLURM_CPUS_PER_TASK"),
	FUNC_RULE("deadline", set_deadline, NULL),
	FUNC_RULE("delay-boot", set_delay_boot, NULL),
	FUNC_RULE("distribution", weft_jobdesc_distribution, NULL),
	TEXT_RULE("exclude", exc_nodes), FUNC_RULE("exclusive", set_exclusive, NULL),
	FUNC_RULE("export", set_export, NULL),
	FUNC_RULE("extra-node-info", set_extra_node_info, NULL),
	FUNC_RULE("gpu-bind", set_gpu_bind, "SLURM_GPU_BIND"),
	FUNC_RULE("gpu-freq", set_gpu_freq, "SLURM_GPU_FREQ"),
	FUNC_RULE("gpus", set_gpus, "SLURM_GPUS"),
	FUNC_RULE("gpus-per-node", set_gpus_per_node, "SLURM_GPUS_PER_NODE"),
	FUNC_RULE("gpus-per-socket", set_gpus_per_socket, "SLURM_GPUS_PER_SOCKET"),
	FUNC_RULE("gpus-per-task", set_gpus_per_task, "SLURM_GPUS_PER_TASK"),
	FUNC_RULE("gres", set_gres, NULL), FUNC_RULE("gres-flags", set_gres_flags, NULL),
	FUNC_RULE("hint", set_hint, NULL), TEXT_RULE("input", std_in),
	TEXT_RULE("licenses", licenses), FUNC_RULE("mail-type", weft_jobdesc_mail_type, NULL),
	TEXT_RULE("mail-user", mail_user), TEXT_RULE("mcs-label", mcs_label),
	FUNC_RULE("mem", set_memory, NULL), FUNC_RULE("mem-per-cpu", set_mem_per_cpu, NULL),
	FUNC_RULE("mem-per-gpu", set_mem_per_gpu, "SLURM_MEM_PER_GPU"),
	U16_RULE("mincpus", pn_min_cpus, NULL), TEXT_RULE("network", network),
	FUNC_RULE("nice", set_nice, NULL), FUNC_RULE("no-kill", set_no_kill, NULL),
	FUNC_RULE("no-requeue", set_no_requeue, NULL), TEXT_RULE("nodelist", req_nodes),
	FUNC_RULE("nodes", set_nodes, NULL), FUNC_RULE("ntasks", set_ntasks, "SLURM_NTASKS"),
	U16_RULE("ntasks-per-core", ntasks_per_core, "SLURM_NTASKS_PER_CORE"),
	U16_RULE("ntasks-per-gpu", ntasks_per_tres, "SLURM_NTASKS_PER_GPU"),
	U16_RULE("ntasks-per-node", ntasks_per_node, "SLURM_NTASKS_PER_NODE"),
	U16_RULE("ntasks-per-socket", ntasks_per_socket, "SLURM_NTASKS_PER_SOCKET"),
	FUNC_RULE("open-mode", set_open_mode, NULL),
	FUNC_RULE("overcommit", set_overcommit, NULL),
	FUNC_RULE("oversubscribe", set_oversubscribe, NULL),
	TEXT_RULE("partition", partition), TEXT_RULE("prefer", prefer),
	FUNC_RULE("profile", weft_jobdesc_profile, NULL), TEXT_RULE("qos", qos),
	FUNC_RULE("reboot", set_reboot, NULL), FUNC_RULE("requeue", set_requeue, NULL),
	TEXT_RULE("reservation", reservation), FUNC_RULE("signal", set_signal, NULL),
	U16_RULE("sockets-per-node", sockets_per_node, NULL),
	FUNC_RULE("spread-job", set_spread_job, NULL),
	FUNC_RULE("switches", set_switches, NULL),
	FUNC_RULE("thread-spec", set_thread_spec, NULL),
	U16_RULE("threads-per-core", threads_per_core, "SLURM_THREADS_PER_CORE"),
	FUNC_RULE("time", set_time, NULL), FUNC_RULE("time-min", set_time_min, NULL),
	FUNC_RULE("tmp", set_tmp, NULL), FUNC_RULE("use-min-nodes", set_use_min_nodes, NULL),
	U16_RULE("wait-all-nodes", wait_all_nodes, NULL), TEXT_RULE("wckey", wckey),
};

static int apply(struct weft_jobdesc *d, const struct rule *rule, const char *value)
{
	char *field = (char *)&d->msg + rule->offset;
	uint64_t count;
	int rc = 0;

	switch (rule->field) {
	case F_TEXT:
		*(char **)field = keep(d, strdup(value ? value : ""));
		rc = *(char **)field ? 0 : -ENOMEM;
		break;
	case F_U16:
		rc = value ? weft_sbatch_parse_count(value, &count) : -EINVAL;
		if (!rc && count >= NO_VAL16)
			rc = -EINVAL;
		if (!rc)
			*(uint16_t *)field = (uint16_t)count;
		break;
	default:
		rc = rule->set(d, value);
	}
	if (!rc && rule->env && value)
		rc = weft_jobdesc_setenv(d, rule->env, value);
	return rc;
}

int weft_jobdesc_option(struct weft_jobdesc *d, const struct weft_slurm_option *option,
			struct weft_err *err)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		int rc;

		if (strcmp(rules[i].name, option->name))
			continue;
		rc = apply(d, &rules[i], option->value);
		if (rc)
			return weft_err_set(err, -rc, "--%s=%s: cannot be used", option->name,
					    option->value ? option->value : "");
		return 0;
	}
	/* output, error, job-name, comment, dependency: the caller's fields. */
	return 0;
}
