/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.c - see options.h
 *
 * Times are read the way Slurm reads --time (lib/units.h).  Signals are names
 * with or without SIG, or numbers.  The bounds are generous; what a site allows is its policy's
 * matter (job_submit/weft).
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/units.h"
#include "lib/wish.h"
#include "plugins/spank/options.h"

#define SEGMENT_MAX 65535
#define SIGNAL_LEAD_MAX 65535		/* seconds, as Slurm's --signal */
#define RUNTIME_MAX (366 * 86400)	/* seconds */

static const struct weft_option option_table[WEFT_OPTION_COUNT] = {
	[WEFT_OPTION_SEGMENT] = {
		"segment", "WEFT_SEGMENT", "K",
		"place the nodes in groups of K, each group inside one NVLink domain" },
	[WEFT_OPTION_DOMAIN] = {
		"domain", "WEFT_DOMAIN", "same|any",
		"same: all nodes in one NVLink domain or wait; any: few domains preferred" },
	[WEFT_OPTION_GPU_ORDER] = {
		"gpu-order", "WEFT_GPU_ORDER", "ring|index|numa",
		"order of CUDA_VISIBLE_DEVICES: best NVLink ring (default), index, or by NUMA node" },
	[WEFT_OPTION_CHECKPOINT_SIGNAL] = {
		"checkpoint-signal", "WEFT_CHECKPOINT_SIGNAL", "[B:]SIG@SEC",
		"SEC seconds before it is preempted or ends, send SIG to its steps (B: to the batch script)" },
	[WEFT_OPTION_MIN_RUNTIME] = {
		"min-runtime", "WEFT_MIN_RUNTIME", "TIME",
		"do not preempt the job before it ran for TIME (as --time is written)" },
	[WEFT_OPTION_REQUEUE_ON] = {
		"requeue-on", "WEFT_REQUEUE_ON", "CAUSE,...",
		"requeue after: node-fail, boot-fail, preempt, timeout, oom, fail, or none" },
};

const struct weft_option *weft_option_get(enum weft_option_id id)
{
	return &option_table[id];
}

static int reject(enum weft_option_id id, const char *text, const char *expected,
		  struct weft_err *err)
{
	/* Without dashes: Slurm's own line names the option as it was typed. */
	return weft_err_set(err, EINVAL, "%s=%.64s: %s",
			    option_table[id].name, text, expected);
}

/* Decimal digits only; the text after them in *ret_end. */
static bool read_count(const char *text, long max, long *ret_count,
		       const char **ret_end)
{
	char *end;
	long count;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	count = strtol(text, &end, 10);
	if (errno || count > max)
		return false;
	*ret_count = count;
	*ret_end = end;
	return true;
}

static int parse_segment(const char *text, char *value, struct weft_err *err)
{
	const char *end;
	long k;

	if (!read_count(text, SEGMENT_MAX, &k, &end) || *end || k < 1)
		return reject(WEFT_OPTION_SEGMENT, text,
			      "a number of nodes from 1 to 65535 is expected, such as 4",
			      err);
	snprintf(value, WEFT_OPTION_SIZE, "%ld", k);
	return 0;
}

static int parse_word(enum weft_option_id id, const char *text,
		      const char *const *words, const char *expected,
		      char *value, struct weft_err *err)
{
	for (; *words; words++) {
		if (!strcasecmp(text, *words)) {
			snprintf(value, WEFT_OPTION_SIZE, "%s", *words);
			return 0;
		}
	}
	return reject(id, text, expected, err);
}

/* ---- signals ------------------------------------------------------------ */

static int parse_signal(const char *text, char *value, struct weft_err *err)
{
	const char *name = text, *at, *end;
	bool batch = !strncasecmp(text, "B:", 2);
	int number = 0;
	long sec;

	name += batch ? 2 : 0;
	at = strchr(name, '@');
	if (at)
		number = weft_wish_signal(name, (size_t)(at - name));
	if (!number || !read_count(at + 1, SIGNAL_LEAD_MAX, &sec, &end) ||
	    *end || sec < 1)
		return reject(WEFT_OPTION_CHECKPOINT_SIGNAL, text,
			      "a signal and the seconds it needs are expected, such as USR1@120, or B:USR1@120 for the batch script itself",
			      err);
	snprintf(value, WEFT_OPTION_SIZE, "%s%s@%ld", batch ? "B:" : "",
		 weft_wish_signal_name(number), sec);
	return 0;
}

/* ---- times -------------------------------------------------------------- */

static int parse_runtime(const char *text, char *value, struct weft_err *err)
{
	uint64_t sec;

	if (weft_units_parse_sec(text, &sec) || sec < 1 || sec > RUNTIME_MAX)
		return reject(WEFT_OPTION_MIN_RUNTIME, text,
			      "a time is expected as --time takes it, such as 30 (minutes) or 2:00:00",
			      err);
	snprintf(value, WEFT_OPTION_SIZE, "%u", (unsigned int)sec);
	return 0;
}

/* ---- causes ------------------------------------------------------------- */

static int parse_causes(const char *text, char *value, struct weft_err *err)
{
	struct weft_wish wish = { .given = 1u << WEFT_WISH_REQUEUE_ON };
	char causes[WEFT_WISH_VALUE];

	wish.causes = weft_wish_causes(text);
	if (!wish.causes)
		return reject(WEFT_OPTION_REQUEUE_ON, text,
			      "causes are expected, separated by commas: node-fail, boot-fail, preempt, timeout, oom, fail; or none alone",
			      err);
	weft_wish_value(&wish, WEFT_WISH_REQUEUE_ON, causes);
	snprintf(value, WEFT_OPTION_SIZE, "%s", causes);
	return 0;
}

int weft_option_parse(enum weft_option_id id, const char *text, char *value,
		      struct weft_err *err)
{
	static const char *const domains[] = { "same", "any", NULL };
	static const char *const orders[] = { "ring", "index", "numa", NULL };

	if (!text)
		text = "";
	switch (id) {
	case WEFT_OPTION_SEGMENT:
		return parse_segment(text, value, err);
	case WEFT_OPTION_DOMAIN:
		return parse_word(id, text, domains,
				  "\"same\" or \"any\" is expected", value, err);
	case WEFT_OPTION_GPU_ORDER:
		return parse_word(id, text, orders,
				  "\"ring\", \"index\" or \"numa\" is expected",
				  value, err);
	case WEFT_OPTION_CHECKPOINT_SIGNAL:
		return parse_signal(text, value, err);
	case WEFT_OPTION_MIN_RUNTIME:
		return parse_runtime(text, value, err);
	case WEFT_OPTION_REQUEUE_ON:
		return parse_causes(text, value, err);
	default:
		return weft_err_set(err, EINVAL, "no such option");
	}
}
