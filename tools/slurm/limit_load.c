/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit_load.c - see limit_load.h
 *
 * One request, that of `scontrol show assoc_mgr`: bounds, and what is used of
 * each, as slurmctld counts them.  slurmctld leaves out what PrivateData hides
 * from the caller; then there is nothing to tell.
 *
 * A limit may come from the job's QOS or the partition's, and from the user's
 * association or any account above it.  Of several with a bound of that kind,
 * the first that the job would pass is told, which is the order in which
 * Slurm itself asks.
 *
 * Cost: O(associations) once, and O(jobs) for each job that waits so.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <slurm/slurmdb.h>

#include "tools/slurm/limit_load.h"

#define ACCOUNTS_MAX 64		/* levels of accounts */

struct load {
	const job_info_msg_t *jobs;
	const assoc_mgr_info_msg_t *assoc;
	const partition_info_msg_t *parts;
	const job_info_t *job;
	struct weft_limit limit;
};

/* What is taken of it: numbers by TRES, and where they stand. */
struct counts {
	const uint64_t *tres_bound, *tres_used;
	uint32_t jobs_bound, jobs_used, submit_bound, submit_used;
};

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool is_of_kind(const char *name, const char *tres)
{
	size_t len = strlen(tres);

	return !strncmp(name, tres, len) && (!name[len] || name[len] == '/');
}

/* True if this is the limit that the job would pass; then it is filled in. */
static bool judge_tres(struct load *load, const struct counts *c)
{
	struct weft_limit *l = &load->limit;

	for (uint32_t i = 0; c->tres_bound && i < load->assoc->tres_cnt; i++) {
		const char *name = load->assoc->tres_names[i];
		uint64_t asked, used = c->tres_used ? c->tres_used[i] : 0;

		if (!name || !is_of_kind(name, l->kind.tres) ||
		    c->tres_bound[i] == INFINITE64)
			continue;
		asked = weft_limit_tres(load->job->tres_req_str, name);
		if (used + asked <= c->tres_bound[i])
			continue;
		snprintf(l->tres, sizeof(l->tres), "%s", name);
		l->bound = c->tres_bound[i];
		l->used = used;
		l->asked = asked;
		return true;
	}
	return false;
}

static bool judge(struct load *load, const struct counts *c, const char *of)
{
	struct weft_limit *l = &load->limit;
	bool running = l->kind.what == WEFT_LIMIT_RUNNING;
	uint32_t bound = running ? c->jobs_bound : c->submit_bound;

	if (l->kind.what == WEFT_LIMIT_TRES) {
		if (!judge_tres(load, c))
			return false;
	} else {
		l->used = running ? c->jobs_used : c->submit_used;
		if (bound == INFINITE || l->used < bound)
			return false;
		l->bound = bound;
	}
	snprintf(l->of, sizeof(l->of), "%s", of);
	return true;
}

static const slurmdb_used_limits_t *find_used(const struct load *load,
					      const slurmdb_qos_usage_t *usage)
{
	bool user = load->limit.kind.scope == WEFT_LIMIT_USER;
	const slurmdb_used_limits_t *one = NULL;
	struct listIterator *it;

	if (!usage || !(user ? usage->user_limit_list : usage->acct_limit_list))
		return NULL;
	it = slurm_list_iterator_create(user ? usage->user_limit_list :
					usage->acct_limit_list);
	while ((one = slurm_list_next(it)))
		if (user ? one->uid == load->job->user_id :
		    same(one->acct, load->job->account))
			break;
	slurm_list_iterator_destroy(it);
	return one;
}

static bool judge_qos(struct load *load, const slurmdb_qos_rec_t *qos)
{
	const slurmdb_qos_usage_t *usage = qos->usage;
	const slurmdb_used_limits_t *used;
	struct counts c;

	switch (load->limit.kind.scope) {
	case WEFT_LIMIT_USER:
	case WEFT_LIMIT_ACCOUNT:
		used = find_used(load, usage);
		c = load->limit.kind.scope == WEFT_LIMIT_USER ?
			(struct counts) {
				qos->max_tres_pu_ctld, NULL,
				qos->max_jobs_pu, 0, qos->max_submit_jobs_pu, 0 } :
			(struct counts) {
				qos->max_tres_pa_ctld, NULL,
				qos->max_jobs_pa, 0, qos->max_submit_jobs_pa, 0 };
		if (used) {
			c.tres_used = used->tres;
			c.jobs_used = used->jobs;
			c.submit_used = used->submit_jobs;
		}
		break;
	case WEFT_LIMIT_GROUP:
		c = (struct counts) {
			qos->grp_tres_ctld, usage ? usage->grp_used_tres : NULL,
			qos->grp_jobs, usage ? usage->grp_used_jobs : 0,
			qos->grp_submit_jobs,
			usage ? usage->grp_used_submit_jobs : 0 };
		break;
	default:
		c = (struct counts) { qos->max_tres_pj_ctld, NULL, INFINITE, 0,
				      INFINITE, 0 };
	}
	return judge(load, &c, qos->name);
}

static bool judge_assoc(struct load *load, const slurmdb_assoc_rec_t *assoc)
{
	const slurmdb_assoc_usage_t *usage = assoc->usage;
	struct counts c = { NULL, NULL, INFINITE, 0, INFINITE, 0 };

	if (usage) {
		c.jobs_used = usage->used_jobs;
		c.submit_used = usage->used_submit_jobs;
	}
	if (load->limit.kind.scope == WEFT_LIMIT_GROUP) {
		c.tres_bound = assoc->grp_tres_ctld;
		c.tres_used = usage ? usage->grp_used_tres : NULL;
		c.jobs_bound = assoc->grp_jobs;
		c.submit_bound = assoc->grp_submit_jobs;
	} else {
		c.tres_bound = assoc->max_tres_ctld;
		c.jobs_bound = assoc->max_jobs;
		c.submit_bound = assoc->max_submit_jobs;
	}
	return judge(load, &c, assoc->acct);
}

static const char *partition_qos(const struct load *load)
{
	for (uint32_t i = 0; load->parts && i < load->parts->record_count; i++)
		if (same(load->parts->partition_array[i].name, load->job->partition))
			return load->parts->partition_array[i].qos_char;
	return NULL;
}

static bool find_qos(struct load *load)
{
	const char *name[] = { partition_qos(load), load->job->qos };
	const slurmdb_qos_rec_t *qos;
	bool found = false;
	struct listIterator *it;

	for (int i = 0; i < 2 && !found && load->assoc->qos_list; i++) {
		it = slurm_list_iterator_create(load->assoc->qos_list);
		while (!found && (qos = slurm_list_next(it)))
			found = same(qos->name, name[i]) && judge_qos(load, qos);
		slurm_list_iterator_destroy(it);
	}
	return found;
}

/* The user's own association first, then the accounts upward. */
static bool find_assoc(struct load *load)
{
	const char *acct = load->job->account, *up;
	const slurmdb_assoc_rec_t *a;
	bool found = false, users = true;
	struct listIterator *it;

	for (int i = 0; acct && i < ACCOUNTS_MAX && !found; i++) {
		up = users ? acct : NULL;
		it = slurm_list_iterator_create(load->assoc->assoc_list);
		while (!found && (a = slurm_list_next(it))) {
			if (!same(a->acct, acct) ||
			    (users ? !a->user || a->uid != load->job->user_id :
			     a->user != NULL))
				continue;
			found = judge_assoc(load, a);
			if (!users)
				up = a->parent_acct;
		}
		slurm_list_iterator_destroy(it);
		acct = up;
		users = false;
	}
	return found;
}

static bool counts_too(const struct load *load, const job_info_t *job)
{
	const struct weft_limit *l = &load->limit;
	uint32_t base = job->job_state & JOB_STATE_BASE;

	if (base != JOB_RUNNING && base != JOB_SUSPENDED)
		return false;
	if (l->kind.qos ? !same(job->qos, load->job->qos) :
	    !same(job->account, load->job->account))
		return false;
	if (l->kind.scope == WEFT_LIMIT_USER && job->user_id != load->job->user_id)
		return false;
	if (l->kind.scope == WEFT_LIMIT_ACCOUNT &&
	    !same(job->account, load->job->account))
		return false;
	return l->kind.what != WEFT_LIMIT_TRES ||
		weft_limit_tres(job->tres_alloc_str, l->tres);
}

static void name_jobs(struct load *load)
{
	struct weft_limit *l = &load->limit;

	if (l->kind.scope == WEFT_LIMIT_JOB || l->kind.what == WEFT_LIMIT_SUBMITTED)
		return;
	for (uint32_t i = 0; i < load->jobs->record_count; i++) {
		const job_info_t *job = &load->jobs->job_array[i];

		if (!counts_too(load, job))
			continue;
		if (l->job_count < WEFT_LIMIT_JOBS)
			l->job[l->job_count++] = job->job_id;
		else
			l->more++;
	}
}

static const job_info_t *find_job(const job_info_msg_t *msg, uint32_t job_id)
{
	for (uint32_t i = 0; i < msg->record_count; i++)
		if (msg->job_array[i].job_id == job_id)
			return &msg->job_array[i];
	return NULL;
}

/* Of several partitions that it asked, Slurm judged the first. */
static const partition_info_t *find_partition(const partition_info_msg_t *parts,
					      const char *names)
{
	size_t len = strcspn(names ? names : "", ",");

	for (uint32_t i = 0; names && i < parts->record_count; i++) {
		const char *name = parts->partition_array[i].name;

		if (name && strlen(name) == len && !strncmp(name, names, len))
			return &parts->partition_array[i];
	}
	return NULL;
}

static void bound_of(const job_info_t *job, const partition_info_msg_t *parts,
		     struct weft_why_bound *ret)
{
	const partition_info_t *part = find_partition(parts, job->partition);

	if (!part)
		return;
	if (job->time_limit != NO_VAL && job->time_limit > part->max_time)
		*ret = (struct weft_why_bound) { WEFT_BOUND_TIME, job->time_limit,
						 part->max_time };
	else if (job->num_nodes > part->max_nodes)
		*ret = (struct weft_why_bound) { WEFT_BOUND_NODES_MOST,
						 job->num_nodes, part->max_nodes };
	else if (job->max_nodes && job->max_nodes < part->min_nodes)
		*ret = (struct weft_why_bound) { WEFT_BOUND_NODES_LEAST,
						 job->max_nodes, part->min_nodes };
}

/* What a partition allows, for the jobs that ask for more. */
static void load_bounds(struct weft_why *why, const job_info_msg_t *msg)
{
	partition_info_msg_t *parts = NULL;

	for (uint32_t i = 0; i < why->job_count; i++) {
		struct weft_why_job *job = &why->job[i];
		const job_info_t *info;

		if (job->cause != WEFT_WHY_PARTITION_LIMIT || !job->waits)
			continue;
		if (!parts && slurm_load_partitions((time_t)0, &parts, SHOW_ALL))
			return;
		info = find_job(msg, job->job_id);
		if (info)
			bound_of(info, parts, &job->bound);
	}
	if (parts)
		slurm_free_partition_info_msg(parts);
}

void weft_limit_load(struct weft_why *why, const job_info_msg_t *msg,
		     const char *(*word)(uint32_t code))
{
	assoc_mgr_info_request_msg_t ask = {
		.flags = ASSOC_MGR_INFO_FLAG_ASSOC | ASSOC_MGR_INFO_FLAG_QOS,
	};
	assoc_mgr_info_msg_t *assoc = NULL;
	partition_info_msg_t *parts = NULL;
	struct load load = { .jobs = msg };

	load_bounds(why, msg);
	for (uint32_t i = 0; i < why->job_count; i++) {
		struct weft_why_job *job = &why->job[i];

		if (job->cause != WEFT_WHY_ACCOUNT_LIMIT || !job->waits ||
		    !word(job->code))
			continue;
		load.limit = (struct weft_limit) { .bound = 0 };
		if (!weft_limit_parse(word(job->code), &load.limit.kind))
			continue;
		if (!assoc && slurm_load_assoc_mgr_info(&ask, &assoc))
			return;
		if (!parts)
			slurm_load_partitions((time_t)0, &parts, SHOW_ALL);
		load.assoc = assoc;
		load.parts = parts;
		load.job = find_job(msg, job->job_id);
		job->limited = load.job && (load.limit.kind.qos ?
			find_qos(&load) : find_assoc(&load));
		if (job->limited) {
			name_jobs(&load);
			job->limit = load.limit;
		}
	}
	if (assoc)
		slurm_free_assoc_mgr_info_msg(assoc);
	if (parts)
		slurm_free_partition_info_msg(parts);
}
