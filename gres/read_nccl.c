/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read_nccl.c - the topology file of NCCL and RCCL
 *
 * What NCCL_TOPO_DUMP_FILE writes and NCCL_TOPO_FILE reads: a <system> of
 * <cpu> (a NUMA node), in it nested <pci>, in those <gpu> with <nvlink> or
 * <xgmi>, and <nic> with <net>.  Clouds ship files that hold the PCI tree
 * alone; GPUs and NICs are then known by their PCI class.
 *
 * Order: the driver's number (dev=) if every GPU has a different one, else PCI
 * order.  Links and paths: nccl_links.c.
 *
 * libxml2 parses, without network, DTD or entities: a file with a DOCTYPE is
 * refused.  Virtual interfaces (a <nic> straight below a <cpu>) are no NIC.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "gres/read_nccl.h"

#define NCCL_FILE_LIMIT (1u << 20)
#define DEPTH_MAX 32

static xmlNode *first_child(xmlNode *node, const char *name)
{
	for (xmlNode *child = node->children; child; child = child->next)
		if (nccl_is_element(child, name))
			return child;
	return NULL;
}

/* ---- finding devices ---------------------------------------------------- */

static int add_gpu(struct nccl_work *work, xmlNode *pci)
{
	struct nccl_gpu *gpu = &work->gpu[work->inv->gpu_count];

	if (work->inv->gpu_count == WEFT_GPUS_MAX)
		return weft_err_set(work->err, EINVAL,
				    "%s:%ld: more than %d GPUs", work->name,
				    xmlGetLineNo(pci), WEFT_GPUS_MAX);
	gpu->pci = pci;
	gpu->gpu = first_child(pci, "gpu");
	gpu->dev = UINT32_MAX;
	if (!nccl_get_address(pci, "busid", &gpu->address))
		return weft_err_set(work->err, EINVAL,
				    "%s:%ld: a GPU without a busid such as \"0000:1b:00.0\"",
				    work->name, xmlGetLineNo(pci));
	if (gpu->gpu)
		nccl_get_number(gpu->gpu, "dev", WEFT_GPUS_MAX * 16, &gpu->dev);
	work->inv->gpu_count++;
	return 0;
}

static int add_nic(struct nccl_work *work, xmlNode *pci, xmlNode *net)
{
	struct weft_nic *nic = &work->inv->nic[work->inv->nic_count];
	char name[sizeof(nic->name)];

	if (work->inv->nic_count == WEFT_NICS_MAX)
		return weft_err_set(work->err, EINVAL,
				    "%s:%ld: more than %d NICs", work->name,
				    xmlGetLineNo(pci), WEFT_NICS_MAX);
	nccl_get_address(pci, "busid", &nic->pci);
	if (!net || !nccl_get_text(net, "name", name, sizeof(name)))
		weft_pci_format(&nic->pci, name);
	weft_field_set(nic->name, sizeof(nic->name), name);
	if (net)
		nccl_get_number(net, "speed", UINT32_MAX, &nic->speed_mbps);
	work->nic_pci[work->inv->nic_count++] = pci;
	return 0;
}

static int add_nets(struct nccl_work *work, xmlNode *pci)
{
	xmlNode *nic = first_child(pci, "nic");
	int rc = 0;

	if (!nic)
		return add_nic(work, pci, NULL);
	for (xmlNode *net = nic->children; !rc && net; net = net->next)
		if (nccl_is_element(net, "net"))
			rc = add_nic(work, pci, net);
	return rc;
}

static int find_devices(struct nccl_work *work, xmlNode *node, int depth)
{
	uint32_t class = 0;
	int rc = 0;

	if (depth > DEPTH_MAX)
		return weft_err_set(work->err, EINVAL,
				    "%s:%ld: nested deeper than %d", work->name,
				    xmlGetLineNo(node), DEPTH_MAX);
	if (nccl_is_element(node, "pci")) {
		nccl_get_number(node, "class", 0xffffff, &class);
		if (first_child(node, "gpu") || nccl_is_gpu_class(class))
			rc = add_gpu(work, node);
		else if (first_child(node, "nic") || class >> 16 == 0x02)
			rc = add_nets(work, node);
	}
	for (xmlNode *child = node->children; !rc && child; child = child->next)
		if (nccl_is_element(child, "pci") || nccl_is_element(child, "cpu"))
			rc = find_devices(work, child, depth + 1);
	return rc;
}

/* ---- order -------------------------------------------------------------- */

static bool all_numbered(const struct nccl_work *work)
{
	for (uint32_t i = 0; i < work->inv->gpu_count; i++) {
		if (work->gpu[i].dev == UINT32_MAX)
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (work->gpu[i].dev == work->gpu[j].dev)
				return false;
	}
	return true;
}

static void sort_gpus(struct nccl_work *work)
{
	bool by_number = all_numbered(work);

	for (uint32_t i = 1; i < work->inv->gpu_count; i++) {
		struct nccl_gpu moved = work->gpu[i];
		uint32_t at = i;

		for (; at; at--) {
			const struct nccl_gpu *before = &work->gpu[at - 1];

			if (by_number ? before->dev <= moved.dev :
			    weft_pci_compare(&before->address, &moved.address) <= 0)
				break;
			work->gpu[at] = *before;
		}
		work->gpu[at] = moved;
	}
	if (!by_number)
		read_note(work->inv, "GPUs in PCI order: the file does not number them");
}

/* ---- describing --------------------------------------------------------- */

static xmlNode *cpu_of(xmlNode *node)
{
	while (node && !nccl_is_element(node, "cpu"))
		node = node->parent;
	return node;
}

static int describe_place(struct nccl_work *work, xmlNode *pci,
			  int32_t *ret_numa_idx, struct weft_idxset **ret_pus)
{
	char mask[2 * WEFT_PUS_MAX];
	xmlNode *cpu = cpu_of(pci);
	uint32_t numa;
	int rc;

	if (!cpu)
		return 0;
	if (nccl_get_number(cpu, "numaid", WEFT_NUMA_MAX - 1, &numa)) {
		*ret_numa_idx = (int32_t)numa;
		if (numa >= work->inv->numa_count)
			work->inv->numa_count = numa + 1;
	}
	if (!ret_pus || !nccl_get_text(cpu, "affinity", mask, sizeof(mask)))
		return 0;
	rc = weft_cpumask_parse(mask, ret_pus);
	if (rc)
		return weft_err_set(work->err, -rc,
				    "%s:%ld: affinity: expected words of hexadecimal digits, CPUs below %d",
				    work->name, xmlGetLineNo(cpu), WEFT_PUS_MAX);
	weft_idxset_foreach(*ret_pus, pu)
		if (pu >= work->inv->pu_count)
			work->inv->pu_count = pu + 1;
	return 0;
}

static const struct {
	uint16_t vendor, device;
	const char *model;
} models[] = {
	{ 0x10de, 0x15f9, "P100-SXM2-16GB" },
	{ 0x10de, 0x1db1, "V100-SXM2-16GB" },
	{ 0x10de, 0x1db5, "V100-SXM2-32GB" },
	{ 0x10de, 0x1db8, "V100-SXM3-32GB" },
	{ 0x10de, 0x20b0, "A100-SXM4-40GB" },
	{ 0x10de, 0x20b2, "A100-SXM4-80GB" },
	{ 0x10de, 0x2330, "H100-SXM5-80GB" },
	{ 0x10de, 0x2335, "H200-SXM5-141GB" },
	{ 0x10de, 0x2901, "B200" },
	{ 0x1002, 0x738c, "MI100" },
	{ 0x1002, 0x7408, "MI250X" },
	{ 0x1002, 0x740c, "MI250X" },
	{ 0x1002, 0x740f, "MI210" },
	{ 0x1002, 0x74a0, "MI300A" },
	{ 0x1002, 0x74a1, "MI300X" },
	{ 0x1002, 0x74b5, "MI300X" },
};

static void describe_model(xmlNode *pci, struct weft_gpu *gpu)
{
	uint32_t vendor, device;

	if (!nccl_get_number(pci, "vendor", 0xffff, &vendor) ||
	    !nccl_get_number(pci, "device", 0xffff, &device))
		return;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (models[i].vendor == vendor && models[i].device == device)
			weft_field_set(gpu->model, sizeof(gpu->model),
				       models[i].model);
	weft_gpu_type(gpu->model, gpu->type, sizeof(gpu->type));
}

static int describe_all(struct nccl_work *work)
{
	struct weft_inventory *inv = work->inv;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < inv->gpu_count; i++) {
		inv->gpu[i].pci = work->gpu[i].address;
		describe_model(work->gpu[i].pci, &inv->gpu[i]);
		rc = describe_place(work, work->gpu[i].pci,
				    &inv->gpu[i].numa_idx, &inv->gpu[i].pus);
	}
	for (uint32_t i = 0; !rc && i < inv->nic_count; i++)
		rc = describe_place(work, work->nic_pci[i],
				    &inv->nic[i].numa_idx, NULL);
	return rc;
}

/* ---- the whole ---------------------------------------------------------- */

static int fill(struct nccl_work *work, xmlDoc *doc)
{
	xmlNode *root = xmlDocGetRootElement(doc);
	int rc;

	if (xmlGetIntSubset(doc))
		return weft_err_set(work->err, EINVAL,
				    "%s: a DOCTYPE has no place in a topology",
				    work->name);
	if (nccl_is_element(root, "graphs"))
		return weft_err_set(work->err, EINVAL,
				    "%s: an NCCL graph, which holds rings and no devices: expected the topology (NCCL_TOPO_DUMP_FILE)",
				    work->name);
	if (!nccl_is_element(root, "system"))
		return weft_err_set(work->err, EINVAL,
				    "%s: no NCCL topology: expected a <system> element",
				    work->name);
	rc = find_devices(work, root, 0);
	if (!rc && !work->inv->gpu_count)
		rc = weft_err_set(work->err, EINVAL,
				  "%s: no GPU in it: expected <gpu> elements, or <pci> with a GPU's class",
				  work->name);
	if (rc)
		return rc;
	sort_gpus(work);
	rc = describe_all(work);
	if (!rc)
		rc = nccl_links_read(work);
	if (!rc)
		nccl_paths_read(work);
	return rc;
}

static int parse(const char *name, const char *text, size_t len,
		 xmlDoc **ret_doc, struct weft_err *err)
{
	int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
		      XML_PARSE_NOBLANKS;
	xmlParserCtxt *ctxt = xmlNewParserCtxt();
	xmlDoc *doc;
	int rc = 0;

	if (!ctxt)
		return weft_err_set(err, ENOMEM, "%s: out of memory", name);
	doc = xmlCtxtReadMemory(ctxt, text, (int)len, NULL, NULL, options);
	if (!doc) {
		xmlErrorPtr last = xmlCtxtGetLastError(ctxt);
		int cut = last && last->message ?
			  (int)strcspn(last->message, "\n") : 0;

		rc = weft_err_set(err, EINVAL, "%s:%d: not well-formed XML%s%.*s",
				  name, last ? last->line : 0, cut ? ": " : "",
				  cut, cut ? last->message : "");
	} else {
		*ret_doc = doc;
	}
	xmlFreeParserCtxt(ctxt);
	return rc;
}

int read_nccl_text(const char *name, const char *text, size_t len,
		   struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct nccl_work *work;
	struct weft_inventory *inv;
	xmlDoc *doc = NULL;
	int rc;

	if (len > NCCL_FILE_LIMIT)
		return weft_err_set(err, EFBIG,
				    "%s: larger than the limit of %u bytes",
				    name, NCCL_FILE_LIMIT);
	rc = parse(name, text, len, &doc, err);
	if (rc)
		return rc;
	work = calloc(1, sizeof(*work));
	inv = weft_inventory_create("nccl");
	if (!work || !inv) {
		rc = weft_err_set(err, ENOMEM, "%s: out of memory", name);
	} else {
		work->name = name;
		work->inv = inv;
		work->err = err;
		rc = fill(work, doc);
	}
	free(work);
	xmlFreeDoc(doc);
	if (rc) {
		weft_inventory_destroy(inv);
		return rc;
	}
	return read_finish(name, inv, ret_inv, err);
}
