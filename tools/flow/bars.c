/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bars.c - see bars.h
 *
 * A line a task; of a run with more tasks than fit, a line for those whose names
 * differ in numbers only (collapse.h), and if that is still too many, for the
 * ones worth a look: under way first, then what failed by itself, then what
 * comes next.  The picture is redrawn in place, so no line may wrap and the
 * whole must fit the window: both are asked for each time, windows change.
 *
 * In a bar # is done, > runs, ! failed, a dot is to come.
 *
 * The time left is by the pace since units were first seen to run, not since
 * the run began: a watch that begins in the middle must not take what ended
 * before it for its own doing.  It is told once a tenth of the rest ended.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"
#include "tools/flow/bars.h"
#include "tools/ui/term.h"

#define BARS 20
#define BAR_MAX 40
#define BAR_MIN 6
#define NAME_MAX_WIDTH 28
#define TEXT_WIDTH 32
#define TEXT_SIZE 96

/* How much a group is worth a bar when there is not room for all; 0 the most. */
enum { LOOK_RUNNING, LOOK_FAILED, LOOK_BEGUN, LOOK_NEXT, LOOK_OVER, LOOK_COUNT };

struct bar {
	char name[NAME_MAX_WIDTH * 4 + 4];
	char text[TEXT_SIZE];
	struct weft_run_totals totals;
};

int weft_bars_init(struct weft_bars *bars, const struct weft_run *run)
{
	const char *term = getenv("TERM");

	memset(bars, 0, sizeof(*bars));
	bars->run = run;
	bars->terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	if (weft_collapse_init_stems(&bars->groups, run->flow, &run->graph, BARS))
		return -ENOMEM;
	bars->paces = calloc((size_t)bars->groups.count + 1, sizeof(*bars->paces));
	if (bars->paces)
		return 0;
	weft_collapse_fini(&bars->groups);
	return -ENOMEM;
}

void weft_bars_fini(struct weft_bars *bars)
{
	weft_collapse_fini(&bars->groups);
	free(bars->paces);
	memset(bars, 0, sizeof(*bars));
}

void weft_bars_leave(struct weft_bars *bars)
{
	bars->lines = 0;
}

static uint32_t ended(const struct weft_run_totals *t)
{
	return t->done + t->skipped + t->failed;
}

static uint32_t all(const struct weft_run_totals *t)
{
	return ended(t) + t->todo + t->live;
}

int64_t weft_pace_left(struct weft_pace *pace, const struct weft_run_totals *t, time_t now)
{
	uint32_t rest = all(t) - ended(t), since;

	if (!pace->since) {
		if (!t->running && ended(t) == pace->ended)
			return -1;
		pace->since = now;
	}
	since = ended(t) - (ended(t) < pace->ended ? ended(t) : pace->ended);
	if (!rest || now <= pace->since || (uint64_t)since * 10 < (uint64_t)since + rest)
		return -1;
	return (int64_t)(now - pace->since) * rest / since + 1;
}

static void add_span(char *text, size_t size, int64_t sec)
{
	size_t len = strlen(text);

	text += len;
	size -= len;
	if (sec < 120)
		snprintf(text, size, "%lld s left", (long long)sec);
	else if (sec < 7200)
		snprintf(text, size, "%lld min left", (long long)(sec + 59) / 60);
	else if (sec < 172800)
		snprintf(text, size, "%.1f h left", (double)sec / 3600);
	else
		snprintf(text, size, "%.1f d left", (double)sec / 86400);
}

static void count_group(const struct weft_bars *bars, uint32_t group,
			struct weft_run_totals *ret_totals)
{
	struct weft_run_totals sum = { 0 }, t;

	for (uint32_t i = bars->groups.first[group]; i < bars->groups.first[group + 1]; i++) {
		const struct weft_flow_task *task =
			&bars->run->flow->tasks[bars->groups.members[i]];

		weft_run_count_units(bars->run, task->first_unit, task->unit_count, &t);
		sum.todo += t.todo;
		sum.live += t.live;
		sum.running += t.running;
		sum.done += t.done;
		sum.skipped += t.skipped;
		sum.failed += t.failed;
	}
	*ret_totals = sum;
}

static bool failed_itself(const struct weft_bars *bars, uint32_t group)
{
	for (uint32_t i = bars->groups.first[group]; i < bars->groups.first[group + 1]; i++) {
		const struct weft_flow_task *task =
			&bars->run->flow->tasks[bars->groups.members[i]];

		for (uint32_t u = task->first_unit; u < task->first_unit + task->unit_count; u++)
			if (bars->run->plan.units[u].state == WEFT_UNIT_FAILED &&
			    bars->run->plan.units[u].cause != WEFT_CAUSE_DEPENDENCY)
				return true;
	}
	return false;
}

static int worth(const struct weft_bars *bars, uint32_t group)
{
	struct weft_run_totals t;

	count_group(bars, group, &t);
	if (t.running)
		return LOOK_RUNNING;
	if (t.failed && failed_itself(bars, group))
		return LOOK_FAILED;
	if (!t.todo && !t.live)
		return LOOK_OVER;
	return t.done ? LOOK_BEGUN : LOOK_NEXT;
}

static void fill_bar(struct weft_bars *bars, uint32_t group, time_t now, struct bar *bar)
{
	struct weft_buf name;
	size_t len;
	int64_t left;

	weft_buf_init(&name, 4096);
	weft_collapse_name(&bars->groups, group, &name);
	snprintf(bar->name, sizeof(bar->name), "%s", weft_buf_str(&name));
	weft_buf_fini(&name);
	count_group(bars, group, &bar->totals);
	len = (size_t)snprintf(bar->text, sizeof(bar->text), "%u/%u",
			       bar->totals.done + bar->totals.skipped, all(&bar->totals));
	if (bar->totals.running)
		len += (size_t)snprintf(bar->text + len, sizeof(bar->text) - len, "  %u running",
					bar->totals.running);
	if (bar->totals.failed)
		snprintf(bar->text + len, sizeof(bar->text) - len, "  %u failed",
			 bar->totals.failed);
	left = weft_pace_left(&bars->paces[group], &bar->totals, now);
	if (left >= 0) {
		len = strlen(bar->text);
		snprintf(bar->text + len, sizeof(bar->text) - len, "  ");
		add_span(bar->text, sizeof(bar->text), left);
	}
}

/* The groups worth the room, in the order of the workflow; how many. */
static uint32_t choose(struct weft_bars *bars, uint32_t room, time_t now, struct bar *list)
{
	uint32_t count = bars->groups.count, room_at[LOOK_COUNT], of[LOOK_COUNT] = { 0 }, n = 0;
	uint8_t *look = calloc((size_t)count + 1, 1);

	if (!look)
		return 0;
	for (uint32_t g = 0; count > room && g < count; g++)
		of[look[g] = (uint8_t)worth(bars, g)]++;
	if (count <= room)
		of[0] = count;
	for (int w = 0; w < LOOK_COUNT; w++) {
		room_at[w] = of[w] < room ? of[w] : room;
		room -= room_at[w];
	}
	for (uint32_t g = 0; g < count; g++) {
		if (!room_at[look[g]])
			continue;
		room_at[look[g]]--;
		fill_bar(bars, g, now, &list[n++]);
	}
	free(look);
	return n;
}

/* At most width characters, filled up with blanks. */
static void add_padded(struct weft_buf *out, const char *text, uint32_t width)
{
	uint32_t used = 0;

	for (size_t len; used < width && *text && (len = weft_text_utf8(text)); text += len, used++)
		weft_buf_add(out, text, len);
	for (; used < width; used++)
		weft_buf_adds(out, " ");
}

void weft_bars_line(struct weft_buf *out, const char *name, uint32_t name_width,
		    const struct weft_run_totals *t, const char *text,
		    uint32_t text_width, uint32_t width)
{
	uint32_t taken = name_width + text_width + 4, bar, done, bad, runs, count = all(t);

	bar = width > taken ? width - taken : 0;
	bar = bar > BAR_MAX ? BAR_MAX : bar;
	if (bar < BAR_MIN || !count) {
		add_padded(out, name, name_width < width ? name_width : width);
		if (width > name_width + 1) {
			weft_buf_adds(out, " ");
			add_padded(out, text, width - name_width - 1);
		}
		return;
	}
	done = (uint32_t)((uint64_t)bar * (t->done + t->skipped) / count);
	bad = (uint32_t)((uint64_t)bar * t->failed / count);
	if (t->failed && !bad && done < bar)
		bad = 1;
	if (t->failed && !t->todo && !t->live)
		bad = bar - done;	/* over: no gap that looks like more to come */
	runs = (uint32_t)((uint64_t)bar * t->running / count);
	if (t->running && !runs)
		runs = 1;
	if (runs > bar - done - bad)
		runs = bar - done - bad;
	add_padded(out, name, name_width);
	weft_buf_adds(out, " [");
	for (uint32_t i = 0; i < bar; i++)
		weft_buf_adds(out, i < done ? "#" : i < done + runs ? ">" :
				   i >= bar - bad ? "!" : ".");
	weft_buf_adds(out, "] ");
	weft_buf_adds(out, text);
}

static void add_total(struct weft_bars *bars, time_t now, bool last, struct weft_buf *out)
{
	struct weft_run_totals t;
	char text[TEXT_SIZE] = ", about ";
	int64_t left;

	weft_run_count(bars->run, &t);
	weft_buf_addf(out, "%s: %u of %u done, %u running, %u waiting, %u failed",
		      bars->run->id, t.done + t.skipped, all(&t), t.running,
		      t.todo + t.live - t.running, t.failed);
	left = weft_pace_left(&bars->paces[bars->groups.count], &t, now);
	if (last || left < 0)
		return;
	add_span(text, sizeof(text), left);
	weft_buf_adds(out, text);
}

static void draw(struct weft_bars *bars, time_t now, bool last)
{
	uint32_t width, height, count, name_width = 0, text_width = 0, room;
	struct weft_buf out, total;
	struct bar list[BARS];

	weft_term_size(STDERR_FILENO, &width, &height);
	room = height > 4 ? height - 3 : 1;
	count = choose(bars, room < BARS ? room : BARS, now, list);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t name = (uint32_t)weft_text_width(list[i].name);
		uint32_t text = (uint32_t)strlen(list[i].text);

		name_width = name > name_width ? name : name_width;
		text_width = text > text_width ? text : text_width;
	}
	if (width >= 80 && text_width < TEXT_WIDTH)
		text_width = TEXT_WIDTH;	/* bars do not change as numbers grow */
	if (name_width > NAME_MAX_WIDTH)
		name_width = NAME_MAX_WIDTH;
	if (name_width > width / 3)
		name_width = width / 3;
	weft_buf_init(&out, 1 << 20);
	weft_buf_init(&total, 4096);
	if (bars->lines)
		weft_buf_addf(&out, "\033[%uA", bars->lines);
	for (uint32_t i = 0; i < count; i++) {
		weft_bars_line(&out, list[i].name, name_width, &list[i].totals, list[i].text,
			       text_width, width - 1);
		weft_buf_adds(&out, "\033[K\n");
	}
	if (count < bars->groups.count)
		weft_buf_addf(&out, "... and %u more\033[K\n", bars->groups.count - count);
	add_total(bars, now, last, &total);
	/* the run's id is what a narrow window can spare */
	add_padded(&out, weft_buf_str(&total) + (total.len < width ? 0 : strlen(bars->run->id) + 2),
		   total.len < width ? (uint32_t)total.len : width - 1);
	weft_buf_adds(&out, "\033[K\n\033[J");
	bars->lines = count + (count < bars->groups.count) + 1;
	fputs(weft_buf_str(&out), stderr);
	weft_buf_fini(&total);
	weft_buf_fini(&out);
}

void weft_bars_show(struct weft_bars *bars, bool last)
{
	time_t now = time(NULL);
	struct weft_buf total;

	if (!bars->shown) {	/* what had ended before is nobody's pace */
		struct weft_run_totals t;

		for (uint32_t g = 0; g < bars->groups.count; g++) {
			count_group(bars, g, &t);
			bars->paces[g].ended = ended(&t);
		}
		weft_run_count(bars->run, &t);
		bars->paces[bars->groups.count].ended = ended(&t);
	} else if (!bars->terminal && !last && now - bars->shown < 60) {
		return;
	}
	bars->shown = now;
	if (bars->terminal) {
		draw(bars, now, last);
		return;
	}
	weft_buf_init(&total, 4096);
	add_total(bars, now, last, &total);
	fprintf(stderr, "%s\n", weft_buf_str(&total));
	weft_buf_fini(&total);
}
