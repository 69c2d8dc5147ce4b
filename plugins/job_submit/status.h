/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.h - which rules are in force, for `weft policy status` */
#ifndef WEFT_PLUGINS_JOB_SUBMIT_STATUS_H
#define WEFT_PLUGINS_JOB_SUBMIT_STATUS_H

#include <stdint.h>

#include "lib/err.h"

struct weft_submit_status {
	const char *path;		/* of weft.json */
	char *state_dir;		/* StateSaveLocation, Slurm's allocator */
	int64_t started_sec;		/* the plugin */
	int64_t looked_sec;		/* when the file was found changed */
	int64_t loaded_sec;		/* the rules in force; 0: none */
	uint32_t rule_count;
	int64_t error_sec;
	char error[sizeof(((struct weft_err *)0)->msg)];	/* "": the file is good */
};

/* StateSaveLocation/weft/submit_status.json; a failure is logged. */
void weft_submit_status_write(const struct weft_submit_status *status);
void weft_submit_status_remove(const struct weft_submit_status *status);

#endif
