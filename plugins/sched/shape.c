/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape.c - see shape.h
 *
 * A queue of 100,000 jobs has a few hundred different requests, or a few
 * thousand if everybody gives another time limit.  Everything that a shape
 * depends on goes into a key of plain bytes; a hash table finds the shape of
 * an equal key.  The set of nodes (the costly part: one test of all nodes) is
 * shared by the shapes that agree in what decides it.  Texts enter the key as
 * 64-bit hashes.
 *
 * Which nodes: those of the partition, of the reservation if the job has
 * one, not excluded, and what job_req_node_filter() leaves (features and the
 * size of a node).  Features with counts ("[a*2&b*4]") or alternatives that
 * must be the same on all nodes ("[a|b]") are for Slurm's select: the shape has
 * any node that could be one of them, and is left to it.
 *
 * Cost: one hash a job, O(nodes) a different set of nodes.
 */
#include "lib/hash.h"
#include "plugins/sched/shape.h"

#define NODE_SETS 1024	/* a power of two */

/* What decides on which nodes a job may run; see add_nodes(). */
struct nodes_key {
	uint64_t part, resv, features, excluded, required;
	uint64_t pn_memory;
	uint32_t pn_cpus, tmp_disk;
	uint32_t sockets, cores, threads;
};

struct key {
	struct weft_shape shape;	/* its pointers NULL */
	struct nodes_key nodes;
	uint64_t licenses;
};

struct slot {
	uint64_t hash;
	const struct key *key;	/* in the snapshot's arena; NULL: empty */
	uint32_t shape_idx;
};

/* A job's node sets by the hash of its nodes_key; a collision makes anew. */
struct node_sets {
	struct nodes_key key;
	const struct weft_idxset *nodes, *required;
};

struct weft_shape_index {
	struct node_sets set[NODE_SETS];
	uint32_t slot_count;	/* a power of two, at most half are filled */
	struct slot slot[];
};

struct weft_shape_index *weft_shape_index_create(uint32_t job_count)
{
	struct weft_shape_index *index;
	uint32_t count = 64;

	while (count < UINT32_MAX / 4 && count < job_count * 2)
		count *= 2;
	index = calloc(1, sizeof(*index) + count * sizeof(index->slot[0]));
	if (index)
		index->slot_count = count;
	return index;
}

void weft_shape_index_destroy(struct weft_shape_index *index)
{
	free(index);
}

static uint64_t hash_text(const char *text)
{
	return text && *text ? weft_hash_text(WEFT_HASH_INIT, text) : 0;
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

/*
 * --time-min; and a job that names a deadline but no limit may run until the
 * deadline, as with Slurm's own backfill.
 */
static void read_limits(const struct weft_snapshot *snap,
			const job_record_t *job_ptr, struct weft_shape *s)
{
	time_t now = snap->cluster.now_sec;
	uint32_t left;

	s->limit_sec = limit_sec(job_ptr, job_ptr->time_limit);
	if (job_ptr->time_min && job_ptr->time_min != NO_VAL)
		s->limit_min_sec = limit_sec(job_ptr, job_ptr->time_min);
	if (s->limit_min_sec >= s->limit_sec)
		s->limit_min_sec = 0;
	if (!job_ptr->deadline || job_ptr->deadline == NO_VAL ||
	    job_ptr->time_limit != NO_VAL || s->limit_min_sec ||
	    job_ptr->deadline - now < 60 ||
	    job_ptr->deadline - now >= UINT32_MAX)
		return;
	left = (uint32_t)(job_ptr->deadline - now);
	s->limit_sec = MIN(s->limit_sec, left - left % 60);
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

/*
 * *part: more is asked of the nodes together than a set of nodes can say.
 * -ENOTSUP: nodes would be rebooted to have the features.
 */
static int look_at_features(const job_record_t *job_ptr, bool *part)
{
	struct listIterator *it;
	job_feature_t *feature;
	int rc = 0;

	if (!job_ptr->details->feature_list_use)
		return 0;
	it = list_iterator_create(job_ptr->details->feature_list_use);
	while ((feature = list_next(it))) {
		if (feature->changeable)
			rc = -ENOTSUP;
		if (feature->count ||
		    (feature->op_code != FEATURE_OP_AND &&
		     feature->op_code != FEATURE_OP_OR &&
		     feature->op_code != FEATURE_OP_END))
			*part = true;
	}
	list_iterator_destroy(it);
	return rc;
}

static int fill_key(struct weft_snapshot *snap, job_record_t *job_ptr, bool left,
		    struct key *key)
{
	const weft_slurm_details_t *d = job_ptr->details;
	struct weft_shape *s = &key->shape;
	struct nodes_key *n = &key->nodes;

	memset(key, 0, sizeof(*key));
	s->resv_idx = reservation_of(snap, job_ptr);
	if (s->resv_idx < 0 && (job_ptr->resv_name || job_ptr->resv_ptr))
		return -ENOTSUP;
	if (job_ptr->resv_ptr &&
	    (job_ptr->resv_ptr->flags &
	     (RESERVE_FLAG_FLEX | RESERVE_FLAG_ANY_NODES)))
		return -ENOTSUP;
	if (look_at_features(job_ptr, &left) || weft_request_read(snap, job_ptr, s))
		return -ENOTSUP;
	s->left = s->left || left;
	weft_request_wishes(job_ptr, s);
	s->exclusive = weft_slurm_is_exclusive(d->whole_node) ||
		d->share_res == 0 || job_ptr->part_ptr->max_share == 0;
	s->exclusive_wish = s->exclusive && job_ptr->part_ptr->max_share != 0;
	read_limits(snap, job_ptr, s);
	if (s->left)
		s->limit_min_sec = 0;	/* select gives it its full limit */
	n->part = hash_text(job_ptr->part_ptr->name);
	n->resv = job_ptr->resv_ptr ? hash_text(job_ptr->resv_ptr->name) : 0;
	n->features = hash_text(d->features_use);
	n->excluded = hash_text(d->exc_nodes);
	n->required = hash_text(d->req_nodes);
	key->licenses = hash_text(job_ptr->licenses);
	n->pn_memory = d->pn_min_memory;
	n->pn_cpus = d->pn_min_cpus;
	n->tmp_disk = d->pn_min_tmp_disk;
	if (d->mc_ptr) {
		n->sockets = d->mc_ptr->sockets_per_node;
		n->cores = d->mc_ptr->cores_per_socket;
		n->threads = d->mc_ptr->threads_per_core;
	}
	return 0;
}

static int make_sets(struct weft_snapshot *snap, job_record_t *job_ptr,
		     struct node_sets *sets)
{
	bitstr_t *nodes = bit_copy(job_ptr->part_ptr->node_bitmap);
	int rc = 0;

	sets->nodes = sets->required = NULL;
	if (job_ptr->resv_ptr && job_ptr->resv_ptr->node_bitmap)
		bit_and(nodes, job_ptr->resv_ptr->node_bitmap);
	if (job_ptr->details->exc_node_bitmap)
		bit_and_not(nodes, job_ptr->details->exc_node_bitmap);
	if (job_req_node_filter(job_ptr, nodes, true) != SLURM_SUCCESS)
		rc = -ENOTSUP;
	if (rc == 0) {
		sets->nodes = weft_snapshot_set(&snap->arena, nodes);
		if (!sets->nodes)
			rc = -ENOMEM;
	}
	if (rc == 0 && job_ptr->details->req_node_bitmap) {
		sets->required = weft_snapshot_set(
			&snap->arena, job_ptr->details->req_node_bitmap);
		if (!sets->required)
			rc = -ENOMEM;
	}
	FREE_NULL_BITMAP(nodes);
	return rc;
}

/* Thousands of shapes (each time limit is one) share a few node sets. */
static int add_nodes(struct weft_snapshot *snap, job_record_t *job_ptr,
		     const struct nodes_key *key, struct weft_shape *s)
{
	struct node_sets *sets = &snap->shape_index->set[
		weft_hash_bytes(WEFT_HASH_INIT, key, sizeof(*key)) & (NODE_SETS - 1)];
	int rc;

	if (!sets->nodes || memcmp(&sets->key, key, sizeof(*key))) {
		rc = make_sets(snap, job_ptr, sets);
		if (rc) {
			sets->nodes = NULL;
			return rc;
		}
		memcpy(&sets->key, key, sizeof(*key));
	}
	s->nodes = sets->nodes;
	s->nodes_required = sets->required;
	return 0;
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
		     const struct key *key, uint32_t *ret_shape_idx)
{
	struct weft_shape *s;
	int rc;

	s = weft_arena_grow(&snap->arena, snap->shape, snap->shape_count,
			    &snap->shape_cap, sizeof(*s));
	if (!s)
		return -ENOMEM;
	snap->shape = s;
	s = &snap->shape[snap->shape_count];
	*s = key->shape;
	rc = add_nodes(snap, job_ptr, &key->nodes, s);
	if (rc == 0)
		rc = add_licenses(snap, job_ptr, s);
	if (rc == 0)
		*ret_shape_idx = snap->shape_count++;
	return rc;
}

int weft_shape_of(struct weft_snapshot *snap, job_record_t *job_ptr, bool left,
		  uint32_t *ret_shape_idx)
{
	struct weft_shape_index *index = snap->shape_index;
	struct slot *slot;
	struct key key, *copy;
	uint64_t h, at;
	int rc = fill_key(snap, job_ptr, left, &key);

	if (rc)
		return rc;
	h = weft_hash_bytes(WEFT_HASH_INIT, &key, sizeof(key));
	for (at = h;; at++) {
		slot = &index->slot[at & (index->slot_count - 1)];
		if (!slot->key)
			break;
		if (slot->hash == h && !memcmp(slot->key, &key, sizeof(key))) {
			*ret_shape_idx = slot->shape_idx;
			return 0;
		}
	}
	if (snap->shape_count >= index->slot_count / 2)
		return -ENOTSUP;
	rc = add_shape(snap, job_ptr, &key, ret_shape_idx);
	if (rc)
		return rc;
	copy = weft_arena_alloc(&snap->arena, 1, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, &key, sizeof(key));
	*slot = (struct slot) { h, copy, *ret_shape_idx };
	return 0;
}
