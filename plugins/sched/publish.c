/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * publish.c - see publish.h
 *
 * Slurm's tools show state_reason, start_time and sched_nodes of a pending
 * job.  The names of planned nodes are put together without a lock; under it
 * only changed fields are written, and last_job_update moves only if one was,
 * so an unchanged queue looks unchanged to squeue.
 *
 * A job may stand in the queue several times (one record a partition,
 * reservation, or an array's next tasks): its earliest start is shown.
 *
 * What Slurm's words cannot say goes behind a mark into SystemComment, which
 * every list of jobs carries to whoever may see the job (docs/design/0051).
 * It is composed before the locks are taken.  Advice that was asked in an
 * earlier cycle is kept for ADVICE_SEC, for each cycle asks of a few jobs only.
 *
 * Cost: O(jobs log jobs) outside the locks, O(jobs) inside, in slices.
 */
#include "plugins/sched/publish.h"
#include "sched/explain.h"

#define ADVICE_SEC 600

struct line {
	uint32_t job_id;
	const char *partition;
	const struct weft_decision *decision;
	char *nodes;		/* Slurm's allocator; NULL: none planned */
	char *explain;		/* Slurm's allocator; NULL: not told */
};

static int compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->job_id != y->job_id)
		return x->job_id < y->job_id ? -1 : 1;
	if (x->decision->start_sec != y->decision->start_sec)
		return x->decision->start_sec < y->decision->start_sec ? -1 : 1;
	return 0;
}

/*
 * Slurm's nearest word for what the planner knows exactly.  What finds no
 * place in the window waits for resources if nobody is before it in line.
 */
static uint32_t reason_of(const struct weft_reason *reason)
{
	switch (reason->kind) {
	case WEFT_REASON_WINDOW:
		return reason->line_place == 1 ? WAIT_RESOURCES : WAIT_PRIORITY;
	case WEFT_REASON_PRIORITY:
	case WEFT_REASON_NOT_TRIED:
		return WAIT_PRIORITY;
	case WEFT_REASON_LICENSE:
		return WAIT_LICENSES;
	case WEFT_REASON_RESERVATION:
		return WAIT_RESERVATION;
	case WEFT_REASON_NODES_DOWN:
		return WAIT_NODE_NOT_AVAIL;
	case WEFT_REASON_BEGIN:
		return WAIT_TIME;
	case WEFT_REASON_ARRAY_LIMIT:
		return WAIT_ARRAY_TASK_LIMIT;
	default:
		return WAIT_RESOURCES;
	}
}

static char *name_nodes(const struct weft_snapshot *snap,
			const struct weft_plan *plan,
			const struct weft_decision *d)
{
	struct hostlist *list;
	uint32_t idx;
	char *text;

	if (!d->place_count || d->start_sec == WEFT_TIME_NEVER)
		return NULL;
	list = hostlist_create(NULL);
	for (uint32_t i = 0; i < d->place_count; i++) {
		idx = plan->place[d->place_first + i].node_idx;
		if (idx < snap->cluster.node_count)
			hostlist_push_host(list, snap->cluster.node[idx].name);
	}
	hostlist_sort(list);
	text = hostlist_ranged_string_xmalloc(list);
	hostlist_destroy(list);
	return text;
}

static char *explain(const struct weft_publish *publish,
		     const struct weft_snapshot *snap,
		     const struct weft_plan *plan, uint32_t job_id,
		     const struct weft_decision *d)
{
	struct weft_explain data;
	struct weft_buf buf;
	char *text = NULL;

	if (!publish->explain || d->reason.kind == WEFT_REASON_START)
		return NULL;
	weft_explain_fill(&snap->cluster, plan, d, publish->hide_jobs, &data);
	if (publish->forecast)
		data.likely_sec = weft_forecast_get(publish->forecast, job_id,
						    &data.sure_percent);
	weft_buf_init(&buf, WEFT_EXPLAIN_LIMIT);
	if (weft_explain_write(&data, &buf) == 0)
		text = xstrdup(weft_buf_str(&buf));
	weft_buf_fini(&buf);
	return text;
}

/* One line a job: the earliest of its decisions.  Returns how many. */
static uint32_t make_lines(const struct weft_publish *publish,
			   const struct weft_snapshot *snap,
			   const struct weft_plan *plan, struct line *line)
{
	const struct weft_ref *ref;
	uint32_t count = 0, kept = 0;

	for (uint32_t i = 0; i < snap->ref_count; i++) {
		ref = &snap->ref[i];
		if (ref->job_idx == UINT32_MAX)
			line[count++] = (struct line) {
				.job_id = ref->job_id,
				.partition = ref->partition,
				.decision = &plan->decision[ref->turn_idx],
			};
		for (uint32_t k = 0; k < ref->job_count; k++)
			line[count++] = (struct line) {
				.job_id = ref->job_id,
				.partition = ref->partition,
				.decision = &plan->decision[ref->job_idx + k],
			};
	}
	qsort(line, count, sizeof(*line), compare);
	for (uint32_t i = 0; i < count; i++) {
		if (kept && line[kept - 1].job_id == line[i].job_id)
			continue;
		line[kept] = line[i];
		line[kept].nodes = name_nodes(snap, plan, line[kept].decision);
		line[kept].explain = explain(publish, snap, plan,
					     line[kept].job_id,
					     line[kept].decision);
		kept++;
	}
	return kept;
}

/* Keep what others wrote, and advice that is not old; then our text. */
static void write_explain(job_record_t *job_ptr, struct line *line, time_t now)
{
	const char *old = job_ptr->system_comment ? job_ptr->system_comment :
		"";
	size_t before = weft_explain_before(old);
	const char *advice;
	char *text = NULL;
	int64_t asked_sec;

	if (!line->explain && !old[before])
		return;
	if (before)
		xstrncat(text, old, before);
	if (line->explain) {
		advice = line->decision->advised ? NULL :
			weft_explain_advice(old, &asked_sec);
		if (advice && asked_sec + ADVICE_SEC >= now &&
		    strlen(advice) + strlen(line->explain) < WEFT_EXPLAIN_LIMIT) {
			xstrncat(text, line->explain,
				 strlen(line->explain) - 1);
			xstrcat(text, advice);
		} else {
			xstrcat(text, line->explain);
		}
	}
	if (xstrcmp(text, job_ptr->system_comment)) {
		xfree(job_ptr->system_comment);
		job_ptr->system_comment = text;
		last_job_update = now;
	} else {
		xfree(text);
	}
}

void weft_publish_forget(job_record_t *job_ptr)
{
	struct line line = { 0 };

	write_explain(job_ptr, &line, time(NULL));
}

static void write_line(struct line *line, time_t now)
{
	const struct weft_decision *d = line->decision;
	job_record_t *job_ptr = find_job_record(line->job_id);
	uint32_t reason = reason_of(&d->reason);
	time_t start = d->start_sec == WEFT_TIME_NEVER ? 0 : d->start_sec;

	if (!job_ptr || !IS_JOB_PENDING(job_ptr) || job_ptr->priority == 0 ||
	    d->reason.kind == WEFT_REASON_START)
		return;
	if (d->reason.kind == WEFT_REASON_SELECT) {
		write_explain(job_ptr, line, now);	/* the rest is select's */
		return;
	}
	job_ptr->last_sched_eval = now;
	if (job_ptr->state_reason != reason) {
		job_ptr->state_reason = reason;
		xfree(job_ptr->state_desc);
		last_job_update = now;
	}
	if (job_ptr->start_time != start) {
		job_ptr->start_time = start;
		last_job_update = now;
	}
	if (xstrcmp(job_ptr->sched_nodes, line->nodes)) {
		xfree(job_ptr->sched_nodes);
		job_ptr->sched_nodes = line->nodes;
		line->nodes = NULL;
		last_job_update = now;
	}
	write_explain(job_ptr, line, now);
}

int weft_publish_run(const struct weft_publish *publish,
		     const struct weft_snapshot *snap,
		     const struct weft_plan *plan, struct weft_slice *slice,
		     struct weft_err *err)
{
	uint32_t count;
	struct line *line;

	if (!snap->job_count)
		return 0;
	line = calloc(snap->job_count, sizeof(*line));
	if (!line)
		return weft_err_set(err, ENOMEM, "no memory to publish %u jobs",
				    snap->job_count);
	count = make_lines(publish, snap, plan, line);
	weft_slice_begin(slice);
	for (uint32_t i = 0; i < count && weft_slice_next(slice); i++)
		write_line(&line[i], time(NULL));
	weft_slice_end(slice);
	for (uint32_t i = 0; i < count; i++) {
		xfree(line[i].nodes);
		xfree(line[i].explain);
	}
	free(line);
	return 0;
}
