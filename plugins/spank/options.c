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
		"checkpoint-signal", "WEFT_CHECKPOINT_SIGNAL", "SIG@SEC",
		"before the job is preempted or ends, send SIG and grant SEC seconds" },
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

static const struct { const char *name; int number; } signal_table[] = {
	{ "HUP", 1 },   { "INT", 2 },   { "QUIT", 3 },  { "ABRT", 6 },
	{ "USR1", 10 }, { "USR2", 12 }, { "ALRM", 14 }, { "TERM", 15 },
	{ "CONT", 18 }, { "TSTP", 20 }, { "TTIN", 21 }, { "TTOU", 22 },
	{ "URG", 23 },  { "XCPU", 24 },
};

/* The name of what begins text and ends at '@', or NULL. */
static const char *find_signal(const char *text, size_t len)
{
	const char *end;
	long number = -1;

	if (read_count(text, 64, &number, &end) && end != text + len)
		return NULL;
	if (len > 3 && !strncasecmp(text, "SIG", 3)) {
		text += 3;
		len -= 3;
	}
	for (size_t i = 0; i < sizeof(signal_table) / sizeof(signal_table[0]); i++) {
		const char *name = signal_table[i].name;

		if (signal_table[i].number == number ||
		    (strlen(name) == len && !strncasecmp(text, name, len)))
			return name;
	}
	return NULL;
}

static int parse_signal(const char *text, char *value, struct weft_err *err)
{
	const char *at = strchr(text, '@'), *name, *end;
	long sec;

	name = at ? find_signal(text, (size_t)(at - text)) : NULL;
	if (!name || !read_count(at + 1, SIGNAL_LEAD_MAX, &sec, &end) || *end ||
	    sec < 1)
		return reject(WEFT_OPTION_CHECKPOINT_SIGNAL, text,
			      "a signal and the seconds it needs are expected, such as USR1@120",
			      err);
	snprintf(value, WEFT_OPTION_SIZE, "%s@%ld", name, sec);
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

static const char *const cause_table[] = {
	"node-fail", "boot-fail", "preempt", "timeout", "oom", "fail", "none",
};
#define CAUSE_NONE 6
#define CAUSE_COUNT 7

static int find_cause(const char *text, size_t len)
{
	for (int i = 0; i < CAUSE_COUNT; i++)
		if (strlen(cause_table[i]) == len &&
		    !strncasecmp(text, cause_table[i], len))
			return i;
	return -1;
}

static int parse_causes(const char *text, char *value, struct weft_err *err)
{
	char out[WEFT_OPTION_SIZE] = "";
	unsigned int set = 0;
	size_t at = 0;

	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ",");
		int cause = find_cause(p, len);

		if (cause < 0)
			goto bad;
		set |= 1u << cause;
		p += len;
		if (!*p)
			break;
	}
	if ((set & 1u << CAUSE_NONE) && set != 1u << CAUSE_NONE)
		goto bad;
	for (int i = 0; i < CAUSE_COUNT; i++)
		if (set & 1u << i)
			at += (size_t)snprintf(out + at, sizeof(out) - at,
					       "%s%s", at ? "," : "",
					       cause_table[i]);
	memcpy(value, out, at + 1);
	return 0;
bad:
	return reject(WEFT_OPTION_REQUEUE_ON, text,
		      "causes are expected, separated by commas: node-fail, boot-fail, preempt, timeout, oom, fail; or none alone",
		      err);
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
