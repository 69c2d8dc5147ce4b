/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_sums.c - what a run took: waits, hours, tries, by task and in all
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

int weft_report_add_up(struct weft_report_page *p)
{
	for (uint32_t t = 0; t < p->flow->task_count; t++) {
		const struct weft_flow_task *task = &p->flow->tasks[t];
		struct weft_report_sums *s = &p->sums[t];
		int64_t ready, *full = calloc(task->need_count + 1, sizeof(*full));

		if (!full)
			return -ENOMEM;
		s->first_start = INT64_MAX;
		for (uint32_t n = 0; n < task->need_count; n++) {
			const struct weft_flow_task *parent =
				&p->flow->tasks[task->needs[n].task_idx];

			for (uint32_t u = 0; !task->needs[n].each && u < parent->unit_count; u++)
				if (p->r->ends[parent->first_unit + u].end_sec > full[n])
					full[n] = p->r->ends[parent->first_unit + u].end_sec;
		}
		for (uint32_t u = 0; u < task->unit_count; u++) {
			uint32_t number = task->first_unit + u;

			ready = ready_at(p, task, u, full);
			if (!u)
				s->ready = ready;
			add_unit(p, s, number, ready);
			if (weft_report_known(p, number) && p->r->ends[number].end_sec > p->to)
				p->to = p->r->ends[number].end_sec;
		}
		free(full);
		for (int i = 0; i <= WEFT_UNIT_FAILED; i++)
			p->all.counts[i] += s->counts[i];
		p->all.tries += s->tries;
		p->all.waits += s->waits;
		p->all.wait += s->wait;
		if (s->longest_wait > p->all.longest_wait)
			p->all.longest_wait = s->longest_wait;
		p->all.node_hours += s->node_hours;
		p->all.gpu_hours += s->gpu_hours;
	}
	return 0;
}
