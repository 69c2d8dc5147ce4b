/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick_tables.c - every subset of up to 16 GPUs, scored once
 *
 * A node's links never change while it runs, so all that depends on the set
 * alone is worked out at creation, and a pick is a walk down a sorted list.
 * With n GPUs and subsets as bit patterns:
 *
 * ring   The slowest hop of the best ring.  Dynamic programming over paths
 *        (Held and Karp, 1962, with min in place of the sum): a path starts
 *        at the subset's lowest GPU s, runs through all of it and ends at
 *        `last`; its worth is its slowest hop.  Dropping `last` keeps s the
 *        lowest, so shorter paths are already known when subsets are taken in
 *        numerical order.  O(2^n n^2) time: 17 million steps for n = 16.
 *        Among equally fast predecessors the one with the wider last hop
 *        wins, then the lowest index; ring_prev remembers it, so a ring can be
 *        read back without searching.
 * pairs  The sum over all pairs: the subset without its lowest GPU, plus that
 *        GPU's links.  O(2^n n).
 * left   What the subset is worth to those who come later: for k of 2, 4 and
 *        8, the greatest total of (slowest hop times k) that disjoint rings of
 *        k of its GPUs reach, added up.  The lowest GPU is either in no ring,
 *        or in one of those that contain it.  Sum over m of C(n,m) C(m-1,k-1)
 *        steps, 7 million in all for n = 16.
 *
 * The best single ring is a modest measure: a real library splits traffic
 * over several rings at once.  It orders sets the way those do wherever links
 * are of one kind, and it can be explained in one line.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gres/pick_impl.h"

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* ---- the best ring ------------------------------------------------------ */

struct ring_work {
	const struct weft_picker *picker;
	struct pick_tables *tables;
	uint32_t *path_mbps;	/* [subset * count + last] */
};

/* The best path from the subset's lowest GPU through all of it to last. */
static void extend_path(struct ring_work *work, uint32_t set, uint32_t last)
{
	uint32_t count = work->picker->count, start = pick_lowest(set);
	uint32_t shorter = set & ~(1u << last);
	uint32_t best = 0, best_hop = 0, best_prev = start;

	if (shorter == 1u << start) {
		best = work->picker->pair_mbps[start][last];
	} else {
		pick_foreach(shorter & ~(1u << start), prev) {
			uint32_t hop = work->picker->pair_mbps[prev][last];
			uint32_t mbps = min_u32(
				work->path_mbps[shorter * count + prev], hop);

			if (best_prev == start || mbps > best ||
			    (mbps == best && hop > best_hop)) {
				best = mbps;
				best_hop = hop;
				best_prev = prev;
			}
		}
	}
	work->path_mbps[set * count + last] = best;
	work->tables->ring_prev[set * count + last] = best_prev;
}

static void close_ring(struct ring_work *work, uint32_t set)
{
	uint32_t count = work->picker->count, start = pick_lowest(set);
	uint32_t best = 0, best_hop = 0, best_last = start;

	pick_foreach(set & ~(1u << start), last) {
		uint32_t hop = work->picker->pair_mbps[last][start];
		uint32_t mbps = min_u32(work->path_mbps[set * count + last], hop);

		if (best_last == start || mbps > best ||
		    (mbps == best && hop > best_hop)) {
			best = mbps;
			best_hop = hop;
			best_last = last;
		}
	}
	work->tables->ring_mbps[set] = best;
	work->tables->ring_last[set] = best_last;
}

static int fill_rings(const struct weft_picker *picker,
		      struct pick_tables *tables)
{
	size_t subsets = (size_t)1 << picker->count;
	struct ring_work work = { .picker = picker, .tables = tables };

	work.path_mbps = calloc(subsets * picker->count, sizeof(uint32_t));
	if (!work.path_mbps)
		return -ENOMEM;
	for (uint32_t set = 1; set < subsets; set++) {
		pick_foreach(set & (set - 1), last)
			extend_path(&work, set, last);
		close_ring(&work, set);
	}
	free(work.path_mbps);
	return 0;
}

/* ---- pairs -------------------------------------------------------------- */

static void fill_pairs(const struct weft_picker *picker,
		       struct pick_tables *tables)
{
	uint32_t subsets = 1u << picker->count;

	for (uint32_t set = 1; set < subsets; set++) {
		uint32_t low = pick_lowest(set), rest = set & (set - 1);
		uint32_t sum = tables->pairs_mbps[rest];

		pick_foreach(rest, other)
			sum += picker->pair_mbps[low][other];
		tables->pairs_mbps[set] = sum;
	}
}

/* ---- what a rest is worth ----------------------------------------------- */

struct pack_work {
	const uint32_t *ring_mbps;
	uint32_t *worth;	/* [subset]: best disjoint rings of size */
	uint32_t size;
	uint32_t all;		/* the subset being worked on */
};

/* The best way to finish the ring begun in set with need more out of rest. */
static uint32_t best_ring_with(const struct pack_work *work, uint32_t set,
			       uint32_t rest, uint32_t need)
{
	uint32_t best = 0;

	if (!need)
		return work->ring_mbps[set] * work->size +
		       work->worth[work->all & ~set];
	while (pick_count(rest) >= need) {
		uint32_t bit = rest & -rest, worth;

		rest &= ~bit;
		worth = best_ring_with(work, set | bit, rest, need - 1);
		if (worth > best)
			best = worth;
	}
	return best;
}

static int fill_left(const struct weft_picker *picker,
		     struct pick_tables *tables)
{
	uint32_t subsets = 1u << picker->count;
	struct pack_work work = { .ring_mbps = tables->ring_mbps };

	work.worth = calloc(subsets, sizeof(*work.worth));
	if (!work.worth)
		return -ENOMEM;
	for (work.size = 2; work.size <= 8; work.size *= 2) {
		work.worth[0] = 0;
		for (uint32_t set = 1; set < subsets; set++) {
			uint32_t rest = set & (set - 1), with;

			work.all = set;
			with = best_ring_with(&work, set & -set, rest,
					      work.size - 1);
			work.worth[set] = with > work.worth[rest] ?
					  with : work.worth[rest];
			tables->left_mbps[set] += work.worth[set];
		}
	}
	free(work.worth);
	return 0;
}

/* ---- the sorted lists --------------------------------------------------- */

struct sort_work {
	const struct weft_picker *picker;
	const uint32_t *main_mbps, *other_mbps;	/* the goal's, and the other */
};

/* Negative: a is bigger, so it stands first. */
static int compare_bandwidth(const struct sort_work *work, uint32_t a, uint32_t b)
{
	if (work->main_mbps[a] != work->main_mbps[b])
		return work->main_mbps[a] > work->main_mbps[b] ? -1 : 1;
	if (work->other_mbps[a] != work->other_mbps[b])
		return work->other_mbps[a] > work->other_mbps[b] ? -1 : 1;
	return 0;
}

static int compare_subsets(const void *a_ptr, const void *b_ptr, void *arg)
{
	uint32_t a = *(const uint16_t *)a_ptr, b = *(const uint16_t *)b_ptr;
	const struct sort_work *work = arg;
	int64_t differ = (int64_t)pick_count(a) - pick_count(b);

	if (a == b)
		return 0;
	if (!differ)
		differ = compare_bandwidth(work, a, b);
	if (!differ)
		differ = (int64_t)pick_numa_spread(work->picker, a) -
			 pick_numa_spread(work->picker, b);
	if (!differ)
		differ = (int64_t)pick_nic_distance(work->picker, a) -
			 pick_nic_distance(work->picker, b);
	if (!differ)
		return pick_before(a, b) ? -1 : 1;
	return differ < 0 ? -1 : 1;
}

static void sort_subsets(const struct weft_picker *picker,
			 struct pick_tables *tables, enum weft_pick_goal goal)
{
	bool ring = goal == WEFT_PICK_RING;
	uint32_t listed = (1u << picker->count) - 1, size = 0, class = 0;
	uint16_t *order = tables->order[goal];
	struct sort_work work = {
		.picker = picker,
		.main_mbps = ring ? tables->ring_mbps : tables->pairs_mbps,
		.other_mbps = ring ? tables->pairs_mbps : tables->ring_mbps,
	};

	for (uint32_t i = 0; i < listed; i++)
		order[i] = i + 1;
	qsort_r(order, listed, sizeof(*order), compare_subsets, &work);
	for (uint32_t i = 0; i < listed; i++) {
		if (i && compare_bandwidth(&work, order[i - 1], order[i]))
			class++;
		while (size < pick_count(order[i]))
			tables->first[goal][++size] = i;
		tables->class[goal][i] = class;
	}
	while (size <= picker->count)
		tables->first[goal][++size] = listed;
}

/* ---- creation ----------------------------------------------------------- */

void pick_tables_destroy(struct pick_tables *tables)
{
	if (!tables)
		return;
	free(tables->ring_mbps);
	free(tables->pairs_mbps);
	free(tables->left_mbps);
	free(tables->ring_prev);
	free(tables->ring_last);
	for (int goal = 0; goal < 2; goal++) {
		free(tables->order[goal]);
		free(tables->class[goal]);
	}
	free(tables);
}

static bool allocate(struct pick_tables *tables, uint32_t count)
{
	size_t subsets = (size_t)1 << count;

	tables->ring_mbps = calloc(subsets, sizeof(uint32_t));
	tables->pairs_mbps = calloc(subsets, sizeof(uint32_t));
	tables->left_mbps = calloc(subsets, sizeof(uint32_t));
	tables->ring_prev = calloc(subsets * count, 1);
	tables->ring_last = calloc(subsets, 1);
	for (int goal = 0; goal < 2; goal++) {
		tables->order[goal] = calloc(subsets, sizeof(uint16_t));
		tables->class[goal] = calloc(subsets, sizeof(uint16_t));
		if (!tables->order[goal] || !tables->class[goal])
			return false;
	}
	return tables->ring_mbps && tables->pairs_mbps && tables->left_mbps &&
	       tables->ring_prev && tables->ring_last;
}

int pick_tables_create(const struct weft_picker *picker,
		       struct pick_tables **ret_tables)
{
	struct pick_tables *tables = calloc(1, sizeof(*tables));

	if (!tables || !allocate(tables, picker->count) ||
	    fill_rings(picker, tables)) {
		pick_tables_destroy(tables);
		return -ENOMEM;
	}
	fill_pairs(picker, tables);
	if (fill_left(picker, tables)) {
		pick_tables_destroy(tables);
		return -ENOMEM;
	}
	sort_subsets(picker, tables, WEFT_PICK_RING);
	sort_subsets(picker, tables, WEFT_PICK_ALL);
	*ret_tables = tables;
	return 0;
}
