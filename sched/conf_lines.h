/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf_lines.h - Slurm's configuration syntax: lines of Key=Value
 */
#ifndef WEFT_SCHED_CONF_LINES_H
#define WEFT_SCHED_CONF_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"

#define WEFT_CONF_PAIRS_MAX 128
#define WEFT_CONF_LINE_MAX (1u << 20)

struct weft_conf_pair {
	const char *key, *value;
};

/* One file while it is read; fields up to pair[] are the caller's to read. */
struct weft_conf_lines {
	const char *name;
	unsigned int line;		/* where the present line begins */
	uint32_t count;
	struct weft_conf_pair pair[WEFT_CONF_PAIRS_MAX];
	const char *at, *end;
	unsigned int next_line;
	struct weft_buf text;		/* the present line, cut into pairs */
};

/* name and text stay the caller's and must outlive it. */
void weft_conf_lines_init(struct weft_conf_lines *lines, const char *name,
			  const char *text, size_t len);
void weft_conf_lines_fini(struct weft_conf_lines *lines);

/*
 * The next line that is not empty: 1, 0 at the end, -EINVAL with "name:line:".
 * "Include FILE" comes as the pair {"Include", FILE}.
 */
int weft_conf_lines_next(struct weft_conf_lines *lines, struct weft_err *err);

/* The last value of a key of the present line (case does not count), or NULL. */
const char *weft_conf_lines_get(const struct weft_conf_lines *lines,
				const char *key);

/* Returns -errnum with "name:line: <text>". */
int weft_conf_lines_complain(const struct weft_conf_lines *lines,
			     struct weft_err *err, int errnum,
			     const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
