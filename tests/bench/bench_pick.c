/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_pick.c - how long a choice of GPUs takes
 *
 * 8 of 16 is the worst case of the exact choice (12,870 sets), on a machine
 * where all sets are equal (every one must be looked at) and on one where they
 * differ.  The aim is 50 us a pick.  Fails only beyond a hundred times that:
 * a machine under load is no broken code.
 */
#include "config.h"

#include <stdio.h>
#include <time.h>

#include "gres/pick.h"

#define LIMIT_USEC 5000.0

static double now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void link_gpus(struct weft_inventory *inv, uint32_t i, uint32_t j,
		      uint32_t mbps)
{
	inv->link_mbps[i][j] = inv->link_mbps[j][i] = mbps;
	inv->path[i][j] = inv->path[j][i] = WEFT_PATH_LINK;
}

/* mixed: links of three widths; else all alike. */
static struct weft_inventory *machine(uint32_t gpu_count, int mixed)
{
	struct weft_inventory *inv = weft_inventory_create("json");

	if (!inv)
		return NULL;
	inv->gpu_count = gpu_count;
	for (uint32_t i = 0; i < gpu_count; i++)
		for (uint32_t j = 0; j < i; j++)
			link_gpus(inv, i, j,
				  mixed ? 25000 * (1 + (i * j + i) % 3) : 450000);
	return inv;
}

/* Microseconds a pick, the best of several rounds; -1: no memory. */
static double measure(uint32_t gpu_count, uint32_t count, int mixed,
		      double *ret_create_usec)
{
	struct weft_inventory *inv = machine(gpu_count, mixed);
	struct weft_picker *picker;
	double start = now_usec(), best = 1e12;
	struct weft_pick pick;

	picker = inv ? weft_picker_create(inv) : NULL;
	*ret_create_usec = now_usec() - start;
	for (int round = 0; picker && round < 20; round++) {
		start = now_usec();
		for (int i = 0; i < 10; i++)
			weft_pick_gpus(picker, ~UINT64_C(0), count,
				       WEFT_PICK_RING, &pick);
		if ((now_usec() - start) / 10 < best)
			best = (now_usec() - start) / 10;
	}
	best = picker ? best : -1;
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
	return best;
}

int main(void)
{
	static const struct {
		uint32_t gpu_count, count;
		int mixed;
		const char *name;
	} cases[] = {
		{ 16, 8, 0, "8 of 16, all alike" },
		{ 16, 8, 1, "8 of 16, links differ" },
		{ 8, 4, 0, "4 of 8, all alike" },
		{ 8, 4, 1, "4 of 8, links differ" },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double create, pick = measure(cases[i].gpu_count, cases[i].count,
					      cases[i].mixed, &create);

		printf("%-24s %8.2f us a pick, tables made in %.1f ms\n",
		       cases[i].name, pick, create / 1e3);
		rc |= pick < 0 || pick > LIMIT_USEC;
	}
	return rc;
}
