/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_common.c - see read_impl.h: the common end of the readers. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gres/read_impl.h"

void read_note(struct weft_inventory *inv, const char *fmt, ...)
{
	size_t len = strlen(inv->note);
	char text[sizeof(inv->note)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strstr(inv->note, text))
		return;
	snprintf(inv->note + len, sizeof(inv->note) - len, "%s%s",
		 len ? "; " : "", text);
}

uint32_t read_nvlink_mbps(unsigned int version)
{
	static const uint32_t mbps[] = { 0, 20000, 25000, 25000, 25000, 50000 };

	return version < sizeof(mbps) / sizeof(mbps[0]) ? mbps[version] : 0;
}

static void set_link(struct weft_inventory *inv, uint32_t i, uint32_t j,
		     uint64_t mbps)
{
	if (mbps > UINT32_MAX)
		mbps = UINT32_MAX;
	inv->link_mbps[i][j] = inv->link_mbps[j][i] = (uint32_t)mbps;
	inv->path[i][j] = inv->path[j][i] = WEFT_PATH_LINK;
}

void read_add_link(struct weft_inventory *inv, uint32_t i, uint32_t j,
		   uint64_t mbps)
{
	if (i != j && mbps)
		set_link(inv, i, j, mbps + inv->link_mbps[i][j]);
}

void read_close_over_switches(struct weft_inventory *inv,
			      const uint64_t reach_mbps[WEFT_GPUS_MAX])
{
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			uint64_t mbps = reach_mbps[i] < reach_mbps[j] ?
					reach_mbps[i] : reach_mbps[j];

			if (mbps && !inv->link_mbps[i][j])
				set_link(inv, i, j, mbps);
		}
}

int read_finish(const char *name, struct weft_inventory *inv,
		struct weft_inventory **ret_inv, struct weft_err *err)
{
	int rc = weft_inventory_check(inv, err);

	if (rc) {
		weft_err_prefix(err, "%s", name);
		weft_inventory_destroy(inv);
		return rc;
	}
	*ret_inv = inv;
	return 0;
}
