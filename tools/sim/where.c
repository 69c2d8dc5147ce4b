/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * where.c - see where.h
 *
 * Combinations are interned as text ("partition|type|constraint" by index),
 * and index is the place in entry[].  The sets live as long as the workload
 * that points to them: with the run.
 *
 * Of several partitions ("a,b") the first that the site has counts, as stock
 * Slurm tries the job there first.
 *
 * Cost: O(1) a job, O(nodes * constraint) a combination.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/sim/where.h"

#define COMBINATIONS_MAX 65536

struct entry {
	struct weft_workload_where where;
	struct weft_idxset *nodes;
	/* Counted for each job of this combination. */
	bool no_partition, no_constraint, simplified, untyped;
};

struct sim_where {
	const struct weft_machine *machine;
	const struct weft_trace *trace;
	struct weft_idxset *all;
	bool has_features;
	struct weft_names *keys;
	struct entry **entry;		/* [index of the key] */
	uint32_t entry_cap;
	struct sim_where_report report;
};

struct sim_where *sim_where_create(const struct weft_machine *machine,
				   const struct weft_trace *trace)
{
	struct sim_where *w = calloc(1, sizeof(*w));
	const struct weft_site *site = machine->site;

	if (!w)
		return NULL;
	w->machine = machine;
	w->trace = trace;
	w->all = weft_idxset_create(machine->cluster.node_count);
	w->keys = weft_names_create(COMBINATIONS_MAX);
	if (!w->all || !w->keys) {
		sim_where_destroy(w);
		return NULL;
	}
	weft_idxset_fill(w->all);
	for (uint32_t i = 0; site && i < site->node_count; i++)
		w->has_features = w->has_features || site->node[i].features;
	return w;
}

void sim_where_destroy(struct sim_where *w)
{
	if (!w)
		return;
	for (uint32_t i = 0; w->keys && i < weft_names_count(w->keys); i++) {
		if (i < w->entry_cap && w->entry[i]) {
			weft_idxset_destroy(w->entry[i]->nodes);
			free(w->entry[i]);
		}
	}
	free(w->entry);
	weft_names_destroy(w->keys);
	weft_idxset_destroy(w->all);
	free(w);
}

const struct sim_where_report *sim_where_get_report(const struct sim_where *w)
{
	return &w->report;
}

/* Of "a,b", as a job may ask, the first that the site has. */
static const struct weft_site_partition *
find_partition(const struct weft_site *site, const char *names)
{
	char one[64];

	for (const char *at = names; *at; at += *at == ',') {
		size_t len = strcspn(at, ",");
		uint32_t idx;

		snprintf(one, sizeof(one), "%.*s", (int)len, at);
		idx = weft_site_find_partition(site, one);
		if (idx != UINT32_MAX && site->partition[idx].nodes)
			return &site->partition[idx];
		at += len;
	}
	return NULL;
}

static void set_partition(const struct sim_where *w, const char *names,
			  struct entry *e)
{
	const struct weft_site *site = w->machine->site;
	const struct weft_site_partition *p;
	uint32_t sec;

	if (!site || !site->partition_count || !*names)
		return;
	p = find_partition(site, names);
	if (!p) {
		e->no_partition = true;
		return;
	}
	sec = p->default_sec != WEFT_SITE_UNLIMITED ? p->default_sec :
		p->max_sec;
	e->where.partition = p->nodes;
	e->where.limit_sec = sec == WEFT_SITE_UNLIMITED ? 0 : sec;
}

static int32_t find_type(const struct weft_cluster *c, const char *name)
{
	for (uint32_t i = 0; i < c->gpu_type_count; i++)
		if (!strcasecmp(c->gpu_type[i], name))
			return (int32_t)i;
	return -1;
}

/* Only nodes with such GPUs stay; none, if the machine has no such type. */
static void set_type(const struct sim_where *w, const char *name,
		     struct entry *e)
{
	const struct weft_cluster *c = &w->machine->cluster;
	int32_t type;

	if (!*name)
		return;
	if (!c->gpu_type_count) {
		e->untyped = true;
		return;
	}
	type = find_type(c, name);
	e->where.gpu_type_idx = type;
	for (uint32_t i = 0; i < c->node_count; i++)
		if (type < 0 || !c->node[i].gpus_of_type[type])
			weft_idxset_remove(e->nodes, i);
}

static int set_constraint(const struct sim_where *w, const char *text,
			  struct entry *e)
{
	struct weft_idxset *match;

	if (!*text)
		return 0;
	match = weft_idxset_create(w->all->size);
	if (!match)
		return -ENOMEM;
	if (!w->has_features ||
	    weft_site_match(w->machine->site, text, match, &e->simplified, NULL))
		e->no_constraint = true;
	else
		weft_idxset_and(e->nodes, match);
	weft_idxset_destroy(match);
	return 0;
}

static int make_entry(const struct sim_where *w,
		      const struct weft_trace_job *job, struct entry **ret_entry)
{
	struct entry *e = calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return -ENOMEM;
	e->where = (struct weft_workload_where) {
		.partition = w->all, .gpu_type_idx = -1 };
	set_partition(w, weft_trace_partition(w->trace, job->partition_idx), e);
	e->nodes = weft_idxset_dup(e->where.partition);
	if (!e->nodes) {
		free(e);
		return -ENOMEM;
	}
	e->where.nodes = e->nodes;
	set_type(w, weft_trace_gpu_type(w->trace, job->gpu_type_idx), e);
	rc = set_constraint(w, weft_trace_constraint(w->trace,
						     job->constraint_idx), e);
	if (rc) {
		weft_idxset_destroy(e->nodes);
		free(e);
		return rc;
	}
	*ret_entry = e;
	return 0;
}

static int need_entry(struct sim_where *w, uint32_t idx)
{
	uint32_t cap = idx + idx / 2 + 16;
	struct entry **more;

	if (idx < w->entry_cap)
		return 0;
	more = realloc(w->entry, cap * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + w->entry_cap, 0, (cap - w->entry_cap) * sizeof(*more));
	w->entry = more;
	w->entry_cap = cap;
	return 0;
}

static void note(struct sim_where_odd *odd, bool is_odd, const char *example)
{
	if (is_odd && !odd->count++)
		snprintf(odd->example, sizeof(odd->example), "%s", example);
}

int sim_where_find(void *arg, const struct weft_trace_job *job,
		   const struct weft_workload_where **ret_where)
{
	struct sim_where *w = arg;
	struct sim_where_report *report = &w->report;
	const char *constraint = weft_trace_constraint(w->trace,
						       job->constraint_idx);
	/* A type matters to jobs with GPUs only. */
	struct weft_trace_job key_job = *job;
	char key[64];
	uint32_t idx;
	int rc;

	if (!(job->gpus > 0))
		key_job.gpu_type_idx = 0;
	snprintf(key, sizeof(key), "%u|%u|%u", key_job.partition_idx,
		 key_job.gpu_type_idx, key_job.constraint_idx);
	rc = weft_names_add(w->keys, key, &idx, NULL);
	if (rc == 0)
		rc = need_entry(w, idx);
	if (rc == 0 && !w->entry[idx])
		rc = make_entry(w, &key_job, &w->entry[idx]);
	if (rc)
		return rc;
	*ret_where = &w->entry[idx]->where;
	note(&report->partition, w->entry[idx]->no_partition,
	     weft_trace_partition(w->trace, job->partition_idx));
	note(&report->constraint, w->entry[idx]->no_constraint, constraint);
	note(&report->simplified, w->entry[idx]->simplified, constraint);
	note(&report->untyped, w->entry[idx]->untyped,
	     weft_trace_gpu_type(w->trace, job->gpu_type_idx));
	return 0;
}

void sim_where_report_format(const struct sim_where_report *report,
			     struct weft_buf *buf)
{
	const struct {
		const struct sim_where_odd *odd;
		const char *what, *done;
	} lines[] = {
		{ &report->partition, "name a partition that the cluster has not",
		  "any node is theirs" },
		{ &report->constraint, "have a constraint that is none, or the cluster's nodes have no features",
		  "any node of their partition is theirs" },
		{ &report->simplified, "have a constraint that counts nodes or wants all of one kind",
		  "any node that can be among them is theirs" },
		{ &report->untyped, "ask for a type of GPU, and the cluster's have none",
		  "any GPU is theirs" },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (lines[i].odd->count)
			weft_buf_addf(buf, "%llu jobs %s (\"%s\" first): %s\n",
				      (unsigned long long)lines[i].odd->count,
				      lines[i].what, lines[i].odd->example,
				      lines[i].done);
}
