/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out.c - see out.h
 *
 * "Why does it wait" often ends at a node that somebody took out of service and
 * forgot, so the nodes that a job could use are named with the reason that was
 * given, by whom and since when.  A site with hundreds of them gets a line for
 * each reason, not for each node.
 *
 * What is not said: whether several nodes together would do, for that is the
 * planner's to find out, and it knows of no drained node that it is back.
 */
#include <string.h>
#include <time.h>

#include "lib/text.h"
#include "tools/why/out.h"

static bool alike(const struct weft_out_group *a,
		  const struct weft_out_group *b)
{
	return a->empty == b->empty && !strcmp(a->state, b->state) &&
		!strcmp(a->reason, b->reason) && !strcmp(a->by, b->by);
}

void weft_out_add(struct weft_out *out, const struct weft_out_group *node)
{
	struct weft_out_group *g;

	for (uint32_t i = 0; i < out->group_count; i++) {
		g = &out->group[i];
		if (!alike(g, node))
			continue;
		if (g->count < WEFT_OUT_NAMES)
			memcpy(g->name[g->count], node->name[0],
			       sizeof(g->name[0]));
		g->count++;
		if (node->since_sec && node->since_sec < g->since_sec)
			g->since_sec = node->since_sec;
		return;
	}
	if (out->group_count == WEFT_OUT_GROUPS) {
		out->more++;
		return;
	}
	out->group[out->group_count++] = *node;
}

/* The number that a word ends with, behind ':' or '='; 1 if there is none. */
static uint64_t count_of(const char *word, size_t len)
{
	uint64_t n = 0;
	size_t at = 0;

	for (size_t i = 0; i < len && word[i] != '('; i++)
		if (word[i] == ':' || word[i] == '=')
			at = i + 1;
	if (!at || at == len || word[at] < '0' || word[at] > '9')
		return 1;
	for (; at < len && word[at] >= '0' && word[at] <= '9'; at++)
		if (n < UINT32_MAX)
			n = n * 10 + (uint64_t)(word[at] - '0');
	return n;
}

uint64_t weft_out_gpus(const char *tres)
{
	uint64_t sum = 0;
	size_t len;

	for (; tres && *tres; tres += len + (tres[len] == ',')) {
		len = strcspn(tres, ",");
		if (len > 5 && (!strncmp(tres, "gres:", 5) ||
				!strncmp(tres, "gres/", 5))) {
			tres += 5;
			len -= 5;
		}
		if (len >= 3 && !strncmp(tres, "gpu", 3) &&
		    (len == 3 || strchr(":=(", tres[3])))
			sum += count_of(tres, len);
	}
	return sum;
}

static bool has_word(const char *list, const char *word, size_t len)
{
	size_t n;

	for (; list && *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (n == len && !strncmp(list, word, len))
			return true;
	}
	return false;
}

int weft_out_features(const char *wanted, const char *active)
{
	size_t len;

	if (!wanted)
		return 1;
	if (strpbrk(wanted, "|[](){}*!"))
		return -1;
	for (; *wanted; wanted += len + (wanted[len] != '\0')) {
		len = strcspn(wanted, "&,");
		if (len && !has_word(active, wanted, len))
			return 0;
	}
	return 1;
}

static void add_names(const struct weft_out_group *g, struct weft_buf *buf)
{
	uint32_t shown = g->count < WEFT_OUT_NAMES ? g->count : WEFT_OUT_NAMES;

	for (uint32_t i = 0; i < shown; i++) {
		if (i)
			weft_buf_adds(buf, i + 1 == g->count ? " and " : ", ");
		weft_text_add(buf, g->name[i], sizeof(g->name[i]));
	}
	if (g->count > shown)
		weft_buf_addf(buf, " and %u more", g->count - shown);
}

int weft_out_format(const struct weft_out_group *g, struct weft_buf *buf)
{
	time_t at = (time_t)g->since_sec;
	char text[40] = "";
	struct tm tm;

	add_names(g, buf);
	weft_buf_addf(buf, " %s %s", g->count == 1 ? "is" : "are", g->state);
	if (g->since_sec && localtime_r(&at, &tm) &&
	    strftime(text, sizeof(text), "%a %d %b %H:%M", &tm))
		weft_buf_addf(buf, " since %s", text);
	if (g->by[0]) {
		weft_buf_adds(buf, " by ");
		weft_text_add(buf, g->by, sizeof(g->by));
	}
	if (g->reason[0]) {
		weft_buf_adds(buf, ": ");
		weft_text_add(buf, g->reason, sizeof(g->reason));
	}
	return weft_buf_error(buf);
}
