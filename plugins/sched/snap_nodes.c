/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snap_nodes.c - nodes, licences and reservations into the snapshot
 *
 * node_idx is Slurm's index in its node table, so bitmaps and sets have the
 * same numbering.  Holes of the table (deleted dynamic nodes) become nodes
 * with nothing that are never usable.
 *
 * A node that still runs an epilog is closed to every job by select_nodes(),
 * whatever is free on it: it comes back in EPILOG_SEC, a guess that is
 * corrected by the next cycle.
 *
 * GPUs of a node whose gres.conf names files have bitmaps, and bit i is GPU i.
 * A node that has only a count gets bits by number; which is which means
 * nothing there, and steer.c leaves such nodes alone.
 */
#include "plugins/sched/snapshot.h"

#define EPILOG_SEC 5

gres_state_t *weft_snapshot_find_gpu(struct xlist *gres_list,
				     uint32_t *ret_count)
{
	struct listIterator *it;
	gres_state_t *state, *found = NULL;

	*ret_count = 0;
	if (!gres_list)
		return NULL;
	it = list_iterator_create(gres_list);
	while ((state = list_next(it))) {
		if (xstrcmp(state->gres_name, "gpu") || !state->gres_data)
			continue;
		if (!found)
			found = state;
		(*ret_count)++;
	}
	list_iterator_destroy(it);
	return found;
}

uint32_t weft_snapshot_license(const struct weft_snapshot *snap,
			       const char *name)
{
	for (uint32_t i = 0; i < snap->cluster.license_count; i++)
		if (!xstrcmp(snap->cluster.license_name[i], name))
			return i;
	return UINT32_MAX;
}

/* The index of a GPU type, added if new; UINT32_MAX: the table is full. */
static uint32_t type_index(struct weft_snapshot *snap, const char *name)
{
	struct weft_cluster *c = &snap->cluster;

	for (uint32_t i = 0; i < c->gpu_type_count; i++)
		if (!xstrcmp(c->gpu_type[i], name))
			return i;
	if (c->gpu_type_count == WEFT_GPU_TYPES_MAX)
		return UINT32_MAX;
	c->gpu_type[c->gpu_type_count] = weft_arena_strdup(&snap->arena, name);
	return c->gpu_type_count++;
}

weft_gpuset_t weft_snapshot_gpus(const bitstr_t *bits)
{
	weft_gpuset_t set = 0;
	int64_t size = bit_size((bitstr_t *)bits);

	for (int64_t i = 0; i < size && i < WEFT_GPUS_MAX; i++)
		if (bit_test((bitstr_t *)bits, i))
			set |= (weft_gpuset_t)1 << i;
	return set;
}

static weft_gpuset_t first_gpus(uint64_t count)
{
	return count >= WEFT_GPUS_MAX ? ~(weft_gpuset_t)0 :
		((weft_gpuset_t)1 << count) - 1;
}

static void copy_gpus(struct weft_snapshot *snap, struct weft_node *node,
		      struct xlist *gres_list)
{
	uint32_t entries, type;
	gres_state_t *state = weft_snapshot_find_gpu(gres_list, &entries);
	gres_node_state_t *ns;
	weft_gpuset_t all, of_type;

	if (!state)
		return;
	ns = state->gres_data;
	all = first_gpus(ns->gres_cnt_avail);
	node->total.gpus = (uint32_t)__builtin_popcountll(all);
	for (int i = 0; i < ns->topo_cnt; i++) {
		if (!ns->topo_type_name || !ns->topo_type_name[i] ||
		    !ns->topo_gres_bitmap || !ns->topo_gres_bitmap[i])
			continue;
		type = type_index(snap, ns->topo_type_name[i]);
		of_type = weft_snapshot_gpus(ns->topo_gres_bitmap[i]) & all;
		if (type != UINT32_MAX)
			node->gpus_of_type[type] |= of_type;
	}
	if (ns->topo_cnt == 0 && ns->type_cnt == 1) {
		type = type_index(snap, ns->type_name[0]);
		if (type != UINT32_MAX)
			node->gpus_of_type[type] = all;
	}
}

static void copy_node(struct weft_snapshot *snap, struct weft_node *node,
		      node_record_t *record, int idx, time_t now)
{
	bool up = bit_test(avail_node_bitmap, idx) &&
		!(rs_node_bitmap && bit_test(rs_node_bitmap, idx));

	node->name = weft_arena_strdup(&snap->arena, record->name);
	node->total.cpus = record->cpus_efctv ? record->cpus_efctv :
		record->cpus;
	node->total.mem_mib = record->real_memory > record->mem_spec_limit ?
		record->real_memory - record->mem_spec_limit : 0;
	node->weight = record->config_ptr ? record->config_ptr->weight : 1;
	copy_gpus(snap, node, record->gres_list);
	node->usable = up;
	node->back_sec = WEFT_TIME_NEVER;
	if (up && bit_test(cg_node_bitmap, idx)) {
		node->usable = false;
		node->back_sec = now + EPILOG_SEC;
	}
}

/*
 * bf_licenses_initial() copies Slurm's licences under their own lock; true:
 * as if no job ran, since the running ones are counted one by one.
 */
static int copy_licenses(struct weft_snapshot *snap)
{
	bf_licenses_t *list = bf_licenses_initial(true);
	struct weft_cluster *c = &snap->cluster;
	struct listIterator *it;
	bf_license_t *lic;
	uint32_t count = list ? (uint32_t)list_count(list) : 0;
	int rc = 0;

	if (!count)
		goto out;
	c->license_total = weft_arena_alloc(&snap->arena, count,
					    sizeof(*c->license_total));
	c->license_name = weft_arena_alloc(&snap->arena, count,
					   sizeof(*c->license_name));
	if (!c->license_total || !c->license_name) {
		rc = -ENOMEM;
		goto out;
	}
	it = list_iterator_create(list);
	while ((lic = list_next(it)) && c->license_count < count) {
		if (lic->resv_ptr)
			continue;
		c->license_name[c->license_count] =
			weft_arena_strdup(&snap->arena, lic->name);
		c->license_total[c->license_count++] = lic->remaining;
	}
	list_iterator_destroy(it);
out:
	FREE_NULL_BF_LICENSES(list);
	return rc;
}

struct weft_idxset *weft_snapshot_set(struct weft_arena *arena, bitstr_t *bits)
{
	uint32_t size = (uint32_t)node_record_count;
	struct weft_idxset *set;

	set = weft_arena_alloc(arena, 1, sizeof(*set) +
			       (size + 63) / 64 * sizeof(set->word[0]));
	if (!set)
		return NULL;
	set->size = size;
	for (int64_t i = 0; i < bit_size(bits) && i < size; i++)
		if (bit_test(bits, i))
			weft_idxset_add(set, (uint32_t)i);
	return set;
}

/* Reservations of part of a node's cores are left to Slurm's select. */
static int copy_reservations(struct weft_snapshot *snap)
{
	struct weft_cluster *c = &snap->cluster;
	struct listIterator *it;
	slurmctld_resv_t *resv;
	uint32_t count = resv_list ? (uint32_t)list_count(resv_list) : 0;
	struct weft_reservation *to;
	int rc = 0;

	if (!count)
		return 0;
	c->resv = weft_arena_alloc(&snap->arena, count, sizeof(*c->resv));
	if (!c->resv)
		return -ENOMEM;
	it = list_iterator_create(resv_list);
	while ((resv = list_next(it)) && c->resv_count < count) {
		if (!resv->node_bitmap ||
		    !(resv->ctld_flags & RESV_CTLD_FULL_NODE) ||
		    (resv->flags & RESERVE_FLAG_TIME_FLOAT))
			continue;
		to = &c->resv[c->resv_count];
		to->name = weft_arena_strdup(&snap->arena, resv->name);
		to->start_sec = resv->start_time;
		to->end_sec = resv->end_time;
		to->nodes = weft_snapshot_set(&snap->arena, resv->node_bitmap);
		if (!to->name || !to->nodes) {
			rc = -ENOMEM;
			break;
		}
		c->resv_count++;
	}
	list_iterator_destroy(it);
	return rc;
}

int weft_snapshot_nodes(struct weft_snapshot *snap, time_t now)
{
	struct weft_cluster *c = &snap->cluster;
	node_record_t *record;

	c->node_count = (uint32_t)node_record_count;
	c->node = weft_arena_alloc(&snap->arena, c->node_count,
				   sizeof(*c->node));
	c->gpu_type = weft_arena_alloc(&snap->arena, WEFT_GPU_TYPES_MAX,
				       sizeof(*c->gpu_type));
	if (!c->node || !c->gpu_type)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->node_count; i++) {
		record = node_record_table_ptr[i];
		c->node[i].name = "";
		c->node[i].back_sec = WEFT_TIME_NEVER;
		if (!record || !record->name)
			continue;
		copy_node(snap, &c->node[i], record, (int)i, now);
		if (!c->node[i].name)
			return -ENOMEM;
	}
	if (copy_licenses(snap))
		return -ENOMEM;
	return copy_reservations(snap);
}
