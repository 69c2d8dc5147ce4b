/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * defer.h - the words by which slurmctld leaves placing to sched/weft, and how
 * a request that cannot wait has them lifted for a moment
 *
 * sched/weft puts WEFT_SLURM_DEFER before SchedulerParameters in the copy that
 * slurmctld reads (plugins/sched/mainpass.c).  Under "defer" slurmctld refuses
 * `srun --immediate` at once, before a scheduler could see the job.  But it
 * asks job_submit plugins first, on the same thread, and reads the word
 * afterwards: job_submit/weft spoils the word's first letter when such a
 * request comes, and slurmctld then places it itself, as with the stock
 * scheduler.  sched/weft puts the letter back a little later.
 *
 * Both plugins are slurmctld's, so slurm_conf is the same for both.  The
 * letter is written under the configuration's read lock, by several threads
 * perhaps, hence atomically; everything longer needs the write lock.
 * last_update moves because slurmctld reads the words again only then.
 */
#ifndef WEFT_PLUGINS_SLURM_DEFER_H
#define WEFT_PLUGINS_SLURM_DEFER_H

#include "plugins/slurm/ctld.h"

#define WEFT_SLURM_DEFER "defer,sched_interval=-1"
#define WEFT_SLURM_DEFER_LIFTED '_'

/* Do the words begin with ours, whole or lifted? */
static inline bool weft_slurm_defer_is_ours(const char *words)
{
	return words && words[0] && (words[0] == WEFT_SLURM_DEFER[0] ||
				     words[0] == WEFT_SLURM_DEFER_LIFTED) &&
		!strncmp(words + 1, &WEFT_SLURM_DEFER[1],
			 strlen(WEFT_SLURM_DEFER) - 1);
}

/* Needs the configuration's read lock, as all that looks at these words. */
static inline bool weft_slurm_defer_is_lifted(void)
{
	const char *words = slurm_conf.sched_params;

	return words && words[0] == WEFT_SLURM_DEFER_LIFTED &&
		weft_slurm_defer_is_ours(words);
}

static inline void weft_slurm_defer_write(char letter)
{
	if (!weft_slurm_defer_is_ours(slurm_conf.sched_params) ||
	    slurm_conf.sched_params[0] == letter)
		return;
	__atomic_store_n(&slurm_conf.sched_params[0], letter, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&slurm_conf.last_update, 1, __ATOMIC_SEQ_CST);
}

/* Needs the configuration's read lock; nothing happens under another scheduler. */
static inline void weft_slurm_defer_lift(void)
{
	if (xstrcmp(slurm_conf.schedtype, "sched/weft") &&
	    xstrcmp(slurm_conf.schedtype, "sched/backfill"))
		return;
	weft_slurm_defer_write(WEFT_SLURM_DEFER_LIFTED);
}

/* Needs the configuration's write lock. */
static inline void weft_slurm_defer_again(void)
{
	weft_slurm_defer_write(WEFT_SLURM_DEFER[0]);
}

#endif
