/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_state.c - see ctl_state.h
 *
 * One request for slurmctld's configuration: the running daemon's word, not
 * that of a slurm.conf which may have been edited since.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include "tools/slurm/ctl_state.h"
#include "tools/slurm/submit.h"

static int copy(char *to, size_t size, const char *text, const char *what,
		struct weft_err *err)
{
	int len = snprintf(to, size, "%s", text ? text : "");

	if (len <= 0 || (size_t)len >= size)
		return weft_err_set(err, EINVAL, "slurmctld tells no usable %s",
				    what);
	return 0;
}

int weft_ctl_state_load(struct weft_ctl_state *ret_state, struct weft_err *err)
{
	struct weft_ctl_state state;
	slurm_conf_t *conf = NULL;
	int rc;

	rc = weft_slurm_start(err);
	if (rc)
		return rc;
	if (slurm_load_ctl_conf(0, &conf) || !conf)
		return weft_err_set(err, ECONNREFUSED,
				    "slurmctld does not answer: %s",
				    slurm_strerror(errno));
	rc = copy(state.state_dir, sizeof(state.state_dir),
		  conf->state_save_location, "StateSaveLocation", err);
	if (rc == 0)
		rc = copy(state.scheduler, sizeof(state.scheduler),
			  conf->schedtype, "SchedulerType", err);
	state.boot_sec = conf->boot_time;
	slurm_free_ctl_conf(conf);
	if (rc == 0)
		*ret_state = state;
	return rc;
}
