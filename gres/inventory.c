/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory.c - see inventory.h: creation, destruction, invariants
 *
 * weft_inventory_check() is the gate of the room: every reader ends in it, so
 * whoever receives an inventory may index its arrays and shift its bits
 * without looking again.  It names the first offender by the index that the
 * user sees (GPU 3, NIC 0).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gres/inventory.h"

struct weft_inventory *weft_inventory_create(const char *source)
{
	struct weft_inventory *inv = calloc(1, sizeof(*inv));

	if (!inv)
		return NULL;
	snprintf(inv->source, sizeof(inv->source), "%s", source);
	for (uint32_t i = 0; i < WEFT_GPUS_MAX; i++) {
		inv->gpu[i].numa_idx = inv->gpu[i].dev_minor = -1;
		for (uint32_t j = 0; j < WEFT_GPUS_MAX; j++)
			inv->path[i][j] = i == j ? WEFT_PATH_SELF
						 : WEFT_PATH_UNKNOWN;
		memset(inv->nic_path[i], WEFT_PATH_UNKNOWN,
		       sizeof(inv->nic_path[i]));
	}
	for (uint32_t i = 0; i < WEFT_NICS_MAX; i++)
		inv->nic[i].numa_idx = -1;
	return inv;
}

void weft_inventory_destroy(struct weft_inventory *inv)
{
	if (!inv)
		return;
	for (uint32_t i = 0; i < WEFT_GPUS_MAX; i++) {
		weft_idxset_destroy(inv->gpu[i].pus);
		weft_idxset_destroy(inv->gpu[i].cores);
		free(inv->gpu[i].slice);
	}
	free(inv);
}

uint32_t weft_gpu_minor(const struct weft_inventory *inv, uint32_t gpu_idx)
{
	int32_t dev_minor = inv->gpu[gpu_idx].dev_minor;

	return dev_minor < 0 ? gpu_idx : (uint32_t)dev_minor;
}

uint32_t weft_gpu_of_minor(const struct weft_inventory *inv, uint32_t dev_minor)
{
	uint32_t i = 0;

	while (i < inv->gpu_count && weft_gpu_minor(inv, i) != dev_minor)
		i++;
	return i;
}

static int check_counts(const struct weft_inventory *inv, struct weft_err *err)
{
	if (inv->gpu_count > WEFT_GPUS_MAX)
		return weft_err_set(err, EINVAL, "%u GPUs, at most %d are supported",
				    inv->gpu_count, WEFT_GPUS_MAX);
	if (inv->nic_count > WEFT_NICS_MAX)
		return weft_err_set(err, EINVAL, "%u NICs, at most %d are supported",
				    inv->nic_count, WEFT_NICS_MAX);
	if (inv->numa_count > WEFT_NUMA_MAX)
		return weft_err_set(err, EINVAL,
				    "%u NUMA nodes, at most %d are supported",
				    inv->numa_count, WEFT_NUMA_MAX);
	if (inv->pu_count > WEFT_PUS_MAX)
		return weft_err_set(err, EINVAL,
				    "%u logical CPUs, at most %d are supported",
				    inv->pu_count, WEFT_PUS_MAX);
	return 0;
}

static bool numa_ok(const struct weft_inventory *inv, int32_t numa_idx)
{
	return numa_idx >= -1 && numa_idx < (int32_t)inv->numa_count;
}

static int check_devices(const struct weft_inventory *inv, struct weft_err *err)
{
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		const struct weft_gpu *gpu = &inv->gpu[i];

		if (!numa_ok(inv, gpu->numa_idx))
			return weft_err_set(err, EINVAL,
					    "GPU %u: NUMA node %d, but the node has %u",
					    i, gpu->numa_idx, inv->numa_count);
		if (gpu->pus && gpu->pus->size != WEFT_PUS_MAX)
			return weft_err_set(err, EINVAL,
					    "GPU %u: a CPU set of %u instead of %d",
					    i, gpu->pus->size, WEFT_PUS_MAX);
		if (gpu->cores && gpu->cores->size != WEFT_PUS_MAX)
			return weft_err_set(err, EINVAL,
					    "GPU %u: a core set of %u instead of %d",
					    i, gpu->cores->size, WEFT_PUS_MAX);
		if (gpu->pus &&
		    weft_idxset_next(gpu->pus, inv->pu_count) < WEFT_PUS_MAX)
			return weft_err_set(err, EINVAL,
					    "GPU %u: CPU %u, but the node's CPUs end before %u",
					    i, weft_idxset_next(gpu->pus, inv->pu_count),
					    inv->pu_count);
	}
	for (uint32_t i = 0; i < inv->nic_count; i++)
		if (!numa_ok(inv, inv->nic[i].numa_idx))
			return weft_err_set(err, EINVAL,
					    "NIC %u: NUMA node %d, but the node has %u",
					    i, inv->nic[i].numa_idx, inv->numa_count);
	return 0;
}

/* One cell of the matrix against its mirror image. */
static int check_pair(const struct weft_inventory *inv, uint32_t i, uint32_t j,
		      struct weft_err *err)
{
	uint32_t there = inv->link_mbps[i][j], back = inv->link_mbps[j][i];
	uint8_t path = inv->path[i][j];

	if (there != back)
		return weft_err_set(err, EINVAL,
				    "the link matrix is not symmetric: GPU %u to %u has %u MB/s, %u to %u has %u",
				    i, j, there, j, i, back);
	if (path != inv->path[j][i])
		return weft_err_set(err, EINVAL,
				    "the paths are not symmetric: GPU %u and GPU %u",
				    i, j);
	if (path > WEFT_PATH_UNKNOWN || path == WEFT_PATH_SELF)
		return weft_err_set(err, EINVAL,
				    "GPU %u to %u: a path of kind %u is impossible",
				    i, j, path);
	if ((path == WEFT_PATH_LINK) != (there > 0))
		return weft_err_set(err, EINVAL,
				    "GPU %u to %u: %u MB/s of direct link, but the path says %s",
				    i, j, there,
				    path == WEFT_PATH_LINK ? "LINK" : "no link");
	return 0;
}

static int check_matrix(const struct weft_inventory *inv, struct weft_err *err)
{
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		if (inv->link_mbps[i][i] || inv->path[i][i] != WEFT_PATH_SELF)
			return weft_err_set(err, EINVAL,
					    "GPU %u is linked to itself", i);
		for (uint32_t j = 0; j < i; j++) {
			int rc = check_pair(inv, i, j, err);

			if (rc)
				return rc;
		}
		for (uint32_t j = 0; j < inv->nic_count; j++)
			if (inv->nic_path[i][j] > WEFT_PATH_UNKNOWN ||
			    inv->nic_path[i][j] == WEFT_PATH_SELF)
				return weft_err_set(err, EINVAL,
						    "GPU %u to NIC %u: a path of kind %u is impossible",
						    i, j, inv->nic_path[i][j]);
	}
	return 0;
}

int weft_inventory_check(const struct weft_inventory *inv, struct weft_err *err)
{
	int rc = check_counts(inv, err);

	if (!rc)
		rc = check_devices(inv, err);
	if (!rc)
		rc = check_matrix(inv, err);
	return rc;
}
