/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tell.c - all that is known of one job, for people; see why.h
 *
 * Expected starts assume that jobs run to their time limits and that nothing
 * more urgent is submitted; that is said with each.  Texts of users are shown
 * without control characters (why.c).
 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/wish.h"
#include "submit/record.h"
#include "tools/why/why.h"

static void add_clean(const char *text, struct weft_buf *buf)
{
	for (uint32_t i = 0; text && text[i] && i < 200; i++) {
		unsigned char c = (unsigned char)text[i];

		weft_buf_add(buf, c < 32 || c == 127 ? "?" : text + i, 1);
	}
}

static void tell_blockers(const struct weft_why *why,
			  const struct weft_explain *e, int64_t now_sec,
			  struct weft_buf *buf)
{
	const struct weft_why_job *other;

	for (uint32_t i = 0; i < e->blocker_count; i++) {
		const struct weft_blocker *b = &e->blocker[i];

		other = weft_why_find(why, b->job_id);
		weft_buf_adds(buf, i ? ", " : "  in its way: ");
		if (other)
			weft_buf_addf(buf, "job %s of %s ", other->id,
				      other->user);
		else
			weft_buf_addf(buf, "job %" PRIu32 " ", b->job_id);
		if (other && other->waits)
			weft_buf_adds(buf, "before it in line ");
		if (b->until_sec == WEFT_TIME_NEVER) {
			weft_buf_adds(buf, "has no time limit");
			continue;
		}
		weft_buf_adds(buf, "ends ");
		weft_why_format_wait(b->until_sec, now_sec, buf);
	}
	if (e->blocker_count)
		weft_buf_adds(buf, "\n");
	if (e->hidden_count)
		weft_buf_addf(buf, "  in its way: %" PRIu32 " job%s that this site does not show\n",
			      e->hidden_count, e->hidden_count == 1 ? "" : "s");
}

static void tell_place(const struct weft_why_job *job, struct weft_buf *buf)
{
	if (job->ahead_count)
		weft_buf_addf(buf, "  place in line: %" PRIu32 " waiting job%s of its partition come%s first\n",
			      job->ahead_count,
			      job->ahead_count == 1 ? "" : "s",
			      job->ahead_count == 1 ? "s" : "");
	else
		weft_buf_adds(buf, "  place in line: no waiting job of its partition comes first\n");
}

static void tell_start(const struct weft_why_job *job, int64_t now_sec,
		       struct weft_buf *buf)
{
	weft_buf_adds(buf, "  expected start: ");
	if (!job->start_sec) {
		weft_buf_adds(buf, "not known\n");
		return;
	}
	weft_why_format_wait(job->start_sec, now_sec, buf);
	if (job->nodes && job->nodes[0]) {
		weft_buf_adds(buf, " on ");
		add_clean(job->nodes, buf);
	}
	if (job->start_sec > now_sec && job->explained &&
	    job->explain.kind != WEFT_REASON_BEGIN)
		weft_buf_adds(buf, ", sooner if jobs end before their limits, later if more urgent ones come");
	weft_buf_adds(buf, "\n");
}

static void tell_advice(const struct weft_explain *e, int64_t now_sec,
			struct weft_buf *buf)
{
	for (uint32_t i = 0; i < e->advice_count; i++) {
		weft_buf_adds(buf, "  sooner: ");
		weft_advice_format(&e->advice[i], buf);
		if (e->advice[i].start_sec <= e->advice_sec) {
			weft_buf_adds(buf, " it would start now\n");
			continue;
		}
		weft_buf_adds(buf, " it would start ");
		weft_why_format_wait(e->advice[i].start_sec, now_sec, buf);
		weft_buf_adds(buf, "\n");
	}
	if (e->advice_count && now_sec - e->advice_sec >= 60)
		weft_buf_addf(buf, "  (asked of the planner %" PRId64 " minutes ago)\n",
			      (now_sec - e->advice_sec) / 60);
}

static void tell_rules(const struct weft_why_job *job, struct weft_buf *buf)
{
	struct weft_record record;

	if (!job->admin_comment || weft_record_read(job->admin_comment, &record))
		return;
	for (uint32_t i = 0; i < record.step_count; i++)
		weft_buf_addf(buf, "  changed by the site's rule %s: %s, %s -> %s\n",
			      record.step[i].rule, record.step[i].field,
			      record.step[i].was, record.step[i].is);
}

/* Times as one would type them. */
static void tell_options(const struct weft_why_job *job, struct weft_buf *buf)
{
	char value[WEFT_WISH_VALUE];
	struct weft_wish w;
	const char *before = "  asked of Weft: --";

	if (!job->admin_comment || weft_wish_read(job->admin_comment, &w))
		return;
	for (int id = 0; id < WEFT_WISH_COUNT; id++) {
		weft_wish_value(&w, (enum weft_wish_id)id, value);
		if (!value[0])
			continue;
		if (id == WEFT_WISH_MIN_RUNTIME)
			snprintf(value, sizeof(value), "%u:%02u:%02u",
				 w.min_runtime_sec / 3600,
				 w.min_runtime_sec / 60 % 60,
				 w.min_runtime_sec % 60);
		weft_buf_addf(buf, "%s%s=%s", before,
			      weft_wish_name((enum weft_wish_id)id), value);
		before = " --";
	}
	weft_buf_adds(buf, "\n");
}

/* Held jobs and the like stand in no line. */
static bool stands_in_line(const struct weft_why_job *job)
{
	switch (job->cause) {
	case WEFT_WHY_RESOURCES:
	case WEFT_WHY_PRIORITY:
	case WEFT_WHY_LICENSE:
	case WEFT_WHY_UNKNOWN:
	case WEFT_WHY_RESERVATION:
	case WEFT_WHY_NODES_DOWN:
		return true;
	default:
		return false;
	}
}

int weft_why_tell(const struct weft_why *why, const struct weft_why_job *job,
		  int64_t now_sec, struct weft_buf *buf)
{
	weft_buf_addf(buf, "job %s: ", job->id);
	weft_why_format(job, buf);
	weft_buf_adds(buf, "\n");
	if (!job->waits) {
		tell_options(job, buf);
		return weft_buf_error(buf);
	}
	if (job->explained)
		tell_blockers(why, &job->explain, now_sec, buf);
	if (stands_in_line(job))
		tell_place(job, buf);
	tell_start(job, now_sec, buf);
	if (job->explained)
		tell_advice(&job->explain, now_sec, buf);
	tell_rules(job, buf);
	tell_options(job, buf);
	if (job->restarts)
		weft_buf_addf(buf, "  requeued %" PRIu32 " time%s so far\n",
			      job->restarts, job->restarts == 1 ? "" : "s");
	return weft_buf_error(buf);
}
