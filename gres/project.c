/* SPDX-License-Identifier: GPL-2.0-or-later */
/* project.c - see project.h */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gres/project.h"

static int check_indices(const struct weft_inventory *inv,
			 const uint32_t *gpu_idx, uint32_t count,
			 struct weft_err *err)
{
	weft_gpuset_t seen = 0;

	if (count > WEFT_GPUS_MAX)
		return weft_err_set(err, EINVAL, "%u GPUs, at most %u are known",
				    count, WEFT_GPUS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		if (gpu_idx[i] == WEFT_GPU_UNKNOWN)
			continue;
		if (gpu_idx[i] >= inv->gpu_count || seen >> gpu_idx[i] & 1)
			return weft_err_set(err, EINVAL,
					    "GPU %u is not there or named twice",
					    gpu_idx[i]);
		seen |= UINT64_C(1) << gpu_idx[i];
	}
	return 0;
}

static void project_pair(const struct weft_inventory *inv,
			 struct weft_inventory *out, const uint32_t *gpu_idx,
			 uint32_t i, uint32_t j)
{
	if (i == j) {
		out->path[i][i] = WEFT_PATH_SELF;
	} else if (gpu_idx[i] == WEFT_GPU_UNKNOWN ||
		   gpu_idx[j] == WEFT_GPU_UNKNOWN) {
		out->path[i][j] = WEFT_PATH_UNKNOWN;
	} else {
		out->path[i][j] = inv->path[gpu_idx[i]][gpu_idx[j]];
		out->link_mbps[i][j] = inv->link_mbps[gpu_idx[i]][gpu_idx[j]];
	}
}

static void project_gpu(const struct weft_inventory *inv,
			struct weft_inventory *out, uint32_t i, uint32_t gpu)
{
	if (gpu == WEFT_GPU_UNKNOWN) {
		memset(out->nic_path[i], WEFT_PATH_UNKNOWN,
		       sizeof(out->nic_path[i]));
		return;
	}
	out->gpu[i] = inv->gpu[gpu];
	out->gpu[i].pus = NULL;
	out->gpu[i].cores = NULL;
	out->gpu[i].slice = NULL;	/* the scheduler places whole GPUs */
	out->gpu[i].slice_count = 0;
	if (inv->gpu[gpu].pus)
		out->gpu[i].pus = weft_idxset_dup(inv->gpu[gpu].pus);
	memcpy(out->nic_path[i], inv->nic_path[gpu], sizeof(out->nic_path[i]));
}

int weft_inventory_project(const struct weft_inventory *inv,
			   const uint32_t *gpu_idx, uint32_t count,
			   struct weft_inventory **ret_inv,
			   struct weft_err *err)
{
	struct weft_inventory *out;
	int rc = check_indices(inv, gpu_idx, count, err);

	if (rc)
		return rc;
	out = weft_inventory_create(inv->source);
	if (!out)
		return weft_err_set(err, ENOMEM, "out of memory");
	memcpy(out->host, inv->host, sizeof(out->host));
	memcpy(out->domain, inv->domain, sizeof(out->domain));
	memcpy(out->note, inv->note, sizeof(out->note));
	memcpy(out->nic, inv->nic, sizeof(out->nic));
	out->nic_count = inv->nic_count;
	out->numa_count = inv->numa_count;
	out->pu_count = inv->pu_count;
	out->gpu_count = count;
	for (uint32_t i = 0; i < count; i++) {
		project_gpu(inv, out, i, gpu_idx[i]);
		for (uint32_t j = 0; j < count; j++)
			project_pair(inv, out, gpu_idx, i, j);
	}
	*ret_inv = out;
	return 0;
}
