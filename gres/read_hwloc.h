/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_hwloc.h - between read_hwloc.c (devices) and hwloc_links.c (wires) */
#ifndef WEFT_GRES_READ_HWLOC_H
#define WEFT_GRES_READ_HWLOC_H

#include <hwloc.h>

#include "gres/read_impl.h"

/* An inventory being filled, and the hwloc objects that it is filled from. */
struct hwloc_work {
	hwloc_topology_t topology;
	struct weft_inventory *inv;
	hwloc_obj_t gpu[WEFT_GPUS_MAX];	/* OS device, or PCI device */
	hwloc_obj_t nic[WEFT_NICS_MAX];	/* PCI device */
};

/* Links from the distance matrices; -EINVAL if one makes no sense. */
int hwloc_links_read(struct hwloc_work *work, struct weft_err *err);
/* What lies between devices that have no direct link, and GPU to NIC. */
void hwloc_paths_read(struct hwloc_work *work);

#endif
