/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steer_next.c - see steer_next.h
 *
 * From 24.11 on select wants the CPUs of a task on the socket of its GPU, and
 * counts only the cores of sockets that have a GPU to give.  So what it refuses
 * is a division of the GPUs among the sockets, whichever they are, and what is
 * worth a try is the best set of every other division (gres/pick_spread.c).
 * With several nodes one is moved a step down its list, then two, and so on:
 * in the order of the sum of steps, so that the least is given up first.
 *
 * Each try is one select_nodes(), so there are few of them; the caller has a
 * budget of time as well.  After them the job starts on GPUs of select's own
 * choice, as without this file.
 */
#include "plugins/sched/snapshot.h"
#include "plugins/sched/steer_next.h"

#include "lib/bits.h"

/* The free GPUs of the node now, of the same type as those chosen. */
static weft_gpuset_t free_now(const struct weft_cluster *cluster,
			      const struct weft_place *place)
{
	const struct weft_node *node = &cluster->node[place->node_idx];
	node_record_t *record = node_record_table_ptr[place->node_idx];
	weft_gpuset_t free = 0;
	gres_node_state_t *ns;
	gres_state_t *entry;
	uint32_t entries;

	entry = record ? weft_snapshot_find_gpu(record->gres_list, &entries) : NULL;
	ns = entry && entries == 1 ? entry->gres_data : NULL;
	if (!ns || !ns->gres_bit_alloc)
		return 0;
	for (uint32_t t = 0; t < WEFT_GPU_TYPES_MAX; t++)
		if ((place->gpus & node->gpus_of_type[t]) == place->gpus)
			free |= node->gpus_of_type[t];
	return free & ~weft_snapshot_gpus(ns->gres_bit_alloc);
}

/* The refused set first, then the others. */
static void list_sets(struct weft_steer_next *next,
		      const struct weft_cluster *cluster, uint32_t i)
{
	const struct weft_place *place = &next->place[i];
	const struct weft_picker *picker = cluster->node[place->node_idx].picker;
	weft_gpuset_t free = picker ? free_now(cluster, place) : 0;
	weft_gpuset_t found[WEFT_PICK_SPREADS_MAX];
	uint32_t count = 0;

	if (free)
		count = weft_pick_spreads(picker, free,
					  weft_bits_count(place->gpus),
					  WEFT_PICK_RING, found);
	next->set[i][next->set_count[i]++] = place->gpus;
	for (uint32_t k = 0; k < count; k++)
		if (found[k] != place->gpus &&
		    next->set_count[i] < WEFT_PICK_SPREADS_MAX)
			next->set[i][next->set_count[i]++] = found[k];
}

bool weft_steer_next_init(struct weft_steer_next *next,
			  const struct weft_cluster *cluster,
			  const struct weft_place *place, uint32_t place_count)
{
	bool any = false;

	*next = (struct weft_steer_next) { .place_count = place_count };
	if (!place_count || place_count > WEFT_STEER_NEXT_NODES)
		return false;
	for (uint32_t i = 0; i < place_count; i++) {
		if (!place[i].gpus ||
		    place[i].node_idx >= (uint32_t)node_record_count ||
		    place[i].node_idx >= cluster->node_count)
			return false;
		next->place[i] = place[i];
		list_sets(next, cluster, i);
		any = any || next->set_count[i] > 1;
	}
	return any;
}

/* The next at[] of the same sum, as an odometer; false after the last. */
static bool next_of_sum(struct weft_steer_next *next)
{
	for (;;) {
		uint32_t i = 0, sum = 0;

		while (i < next->place_count &&
		       ++next->at[i] == next->set_count[i])
			next->at[i++] = 0;
		if (i == next->place_count)
			return false;
		for (i = 0; i < next->place_count; i++)
			sum += next->at[i];
		if (sum == next->step)
			return true;
	}
}

bool weft_steer_next_step(struct weft_steer_next *next)
{
	uint32_t most = 0;

	if (next->tried++ == WEFT_STEER_NEXT_TRIES)
		return false;
	for (uint32_t i = 0; i < next->place_count; i++)
		most += next->set_count[i] - 1;
	while (!next->step || !next_of_sum(next))
		if (next->step++ == most)
			return false;
	for (uint32_t i = 0; i < next->place_count; i++)
		next->place[i].gpus = next->set[i][next->at[i]];
	return true;
}
