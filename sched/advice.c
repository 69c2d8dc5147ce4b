/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * advice.c - what a job could ask instead, in words; see reason.h
 *
 * Where one option of sbatch says it, that option is written, ready to paste.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sched/reason.h"

static const char *const words[WEFT_ADVICE_COUNT] = {
	[WEFT_ADVICE_TIME] = "time",
	[WEFT_ADVICE_GPUS_PER_NODE] = "gpus-per-node",
	[WEFT_ADVICE_GPUS] = "gpus",
	[WEFT_ADVICE_NODES] = "nodes",
	[WEFT_ADVICE_CPUS_PER_NODE] = "cpus-per-node",
	[WEFT_ADVICE_CPUS_PER_TASK] = "cpus-per-task",
	[WEFT_ADVICE_TASKS] = "ntasks",
	[WEFT_ADVICE_MEMORY_PER_NODE] = "mem",
	[WEFT_ADVICE_ANY_TYPE] = "any-type",
	[WEFT_ADVICE_SHARED] = "shared",
	[WEFT_ADVICE_ANY_PLACE] = "any-place",
	[WEFT_ADVICE_ANY_NODE] = "any-node",
};

const char *weft_advice_word(enum weft_advice_kind kind)
{
	return (unsigned int)kind < WEFT_ADVICE_COUNT ? words[kind] : "unknown";
}

bool weft_advice_find(const char *word, enum weft_advice_kind *ret_kind)
{
	for (int i = 0; i < WEFT_ADVICE_COUNT; i++)
		if (!strcmp(word, words[i])) {
			*ret_kind = (enum weft_advice_kind)i;
			return true;
		}
	return false;
}

static int add_time(uint64_t sec, struct weft_buf *buf)
{
	if (sec >= 86400)
		return weft_buf_addf(buf, "with --time=%" PRIu64 "-%02u:%02u:%02u",
				     sec / 86400, (unsigned int)(sec / 3600 % 24),
				     (unsigned int)(sec / 60 % 60),
				     (unsigned int)(sec % 60));
	return weft_buf_addf(buf, "with --time=%02u:%02u:%02u",
			     (unsigned int)(sec / 3600),
			     (unsigned int)(sec / 60 % 60),
			     (unsigned int)(sec % 60));
}

int weft_advice_format(const struct weft_advice *a, struct weft_buf *buf)
{
	switch (a->kind) {
	case WEFT_ADVICE_TIME:
		return add_time(a->value, buf);
	case WEFT_ADVICE_CPUS_PER_NODE:
		return weft_buf_addf(buf, "with %" PRIu64 " CPU%s per node instead of %" PRIu64,
				     a->value, a->value == 1 ? "" : "s", a->asked);
	case WEFT_ADVICE_MEMORY_PER_NODE:
		return weft_buf_addf(buf, "with --mem=%" PRIu64 "M instead of %" PRIu64 "M",
				     a->value, a->asked);
	case WEFT_ADVICE_ANY_TYPE:
		return weft_buf_adds(buf, "with any type of GPU");
	case WEFT_ADVICE_SHARED:
		return weft_buf_adds(buf, "without --exclusive");
	case WEFT_ADVICE_ANY_PLACE:
		return weft_buf_adds(buf, "without its wish for one domain, segments or few switches");
	case WEFT_ADVICE_ANY_NODE:
		return weft_buf_adds(buf, "without --nodelist");
	case WEFT_ADVICE_GPUS_PER_NODE:
	case WEFT_ADVICE_GPUS:
	case WEFT_ADVICE_NODES:
	case WEFT_ADVICE_CPUS_PER_TASK:
	case WEFT_ADVICE_TASKS:
		return weft_buf_addf(buf, "with --%s=%" PRIu64 " instead of %" PRIu64,
				     words[a->kind], a->value, a->asked);
	default:
		return -EINVAL;
	}
}
