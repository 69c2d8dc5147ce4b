/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tell.c - all that is known of one job, for people; see why.h
 *
 * Expected starts assume that jobs run to their time limits and that nothing
 * more urgent is submitted; that is said with each.  Texts of users are shown
 * clean (lib/text.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/text.h"
#include "lib/wish.h"
#include "submit/record.h"
#include "tools/why/why.h"

#define BLOCKERS_TOLD 5		/* lines about jobs in the way */

/* The first of several lines about one thing has its name, the others blanks. */
static void begin_line(const char *name, bool first, struct weft_buf *buf)
{
	weft_buf_addf(buf, "  %-16s", first ? name : "");
}

static void tell_other(const struct weft_why_job *other, int64_t until_sec,
		       int64_t now_sec, struct weft_buf *buf)
{
	weft_buf_addf(buf, "job %s of ", other->id);
	weft_text_add(buf, other->user, 64);
	weft_buf_adds(buf, other->waits ? " goes first, is planned to end " :
		      " runs, ends ");
	if (!until_sec || until_sec == WEFT_TIME_NEVER) {
		weft_buf_adds(buf, "at no set time: it has no time limit");
		return;
	}
	weft_why_format_wait(until_sec, now_sec, buf);
	weft_buf_adds(buf, " at the latest");
}

static void tell_blockers(const struct weft_why *why,
			  const struct weft_explain *e, int64_t now_sec,
			  struct weft_buf *buf)
{
	for (uint32_t i = 0; i < e->blocker_count && i < BLOCKERS_TOLD; i++) {
		const struct weft_blocker *b = &e->blocker[i];
		const struct weft_why_job *other = weft_why_find(why, b->job_id);

		begin_line("in its way:", i == 0, buf);
		if (other) {
			tell_other(other, b->until_sec, now_sec, buf);
		} else {
			weft_buf_addf(buf, "job %" PRIu32 " ends ", b->job_id);
			weft_why_format_wait(b->until_sec, now_sec, buf);
		}
		weft_buf_adds(buf, "\n");
	}
	if (e->blocker_count > BLOCKERS_TOLD) {
		begin_line("", false, buf);
		weft_buf_addf(buf, "and %" PRIu32 " more that end sooner\n",
			      e->blocker_count - BLOCKERS_TOLD);
	}
	if (e->hidden_count) {
		begin_line("in its way:", true, buf);
		weft_buf_addf(buf, "%" PRIu32 " job%s that this site does not show\n",
			      e->hidden_count, e->hidden_count == 1 ? "" : "s");
	}
}

/* The first in line would start on an empty one of these that suffices alone. */
static void tell_out(const struct weft_why_job *job, struct weft_buf *buf)
{
	const struct weft_out *out = job->out;

	for (uint32_t i = 0; out && i < out->group_count; i++) {
		begin_line("out of service:", i == 0, buf);
		weft_out_format(&out->group[i], buf);
		if (weft_out_starts(job, &out->group[i]))
			weft_buf_adds(buf, "; otherwise it could start there now");
		weft_buf_adds(buf, "\n");
	}
	if (out && out->more) {
		begin_line("", false, buf);
		weft_buf_addf(buf, "and %" PRIu32 " more for other reasons\n",
			      out->more);
	}
}

/* Jobs of the list that the job waits for by their numbers. */
static void tell_dependency(const struct weft_why *why,
			    const struct weft_why_job *job, int64_t now_sec,
			    struct weft_buf *buf)
{
	uint32_t ids[BLOCKERS_TOLD];
	uint32_t count = weft_why_dependency_jobs(job->detail, ids, BLOCKERS_TOLD);
	bool first = true;

	for (uint32_t i = 0; i < count; i++) {
		const struct weft_why_job *other = weft_why_find(why, ids[i]);

		if (!other)
			continue;
		begin_line("on the way:", first, buf);
		first = false;
		if (other->waits) {
			weft_buf_addf(buf, "job %s waits itself: ", other->id);
			weft_why_format(other, buf);
		} else if (other->end_sec) {
			tell_other(other, other->end_sec, now_sec, buf);
		} else {
			weft_buf_addf(buf, "job %s is %s", other->id, other->state);
		}
		weft_buf_adds(buf, "\n");
	}
}

static void add_moment(int64_t at_sec, struct weft_buf *buf)
{
	time_t at = (time_t)at_sec;
	char text[40] = "";
	struct tm tm;

	if (localtime_r(&at, &tm))
		strftime(text, sizeof(text), "%a %d %b %H:%M", &tm);
	weft_buf_adds(buf, text);
}

/* Reservations that keep the licences that it asks. */
static void tell_keepers(const struct weft_why_job *job, int64_t now_sec,
			 struct weft_buf *buf)
{
	for (uint32_t i = 0; i < job->keeper_count; i++) {
		const struct weft_why_keeper *k = &job->keeper[i];

		begin_line("in its way:", true, buf);
		weft_buf_adds(buf, "reservation ");
		weft_text_add(buf, k->name, sizeof(k->name));
		weft_buf_adds(buf, " keeps ");
		weft_text_add(buf, k->licenses, sizeof(k->licenses));
		if (k->start_sec > now_sec) {
			weft_buf_adds(buf, " from ");
			add_moment(k->start_sec, buf);
		}
		weft_buf_adds(buf, " until ");
		add_moment(k->end_sec, buf);
		weft_buf_adds(buf, "\n");
	}
}

/* Running jobs that hold the licence, or the array's running tasks. */
static void tell_holders(const struct weft_why *why,
			 const struct weft_why_job *job, int64_t now_sec,
			 struct weft_buf *buf)
{
	const char *license = job->explained ? job->explain.name : "";
	bool any = !license[0];	/* not said which: all that it asks */
	uint32_t told = 0;

	for (uint32_t i = 0; i < why->job_count; i++) {
		const struct weft_why_job *other = &why->job[i];

		if (other->waits || !other->end_sec ||
		    !(job->cause == WEFT_WHY_ARRAY_LIMIT ?
		      other->array_id == job->array_id :
		      any ? weft_why_share_license(job->licenses, other->licenses) :
		      weft_why_names_license(other->licenses, license)))
			continue;
		if (told++ >= BLOCKERS_TOLD)
			continue;
		begin_line("in its way:", told == 1, buf);
		tell_other(other, other->end_sec, now_sec, buf);
		weft_buf_adds(buf, "\n");
	}
	if (told > BLOCKERS_TOLD) {
		begin_line("", false, buf);
		weft_buf_addf(buf, "and %" PRIu32 " more\n", told - BLOCKERS_TOLD);
	}
}

/* Who passes it, and until when that may go on. */
static void tell_passed(const struct weft_explain *e, int64_t now_sec,
			struct weft_buf *buf)
{
	if (!e->passed_count)
		return;
	begin_line("", false, buf);
	weft_buf_addf(buf, "%" PRIu32 " of them came behind it in Slurm's order: they are shorter, or their users had less so far\n",
		      e->passed_count);
	if (e->unpassed_sec <= now_sec)
		return;
	begin_line("", false, buf);
	weft_buf_adds(buf, "(from ");
	add_moment(e->unpassed_sec, buf);
	weft_buf_adds(buf, " on none passes it any more)\n");
}

static void tell_place(const struct weft_why_job *job, int64_t now_sec,
		       struct weft_buf *buf)
{
	uint32_t place = weft_why_place(job);

	if (!place)
		return;
	begin_line("place in line:", true, buf);
	if (place == 1)
		weft_buf_adds(buf, "the first");
	else
		weft_buf_addf(buf, "%" PRIu32 ", behind %" PRIu32 " other%s that wait%s",
			      place, place - 1, place == 2 ? "" : "s",
			      place == 2 ? "s" : "");
	weft_buf_adds(buf, job->explained ? "\n" : " in its partition\n");
	if (job->explained)
		tell_passed(&job->explain, now_sec, buf);
}

/* What Slurm itself fills in is no promise, and is told without one. */
static void tell_start(const struct weft_why_job *job, int64_t now_sec,
		       struct weft_buf *buf)
{
	bool planned = job->explained && job->explain.kind != WEFT_REASON_BEGIN;

	begin_line("expected start:", true, buf);
	if (!job->start_sec) {
		weft_buf_adds(buf, "not known\n");
		return;
	}
	weft_why_format_wait(job->start_sec, now_sec, buf);
	if (job->nodes && job->nodes[0]) {
		weft_buf_adds(buf, " on ");
		weft_text_add(buf, job->nodes, 200);
	}
	if (job->start_sec > now_sec && planned)
		weft_buf_adds(buf, " if jobs run to their time limits; later only if more urgent ones come");
	weft_buf_adds(buf, "\n");
}

static void tell_likely(const struct weft_why_job *job, int64_t now_sec,
			struct weft_buf *buf)
{
	int64_t likely = weft_why_likely(job);

	if (!likely)
		return;
	begin_line("likely start:", true, buf);
	weft_why_format_wait(likely, now_sec, buf);
	weft_buf_adds(buf, ", as jobs like these ran before (");
	if (job->explain.sure_percent)
		weft_buf_addf(buf, "%" PRIu32 " %% of such forecasts were right to a quarter of the wait)\n",
			      job->explain.sure_percent);
	else
		weft_buf_adds(buf, "too few such forecasts yet to say how sure)\n");
}

static void tell_advice(const struct weft_explain *e, int64_t now_sec,
			struct weft_buf *buf)
{
	for (uint32_t i = 0; i < e->advice_count; i++) {
		begin_line("sooner:", i == 0, buf);
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
		weft_buf_addf(buf, "                  (asked of the planner %" PRId64 " minutes ago)\n",
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

int weft_why_tell(const struct weft_why *why, const struct weft_why_job *job,
		  int64_t now_sec, struct weft_buf *buf)
{
	weft_buf_addf(buf, "job %s: ", job->id ? job->id : "?");
	weft_why_format(job, buf);
	weft_buf_adds(buf, "\n");
	if (!job->waits) {
		tell_options(job, buf);
		return weft_buf_error(buf);
	}
	if (job->cause == WEFT_WHY_DEPENDENCY)
		tell_dependency(why, job, now_sec, buf);
	if (job->cause == WEFT_WHY_ARRAY_LIMIT || job->cause == WEFT_WHY_LICENSE)
		tell_holders(why, job, now_sec, buf);
	tell_keepers(job, now_sec, buf);
	if (job->explained)
		tell_blockers(why, &job->explain, now_sec, buf);
	tell_out(job, buf);
	tell_place(job, now_sec, buf);
	tell_start(job, now_sec, buf);
	tell_likely(job, now_sec, buf);
	if (job->explained)
		tell_advice(&job->explain, now_sec, buf);
	tell_rules(job, buf);
	tell_options(job, buf);
	if (job->restarts)
		weft_buf_addf(buf, "  requeued %" PRIu32 " time%s so far\n",
			      job->restarts, job->restarts == 1 ? "" : "s");
	return weft_buf_error(buf);
}
