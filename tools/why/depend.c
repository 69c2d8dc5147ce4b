/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * depend.c - "afterok:12(unfulfilled),singleton(unfulfilled)" in words
 *
 * Slurm shows what is left of a dependency: items between ',' (all of them) or
 * '?' (one of them), each a kind, a job ("12", "12_3", "12_*"), perhaps
 * minutes after '+', and its state in brackets.  Items of one kind that follow
 * each other are told together.  A list that does not read so is shown as it
 * stands.
 *
 * Source: Slurm, src/slurmctld/job_scheduler.c (_depend_list2str).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "tools/why/why.h"

#define TOLD_MAX 6	/* jobs named of one kind */

struct item {
	const char *kind;
	size_t kind_len;
	char job[24];		/* "" for singleton */
	uint32_t job_id;
	uint32_t minutes;	/* more, after that */
	bool failed;
};

static const struct {
	const char *kind, *what;
} kinds[] = {
	{ "after", "to start" }, { "afterany", "to end" },
	{ "afterok", "to succeed" }, { "afternotok", "to fail" },
	{ "aftercorr", "to succeed, task by task" },
	{ "afterburstbuffer", "to have its data staged out" },
};

static const char *what_of(const struct item *item)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].kind) == item->kind_len &&
		    !strncmp(item->kind, kinds[i].kind, item->kind_len))
			return kinds[i].what;
	return NULL;
}

/* Reads the item at *at and stands behind it; false if it is none. */
static bool read_item(const char **at, struct item *item)
{
	size_t len = strcspn(*at, ":(,?");

	*item = (struct item) { .kind = *at, .kind_len = len };
	*at += len;
	if (**at == ':') {
		len = strcspn(++*at, "(,?+");
		if (!len || len >= sizeof(item->job))
			return false;
		memcpy(item->job, *at, len);
		item->job_id = (uint32_t)strtoul(*at, NULL, 10);
		*at += len;
		if (**at == '+')
			item->minutes = (uint32_t)strtoul(*at + 1, NULL, 10);
		*at += strcspn(*at, "(,?");
		if (!item->job_id || !what_of(item))
			return false;
	} else if (item->kind_len != 9 || strncmp(item->kind, "singleton", 9) != 0) {
		return false;
	}
	if (**at == '(') {
		item->failed = !strncmp(*at, "(failed)", 8);
		len = strcspn(*at, ")");
		if (!(*at)[len])
			return false;
		*at += len + 1;
	}
	return !**at || **at == ',' || **at == '?';
}

static bool reads(const char *text)
{
	struct item item;

	do {
		if (!read_item(&text, &item))
			return false;
	} while (*text && *++text);
	return true;
}

static bool same_kind(const struct item *a, const struct item *b)
{
	return a->kind_len == b->kind_len && a->failed == b->failed &&
		a->minutes == b->minutes &&
		!strncmp(a->kind, b->kind, a->kind_len);
}

/* From *at on all items of one kind. */
static void tell_kind(const char **at, struct weft_buf *buf)
{
	struct item first, item;
	const char *next = *at;
	uint32_t count = 0, more = 0;
	struct weft_buf names;

	read_item(at, &first);
	if (!first.job[0]) {
		weft_buf_adds(buf, "for your other jobs of its name to end");
		return;
	}
	weft_buf_init(&names, 1024);
	while (read_item(&next, &item) && same_kind(&item, &first)) {
		*at = next;
		if (count < TOLD_MAX)
			weft_buf_addf(&names, "%s%s", count ? ", " : "", item.job);
		else
			more++;
		count++;
		if (*next != ',')
			break;
		next++;
	}
	weft_buf_addf(buf, "for job%s %s", count == 1 ? "" : "s",
		      weft_buf_str(&names));
	weft_buf_fini(&names);
	if (more)
		weft_buf_addf(buf, " and %" PRIu32 " more", more);
	weft_buf_addf(buf, " %s%s", what_of(&first),
		      first.failed ? ", which it did not" : "");
	if (first.minutes)
		weft_buf_addf(buf, " and %" PRIu32 " minutes more", first.minutes);
}

int weft_why_format_dependency(const char *text, struct weft_buf *buf)
{
	if (!text || !*text || !reads(text)) {
		weft_buf_adds(buf, "waits for another job: ");
		return weft_text_add(buf, text ? text : "", 300);
	}
	weft_buf_adds(buf, "waits ");
	for (;;) {
		tell_kind(&text, buf);
		if (!*text)
			break;
		weft_buf_adds(buf, *text == '?' ? " or " : " and ");
		text++;
	}
	return weft_buf_error(buf);
}

uint32_t weft_why_dependency_jobs(const char *text, uint32_t *ret_job,
				  uint32_t max)
{
	struct item item;
	uint32_t count = 0;

	while (text && *text && count < max && read_item(&text, &item)) {
		if (item.job_id)
			ret_job[count++] = item.job_id;
		text += *text != '\0';
	}
	return count;
}
