/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_sums.c - what a run took: waits, hours, tries, by task (or group) and in all
 *
 * A wait is the time from the moment a unit could have run (the last end of
 * what it needs, or the run's begin) to its start: Slurm's queue, back-off
 * before a retry and our own polling together.  Only the last try of a unit is
 * in the journal, so earlier tries are in its wait.  GPU-hours are what the
 * options asked for times the time it ran.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "tools/flow/report_page.h"

/* When unit `local` of a task could have run. */
static int64_t ready_at(const struct weft_report_page *p, const struct weft_flow_task *task,
			uint32_t local, const int64_t *full)
{
	int64_t ready = p->r->started_sec;

	for (uint32_t n = 0; n < task->need_count; n++) {
		const struct weft_flow_task *parent = &p->flow->tasks[task->needs[n].task_idx];
		int64_t end = task->needs[n].each ?
				      p->r->ends[parent->first_unit + local].end_sec : full[n];

		if (end > ready)
			ready = end;
	}
	return ready;
}

static void add_unit(const struct weft_report_page *p, struct weft_report_sums *s, uint32_t number, int64_t ready)
{
	const struct weft_unit *unit = &p->r->plan->units[number];
	const struct weft_unit_end *end = &p->r->ends[number];
	struct weft_object_cost cost;
	int64_t wait = end->start_sec - ready;
	double hours;

	s->counts[unit->state]++;
	s->tries += unit->attempt;
	if (weft_report_known(p, number) && end->start_sec < s->first_start)
		s->first_start = end->start_sec;
	if (!weft_report_known(p, number) || unit->object == WEFT_NO_OBJECT)
		return;
	if (wait < 0)
		wait = 0;
	s->waits++;
	s->wait += wait;
	if (wait > s->longest_wait)
		s->longest_wait = wait;
	weft_object_cost(&p->r->plan->objects[unit->object], &cost);
	hours = (double)(end->end_sec > end->start_sec ? end->end_sec - end->start_sec : 0) / 3600;
	s->node_hours += hours * cost.nodes;
	s->gpu_hours += hours * (double)cost.gpus;
}

static void merge(struct weft_report_sums *all, const struct weft_report_sums *s)
{
	for (int i = 0; i <= WEFT_UNIT_FAILED; i++)
		all->counts[i] += s->counts[i];
	all->units += s->units;
	all->tries += s->tries;
	all->waits += s->waits;
	all->wait += s->wait;
	if (s->longest_wait > all->longest_wait)
		all->longest_wait = s->longest_wait;
	all->node_hours += s->node_hours;
	all->gpu_hours += s->gpu_hours;
}

static int add_task(struct weft_report_page *p, const struct weft_flow_task *task,
		    struct weft_report_sums *s)
{
	int64_t ready, *full = calloc(task->need_count + 1, sizeof(*full));

	if (!full)
		return -ENOMEM;
	for (uint32_t n = 0; n < task->need_count; n++) {
		const struct weft_flow_task *parent = &p->flow->tasks[task->needs[n].task_idx];

		for (uint32_t u = 0; !task->needs[n].each && u < parent->unit_count; u++)
			if (p->r->ends[parent->first_unit + u].end_sec > full[n])
				full[n] = p->r->ends[parent->first_unit + u].end_sec;
	}
	for (uint32_t u = 0; u < task->unit_count; u++) {
		uint32_t number = task->first_unit + u;

		ready = ready_at(p, task, u, full);
		if (!s->units++)
			s->ready = ready;
		add_unit(p, s, number, ready);
		if (weft_report_known(p, number) && p->r->ends[number].end_sec > p->to)
			p->to = p->r->ends[number].end_sec;
	}
	free(full);
	return 0;
}

int weft_report_add_up(struct weft_report_page *p)
{
	int rc = 0;

	for (uint32_t g = 0; g < p->groups.count && !rc; g++) {
		p->sums[g].first_start = INT64_MAX;
		for (uint32_t i = p->groups.first[g]; i < p->groups.first[g + 1] && !rc; i++)
			rc = add_task(p, &p->flow->tasks[p->groups.members[i]], &p->sums[g]);
		merge(&p->all, &p->sums[g]);
	}
	return rc;
}
