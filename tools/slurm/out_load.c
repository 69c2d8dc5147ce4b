/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out_load.c - see out_load.h
 *
 * Three more questions, asked for one job only: its request, the nodes, the
 * partitions.  A node counts if it is drained, draining, failing, down or does
 * not respond, belongs to one of the job's partitions, is not excluded, has the
 * features and, empty, what the job takes of one node.  A node that Slurm
 * switched off to save power is in nobody's way and does not count.
 *
 * What the job takes of a node is read low, a share of the whole where only the
 * whole is known, so that a node in question is named rather than kept back.
 */
#include "config.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <slurm/slurm.h>

#include "lib/hostlist.h"
#include "lib/text.h"
#include "tools/slurm/out_load.h"

/* What a job takes of one node, at least. */
struct need {
	const job_info_t *info;
	uint64_t gpus, mem_mib;
	uint32_t cpus, nodes;
	bool only_required;	/* the nodes that it names are all that it wants */
};

static bool waits_for_room(const struct weft_why_job *job)
{
	return job->waits && (job->cause == WEFT_WHY_RESOURCES ||
			      job->cause == WEFT_WHY_PRIORITY ||
			      job->cause == WEFT_WHY_NODES_DOWN);
}

static bool names_all(const job_info_t *info, uint64_t nodes)
{
	__auto_type hosts = slurm_hostlist_create(info->req_nodes ?
						  info->req_nodes : "");
	bool all = hosts && slurm_hostlist_count(hosts) >= (int64_t)nodes;

	if (hosts)
		slurm_hostlist_destroy(hosts);
	return all;
}

static void read_need(const job_info_t *info, struct need *need)
{
	uint64_t nodes = info->num_nodes ? info->num_nodes : 1;
	uint64_t tasks = info->num_tasks ? info->num_tasks : 1;
	uint64_t all = weft_out_gpus(info->tres_per_job);
	uint64_t of_tasks = weft_out_gpus(info->tres_per_task) * tasks;

	*need = (struct need) { .info = info, .nodes = (uint32_t)nodes,
				.only_required = names_all(info, nodes) };
	need->gpus = weft_out_gpus(info->tres_per_node);
	all = all > of_tasks ? all : of_tasks;
	if (need->gpus < (all + nodes - 1) / nodes)
		need->gpus = (all + nodes - 1) / nodes;
	need->cpus = (uint32_t)(info->num_cpus / nodes);
	if (need->cpus < info->pn_min_cpus)
		need->cpus = info->pn_min_cpus;
	need->mem_mib = info->pn_min_memory & MEM_PER_CPU ?
		(info->pn_min_memory & ~MEM_PER_CPU) * need->cpus :
		info->pn_min_memory;
}

/* Is the node in one of the partitions "a,b"? */
static bool is_in_partition(const partition_info_msg_t *parts, const char *list,
			    const char *node)
{
	for (uint32_t i = 0; list && i < parts->record_count; i++) {
		const partition_info_t *part = &parts->partition_array[i];
		const char *at = part->name ? strstr(list, part->name) : NULL;
		size_t len = part->name ? strlen(part->name) : 0;

		for (; at; at = strstr(at + 1, part->name))
			if ((at == list || at[-1] == ',') &&
			    (!at[len] || at[len] == ','))
				break;
		if (at && part->nodes && weft_hostlist_has(part->nodes, node))
			return true;
	}
	return false;
}

static bool could_use(const struct need *need, const node_info_t *node,
		      const partition_info_msg_t *parts)
{
	const job_info_t *info = need->info;

	if (weft_out_gpus(node->gres) < need->gpus ||
	    node->cpus < need->cpus || node->real_memory < need->mem_mib ||
	    !weft_out_features(info->features, node->features_act))
		return false;
	if (info->exc_nodes && weft_hostlist_has(info->exc_nodes, node->name))
		return false;
	if (need->only_required &&
	    !weft_hostlist_has(info->req_nodes, node->name))
		return false;
	return is_in_partition(parts, info->partition, node->name);
}

/* Slurm's states in a word; NULL: it is in service. */
static const char *out_word(uint32_t state, bool *ret_empty)
{
	uint32_t base = state & NODE_STATE_BASE;

	*ret_empty = base == NODE_STATE_IDLE || base == NODE_STATE_DOWN;
	if (base == NODE_STATE_FUTURE)
		return NULL;
	if (base == NODE_STATE_DOWN || base == NODE_STATE_UNKNOWN)
		return "down";
	if (state & NODE_STATE_DRAIN)
		return *ret_empty && !(state & NODE_STATE_COMPLETING) ?
			"drained" : "draining";
	if (state & NODE_STATE_FAIL)
		return "failed";
	return state & NODE_STATE_NO_RESPOND ? "not responding" : NULL;
}

static void name_user(uint32_t uid, char *out, size_t size)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw && pw->pw_name)
		weft_text_clean(out, size, pw->pw_name);
	else
		snprintf(out, size, "user %u", uid);
}

static void add_node(struct weft_out *out, const node_info_t *node)
{
	struct weft_out_group one = { .count = 1 };
	const char *word = out_word(node->node_state, &one.empty);

	if (!word)
		return;
	snprintf(one.state, sizeof(one.state), "%s", word);
	weft_text_clean(one.name[0], sizeof(one.name[0]), node->name);
	if (node->reason && node->reason[0]) {
		weft_text_clean(one.reason, sizeof(one.reason), node->reason);
		one.since_sec = (int64_t)node->reason_time;
		name_user(node->reason_uid, one.by, sizeof(one.by));
	}
	weft_out_add(out, &one);
}

static struct weft_out *make_out(const job_info_t *info,
				 const node_info_msg_t *nodes,
				 const partition_info_msg_t *parts)
{
	struct weft_out *out = calloc(1, sizeof(*out));
	struct need need;
	bool empty;

	read_need(info, &need);
	if (!out)
		return NULL;
	out->one_node = need.nodes == 1 &&
		weft_out_features(info->features, "") >= 0;
	for (uint32_t i = 0; i < nodes->record_count; i++) {
		const node_info_t *node = &nodes->node_array[i];

		if (node->name && node->name[0] &&
		    out_word(node->node_state, &empty) &&
		    could_use(&need, node, parts))
			add_node(out, node);
	}
	return out;
}

static struct weft_why_job *find_job(struct weft_why *why, uint32_t job_id)
{
	for (uint32_t i = 0; i < why->job_count; i++)
		if (why->job[i].job_id == job_id && !why->job[i].out &&
		    waits_for_room(&why->job[i]))
			return &why->job[i];
	return NULL;
}

/* Those that a job of its length would meet. */
static void add_keepers(struct weft_why_job *job, const job_info_t *info,
			const reserve_info_msg_t *resvs)
{
	time_t now = time(NULL);
	time_t end = info->time_limit >= NO_VAL ? 0 :
		now + (time_t)info->time_limit * 60;

	for (uint32_t i = 0; i < resvs->record_count; i++) {
		const reserve_info_t *resv = &resvs->reservation_array[i];
		struct weft_why_keeper *k = &job->keeper[job->keeper_count];

		if (!resv->licenses || !resv->name || resv->end_time <= now ||
		    (end && resv->start_time >= end) ||
		    (info->resv_name && !strcmp(info->resv_name, resv->name)) ||
		    !weft_why_share_license(info->licenses, resv->licenses))
			continue;
		weft_text_clean(k->name, sizeof(k->name), resv->name);
		weft_text_clean(k->licenses, sizeof(k->licenses), resv->licenses);
		k->start_sec = (int64_t)resv->start_time;
		k->end_sec = (int64_t)resv->end_time;
		if (++job->keeper_count == WEFT_WHY_KEEPERS)
			return;
	}
}

static void load_keepers(struct weft_why *why, uint32_t job_id, uint32_t task)
{
	reserve_info_msg_t *resvs = NULL;
	job_info_msg_t *jobs = NULL;
	bool any = false;

	for (uint32_t i = 0; i < why->job_count; i++)
		any |= why->job[i].waits && why->job[i].cause == WEFT_WHY_LICENSE &&
			weft_why_is(&why->job[i], job_id, task);
	if (any && slurm_load_job(&jobs, job_id, SHOW_ALL) == 0 &&
	    slurm_load_reservations(0, &resvs) == 0)
		for (uint32_t i = 0; i < jobs->record_count; i++)
			for (uint32_t k = 0; k < why->job_count; k++)
				if (why->job[k].job_id == jobs->job_array[i].job_id &&
				    why->job[k].cause == WEFT_WHY_LICENSE)
					add_keepers(&why->job[k],
						    &jobs->job_array[i], resvs);
	if (jobs)
		slurm_free_job_info_msg(jobs);
	if (resvs)
		slurm_free_reservation_info_msg(resvs);
}

void weft_out_load(struct weft_why *why, uint32_t job_id, uint32_t task)
{
	partition_info_msg_t *parts = NULL;
	node_info_msg_t *nodes = NULL;
	job_info_msg_t *jobs = NULL;
	struct weft_why_job *job;
	bool any = false;

	load_keepers(why, job_id, task);
	for (uint32_t i = 0; i < why->job_count; i++)
		any |= weft_why_is(&why->job[i], job_id, task) &&
			waits_for_room(&why->job[i]);
	if (any && slurm_load_job(&jobs, job_id, SHOW_ALL) == 0 &&
	    slurm_load_node(0, &nodes, SHOW_ALL) == 0 &&
	    slurm_load_partitions(0, &parts, SHOW_ALL) == 0)
		for (uint32_t i = 0; i < jobs->record_count; i++) {
			job = find_job(why, jobs->job_array[i].job_id);
			if (job && weft_why_is(job, job_id, task))
				job->out = make_out(&jobs->job_array[i], nodes,
						    parts);
		}
	if (jobs)
		slurm_free_job_info_msg(jobs);
	if (nodes)
		slurm_free_node_info_msg(nodes);
	if (parts)
		slurm_free_partition_info_msg(parts);
}
