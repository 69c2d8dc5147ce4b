/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape.c - see shape.h
 *
 * A queue of 100,000 jobs has a few hundred different requests.  Everything
 * that a shape depends on goes into a key of plain bytes; a hash table finds
 * the shape of an equal key, and the set of nodes (the costly part: one test
 * of all nodes) is made once a shape.  Texts enter the key as 64-bit hashes.
 *
 * Which nodes: those of the partition, of the reservation if the job has
 * one, not excluded, and what job_req_node_filter() leaves (features and the
 * size of a node).  Features with counts ("[a*2&b*4]") or alternatives that
 * must be the same on all nodes ("[a|b]") go to Slurm's select.
 *
 * Cost: one hash a job, O(nodes) a shape.
 */
#include "plugins/sched/shape.h"

#define SLOTS 4096	/* a power of two; at most half are filled */

struct key {
	struct weft_shape shape;	/* its pointers NULL */
	const void *part, *resv;
	uint64_t features, excluded, required, licenses;
	uint64_t pn_memory;
	uint32_t pn_cpus, tmp_disk;
	uint16_t sockets, cores, threads;
};

struct slot {
	struct key key;
	uint32_t shape_idx;	/* + 1; 0: empty */
};

struct weft_shape_index {
	struct slot slot[SLOTS];
};

struct weft_shape_index *weft_shape_index_create(void)
{
	return calloc(1, sizeof(struct weft_shape_index));
}

void weft_shape_index_destroy(struct weft_shape_index *index)
{
	free(index);
}

/* FNV-1a */
static uint64_t hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t hash_text(const char *text)
{
	return text && *text ? hash(text, strlen(text)) : 0;
}

/* The minutes that Slurm would give it, in seconds. */
static uint32_t limit_sec(const job_record_t *job_ptr, uint32_t minutes)
{
	const part_record_t *part = job_ptr->part_ptr;

	if (minutes == NO_VAL)
		minutes = part->default_time != NO_VAL ? part->default_time :
			part->max_time;
	if (minutes == INFINITE || minutes >= UINT32_MAX / 60)
		return UINT32_MAX;
	return MAX(minutes * 60, 60);
}

static int32_t reservation_of(const struct weft_snapshot *snap,
			      const job_record_t *job_ptr)
{
	const char *name = job_ptr->resv_ptr ? job_ptr->resv_ptr->name :
		job_ptr->resv_name;

	for (uint32_t i = 0; name && i < snap->cluster.resv_count; i++)
		if (!xstrcmp(snap->cluster.resv[i].name, name))
			return (int32_t)i;
	return -1;
}

static bool features_are_plain(const job_record_t *job_ptr)
{
	struct listIterator *it;
	job_feature_t *feature;
	bool plain = true;

	if (!job_ptr->details->feature_list_use)
		return true;
	it = list_iterator_create(job_ptr->details->feature_list_use);
	while ((feature = list_next(it)))
		if (feature->count || feature->changeable ||
		    (feature->op_code != FEATURE_OP_AND &&
		     feature->op_code != FEATURE_OP_OR &&
		     feature->op_code != FEATURE_OP_END))
			plain = false;
	list_iterator_destroy(it);
	return plain;
}

static int fill_key(struct weft_snapshot *snap, job_record_t *job_ptr,
		    struct key *key)
{
	const weft_slurm_details_t *d = job_ptr->details;
	struct weft_shape *s = &key->shape;

	memset(key, 0, sizeof(*key));
	s->resv_idx = reservation_of(snap, job_ptr);
	if (s->resv_idx < 0 && (job_ptr->resv_name || job_ptr->resv_ptr))
		return -ENOTSUP;
	if (job_ptr->resv_ptr &&
	    (job_ptr->resv_ptr->flags &
	     (RESERVE_FLAG_FLEX | RESERVE_FLAG_ANY_NODES)))
		return -ENOTSUP;
	if (!features_are_plain(job_ptr))
		return -ENOTSUP;
	if (weft_request_read(snap, job_ptr, s))
		return -ENOTSUP;
	weft_request_wishes(job_ptr, s);
	s->exclusive = weft_slurm_is_exclusive(d->whole_node) ||
		d->share_res == 0 || job_ptr->part_ptr->max_share == 0;
	s->limit_sec = limit_sec(job_ptr, job_ptr->time_limit);
	s->limit_min_sec = 0;
	key->part = job_ptr->part_ptr;
	key->resv = job_ptr->resv_ptr;
	key->features = hash_text(d->features_use);
	key->excluded = hash_text(d->exc_nodes);
	key->required = hash_text(d->req_nodes);
	key->licenses = hash_text(job_ptr->licenses);
	key->pn_memory = d->pn_min_memory;
	key->pn_cpus = d->pn_min_cpus;
	key->tmp_disk = d->pn_min_tmp_disk;
	if (d->mc_ptr) {
		key->sockets = d->mc_ptr->sockets_per_node;
		key->cores = d->mc_ptr->cores_per_socket;
		key->threads = d->mc_ptr->threads_per_core;
	}
	return 0;
}

static int add_nodes(struct weft_snapshot *snap, job_record_t *job_ptr,
		     struct weft_shape *s)
{
	bitstr_t *nodes = bit_copy(job_ptr->part_ptr->node_bitmap);
	int rc = 0;

	if (job_ptr->resv_ptr && job_ptr->resv_ptr->node_bitmap)
		bit_and(nodes, job_ptr->resv_ptr->node_bitmap);
	if (job_ptr->details->exc_node_bitmap)
		bit_and_not(nodes, job_ptr->details->exc_node_bitmap);
	if (job_req_node_filter(job_ptr, nodes, true) != SLURM_SUCCESS)
		rc = -ENOTSUP;
	if (rc == 0) {
		s->nodes = weft_snapshot_set(&snap->arena, nodes);
		if (!s->nodes)
			rc = -ENOMEM;
	}
	if (rc == 0 && job_ptr->details->req_node_bitmap) {
		s->nodes_required = weft_snapshot_set(
			&snap->arena, job_ptr->details->req_node_bitmap);
		if (!s->nodes_required)
			rc = -ENOMEM;
	}
	FREE_NULL_BITMAP(nodes);
	return rc;
}

static int add_licenses(struct weft_snapshot *snap, job_record_t *job_ptr,
			struct weft_shape *s)
{
	struct listIterator *it;
	struct weft_license_use *use;
	licenses_t *lic;
	uint32_t count;

	if (!job_ptr->license_list)
		return 0;
	count = (uint32_t)list_count(job_ptr->license_list);
	use = weft_arena_alloc(&snap->arena, count, sizeof(*use));
	if (!use)
		return -ENOMEM;
	s->license = use;
	it = list_iterator_create(job_ptr->license_list);
	while ((lic = list_next(it)) && s->license_count < count) {
		use[s->license_count].license_idx =
			weft_snapshot_license(snap, lic->name);
		if (use[s->license_count].license_idx == UINT32_MAX)
			continue;
		use[s->license_count++].count = lic->total;
	}
	list_iterator_destroy(it);
	return 0;
}

static int add_shape(struct weft_snapshot *snap, job_record_t *job_ptr,
		     const struct weft_shape *like, uint32_t *ret_shape_idx)
{
	struct weft_shape *more;
	uint32_t cap;
	int rc;

	if (snap->shape_count == SLOTS / 2)
		return -ENOTSUP;
	if (snap->shape_count == snap->shape_cap) {
		cap = snap->shape_cap ? snap->shape_cap * 2 : 64;
		more = weft_arena_alloc(&snap->arena, cap, sizeof(*more));
		if (!more)
			return -ENOMEM;
		if (snap->shape_count)
			memcpy(more, snap->shape,
			       snap->shape_count * sizeof(*more));
		snap->shape = more;
		snap->shape_cap = cap;
	}
	snap->shape[snap->shape_count] = *like;
	rc = add_nodes(snap, job_ptr, &snap->shape[snap->shape_count]);
	if (rc == 0)
		rc = add_licenses(snap, job_ptr,
				  &snap->shape[snap->shape_count]);
	if (rc == 0)
		*ret_shape_idx = snap->shape_count++;
	return rc;
}

int weft_shape_of(struct weft_snapshot *snap, job_record_t *job_ptr,
		  uint32_t *ret_shape_idx)
{
	struct slot *slot;
	struct key key;
	uint64_t at;
	int rc = fill_key(snap, job_ptr, &key);

	if (rc)
		return rc;
	for (at = hash(&key, sizeof(key));; at++) {
		slot = &snap->shape_index->slot[at % SLOTS];
		if (!slot->shape_idx)
			break;
		if (!memcmp(&slot->key, &key, sizeof(key))) {
			*ret_shape_idx = slot->shape_idx - 1;
			return 0;
		}
	}
	rc = add_shape(snap, job_ptr, &key.shape, ret_shape_idx);
	if (rc)
		return rc;
	memcpy(&slot->key, &key, sizeof(key));
	slot->shape_idx = *ret_shape_idx + 1;
	return 0;
}
