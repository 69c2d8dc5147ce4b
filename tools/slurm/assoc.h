/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * assoc.h - the limits that accounting sets on a user's jobs
 *
 * As slurmctld holds them in force now, asked from it alone: no connection to
 * slurmdbd.  No type of Slurm's appears here.
 */
#ifndef WEFT_SLURM_ASSOC_H
#define WEFT_SLURM_ASSOC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

enum weft_site_limit_kind {
	WEFT_LIMIT_SUBMIT,	/* jobs in Slurm at once; over it: refused */
	WEFT_LIMIT_RUN,		/* jobs running at once */
	WEFT_LIMIT_WALL,	/* minutes of a job */
	WEFT_LIMIT_JOB_GPUS,	/* of one job */
	WEFT_LIMIT_JOB_NODES,
	WEFT_LIMIT_ALL_GPUS,	/* of all jobs that run at once */
	WEFT_LIMIT_ALL_NODES,
};

struct weft_site_limit {
	enum weft_site_limit_kind kind;
	uint64_t max;
	uint64_t used;		/* of SUBMIT: jobs that count now, ours too; else 0 */
	char name[32];		/* in sacctmgr's words, "MaxSubmitJobs" */
	char holder[128];	/* "account ml", "user ann in account ml", "QOS long" */
};

#define WEFT_SITE_LIMITS 64

struct weft_slurm_assoc;

/* Do limits bind jobs, by slurm.conf's AccountingStorageEnforce as a number? */
bool weft_slurm_enforces(uint16_t accounting_storage_enforce);

/* Two RPCs; to look again, one. */
int weft_slurm_assoc_load(struct weft_slurm_assoc **ret_assoc, struct weft_err *err);
int weft_slurm_assoc_refresh(struct weft_slurm_assoc *assoc, struct weft_err *err);
void weft_slurm_assoc_destroy(struct weft_slurm_assoc *assoc);

/*
 * The limits on this user's jobs with that account, partition and QOS (NULL:
 * the default ones), each with whoever sets it: a QOS's own word goes before
 * the association's, as in Slurm.  Returns how many of list[] were filled.
 */
uint32_t weft_slurm_assoc_limits(const struct weft_slurm_assoc *assoc,
				 const char *account, const char *partition,
				 const char *qos,
				 struct weft_site_limit list[WEFT_SITE_LIMITS]);

#endif
