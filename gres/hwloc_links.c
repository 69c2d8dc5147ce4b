/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hwloc_links.c - the wires between the devices of an hwloc topology
 *
 * Links come as distance matrices over OS devices and PCI devices, in MB/s:
 * NVLinkBandwidth (NVML), XGMIBandwidth (ROCm SMI), XeLinkBandwidth (Level
 * Zero).  hwloc may hold one matrix twice; the greater value counts, once.
 * XGMIHops alone says that there is a link, not how wide: one hop then counts
 * as one xGMI link of XGMI_NOMINAL_MBPS and the note says so.
 *
 * Behind an NVSwitch the matrix has each GPU's links to the switches and 0
 * between GPUs; those are closed over here (read_close_over_switches), since
 * the switches are joined by enough links to block nobody.
 *
 * What is not linked meets on PCIe.  The kind of path is read off the tree as
 * nvidia-smi does it: the nearest common ancestor is a PCI bridge (PIX if at
 * most one more bridge lies on either side, else PXB), a host bridge (PHB), or
 * a place in the machine (NODE inside one NUMA node, else SYS).
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "gres/read_hwloc.h"

#define XGMI_NOMINAL_MBPS 50000		/* one xGMI 3 link, one direction */
#define MATRICES_MAX 16
#define OBJECTS_MAX 512

/* ---- matrices ----------------------------------------------------------- */

/* The GPU that an object of a matrix is or belongs to, or -1. */
static int find_gpu(const struct hwloc_work *work, hwloc_obj_t obj)
{
	for (uint32_t i = 0; obj && i < work->inv->gpu_count; i++)
		if (work->gpu[i] == obj)
			return (int)i;
	return -1;
}

static bool is_switch(hwloc_obj_t obj)
{
	return obj && obj->subtype && !strcmp(obj->subtype, "NVSwitch");
}

struct matrix {
	uint64_t mbps[WEFT_GPUS_MAX][WEFT_GPUS_MAX];
	uint64_t reach_mbps[WEFT_GPUS_MAX];	/* to all switches together */
	bool seen;
};

static void take_matrix(const struct hwloc_work *work,
			const struct hwloc_distances_s *dist,
			struct matrix *matrix)
{
	uint64_t reach[WEFT_GPUS_MAX] = { 0 };

	for (unsigned int a = 0; a < dist->nbobjs; a++) {
		int i = find_gpu(work, dist->objs[a]);

		for (unsigned int b = 0; i >= 0 && b < dist->nbobjs; b++) {
			uint64_t mbps = dist->values[a * dist->nbobjs + b];
			int j = find_gpu(work, dist->objs[b]);

			if (j >= 0 && j != i && mbps > matrix->mbps[i][j])
				matrix->mbps[i][j] = mbps;
			else if (j < 0 && is_switch(dist->objs[b]) &&
				 mbps < UINT32_MAX)
				reach[i] += mbps;
		}
	}
	for (uint32_t i = 0; i < WEFT_GPUS_MAX; i++)
		if (reach[i] > matrix->reach_mbps[i])
			matrix->reach_mbps[i] = reach[i];
	matrix->seen = true;
}

static void take_matrices(const struct hwloc_work *work, const char *name,
			  struct matrix *matrix)
{
	struct hwloc_distances_s *dist[MATRICES_MAX];
	unsigned int count = MATRICES_MAX;

	memset(matrix, 0, sizeof(*matrix));
	if (hwloc_distances_get_by_name(work->topology, name, &count, dist, 0))
		return;
	for (unsigned int i = 0; i < count && i < MATRICES_MAX; i++) {
		if (dist[i]->nbobjs <= OBJECTS_MAX)
			take_matrix(work, dist[i], matrix);
		hwloc_distances_release(work->topology, dist[i]);
	}
}

static int apply_bandwidth(struct hwloc_work *work, const char *name,
			   const struct matrix *matrix, struct weft_err *err)
{
	for (uint32_t i = 0; i < work->inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			uint64_t there = matrix->mbps[i][j];
			uint64_t back = matrix->mbps[j][i];

			if (there != back || there > UINT32_MAX)
				return weft_err_set(err, EINVAL,
						    "matrix %s: GPU %u to %u has %llu MB/s, back %llu: expected the same, below 2^32",
						    name, i, j,
						    (unsigned long long)there,
						    (unsigned long long)back);
			read_add_link(work->inv, i, j, there);
		}
	read_close_over_switches(work->inv, matrix->reach_mbps);
	return 0;
}

static void apply_hops(struct hwloc_work *work, const struct matrix *matrix)
{
	bool any = false;

	for (uint32_t i = 0; i < work->inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (matrix->mbps[i][j] == 1 && matrix->mbps[j][i] == 1) {
				read_add_link(work->inv, i, j,
					      XGMI_NOMINAL_MBPS);
				any = true;
			}
	if (any)
		read_note(work->inv,
			  "xGMI links are known, not their width: counted as %d MB/s each",
			  XGMI_NOMINAL_MBPS);
}

int hwloc_links_read(struct hwloc_work *work, struct weft_err *err)
{
	static const char *const names[] = {
		"NVLinkBandwidth", "XGMIBandwidth", "XeLinkBandwidth",
	};
	struct matrix matrix;
	bool xgmi = false;
	int rc;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		take_matrices(work, names[i], &matrix);
		if (!matrix.seen)
			continue;
		if (names[i][1] == 'G')
			xgmi = true;
		rc = apply_bandwidth(work, names[i], &matrix, err);
		if (rc)
			return rc;
	}
	if (!xgmi) {
		take_matrices(work, "XGMIHops", &matrix);
		apply_hops(work, &matrix);
	}
	return 0;
}

/* ---- paths -------------------------------------------------------------- */

static bool is_ancestor(hwloc_obj_t above, hwloc_obj_t obj)
{
	for (; obj; obj = obj->parent)
		if (obj == above)
			return true;
	return false;
}

/* Bridges strictly between a device and its ancestor. */
static unsigned int bridges_below(hwloc_obj_t above, hwloc_obj_t obj)
{
	unsigned int count = 0;

	for (obj = obj->parent; obj && obj != above; obj = obj->parent)
		count += obj->type == HWLOC_OBJ_BRIDGE;
	return count;
}

/* An OS device stands where its PCI device does, if it has one. */
static hwloc_obj_t place_of(hwloc_obj_t obj)
{
	if (obj->type == HWLOC_OBJ_OS_DEVICE && obj->parent &&
	    obj->parent->type == HWLOC_OBJ_PCI_DEVICE)
		return obj->parent;
	return obj;
}

static enum weft_path path_between(hwloc_obj_t a, int32_t a_numa,
				   hwloc_obj_t b, int32_t b_numa)
{
	hwloc_obj_t common;

	a = place_of(a);
	b = place_of(b);
	if (a == b)
		return WEFT_PATH_PIX;	/* parts of one card */
	common = a->parent;
	while (common && !is_ancestor(common, b))
		common = common->parent;
	if (!common)
		return WEFT_PATH_UNKNOWN;
	if (common->type == HWLOC_OBJ_BRIDGE) {
		if (common->attr->bridge.upstream_type == HWLOC_OBJ_BRIDGE_HOST)
			return WEFT_PATH_PHB;
		return bridges_below(common, a) <= 1 &&
		       bridges_below(common, b) <= 1 ?
		       WEFT_PATH_PIX : WEFT_PATH_PXB;
	}
	if (a_numa < 0 || b_numa < 0)
		return WEFT_PATH_UNKNOWN;
	return a_numa == b_numa ? WEFT_PATH_NODE : WEFT_PATH_SYS;
}

void hwloc_paths_read(struct hwloc_work *work)
{
	struct weft_inventory *inv = work->inv;

	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (inv->link_mbps[i][j])
				continue;
			inv->path[i][j] = path_between(
				work->gpu[i], inv->gpu[i].numa_idx,
				work->gpu[j], inv->gpu[j].numa_idx);
			inv->path[j][i] = inv->path[i][j];
		}
		for (uint32_t j = 0; j < inv->nic_count; j++)
			inv->nic_path[i][j] = path_between(
				work->gpu[i], inv->gpu[i].numa_idx,
				work->nic[j], inv->nic[j].numa_idx);
	}
}
