/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_site.c - every reader of a site's configuration, on one text
 *
 * Whatever is read must make a machine that the core finds sound; whatever is
 * refused must say why in one printable line.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sched/site.h"
#include "tests/fuzz/fuzz.h"

static const char nodes[] = "NodeName=n[1-64] Gres=gpu:8 CPUs=64\n";

static void finish(struct weft_site *site, int rc, struct weft_err *err)
{
	if (rc == 0)
		rc = weft_site_finish(site, err);
	if (rc)
		fuzz_require_message(err->msg);
	else if (weft_fabric_check(site->fabric, err) ||
		 weft_cluster_check(weft_site_cluster(site), err))
		abort();
	weft_site_destroy(site);
}

static struct weft_site *create(int with_nodes)
{
	struct weft_site *site = weft_site_create();

	if (!site || (with_nodes &&
		      weft_site_add_slurm_conf(site, "nodes", nodes,
					       strlen(nodes), NULL, NULL)))
		abort();
	return site;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_site *site = create(0);

	finish(site, weft_site_add_slurm_conf(site, "s", text, size, NULL,
					      &err), &err);
	site = create(1);
	finish(site, weft_site_add_gres_conf(site, "g", text, size, NULL,
					     &err), &err);
	site = create(1);
	finish(site, weft_site_add_topology_conf(site, "t", text, size, &err),
	       &err);
	site = create(1);
	finish(site, weft_levels_read_yaml(&site->levels, "y", text, size,
					   &err), &err);
	site = create(0);
	finish(site, weft_site_add_nodes_text(site, "n", text, size, &err),
	       &err);
	return 0;
}
