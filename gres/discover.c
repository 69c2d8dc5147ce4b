/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * discover.c - what is in this machine, by the best witness that answers
 *
 * NVML knows GPUs, links and order; hwloc knows where things are plugged in
 * and which NICs are near.  Both are asked and joined by PCI address.
 *
 * Asking a driver can hang for ever inside the kernel (a GPU that fell off
 * the bus), and who asks is slurmd, which must start.  So drivers are asked in
 * a child process, which answers in our stored JSON form through a pipe; if no
 * answer comes within the limit, the child is killed and this process looks
 * for itself, in sysfs only, where nothing hangs: GPUs that are on the PCI bus
 * are then known, their links are not, and the note says why.
 *
 * hwloc XML is read in such a child as well: a fuzzer crashed hwloc 2.9 with
 * malformed XML within a minute, and slurmd must outlive a corrupt file.
 *
 * The child itself is ask_child.c.  That and live hwloc are the only places in
 * gres/ that touch the world.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gres/read_impl.h"

#define DISCOVER_LIMIT_MSEC 15000
#define XML_LIMIT_MSEC 15000

/* ---- joining two witnesses ---------------------------------------------- */

/* hwloc's GPU at the same PCI address, or -1. */
static int same_gpu(const struct weft_inventory *places, const struct weft_gpu *gpu)
{
	for (uint32_t i = 0; gpu->pci.known && i < places->gpu_count; i++)
		if (places->gpu[i].pci.known &&
		    !weft_pci_compare(&places->gpu[i].pci, &gpu->pci))
			return (int)i;
	return -1;
}

/* Give the driver's inventory the places and NICs that hwloc knows. */
static void join(struct weft_inventory *inv, struct weft_inventory *places)
{
	inv->numa_count = places->numa_count;
	if (places->pu_count > inv->pu_count)
		inv->pu_count = places->pu_count;
	weft_field_set(inv->host, sizeof(inv->host), places->host);
	inv->nic_count = places->nic_count;
	memcpy(inv->nic, places->nic, sizeof(inv->nic));
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		int from = same_gpu(places, &inv->gpu[i]);

		if (from < 0)
			continue;
		inv->gpu[i].numa_idx = places->gpu[from].numa_idx;
		if (places->gpu[from].pus) {
			weft_idxset_destroy(inv->gpu[i].pus);
			inv->gpu[i].pus = places->gpu[from].pus;
			places->gpu[from].pus = NULL;
		}
		inv->gpu[i].cores = places->gpu[from].cores;
		places->gpu[from].cores = NULL;
		memcpy(inv->nic_path[i], places->nic_path[from],
		       sizeof(inv->nic_path[i]));
	}
	if (places->gpu_count > inv->gpu_count)
		read_note(inv, "%u GPUs on the PCI bus, %u answer",
			  places->gpu_count, inv->gpu_count);
}

/* Ask everybody, here and now: may hang. */
static int ask(void *arg, struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct weft_inventory *places, *inv;
	struct weft_err nvml_err = WEFT_ERR_INIT;
	int rc = read_hwloc_live(&places, err);

	if (rc)
		return weft_inventory_read_nvml(ret_inv, err);
	rc = weft_inventory_read_nvml(&inv, &nvml_err);
	if (rc) {
		if (rc != -ENODEV)
			read_note(places, "%s", nvml_err.msg);
		*ret_inv = places;
		return 0;
	}
	join(inv, places);
	weft_inventory_destroy(places);
	return read_finish("this machine", inv, ret_inv, err);
}

/* ---- discovery ---------------------------------------------------------- */

int discover_with(discover_ask_fn ask_fn, unsigned int limit_msec,
		  struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct weft_err why = WEFT_ERR_INIT;
	struct weft_inventory *inv;
	int rc = read_ask_child(ask_fn, NULL, limit_msec, ret_inv, &why);

	if (!rc)
		return 0;
	rc = read_hwloc_no_driver(&inv, err);
	if (rc) {
		weft_err_prefix(err, "%s, and", why.msg);
		return rc;
	}
	read_note(inv, "%s: GPUs as on the PCI bus", why.msg);
	*ret_inv = inv;
	return 0;
}

/* ---- malformed XML ------------------------------------------------------ */

struct xml_text {
	const char *name, *text;
	size_t len;
};

static int ask_xml(void *arg, struct weft_inventory **ret_inv,
		   struct weft_err *err)
{
	const struct xml_text *xml = arg;

	return read_hwloc_text(xml->name, xml->text, xml->len, ret_inv, err);
}

int read_hwloc_guarded(const char *name, const char *text, size_t len,
		       struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct xml_text xml = { .name = name, .text = text, .len = len };
	struct weft_err why = WEFT_ERR_INIT;
	int rc = read_ask_child(ask_xml, &xml, XML_LIMIT_MSEC, ret_inv, &why);

	if (!rc)
		return 0;
	if (strncmp(why.msg, name, strlen(name)))	/* it did not live to say */
		return weft_err_set(err, EINVAL,
				    "%s: hwloc cannot read this XML: it crashed or hung",
				    name);
	return weft_err_set(err, EINVAL, "%s", why.msg);
}

int weft_inventory_discover_within(unsigned int limit_msec,
				   struct weft_inventory **ret_inv,
				   struct weft_err *err)
{
	return discover_with(ask, limit_msec, ret_inv, err);
}

int weft_inventory_discover(struct weft_inventory **ret_inv,
			    struct weft_err *err)
{
	return weft_inventory_discover_within(DISCOVER_LIMIT_MSEC, ret_inv, err);
}
