/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steer.c - see steer.h
 *
 * select/cons_tres takes GPUs from those whose bit in the node's
 * gres_bit_alloc is clear, and keeps four counts beside the bitmap: of all,
 * by topology record, by type, and the text of what is used.  While the node
 * lock is ours we set the bits of the GPUs that we do not want and raise the
 * counts to match, so that the node looks as if somebody held them; the
 * select plugin then has no choice.  Afterwards exactly these bits are
 * cleared and exactly these numbers subtracted: what select added in between
 * stays, and a refusal leaves the node as it was.
 *
 * Invariants: between begin and end nobody else sees the node (write lock);
 * end undoes begin bit by bit, so a GPU that begin found taken is never
 * freed; nothing is blocked on a node where not all wanted GPUs are free
 * (the plan is stale there: let select decide, the caller looks).
 *
 * Left out: nodes without File= in gres.conf (no bitmap: a GPU has no
 * identity), GPUs that are also offered as shard or MPS (their counts live in
 * another entry), several gpu entries on one node.
 *
 * What it cannot do: make select take GPUs whose sockets lack the cores.  24.11
 * wants the CPUs of each task beside its GPU, on one socket; the plan counts
 * a node's CPUs in all.  So on busy nodes it refuses a job with --gpus-per-task
 * and several CPUs a task now and then although its GPUs and CPUs are there;
 * steer_next.c then tries other sets (docs/design/0044 has the figures).
 *
 * Source: gres_ctld.c (22.05) and gres_stepmgr.c (24.11) for the counts that
 * an allocation changes; src/plugins/select/cons_tres/gres_sock_list.c for
 * what the choice reads.
 */
#include "plugins/sched/snapshot.h"
#include "plugins/sched/steer.h"

static gres_node_state_t *steerable(uint32_t node_idx, weft_gpuset_t wanted)
{
	node_record_t *record = node_record_table_ptr[node_idx];
	gres_state_t *entry;
	gres_node_state_t *ns;
	uint32_t entries;
	int64_t size;

	entry = record ? weft_snapshot_find_gpu(record->gres_list, &entries) :
		NULL;
	if (!entry || entries != 1)
		return NULL;
	ns = entry->gres_data;
	if (!ns->gres_bit_alloc || ns->no_consume ||
	    weft_slurm_gres_is_shared_with_other(ns))
		return NULL;
	size = bit_size(ns->gres_bit_alloc);
	if (size > WEFT_GPUS_MAX ||
	    (size < WEFT_GPUS_MAX && wanted >> size) ||
	    (weft_snapshot_gpus(ns->gres_bit_alloc) & wanted))
		return NULL;
	return ns;
}

static void block_bit(struct weft_steer_node *node, int64_t bit)
{
	gres_node_state_t *ns = node->state;

	bit_set(ns->gres_bit_alloc, bit);
	bit_set(node->blocked, bit);
	node->count++;
	for (int i = 0; i < ns->topo_cnt; i++) {
		if (!ns->topo_gres_bitmap || !ns->topo_gres_bitmap[i] ||
		    bit >= bit_size(ns->topo_gres_bitmap[i]) ||
		    !bit_test(ns->topo_gres_bitmap[i], bit))
			continue;
		node->topo[i]++;
		for (int t = 0; t < ns->type_cnt; t++)
			if (ns->topo_type_id && ns->type_id &&
			    ns->topo_type_id[i] == ns->type_id[t])
				node->type[t]++;
	}
}

static void block(struct weft_steer_node *node, gres_node_state_t *ns,
		  weft_gpuset_t wanted)
{
	int64_t size = bit_size(ns->gres_bit_alloc);

	*node = (struct weft_steer_node) {
		.state = ns,
		.blocked = bit_alloc(size),
		.topo = xcalloc(ns->topo_cnt + 1, sizeof(uint64_t)),
		.type = xcalloc(ns->type_cnt + 1, sizeof(uint64_t)),
	};
	for (int64_t i = 0; i < size; i++)
		if (!bit_test(ns->gres_bit_alloc, i) && !(wanted >> i & 1))
			block_bit(node, i);
	ns->gres_cnt_alloc += node->count;
	for (int i = 0; i < ns->topo_cnt && ns->topo_gres_cnt_alloc; i++)
		ns->topo_gres_cnt_alloc[i] += node->topo[i];
	for (int t = 0; t < ns->type_cnt && ns->type_cnt_alloc; t++)
		ns->type_cnt_alloc[t] += node->type[t];
}

static void unblock(struct weft_steer_node *node)
{
	gres_node_state_t *ns = node->state;

	bit_and_not(ns->gres_bit_alloc, node->blocked);
	ns->gres_cnt_alloc -= MIN(node->count, ns->gres_cnt_alloc);
	for (int i = 0; i < ns->topo_cnt && ns->topo_gres_cnt_alloc; i++)
		ns->topo_gres_cnt_alloc[i] -=
			MIN(node->topo[i], ns->topo_gres_cnt_alloc[i]);
	for (int t = 0; t < ns->type_cnt && ns->type_cnt_alloc; t++)
		ns->type_cnt_alloc[t] -=
			MIN(node->type[t], ns->type_cnt_alloc[t]);
	xfree(ns->gres_used);	/* Slurm writes it anew when asked */
	FREE_NULL_BITMAP(node->blocked);
	xfree(node->topo);
	xfree(node->type);
}

void weft_steer_begin(struct weft_steer *steer, const struct weft_place *place,
		      uint32_t place_count)
{
	gres_node_state_t *ns;

	*steer = (struct weft_steer) { 0 };
	if (!place_count)
		return;
	steer->node = xcalloc(place_count, sizeof(*steer->node));
	for (uint32_t i = 0; i < place_count; i++) {
		if (!place[i].gpus ||
		    place[i].node_idx >= (uint32_t)node_record_count)
			continue;
		ns = steerable(place[i].node_idx, place[i].gpus);
		if (ns)
			block(&steer->node[steer->node_count++], ns,
			      place[i].gpus);
	}
}

void weft_steer_end(struct weft_steer *steer)
{
	for (uint32_t i = 0; i < steer->node_count; i++)
		unblock(&steer->node[i]);
	xfree(steer->node);
	steer->node_count = 0;
}

/* The GPUs that the job holds on its n-th node. */
static weft_gpuset_t held(job_record_t *job_ptr, uint32_t n)
{
	struct listIterator *it;
	gres_state_t *entry;
	gres_job_state_t *js;
	weft_gpuset_t set = 0;

	if (!job_ptr->gres_list_alloc)
		return 0;
	it = list_iterator_create(job_ptr->gres_list_alloc);
	while ((entry = list_next(it))) {
		js = entry->gres_data;
		if (!xstrcmp(entry->gres_name, "gpu") && js &&
		    n < js->node_cnt && js->gres_bit_alloc &&
		    js->gres_bit_alloc[n])
			set |= weft_snapshot_gpus(js->gres_bit_alloc[n]);
	}
	list_iterator_destroy(it);
	return set;
}

bool weft_steer_hit(job_record_t *job_ptr, const struct weft_place *place,
		    uint32_t place_count)
{
	uint32_t n = 0, found = 0;

	if (!job_ptr->node_bitmap)
		return false;
	for (int64_t i = 0; i < bit_size(job_ptr->node_bitmap); i++) {
		if (!bit_test(job_ptr->node_bitmap, i))
			continue;
		for (uint32_t p = 0; p < place_count; p++)
			if (place[p].node_idx == i &&
			    place[p].gpus == held(job_ptr, n))
				found++;
		n++;
	}
	return found == place_count && n == found;
}
