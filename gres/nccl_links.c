/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nccl_links.c - the wires in a topology file of NCCL or RCCL
 *
 * A link says how many lanes go to which PCI address.  An address with an
 * NVSwitch's class is closed over, a CPU's (POWER) is passed over, one that is
 * nowhere in the file belongs to a GPU that vanished (noted), and one that is
 * the GPU itself comes from a virtual machine that hides the peer (noted).
 * Lanes must be the same in both directions.
 *
 * Width of a lane: NVLink by the GPU's compute capability (sm), xGMI by its
 * gcn.  Paths as nvidia-smi has them: PIX through one switch, PXB through
 * more, PHB through the CPU, SYS between CPUs.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gres/read_nccl.h"

#define LANES_MAX 64		/* in one link element */

/* ---- links -------------------------------------------------------------- */

static uint32_t nvlink_lane_mbps(uint32_t sm)
{
	if (sm < 70)
		return read_nvlink_mbps(1);
	if (sm == 86 || sm == 89)
		return 14062;	/* NVLink 3 bridges: four lanes of 56.25 GB/s */
	return read_nvlink_mbps(sm < 80 ? 2 : sm < 90 ? 3 : sm < 100 ? 4 : 5);
}

/* gcn is "906" or "gfx942": MI50 and MI100, MI200, MI300. */
static uint32_t xgmi_lane_mbps(xmlNode *gpu)
{
	char text[16] = "";
	unsigned long gcn;

	nccl_get_text(gpu, "gcn", text, sizeof(text));
	gcn = strtoul(text + strcspn(text, "0123456789"), NULL, 10);
	return gcn < 910 ? 46000 : gcn < 940 ? 50000 : 64000;
}

static int find_address(const struct nccl_work *work, const struct weft_pci *pci)
{
	for (uint32_t i = 0; i < work->inv->gpu_count; i++)
		if (!weft_pci_compare(&work->gpu[i].address, pci))
			return (int)i;
	return -1;
}

static int take_link(struct nccl_work *work, uint32_t i, xmlNode *link,
		     uint32_t *ret_switch_lanes)
{
	struct weft_pci target;
	uint32_t lanes, class = 0;
	char text[WEFT_PCI_SIZE];
	int j;

	if (!nccl_get_address(link, "target", &target) ||
	    !nccl_get_number(link, "count", LANES_MAX, &lanes))
		return weft_err_set(work->err, EINVAL,
				    "%s:%ld: <%s>: expected target, a PCI address, and count, at most %d",
				    work->name, xmlGetLineNo(link),
				    (const char *)link->name, LANES_MAX);
	nccl_get_number(link, "tclass", 0xffffff, &class);
	j = find_address(work, &target);
	if (j == (int)i) {
		read_note(work->inv, "links that lead back to their own GPU are left out");
	} else if (j >= 0) {
		work->lanes[i][j] += lanes;
	} else if (class >> 8 == 0x0680) {
		*ret_switch_lanes += lanes;
	} else if (nccl_is_gpu_class(class)) {
		weft_pci_format(&target, text);
		read_note(work->inv, "a link leads to a GPU at %s, which is not there",
			  text);
	}
	return 0;
}

static int take_links(struct nccl_work *work, uint32_t i, const char *element,
		      uint32_t *ret_switch_lanes)
{
	xmlNode *gpu = work->gpu[i].gpu;
	uint32_t count = 0;
	int rc = 0;

	for (xmlNode *link = gpu ? gpu->children : NULL; !rc && link;
	     link = link->next) {
		if (!nccl_is_element(link, element))
			continue;
		if (++count > WEFT_GPUS_MAX)
			return weft_err_set(work->err, EINVAL,
					    "%s:%ld: more than %d links",
					    work->name, xmlGetLineNo(link),
					    WEFT_GPUS_MAX);
		rc = take_link(work, i, link, ret_switch_lanes);
	}
	return rc;
}

static int apply_lanes(struct nccl_work *work, const uint32_t *lane_mbps)
{
	struct weft_inventory *inv = work->inv;

	for (uint32_t i = 0; i < inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			uint32_t there = work->lanes[i][j];
			uint32_t back = work->lanes[j][i];
			uint32_t mbps = lane_mbps[i] < lane_mbps[j] ?
					lane_mbps[i] : lane_mbps[j];

			if (there != back)
				return weft_err_set(work->err, EINVAL,
						    "%s: %u lanes from GPU %u to %u but %u back: expected the same",
						    work->name, there, i, j, back);
			read_add_link(inv, i, j, (uint64_t)there * mbps);
		}
	return 0;
}

int nccl_links_read(struct nccl_work *work)
{
	struct weft_inventory *inv = work->inv;
	uint64_t reach_mbps[WEFT_GPUS_MAX] = { 0 };
	uint32_t lane_mbps[WEFT_GPUS_MAX];
	int rc;

	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		uint32_t sm = 0, switch_lanes = 0, ignored = 0;
		xmlNode *gpu = work->gpu[i].gpu;

		if (gpu)
			nccl_get_number(gpu, "sm", 1000, &sm);
		lane_mbps[i] = gpu && xmlHasProp(gpu, BAD_CAST "gcn") ?
			       xgmi_lane_mbps(gpu) : nvlink_lane_mbps(sm);
		rc = take_links(work, i, "nvlink", &switch_lanes);
		if (!rc)
			rc = take_links(work, i, "xgmi", &ignored);
		if (rc)
			return rc;
		reach_mbps[i] = (uint64_t)switch_lanes * lane_mbps[i];
	}
	rc = apply_lanes(work, lane_mbps);
	if (rc)
		return rc;
	read_close_over_switches(inv, reach_mbps);
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		if (work->gpu[i].gpu)
			return 0;
	read_note(inv, "the file holds the PCI tree only: links are not known");
	return 0;
}

/* ---- paths -------------------------------------------------------------- */

static bool is_above(const xmlNode *above, const xmlNode *node)
{
	for (; node; node = node->parent)
		if (node == above)
			return true;
	return false;
}

static uint32_t switches_below(const xmlNode *above, const xmlNode *pci)
{
	uint32_t count = 0;

	for (pci = pci->parent; pci && pci != above; pci = pci->parent)
		count++;
	return count;
}

static enum weft_path path_between(xmlNode *a, xmlNode *b)
{
	xmlNode *common = a->parent;

	if (a == b)
		return WEFT_PATH_PIX;
	while (common && !is_above(common, b))
		common = common->parent;
	if (nccl_is_element(common, "cpu"))
		return WEFT_PATH_PHB;
	if (!nccl_is_element(common, "pci"))
		return WEFT_PATH_SYS;
	return switches_below(common, a) <= 1 && switches_below(common, b) <= 1 ?
	       WEFT_PATH_PIX : WEFT_PATH_PXB;
}

void nccl_paths_read(struct nccl_work *work)
{
	struct weft_inventory *inv = work->inv;

	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		for (uint32_t j = 0; j < i; j++)
			if (!inv->link_mbps[i][j])
				inv->path[i][j] = inv->path[j][i] =
					path_between(work->gpu[i].pci,
						     work->gpu[j].pci);
		for (uint32_t j = 0; j < inv->nic_count; j++)
			inv->nic_path[i][j] = path_between(work->gpu[i].pci,
							   work->nic_pci[j]);
	}
}
