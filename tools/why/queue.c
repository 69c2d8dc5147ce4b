/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue.c - see queue.h
 *
 * Columns are as wide as what is in them, up to a bound each; the reason has
 * what is left, and at least WHY_MIN.  Names are shown where there is room for
 * them.  An array's list of tasks is cut, with dots, where it is long.  Without
 * a width (a pipe, a file) nothing is cut or broken: one line a job, for grep.
 *
 * Colours say what one can do: red, nothing happens until somebody changes
 * something; yellow, it waits for a decision or a limit and not for room;
 * green, it is about to start.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "tools/why/queue.h"

#define WHY_MIN 30		/* columns of the reason, at the least */
#define WHY_LINES 3		/* lines of it */
#define NAMES_FROM 120		/* columns from which on names are shown */
#define SOON_SEC 600
#define GAP 2			/* between columns */

enum column { JOB, USER, PARTITION, NAME, PLACE, START, LIKELY, COLUMNS };

static const struct {
	const char *head;
	uint32_t most;		/* columns, where a width is given */
	bool right;
} columns[COLUMNS] = {
	[JOB] = { "JOB", 16, false }, [USER] = { "USER", 10, false },
	[PARTITION] = { "PARTITION", 12, false }, [NAME] = { "NAME", 20, false },
	[PLACE] = { "PLACE", 6, true }, [START] = { "START", 12, false },
	[LIKELY] = { "LIKELY", 12, false },
};

struct table {
	const struct weft_queue_look *look;
	const struct weft_why *why;
	int64_t now_sec;
	const struct weft_why_job **job;
	uint32_t job_count;
	uint32_t width[COLUMNS];	/* 0: not shown */
	uint32_t why_width;		/* 0: no bound */
};

/* What it is sorted by: a known start, then a place in line, then the rest. */
static int64_t rank_of(const struct weft_why_job *job)
{
	if (job->start_sec)
		return job->start_sec;
	return job->cause == WEFT_WHY_HELD_USER ||
		job->cause == WEFT_WHY_HELD_ADMIN ? INT64_MAX : INT64_MAX - 1;
}

static int compare(const void *a, const void *b)
{
	const struct weft_why_job *x = *(const struct weft_why_job *const *)a;
	const struct weft_why_job *y = *(const struct weft_why_job *const *)b;

	if (rank_of(x) != rank_of(y))
		return rank_of(x) < rank_of(y) ? -1 : 1;
	return x->job_id < y->job_id ? -1 : x->job_id > y->job_id;
}

/* ---- cells ------------------------------------------------------------- */

static void add_cell(const struct table *t, const struct weft_why_job *job,
		     enum column column, struct weft_buf *buf)
{
	switch (column) {
	case JOB:
		weft_text_add(buf, job->id, 200);
		break;
	case USER:
		weft_text_add(buf, job->user, 200);
		break;
	case PARTITION:
		weft_text_add(buf, job->partition, 200);
		break;
	case NAME:
		weft_text_add(buf, job->name, 200);
		break;
	case PLACE:
		if (weft_why_place(job))
			weft_buf_addf(buf, "%" PRIu32, weft_why_place(job));
		else
			weft_buf_adds(buf, "-");
		break;
	case START:
		if (job->start_sec)
			weft_why_format_wait(job->start_sec, t->now_sec, buf);
		else
			weft_buf_adds(buf, "-");
		break;
	default:
		if (weft_why_likely(job))
			weft_why_format_wait(weft_why_likely(job), t->now_sec, buf);
		else
			weft_buf_adds(buf, "-");
	}
}

/* Bytes of the text's first count characters. */
static size_t bytes_of(const char *text, size_t count)
{
	size_t at = 0;

	while (text[at] && count) {
		for (at++; ((unsigned char)text[at] & 0xc0) == 0x80; at++)
			;
		count--;
	}
	return at;
}

static void pad(struct weft_buf *buf, size_t count)
{
	while (count--)
		weft_buf_adds(buf, " ");
}

static void put_cell(const char *text, uint32_t width, bool right,
		     struct weft_buf *buf)
{
	size_t len = weft_text_width(text);

	if (right && len < width)
		pad(buf, width - len);
	if (len > width) {
		weft_buf_add(buf, text, bytes_of(text, width - 2));
		weft_buf_adds(buf, "..");
	} else {
		weft_buf_adds(buf, text);
	}
	if (!right && len < width)
		pad(buf, width - len);
	pad(buf, GAP);
}

/* ---- widths ------------------------------------------------------------ */

static bool is_shown(const struct table *t, enum column column)
{
	if (column == USER)
		return t->look->all;
	if (column == NAME)
		return !t->look->width || t->look->width >= NAMES_FROM;
	if (column != LIKELY)
		return true;
	for (uint32_t i = 0; i < t->job_count; i++)
		if (weft_why_likely(t->job[i]))
			return true;
	return false;
}

static void measure(struct table *t)
{
	uint32_t used = 0;

	for (int c = 0; c < COLUMNS; c++) {
		if (!is_shown(t, (enum column)c))
			continue;
		t->width[c] = (uint32_t)strlen(columns[c].head);
		for (uint32_t i = 0; i < t->job_count; i++) {
			struct weft_buf cell;
			uint32_t len;

			weft_buf_init(&cell, 4096);
			add_cell(t, t->job[i], (enum column)c, &cell);
			len = (uint32_t)weft_text_width(weft_buf_str(&cell));
			weft_buf_fini(&cell);
			if (len > t->width[c])
				t->width[c] = len;
		}
		if (t->look->width && t->width[c] > columns[c].most)
			t->width[c] = columns[c].most;
		used += t->width[c] + GAP;
	}
	if (t->look->width)
		t->why_width = used + WHY_MIN > t->look->width ? WHY_MIN :
			t->look->width - used;
}

/* ---- reasons ----------------------------------------------------------- */

static const char *color_of(const struct table *t, const struct weft_why_job *job)
{
	switch (job->cause) {
	case WEFT_WHY_DEPENDENCY_NEVER:
	case WEFT_WHY_PARTITION_LIMIT:
	case WEFT_WHY_NEVER:
		return "\033[31m";
	case WEFT_WHY_HELD_USER:
	case WEFT_WHY_HELD_ADMIN:
	case WEFT_WHY_PARTITION_DOWN:
	case WEFT_WHY_NODES_DOWN:
	case WEFT_WHY_ACCOUNT_LIMIT:
	case WEFT_WHY_ARRAY_LIMIT:
		return "\033[33m";
	default:
		return job->start_sec && job->start_sec <= t->now_sec + SOON_SEC ?
			"\033[32m" : NULL;
	}
}

/* Characters that go on one line: up to the last blank that fits. */
static size_t break_at(const char *text, size_t width)
{
	size_t most = bytes_of(text, width), at = most;

	if (!text[most])
		return most;
	while (at && text[at] != ' ')
		at--;
	return at ? at : most;
}

static void put_why(const struct table *t, const char *text, uint32_t indent,
		    struct weft_buf *buf)
{
	size_t len;

	for (int line = 1; t->why_width; line++) {
		len = break_at(text, t->why_width);
		if (!text[len])
			break;
		if (line == WHY_LINES) {
			weft_buf_add(buf, text, break_at(text, t->why_width - 3));
			weft_buf_adds(buf, " ..");
			return;
		}
		weft_buf_add(buf, text, len);
		weft_buf_adds(buf, "\n");
		pad(buf, indent);
		text += len + (text[len] == ' ');
	}
	weft_buf_adds(buf, text);
}

static void put_row(const struct table *t, const struct weft_why_job *job,
		    struct weft_buf *buf)
{
	const char *color = t->look->color ? color_of(t, job) : NULL;
	struct weft_buf cell;
	uint32_t indent = 0;

	for (int c = 0; c < COLUMNS; c++) {
		if (!t->width[c])
			continue;
		weft_buf_init(&cell, 4096);
		add_cell(t, job, (enum column)c, &cell);
		if (t->look->color && c == JOB)
			weft_buf_adds(buf, "\033[1m");
		put_cell(weft_buf_str(&cell), t->width[c], columns[c].right, buf);
		if (t->look->color && c == JOB)
			weft_buf_adds(buf, "\033[0m");
		indent += t->width[c] + GAP;
		weft_buf_fini(&cell);
	}
	weft_buf_init(&cell, 8192);
	weft_why_format(job, &cell);
	if (color)
		weft_buf_adds(buf, color);
	put_why(t, weft_buf_str(&cell), indent, buf);
	weft_buf_adds(buf, color ? "\033[0m\n" : "\n");
	weft_buf_fini(&cell);
}

static void put_head(const struct table *t, struct weft_buf *buf)
{
	if (t->look->color)
		weft_buf_adds(buf, "\033[2m");
	for (int c = 0; c < COLUMNS; c++)
		if (t->width[c])
			put_cell(columns[c].head, t->width[c], columns[c].right, buf);
	weft_buf_adds(buf, t->look->color ? "WHY\033[0m\n" : "WHY\n");
}

static void put_sum(const struct table *t, struct weft_buf *buf)
{
	const struct weft_why_job *first = t->job_count ? t->job[0] : NULL;

	if (!first) {
		weft_buf_adds(buf, t->look->all ? "no job waits\n" :
			      "none of your jobs waits\n");
		return;
	}
	weft_buf_addf(buf, "%s%" PRIu32 " job%s wait%s", t->look->color ? "\033[2m" : "",
		      t->job_count, t->job_count == 1 ? "" : "s",
		      t->job_count == 1 ? "s" : "");
	if (first->start_sec) {
		weft_buf_addf(buf, "; the first starts ");
		weft_why_format_wait(first->start_sec, t->now_sec, buf);
	}
	weft_buf_addf(buf, "; \"weft why %s\" says more%s\n", first->id,
		      t->look->color ? "\033[0m" : "");
}

int weft_queue_draw(const struct weft_why *why,
		    const struct weft_queue_look *look, int64_t now_sec,
		    struct weft_buf *buf)
{
	struct table t = { .look = look, .why = why, .now_sec = now_sec };

	t.job = calloc((size_t)why->job_count + 1, sizeof(*t.job));
	if (!t.job)
		return -ENOMEM;
	for (uint32_t i = 0; i < why->job_count && why->job[i].waits; i++)
		if (look->all || why->job[i].own)
			t.job[t.job_count++] = &why->job[i];
	qsort(t.job, t.job_count, sizeof(*t.job), compare);
	measure(&t);
	if (t.job_count || !look->width)
		put_head(&t, buf);
	for (uint32_t i = 0; i < t.job_count; i++)
		put_row(&t, t.job[i], buf);
	if (look->width)
		put_sum(&t, buf);
	free(t.job);
	return weft_buf_error(buf);
}
