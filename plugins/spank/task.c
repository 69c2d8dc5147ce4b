/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task.c - see task.h
 *
 * NCCL and its like build rings in the order in which a program sees its
 * GPUs; naming them in the order of the best ring makes neighbours in rank
 * neighbours in NVLink, which helps every library that does not search for
 * itself.
 *
 * CUDA_VISIBLE_DEVICES and SLURM_STEP_GPUS (SLURM_JOB_GPUS in the batch
 * script) are written by gres/gpu in one loop, so position i of both is one
 * GPU; only that is relied upon, and the visible names are moved, never made.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sched.h>

#include <numa.h>
#include <numaif.h>

#include "plugins/spank/task.h"

enum weft_gpu_order weft_gpu_order_parse(const char *text)
{
	if (!strcmp(text, "index"))
		return WEFT_GPU_ORDER_INDEX;
	if (!strcmp(text, "numa"))
		return WEFT_GPU_ORDER_NUMA;
	return WEFT_GPU_ORDER_RING;
}

/* Cut at commas; returns the number of pieces, WEFT_GPUS_MAX + 1 if more. */
static uint32_t split(char *text, char *piece[WEFT_GPUS_MAX])
{
	uint32_t count = 0;

	while (text) {
		char *comma = strchr(text, ',');

		if (count == WEFT_GPUS_MAX)
			return WEFT_GPUS_MAX + 1;
		if (comma)
			*comma++ = '\0';
		piece[count++] = text;
		text = comma;
	}
	return count;
}

static bool read_index(const char *text, uint32_t *ret_idx)
{
	char *end;
	unsigned long idx;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	idx = strtoul(text, &end, 10);
	if (errno || *end || idx >= WEFT_GPUS_MAX)
		return false;
	*ret_idx = (uint32_t)idx;
	return true;
}

weft_gpuset_t weft_task_gpus(const char *global)
{
	char copy[1024], *piece[WEFT_GPUS_MAX];
	weft_gpuset_t set = 0;
	uint32_t count, idx;

	if (strlen(global) >= sizeof(copy) || !*global)
		return 0;
	memcpy(copy, global, strlen(global) + 1);
	count = split(copy, piece);
	for (uint32_t i = 0; i < count && count <= WEFT_GPUS_MAX; i++) {
		if (!read_index(piece[i], &idx) || set >> idx & 1)
			return 0;
		set |= UINT64_C(1) << idx;
	}
	return set;
}

/* The members of the set in the wanted order. */
static uint32_t order_gpus(const struct weft_inventory *inv,
			   enum weft_gpu_order order, weft_gpuset_t set,
			   uint32_t gpu[WEFT_GPUS_MAX])
{
	struct weft_picker *picker;
	uint32_t count = 0;

	if (order == WEFT_GPU_ORDER_RING) {
		picker = weft_picker_create(inv);
		if (picker) {
			count = weft_pick_ring(picker, set, gpu);
			weft_picker_destroy(picker);
			return count;
		}
	}
	for (int32_t numa = -1; numa < WEFT_NUMA_MAX; numa++) {
		for (uint32_t i = 0; i < inv->gpu_count; i++) {
			if (!(set >> i & 1))
				continue;
			if (order != WEFT_GPU_ORDER_NUMA ? numa == -1 :
			    inv->gpu[i].numa_idx == numa)
				gpu[count++] = i;
		}
	}
	return count;
}

static bool append(char *list, size_t size, const char *text)
{
	size_t len = strlen(list);
	int n = snprintf(list + len, size - len, "%s%s", len ? "," : "", text);

	return n > 0 && (size_t)n < size - len;
}

bool weft_task_order(const struct weft_inventory *inv, enum weft_gpu_order order,
		     const char *visible, const char *global,
		     char *ret_visible, char *ret_global, size_t size)
{
	char names[4096], numbers[1024], *name[WEFT_GPUS_MAX], *number[WEFT_GPUS_MAX];
	char out[2][4096] = { "", "" };
	uint32_t gpu[WEFT_GPUS_MAX], place[WEFT_GPUS_MAX], count, idx;
	weft_gpuset_t set = weft_task_gpus(global);

	if (!set || strlen(visible) >= sizeof(names) ||
	    (inv->gpu_count < WEFT_GPUS_MAX && set >> inv->gpu_count))
		return false;
	memcpy(names, visible, strlen(visible) + 1);
	memcpy(numbers, global, strlen(global) + 1);
	count = split(numbers, number);
	if (split(names, name) != count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (read_index(number[i], &idx))
			place[idx] = i;
	if (order_gpus(inv, order, set, gpu) != count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!append(out[0], sizeof(out[0]), name[place[gpu[i]]]) ||
		    !append(out[1], sizeof(out[1]), number[place[gpu[i]]]))
			return false;
	if (strlen(out[0]) >= size || strlen(out[1]) >= size)
		return false;
	memcpy(ret_visible, out[0], strlen(out[0]) + 1);
	memcpy(ret_global, out[1], strlen(out[1]) + 1);
	return true;
}

uint64_t weft_task_numas(const struct weft_inventory *inv, weft_gpuset_t gpus)
{
	uint64_t nodes = 0;

	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		if (!(gpus >> i & 1))
			continue;
		if (inv->gpu[i].numa_idx < 0 || inv->gpu[i].numa_idx >= 64)
			return 0;
		nodes |= UINT64_C(1) << inv->gpu[i].numa_idx;
	}
	return nodes;
}

/* The CPUs of all these nodes; NULL: no memory, or not such a machine. */
static struct bitmask *cpus_of_nodes(uint64_t numa_nodes)
{
	struct bitmask *all = numa_allocate_cpumask();
	struct bitmask *one = numa_allocate_cpumask();
	bool ok = all && one;

	for (int n = 0; ok && n < 64; n++) {
		if (!(numa_nodes >> n & 1))
			continue;
		ok = numa_node_to_cpus(n, one) == 0;
		for (unsigned int c = 0; ok && c < one->size; c++)
			if (numa_bitmask_isbitset(one, c))
				numa_bitmask_setbit(all, c);
	}
	if (one)
		numa_free_cpumask(one);
	if (all && (!ok || !numa_bitmask_weight(all))) {
		numa_free_cpumask(all);
		all = NULL;
	}
	return all;
}

static void bind_cpus(uint64_t numa_nodes)
{
	struct bitmask *mine = numa_allocate_cpumask();
	struct bitmask *local = cpus_of_nodes(numa_nodes);

	if (mine && local && numa_sched_getaffinity(0, mine) > 0 &&
	    numa_bitmask_weight(mine) >=
		    (unsigned int)numa_num_configured_cpus())
		numa_sched_setaffinity(0, local);
	if (mine)
		numa_free_cpumask(mine);
	if (local)
		numa_free_cpumask(local);
}

void weft_task_bind(uint64_t numa_nodes, bool cpus)
{
	int policy = MPOL_DEFAULT;

	if (!numa_nodes || numa_available() < 0 ||
	    63 - __builtin_clzll(numa_nodes) > numa_max_node())
		return;
	if (!(numa_nodes & (numa_nodes - 1)) &&
	    get_mempolicy(&policy, NULL, 0, NULL, 0) == 0 &&
	    policy == MPOL_DEFAULT)
		numa_set_preferred(__builtin_ctzll(numa_nodes));
	if (cpus)
		bind_cpus(numa_nodes);
}
