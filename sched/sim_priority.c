/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_priority.c - see sim_priority.h
 *
 * Factors are of 0 to 1 and add up by their weights:
 *
 *   age	time waited, over PriorityMaxAge
 *   job size	the mean of its part of the nodes and of the CPUs; the rest to
 *		1 with PriorityFavorSmall
 *   fairshare	the rank in the Fair Tree, over the number of associations
 *
 * An association is a user in a group (an account), all with equal shares: so
 * groups rank by their usage, least first, users in their group by theirs, and
 * groups that are equal are ranked as one.  Usage is size-seconds (GPUs, or
 * CPUs on a machine without: what TRESBillingWeights says on such sites) that
 * fade by half in PriorityDecayHalfLife.
 *
 * As in Slurm, a job gets its priority when it is submitted, and all get
 * theirs anew every PriorityCalcPeriod; usage fades without steps here.
 *
 * Left out: the factors of partition, QOS, association and TRES, which
 * traces do not tell; shares that differ; --nice.
 *
 * Source: plugins/priority/multifactor/priority_multifactor.c and fair_tree.c
 * of Slurm 22.05; Barnes et al.'s Fair Tree as documented there.
 *
 * Cost: O(1) a start or end; O(queue log queue + associations log
 * associations) a period, O(queue) where jobs are new.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "sched/sim_priority.h"

struct usage {
	double used, rate;
	int64_t since_sec;
};

struct association {
	uint32_t user_idx, group_idx, group;	/* group: in usage[] */
	struct usage usage;
	double fairshare;
};

struct rank {
	double group_used, user_used;
	uint32_t association;
};

struct entry {
	uint32_t priority, job_idx;
};

struct weft_priority {
	const struct weft_stock *stock;
	const struct weft_workload *w;
	uint32_t node_count;
	double cpus;
	uint32_t *association_of, *priority;	/* [job_idx] */
	struct association *association;
	uint32_t association_count;
	struct usage *group;
	struct rank *rank;
	struct entry *entry;
	uint32_t seen;		/* jobs that have a priority */
	int64_t next_sec;	/* all get theirs anew */
};

bool weft_priority_changes(const struct weft_priority *p)
{
	return p->stock->priority_weight_age ||
		p->stock->priority_weight_fairshare ||
		p->stock->priority_weight_job_size;
}

/* ---- who is who ------------------------------------------------------------- */

struct who {
	uint32_t group_idx, user_idx, job_idx;
};

static int compare_who(const void *a, const void *b)
{
	const struct who *x = a, *y = b;

	if (x->group_idx != y->group_idx)
		return x->group_idx < y->group_idx ? -1 : 1;
	if (x->user_idx != y->user_idx)
		return x->user_idx < y->user_idx ? -1 : 1;
	return x->job_idx < y->job_idx ? -1 : x->job_idx > y->job_idx;
}

/* Number associations and groups; who[] has a place for each job. */
static void number(struct weft_priority *p, struct who *who)
{
	const struct weft_workload *w = p->w;
	uint32_t n = 0, groups = 0;

	for (uint32_t i = 0; i < w->job_count; i++)
		who[i] = (struct who) { w->job[i].group_idx,
					w->job[i].user_idx, i };
	qsort(who, w->job_count, sizeof(*who), compare_who);
	for (uint32_t i = 0; i < w->job_count; i++) {
		bool group = !i || who[i].group_idx != who[i - 1].group_idx;

		groups += group;
		if (group || who[i].user_idx != who[i - 1].user_idx)
			p->association[n++] = (struct association) {
				.user_idx = who[i].user_idx,
				.group_idx = who[i].group_idx,
				.group = groups - 1,
			};
		p->association_of[who[i].job_idx] = n - 1;
	}
	p->association_count = n;
}

struct weft_priority *weft_priority_create(const struct weft_stock *stock,
					   const struct weft_cluster *cluster,
					   const struct weft_workload *w)
{
	struct weft_priority *p = calloc(1, sizeof(*p));
	size_t jobs = w->job_count;
	struct who *who;

	if (!p)
		return NULL;
	*p = (struct weft_priority) {
		.stock = stock, .w = w, .next_sec = INT64_MIN,
		.node_count = cluster->node_count,
	};
	for (uint32_t i = 0; i < cluster->node_count; i++)
		p->cpus += cluster->node[i].total.cpus;
	if (!weft_priority_changes(p))
		return p;
	who = malloc(jobs * sizeof(*who));
	p->association_of = malloc(jobs * sizeof(*p->association_of));
	p->priority = calloc(jobs, sizeof(*p->priority));
	p->association = calloc(jobs, sizeof(*p->association));
	p->group = calloc(jobs, sizeof(*p->group));
	p->rank = malloc(jobs * sizeof(*p->rank));
	p->entry = malloc(jobs * sizeof(*p->entry));
	if (!who || !p->association_of || !p->priority || !p->association ||
	    !p->group || !p->rank || !p->entry) {
		free(who);
		weft_priority_destroy(p);
		return NULL;
	}
	number(p, who);
	free(who);
	return p;
}

void weft_priority_destroy(struct weft_priority *p)
{
	if (!p)
		return;
	free(p->association_of);
	free(p->priority);
	free(p->association);
	free(p->group);
	free(p->rank);
	free(p->entry);
	free(p);
}

/* ---- usage ------------------------------------------------------------------ */

/* Let it grow by its rate and fade until now. */
static void bring_up(const struct weft_priority *p, struct usage *u,
		     int64_t now_sec)
{
	double sec = (double)(now_sec - u->since_sec);
	double half = p->stock->priority_decay_half_life * 60.0, left;

	u->since_sec = now_sec;
	if (half <= 0) {
		u->used += u->rate * sec;
		return;
	}
	left = exp2(-sec / half);
	u->used = u->used * left + u->rate * half / M_LN2 * (1 - left);
}

static void change_rate(struct weft_priority *p, uint32_t job_idx,
			int64_t now_sec, double sign)
{
	double size = weft_workload_size(p->w, job_idx);
	struct association *a;

	if (!weft_priority_changes(p))
		return;
	a = &p->association[p->association_of[job_idx]];
	bring_up(p, &a->usage, now_sec);
	bring_up(p, &p->group[a->group], now_sec);
	a->usage.rate += sign * size;
	p->group[a->group].rate += sign * size;
}

void weft_priority_started(struct weft_priority *p, uint32_t job_idx,
			   int64_t now_sec)
{
	change_rate(p, job_idx, now_sec, 1);
}

void weft_priority_ended(struct weft_priority *p, uint32_t job_idx,
			 int64_t now_sec)
{
	change_rate(p, job_idx, now_sec, -1);
}

/* ---- fair share -------------------------------------------------------------- */

static int compare_rank(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->group_used != y->group_used)
		return x->group_used < y->group_used ? -1 : 1;
	if (x->user_used != y->user_used)
		return x->user_used < y->user_used ? -1 : 1;
	return 0;
}

/* Equal ones share the best rank of theirs. */
static void rank_all(struct weft_priority *p, int64_t now_sec)
{
	uint32_t n = p->association_count, first = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct association *a = &p->association[i];

		bring_up(p, &a->usage, now_sec);
		bring_up(p, &p->group[a->group], now_sec);
		p->rank[i] = (struct rank) { p->group[a->group].used,
					     a->usage.used, i };
	}
	qsort(p->rank, n, sizeof(*p->rank), compare_rank);
	for (uint32_t i = 0; i < n; i++) {
		if (compare_rank(&p->rank[i], &p->rank[first]))
			first = i;
		p->association[p->rank[i].association].fairshare =
			(double)(n - first) / n;
	}
}

/* ---- priorities -------------------------------------------------------------- */

static double size_factor(const struct weft_priority *p,
			  const struct weft_shape *s)
{
	double part = (double)s->nodes_min / p->node_count, cpus = 0;

	if (p->cpus > 0)
		cpus = (double)s->nodes_min * s->per_node.cpus / p->cpus;
	part = (part + cpus) / 2;
	return p->stock->priority_favor_small ? 1 - part : part;
}

static uint32_t priority_of(const struct weft_priority *p, uint32_t job_idx,
			    int64_t now_sec)
{
	const struct weft_stock *stock = p->stock;
	const struct weft_workload_job *job = &p->w->job[job_idx];
	double age = (double)(now_sec - job->submit_sec) /
		(stock->priority_max_age * 60.0);
	double sum = stock->priority_weight_age * fmin(age, 1) +
		stock->priority_weight_job_size *
			size_factor(p, &p->w->shape[job->shape_idx]) +
		stock->priority_weight_fairshare *
			p->association[p->association_of[job_idx]].fairshare;

	return sum < 1 ? 1 : sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

static int compare_entry(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return x->job_idx < y->job_idx ? -1 : x->job_idx > y->job_idx;
}

void weft_priority_sort(struct weft_priority *p, int64_t now_sec,
			uint32_t *queue, uint32_t count)
{
	bool anew = now_sec >= p->next_sec, fresh = anew;
	uint32_t seen = p->seen;

	if (!weft_priority_changes(p))
		return;
	if (anew) {
		rank_all(p, now_sec);
		p->next_sec = now_sec + p->stock->priority_calc_period * 60;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (anew || queue[i] >= seen) {
			p->priority[queue[i]] = priority_of(p, queue[i],
							    now_sec);
			fresh = true;
		}
		if (queue[i] >= p->seen)
			p->seen = queue[i] + 1;
		p->entry[i] = (struct entry) { p->priority[queue[i]],
					       queue[i] };
	}
	if (!fresh)
		return;
	qsort(p->entry, count, sizeof(*p->entry), compare_entry);
	for (uint32_t i = 0; i < count; i++)
		queue[i] = p->entry[i].job_idx;
}

uint32_t weft_priority_get(const struct weft_priority *p, uint32_t job_idx)
{
	return weft_priority_changes(p) ? p->priority[job_idx] : 1;
}
