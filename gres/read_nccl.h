/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_nccl.h - between read_nccl.c (devices), nccl_links.c (wires) and nccl_xml.c */
#ifndef WEFT_GRES_READ_NCCL_H
#define WEFT_GRES_READ_NCCL_H

#include <libxml/tree.h>

#include "gres/read_impl.h"

struct nccl_gpu {
	xmlNode *pci;
	xmlNode *gpu;		/* NULL: known by its class only */
	struct weft_pci address;
	uint32_t dev;		/* UINT32_MAX: not told */
};

struct nccl_work {
	const char *name;
	struct weft_inventory *inv;
	struct weft_err *err;
	struct nccl_gpu gpu[WEFT_GPUS_MAX];
	xmlNode *nic_pci[WEFT_NICS_MAX];
	uint32_t lanes[WEFT_GPUS_MAX][WEFT_GPUS_MAX];
};

/* nccl_xml.c.  Attributes: false if absent or not of that form. */
bool nccl_get_text(xmlNode *node, const char *key, char *text, size_t size);
bool nccl_get_number(xmlNode *node, const char *key, unsigned long max,
		     uint32_t *ret_number);
bool nccl_get_address(xmlNode *node, const char *key, struct weft_pci *ret_pci);
bool nccl_is_element(const xmlNode *node, const char *name);
bool nccl_is_gpu_class(uint32_t class);

int nccl_links_read(struct nccl_work *work);
void nccl_paths_read(struct nccl_work *work);

#endif
