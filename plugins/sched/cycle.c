/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cycle.c - see cycle.h
 *
 * Jobs are taken in Slurm's own order and each is offered to select_nodes()
 * in its turn.  A job that cannot start keeps the rest of its partition from
 * starting before it, as in Slurm's main pass.
 */
#include "plugins/sched/cycle.h"
#include "plugins/sched/start.h"

#define INTERVAL_MSEC 5000

struct weft_cycle {
	uint64_t cycles;
};

struct weft_cycle *weft_cycle_create(void)
{
	return calloc(1, sizeof(struct weft_cycle));
}

void weft_cycle_destroy(struct weft_cycle *cycle)
{
	free(cycle);
}

void weft_cycle_configure(struct weft_cycle *cycle)
{
}

uint32_t weft_cycle_interval_msec(const struct weft_cycle *cycle)
{
	return INTERVAL_MSEC;
}

void weft_cycle_idle(struct weft_cycle *cycle)
{
}

static bool can_schedule(void)
{
	return job_list && part_list && avail_node_bitmap &&
		!slurmctld_config.scheduling_disabled &&
		fed_mgr_sibs_synced() && !job_is_completing(NULL);
}

/* Nodes of partitions in which a job before this one waits are closed. */
static void take_turns(struct xlist *queue, bitstr_t *closed, time_t now)
{
	job_queue_rec_t *rec;
	job_record_t *job_ptr;
	part_record_t *part_ptr;
	int rc;

	while ((rec = list_pop(queue))) {
		job_ptr = weft_start_prepare(rec);
		part_ptr = rec->part_ptr;
		xfree(rec);
		if (!job_ptr)
			continue;
		if (!job_ptr->het_job_id &&
		    weft_start_eligible(job_ptr, now, true)) {
			rc = weft_start_run(job_ptr, closed, now);
			if (rc == ESLURM_NODES_BUSY)
				bit_or(closed, part_ptr->node_bitmap);
		}
		job_resv_clear_magnetic_flag(job_ptr);
	}
}

void weft_cycle_run(struct weft_cycle *cycle, bool (*stop)(void *arg),
		    void *stop_arg)
{
	slurmctld_lock_t locks = WEFT_START_LOCKS;
	struct xlist *queue;
	bitstr_t *closed;

	lock_slurmctld(locks);
	if (can_schedule()) {
		closed = bit_alloc(node_record_count);
		queue = build_job_queue(false, false);
		sort_job_queue(queue);
		take_turns(queue, closed, time(NULL));
		FREE_NULL_LIST(queue);
		FREE_NULL_BITMAP(closed);
	}
	unlock_slurmctld(locks);
	cycle->cycles++;
}
