/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bridge.c - see bridge.h
 *
 * Two tables say where a field lives in Slurm's request: one for texts, one
 * for numbers with their width, which also tells the width's "not given"
 * (NO_VAL, NO_VAL16, ...).  What fits no table (memory, whose one field holds
 * two meanings; the per-GPU lists) is written out below.
 *
 * Names cost a look into NSS, which may be a directory server, while slurmctld
 * holds its locks.  So they are asked only if some rule looks at them, once a
 * job.  Slurm itself does the same for its own checks.
 */
#include "config.h"

#include <grp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugins/job_submit/bridge.h"

#define GROUPS_MAX 256
#define YEARS_MIN (10 * 365 * 1440)	/* a begin that makes sense, minutes */

static const struct text_place {
	int field;
	size_t offset;
} text_places[] = {
#define T(field, member) { WEFT_F_##field, offsetof(job_desc_msg_t, member) }
	T(ACCOUNT, account), T(PARTITION, partition), T(QOS, qos),
	T(RESERVATION, reservation), T(NAME, name), T(COMMENT, comment),
	T(WCKEY, wckey), T(FEATURES, features), T(PREFER, prefer),
	T(NODELIST, req_nodes), T(EXCLUDE, exc_nodes), T(LICENSES, licenses),
	T(GRES, tres_per_node), T(TRES_PER_JOB, tres_per_job),
	T(TRES_PER_TASK, tres_per_task), T(TRES_PER_SOCKET, tres_per_socket),
	T(DEPENDENCY, dependency), T(WORK_DIR, work_dir), T(SCRIPT, script),
	T(SUBMIT_LINE, submit_line), T(ARRAY, array_inx), T(STD_OUT, std_out),
	T(STD_ERR, std_err), T(MAIL_USER, mail_user), T(CLUSTERS, clusters),
	T(BURST_BUFFER, burst_buffer), T(CONTAINER, container),
	T(NETWORK, network), T(BATCH_FEATURES, batch_features),
	T(CLUSTER_FEATURES, cluster_features), T(MCS_LABEL, mcs_label),
	T(ACCTG_FREQ, acctg_freq), T(STD_IN, std_in), T(TRES_BIND, tres_bind),
	T(TRES_FREQ, tres_freq),
#undef T
};

static const struct number_place {
	int field;
	size_t offset, width;
} number_places[] = {
#define N(field, member)                                                       \
	{ WEFT_F_##field, offsetof(job_desc_msg_t, member),                    \
	  sizeof(((job_desc_msg_t *)NULL)->member) }
	N(NODES, min_nodes), N(NODES_MAX, max_nodes), N(TASKS, num_tasks),
	N(TASKS_PER_NODE, ntasks_per_node), N(CPUS_PER_TASK, cpus_per_task),
	N(TIME, time_limit), N(TIME_MIN, time_min), N(TMP_DISK, pn_min_tmp_disk),
	N(PRIORITY, priority), N(SWITCHES, req_switch), N(REQUEUE, requeue),
	N(REBOOT, reboot), N(CONTIGUOUS, contiguous), N(OVERCOMMIT, overcommit),
	N(TASKS_PER_SOCKET, ntasks_per_socket), N(TASKS_PER_CORE, ntasks_per_core),
	N(TASKS_PER_GPU, ntasks_per_tres), N(MIN_CPUS_NODE, pn_min_cpus),
	N(SOCKETS, sockets_per_node), N(CORES, cores_per_socket),
	N(THREADS, threads_per_core), N(DELAY_BOOT, delay_boot),
	N(WAIT_ALL_NODES, wait_all_nodes),
#undef N
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* WEFT_UNSET for the width's NO_VAL, WEFT_UNLIMITED for its INFINITE. */
static uint64_t number_of(const void *at, size_t width)
{
	uint64_t num, none, infinite;

	if (width == sizeof(uint8_t)) {
		num = *(const uint8_t *)at;
		none = NO_VAL8;
		infinite = INFINITE8;
	} else if (width == sizeof(uint16_t)) {
		num = *(const uint16_t *)at;
		none = NO_VAL16;
		infinite = INFINITE16;
	} else {
		num = *(const uint32_t *)at;
		none = NO_VAL;
		infinite = INFINITE;
	}
	return num == none ? WEFT_UNSET : num == infinite ? WEFT_UNLIMITED : num;
}

static void put_number(void *at, size_t width, uint64_t num)
{
	if (width == sizeof(uint8_t))
		*(uint8_t *)at = num >= NO_VAL8 ? NO_VAL8 - 1 : num;
	else if (width == sizeof(uint16_t))
		*(uint16_t *)at = num >= NO_VAL16 ? NO_VAL16 - 1 : num;
	else
		*(uint32_t *)at = num == WEFT_UNLIMITED ? INFINITE :
			num >= NO_VAL ? NO_VAL - 1 : num;
}

/* The number at the end of "gres:gpu:16384". */
static uint64_t per_gpu(const char *text)
{
	const char *colon = text ? strrchr(text, ':') : NULL;

	if (!colon || colon[1] < '0' || colon[1] > '9')
		return WEFT_UNSET;
	return strtoull(colon + 1, NULL, 10);
}

static void fill_memory(struct weft_submission *sub, uint64_t memory)
{
	if (memory == NO_VAL64)
		return;
	sub->value[WEFT_F_MEM_PER_CPU].num = WEFT_UNSET;
	sub->value[WEFT_F_MEM_PER_NODE].num = WEFT_UNSET;
	if (memory & MEM_PER_CPU)
		sub->value[WEFT_F_MEM_PER_CPU].num = memory & ~MEM_PER_CPU;
	else
		sub->value[WEFT_F_MEM_PER_NODE].num = memory;
}

static void fill_args(struct weft_submission *sub, const job_desc_msg_t *desc)
{
	uint64_t bytes = 0;

	for (uint32_t i = 1; desc->argv && i < desc->argc; i++)
		if (desc->argv[i])
			bytes += strlen(desc->argv[i]) + 1;
	sub->value[WEFT_F_ARGS].num = desc->argc ? desc->argc - 1 : 0;
	sub->value[WEFT_F_ARG_BYTES].num = bytes;
}

/* Minutes from now to a moment, rounded up; a moment that is past is 0. */
static uint64_t minutes_until(time_t at, time_t now)
{
	return at > now ? ((uint64_t)(at - now) + 59) / 60 : 0;
}

/* What is given as a moment, an offset, or only with something else. */
static void fill_when(struct weft_submission *sub, const job_desc_msg_t *desc)
{
	union weft_value *v = sub->value;
	time_t now = time(NULL);

	if (desc->begin_time)
		v[WEFT_F_BEGIN_IN].num = minutes_until(desc->begin_time, now);
	if (desc->deadline && desc->deadline != NO_VAL)
		v[WEFT_F_DEADLINE_IN].num = minutes_until(desc->deadline, now);
	if (desc->nice != NO_VAL && desc->nice > NICE_OFFSET)
		v[WEFT_F_NICE_BY].num = desc->nice - NICE_OFFSET;
	else if (desc->nice != NO_VAL && desc->nice && desc->nice < NICE_OFFSET)
		v[WEFT_F_NICE_RAISE].num = NICE_OFFSET - desc->nice;
	if (desc->warn_signal && desc->warn_signal != NO_VAL16) {
		v[WEFT_F_SIGNAL].num = desc->warn_signal;
		v[WEFT_F_SIGNAL_TIME].num = desc->warn_time;
	}
	if (desc->kill_on_node_fail != NO_VAL16)
		v[WEFT_F_NO_KILL].num = !desc->kill_on_node_fail;
	if (desc->immediate && desc->immediate != NO_VAL16)
		v[WEFT_F_IMMEDIATE].num = 1;
}

void weft_bridge_fill(struct weft_submission *sub, const job_desc_msg_t *desc,
		      weft_fieldset_t wanted)
{
	union weft_value *v = sub->value;
	uint64_t num;

	for (size_t i = 0; i < COUNT_OF(text_places); i++) {
		const char *text = *(char *const *)((const char *)desc +
						    text_places[i].offset);
		if (text && *text)
			v[text_places[i].field].text = text;
	}
	for (size_t i = 0; i < COUNT_OF(number_places); i++) {
		num = number_of((const char *)desc + number_places[i].offset,
				number_places[i].width);
		if (num != WEFT_UNSET)
			v[number_places[i].field].num = num;
	}
	fill_memory(sub, desc->pn_min_memory);
	fill_when(sub, desc);
	if (desc->mem_per_tres)
		v[WEFT_F_MEM_PER_GPU].num = per_gpu(desc->mem_per_tres);
	if (desc->cpus_per_tres)
		v[WEFT_F_CPUS_PER_GPU].num = per_gpu(desc->cpus_per_tres);
	if (desc->shared != NO_VAL16)
		v[WEFT_F_EXCLUSIVE].num = desc->shared == JOB_SHARED_NONE;
	if (desc->script || v[WEFT_F_BATCH].num == WEFT_UNSET)
		v[WEFT_F_BATCH].num = desc->script != NULL;
	if (desc->script && (wanted & WEFT_FIELD_BIT(WEFT_F_SCRIPT_BYTES)))
		v[WEFT_F_SCRIPT_BYTES].num = strlen(desc->script);
	if (wanted & (WEFT_FIELD_BIT(WEFT_F_ARGS) | WEFT_FIELD_BIT(WEFT_F_ARG_BYTES)))
		fill_args(sub, desc);
	if (desc->environment) {
		sub->env = desc->environment;
		sub->env_count = desc->env_size;
	}
}

static void fill_details(struct weft_submission *sub, const job_record_t *job)
{
	const __typeof__(*job->details) *d = job->details;	/* its tag differs by release */
	union weft_value *v = sub->value;

	if (!d)
		return;
	v[WEFT_F_FEATURES].text = d->features;
	v[WEFT_F_NODELIST].text = d->req_nodes;
	v[WEFT_F_EXCLUDE].text = d->exc_nodes;
	v[WEFT_F_DEPENDENCY].text = d->dependency;
	v[WEFT_F_WORK_DIR].text = d->work_dir;
	v[WEFT_F_NODES].num = d->min_nodes;
	v[WEFT_F_NODES_MAX].num = d->max_nodes ? d->max_nodes : WEFT_UNSET;
	v[WEFT_F_TASKS].num = d->num_tasks;
	v[WEFT_F_CPUS_PER_TASK].num = number_of(&d->cpus_per_task,
						sizeof(d->cpus_per_task));
	v[WEFT_F_EXCLUSIVE].num = d->share_res == JOB_SHARED_NONE;
	v[WEFT_F_REQUEUE].num = d->requeue;
	v[WEFT_F_CONTIGUOUS].num = d->contiguous;
	v[WEFT_F_NICE_BY].num = d->nice != NO_VAL && d->nice > NICE_OFFSET ?
		d->nice - NICE_OFFSET : WEFT_UNSET;
	v[WEFT_F_NICE_RAISE].num = d->nice && d->nice < NICE_OFFSET ?
		NICE_OFFSET - d->nice : WEFT_UNSET;
	fill_memory(sub, d->pn_min_memory ? d->pn_min_memory : NO_VAL64);
}

void weft_bridge_fill_job(struct weft_submission *sub, const job_record_t *job)
{
	union weft_value *v = sub->value;

	v[WEFT_F_ACCOUNT].text = job->account;
	v[WEFT_F_PARTITION].text = job->partition;
	v[WEFT_F_QOS].text = job->qos_ptr ? job->qos_ptr->name : NULL;
	v[WEFT_F_RESERVATION].text = job->resv_name;
	v[WEFT_F_NAME].text = job->name;
	v[WEFT_F_COMMENT].text = job->comment;
	v[WEFT_F_WCKEY].text = job->wckey;
	v[WEFT_F_LICENSES].text = job->licenses;
	v[WEFT_F_GRES].text = job->tres_per_node;
	v[WEFT_F_TRES_PER_JOB].text = job->tres_per_job;
	v[WEFT_F_TRES_PER_TASK].text = job->tres_per_task;
	v[WEFT_F_TRES_PER_SOCKET].text = job->tres_per_socket;
	v[WEFT_F_TIME].num = number_of(&job->time_limit, sizeof(job->time_limit));
	v[WEFT_F_TIME_MIN].num = job->time_min ? job->time_min : WEFT_UNSET;
	v[WEFT_F_PRIORITY].num = job->priority;
	v[WEFT_F_MEM_PER_GPU].num = per_gpu(job->mem_per_tres);
	v[WEFT_F_CPUS_PER_GPU].num = per_gpu(job->cpus_per_tres);
	v[WEFT_F_BATCH].num = job->batch_flag != 0;
	fill_details(sub, job);
}

uint64_t weft_bridge_job_gpus(const job_record_t *job)
{
	uint64_t nodes = job->details && job->details->min_nodes ?
		job->details->min_nodes : 1;
	uint64_t tasks = job->details && job->details->num_tasks ?
		job->details->num_tasks : nodes;
	uint64_t gpus = weft_gpus_parse(job->tres_per_job, NULL, 0);

	if (!gpus)
		gpus = weft_gpus_parse(job->tres_per_node, NULL, 0) * nodes;
	if (!gpus)
		gpus = weft_gpus_parse(job->tres_per_task, NULL, 0) * tasks;
	return gpus ? gpus : weft_gpus_parse(job->tres_per_socket, NULL, 0) * nodes;
}

/* ---- names ------------------------------------------------------------- */

static void name_of(uint32_t uid, char *out, size_t size)
{
	char *name = uid_to_string_or_null(uid);

	if (name)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "%u", uid);
	xfree(name);
}

static void add_group(char *out, size_t size, size_t *len, gid_t gid)
{
	char buf[16384];
	struct group group, *found = NULL;
	int put;

	if (getgrgid_r(gid, &group, buf, sizeof(buf), &found) || !found)
		return;
	put = snprintf(out + *len, size - *len, "%s%s", *len ? "," : "", group.gr_name);
	if (put > 0 && (size_t)put < size - *len)
		*len += put;
	else
		out[*len] = '\0';
}

static void groups_of(const char *user, gid_t gid, char *out, size_t size)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;
	size_t len = 0;

	out[0] = '\0';
	if (getgrouplist(user, gid, groups, &count) < 0)
		count = GROUPS_MAX;
	for (int i = 0; i < count; i++)
		add_group(out, size, &len, groups[i]);
}

void weft_bridge_fill_names(struct weft_bridge *bridge, struct weft_submission *sub,
			    uint32_t user_uid, uint32_t submit_uid,
			    uint32_t gid, weft_fieldset_t wanted)
{
	weft_fieldset_t groups = wanted & WEFT_FIELD_BIT(WEFT_F_GROUPS);

	sub->value[WEFT_F_UID].num = user_uid;
	if (groups || (wanted & WEFT_FIELD_BIT(WEFT_F_USER))) {
		name_of(user_uid, bridge->user, sizeof(bridge->user));
		sub->value[WEFT_F_USER].text = bridge->user;
	}
	if (wanted & WEFT_FIELD_BIT(WEFT_F_REQUESTER)) {
		name_of(submit_uid, bridge->requester, sizeof(bridge->requester));
		sub->value[WEFT_F_REQUESTER].text = bridge->requester;
	}
	if (groups) {
		groups_of(bridge->user, gid, bridge->groups, sizeof(bridge->groups));
		sub->value[WEFT_F_GROUPS].text = bridge->groups;
	}
}

/* ---- back into the request --------------------------------------------- */

static void store_per_gpu(char **list, uint64_t num)
{
	xfree(*list);
	*list = xstrdup_printf(WEFT_SLURM_GPU_TRES ":%llu", (unsigned long long)num);
}

void weft_bridge_store(const struct weft_submission *sub, weft_fieldset_t changed,
		       job_desc_msg_t *desc)
{
	const union weft_value *v = sub->value;

	for (size_t i = 0; i < COUNT_OF(text_places); i++) {
		char **at = (char **)((char *)desc + text_places[i].offset);

		if (!(changed & WEFT_FIELD_BIT(text_places[i].field)))
			continue;
		xfree(*at);
		*at = xstrdup(v[text_places[i].field].text);
	}
	for (size_t i = 0; i < COUNT_OF(number_places); i++)
		if (changed & WEFT_FIELD_BIT(number_places[i].field))
			put_number((char *)desc + number_places[i].offset,
				   number_places[i].width, v[number_places[i].field].num);
	if (changed & WEFT_FIELD_BIT(WEFT_F_MEM_PER_NODE))
		desc->pn_min_memory = v[WEFT_F_MEM_PER_NODE].num;
	if (changed & WEFT_FIELD_BIT(WEFT_F_MEM_PER_CPU))
		desc->pn_min_memory = v[WEFT_F_MEM_PER_CPU].num | MEM_PER_CPU;
	if (changed & WEFT_FIELD_BIT(WEFT_F_MEM_PER_GPU))
		store_per_gpu(&desc->mem_per_tres, v[WEFT_F_MEM_PER_GPU].num);
	if (changed & WEFT_FIELD_BIT(WEFT_F_CPUS_PER_GPU))
		store_per_gpu(&desc->cpus_per_tres, v[WEFT_F_CPUS_PER_GPU].num);
	if (changed & WEFT_FIELD_BIT(WEFT_F_BEGIN_IN))
		desc->begin_time = v[WEFT_F_BEGIN_IN].num < YEARS_MIN ?
			time(NULL) + 60 * (time_t)v[WEFT_F_BEGIN_IN].num : 0;
	if (changed & WEFT_FIELD_BIT(WEFT_F_NICE_BY))
		desc->nice = NICE_OFFSET + (uint32_t)MIN(v[WEFT_F_NICE_BY].num,
							 NICE_OFFSET - 3);
	if (changed & WEFT_FIELD_BIT(WEFT_F_SIGNAL))
		desc->warn_signal = (uint16_t)MIN(v[WEFT_F_SIGNAL].num, 64);
	if (changed & WEFT_FIELD_BIT(WEFT_F_SIGNAL_TIME))
		desc->warn_time = (uint16_t)MIN(v[WEFT_F_SIGNAL_TIME].num, 0xffff);
	if (changed & WEFT_FIELD_BIT(WEFT_F_EXCLUSIVE))
		desc->shared = v[WEFT_F_EXCLUSIVE].num ? JOB_SHARED_NONE : JOB_SHARED_OK;
}
