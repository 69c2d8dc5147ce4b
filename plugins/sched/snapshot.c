/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot.c - see snapshot.h
 *
 * First the names of the queue, in Slurm's order, then nodes (with GPU types,
 * licences, reservations, which the rest refers to by index) and running jobs
 * in one hold of the locks, then the waiting jobs, a slice at a time
 * (queue.c).  The locks are given back between those parts wherever the slice
 * is over, so a snapshot is no single instant; what it is instead:
 *
 *  - Nodes and running jobs are of one instant: no GPU is held twice, none
 *    that is held looks free.
 *  - Each waiting job was, at its own later instant, what the snapshot says of
 *    it.  One that started, ended or was held meanwhile is left out, so no job
 *    is both running and waiting.
 *  - What changes after its turn is as if it had changed right after a
 *    snapshot of one instant: commit.c finds each job again, tests it anew and
 *    leaves the last word to select_nodes(), and the pulse, which was read
 *    before all this, brings the next cycle at once.
 *  - If slurm.conf is read again in between, indices may mean other nodes:
 *    the snapshot is dropped.
 *
 * Cost: O(nodes + running jobs' nodes) in one hold, O(pending jobs) for
 * build_job_queue() and its sort in another, O(pending jobs) in slices.
 */
#include "plugins/sched/shape.h"
#include "plugins/sched/snapshot.h"

#define ARENA_LIMIT ((size_t)1 << 30)

int weft_snapshot_take(struct weft_snapshot *snap,
		       const struct weft_fabric *fabric,
		       const struct weft_refusals *refusals,
		       struct weft_slice *slice, time_t now,
		       struct weft_err *err)
{
	int rc;

	*snap = (struct weft_snapshot) { .refusals = refusals };
	weft_arena_init(&snap->arena, ARENA_LIMIT);
	snap->cluster.now_sec = now;
	snap->cluster.fabric = fabric;
	rc = weft_snapshot_list_queue(snap);
	if (rc == 0 && !weft_slice_next(slice))
		rc = WEFT_SNAPSHOT_DROPPED;
	if (rc == 0)
		rc = weft_snapshot_nodes(snap, now);
	if (rc == 0)
		rc = weft_snapshot_running(snap, now);
	if (rc == 0)
		rc = weft_snapshot_describe_queue(snap, slice, now);
	if (rc < 0)
		weft_err_set(err, -rc, "no memory for a snapshot of %d nodes",
			     node_record_count);
	return rc;
}

void weft_snapshot_release(struct weft_snapshot *snap)
{
	weft_arena_fini(&snap->arena);
}
