/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settings.h - one table says what a section of weft.json may hold
 *
 * Each room declares its settings once: key, type, bounds, default, a line
 * of help, and where the value goes in the room's struct.  The reader, the
 * messages about wrong values ("did you mean plan_depth?"), `weft config`
 * and the manual page all come from that table, so they cannot disagree.
 */
#ifndef WEFT_LIB_SETTINGS_H
#define WEFT_LIB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/json.h"

enum weft_setting_type {
	WEFT_SETTING_BOOL,	/* bool */
	WEFT_SETTING_U32,	/* uint32_t in min .. max */
	WEFT_SETTING_DOUBLE,	/* double in min .. max */
	WEFT_SETTING_WORD,	/* int, index into the words[] */
	WEFT_SETTING_TREE,	/* not stored: the room reads the subtree itself */
};

struct weft_setting {
	const char *key;	/* NULL ends the table */
	enum weft_setting_type type;
	size_t offset;		/* in the room's struct */
	double min, max;
	double fallback;	/* the default; a word's index for WORD */
	const char *const *words;	/* NULL-terminated, for WORD */
	const char *unit;	/* "seconds", "jobs", ... or NULL */
	const char *help;
};

/* Set every value of dest to its default. */
void weft_settings_defaults(const struct weft_setting *table, void *dest);

/*
 * Read the object at path of doc (such as "sched") over the defaults into
 * dest.  An absent section leaves the defaults.  Unknown keys and values out
 * of bounds are errors; dest is then untouched (size is sizeof(*dest)).
 */
int weft_settings_read(const struct weft_setting *table,
		       const struct weft_json *doc, const char *path,
		       void *dest, size_t size, struct weft_err *err);

/*
 * Read a weft.json whole: every room's way to its section.  owner: for
 * daemons, which believe only a file of root's or of this user's
 * (weft_json_read_owned()); NULL: a tool reads it for whoever may.  Beside the
 * errors of reading, -EINVAL for a section that no room of Weft reads, with
 * its place and the nearest name: a misspelt one would count for nothing, in
 * silence.
 */
int weft_settings_open(const char *path, const uid_t *owner,
		       struct weft_json **ret_doc, struct weft_err *err);

#endif
