/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show.c - one machine in the terminal
 *
 * First a line that names it, then its NUMA nodes with the GPUs and NICs that
 * hang on each, every GPU with the NIC it should use; then the links; then
 * what follows from them: the best ring through all, or the pairs.  Words that
 * appear in the matrix are explained below it, others are not.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "gres/device.h"
#include "gres/rails.h"
#include "tools/topo/topo.h"

static const struct topo_marks no_marks;

static void add_bold(struct weft_buf *buf, const struct topo_style *style,
		     const char *text)
{
	weft_buf_addf(buf, style->color ? "\033[1m%s\033[0m" : "%s", text);
}

/* "8 x h100", or "4 x h100, 4 x a100". */
static void add_types(const struct weft_inventory *inv, struct weft_buf *buf)
{
	const char *comma = "";

	for (uint32_t i = 0, same; i < inv->gpu_count; i += same) {
		const char *type = inv->gpu[i].type;

		for (same = 1; i + same < inv->gpu_count; same++)
			if (strcmp(type, inv->gpu[i + same].type))
				break;
		weft_buf_addf(buf, "%s%u x %s", comma, same,
			      *type ? type : "GPU of unknown type");
		comma = ", ";
	}
}

static void add_title(const struct weft_inventory *inv, const char *name,
		      const struct topo_style *style, struct weft_buf *buf)
{
	add_bold(buf, style, *inv->host ? inv->host : name);
	weft_buf_adds(buf, ": ");
	if (inv->gpu_count)
		add_types(inv, buf);
	else
		weft_buf_adds(buf, "no GPUs");
	weft_buf_addf(buf, ", %u NIC%s, %u logical CPUs, read from %s\n",
		      inv->nic_count, inv->nic_count == 1 ? "" : "s",
		      inv->pu_count, inv->source);
	if (*inv->domain)
		weft_buf_addf(buf, "NVLink domain %s\n", inv->domain);
	if (*inv->note)
		weft_buf_addf(buf, "note: %s\n", inv->note);
}

/* ---- places ------------------------------------------------------------- */

static void add_slices(const struct weft_gpu *gpu, struct weft_buf *buf)
{
	for (uint32_t k = 0; k < gpu->slice_count; k++) {
		const struct weft_gpu_slice *s = &gpu->slice[k];

		weft_buf_addf(buf, "    slice %-10s", *s->profile ? s->profile : "?");
		if (s->mem_mib)
			weft_buf_addf(buf, " %5.1f GiB", (double)s->mem_mib / 1024);
		weft_buf_addf(buf, "%s%s\n", *s->uuid ? "  " : "", s->uuid);
	}
	if (gpu->mig && !gpu->slice_count)
		weft_buf_adds(buf, "    in MIG mode without a slice\n");
}

static void add_gpu(const struct weft_inventory *inv, uint32_t i,
		    int32_t nic_idx, struct weft_buf *buf)
{
	const struct weft_gpu *gpu = &inv->gpu[i];
	char pci[WEFT_PCI_SIZE], memory[24] = "";

	weft_pci_format(&gpu->pci, pci);
	if (gpu->mem_mib)
		snprintf(memory, sizeof(memory), "%.0f GiB",
			 (double)gpu->mem_mib / 1024);
	weft_buf_addf(buf, "  GPU %-3u", i);
	if (*gpu->model || *memory || *pci)
		weft_buf_addf(buf, " %-24.24s %8s  %-12s",
			      *gpu->model ? gpu->model : "?", memory, pci);
	if (nic_idx >= 0)
		weft_buf_addf(buf, "  NIC %s (%s)", inv->nic[nic_idx].name,
			      weft_path_word(inv->nic_path[i][nic_idx]));
	if (weft_gpu_minor(inv, i) != i)
		weft_buf_addf(buf, "  /dev/nvidia%u", weft_gpu_minor(inv, i));
	weft_buf_adds(buf, "\n");
	add_slices(gpu, buf);
}

static void add_nic(const struct weft_inventory *inv, uint32_t i,
		    struct weft_buf *buf)
{
	const struct weft_nic *nic = &inv->nic[i];
	char pci[WEFT_PCI_SIZE], speed[24] = "";

	weft_pci_format(&nic->pci, pci);
	if (nic->speed_mbps)
		snprintf(speed, sizeof(speed), "%u Gb/s",
			 (nic->speed_mbps + 500) / 1000);
	weft_buf_addf(buf, "  N%-6u %s", i, nic->name);
	if (*speed || *pci)
		weft_buf_addf(buf, "%*s %8s  %s",
			      (int)(24 - strnlen(nic->name, 24)), "", speed, pci);
	weft_buf_adds(buf, "\n");
}

static bool lives_here(const struct weft_inventory *inv, int32_t numa_idx)
{
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		if (inv->gpu[i].numa_idx == numa_idx)
			return true;
	for (uint32_t i = 0; i < inv->nic_count; i++)
		if (inv->nic[i].numa_idx == numa_idx)
			return true;
	return false;
}

static void add_place(const struct weft_inventory *inv, int32_t numa_idx,
		      const int32_t *nic_idx, const struct topo_style *style,
		      struct weft_buf *buf)
{
	char title[48] = "NUMA node unknown";
	bool cpus_said = false;

	if (numa_idx >= 0)
		snprintf(title, sizeof(title), "NUMA node %d", numa_idx);
	weft_buf_adds(buf, "\n");
	add_bold(buf, style, title);
	for (uint32_t i = 0; i < inv->gpu_count && !cpus_said; i++) {
		if (inv->gpu[i].numa_idx != numa_idx || !inv->gpu[i].pus)
			continue;
		weft_buf_adds(buf, "  CPUs ");
		weft_cpulist_format(inv->gpu[i].pus, buf);
		cpus_said = true;
	}
	weft_buf_adds(buf, "\n");
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		if (inv->gpu[i].numa_idx == numa_idx)
			add_gpu(inv, i, nic_idx[i], buf);
	for (uint32_t i = 0; i < inv->nic_count; i++)
		if (inv->nic[i].numa_idx == numa_idx)
			add_nic(inv, i, buf);
}

/* ---- what follows from the links ---------------------------------------- */

static void add_legend(const struct weft_inventory *inv, struct weft_buf *buf)
{
	static const char *const words[] = {
		[WEFT_PATH_PIX] = "PIX one PCIe switch",
		[WEFT_PATH_PXB] = "PXB several PCIe switches",
		[WEFT_PATH_PHB] = "PHB the CPU's PCIe bridge",
		[WEFT_PATH_NODE] = "NODE bridges of one NUMA node",
		[WEFT_PATH_SYS] = "SYS between NUMA nodes",
		[WEFT_PATH_UNKNOWN] = "? not known",
	};
	bool seen[WEFT_PATH_UNKNOWN + 1] = { false };
	const char *comma = "        ";

	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		for (uint32_t j = 0; j < inv->gpu_count; j++)
			seen[inv->path[i][j]] = true;
		for (uint32_t j = 0; j < inv->nic_count; j++)
			seen[inv->nic_path[i][j]] = true;
	}
	for (int path = WEFT_PATH_PIX; path <= WEFT_PATH_UNKNOWN; path++)
		if (seen[path]) {
			weft_buf_addf(buf, "%s%s", comma, words[path]);
			comma = ", ";
		}
	if (*comma == ',')
		weft_buf_adds(buf, "\n");
}

static void add_ring(const struct weft_inventory *inv, struct weft_buf *buf)
{
	struct weft_picker *picker = weft_picker_create(inv);
	weft_gpuset_t all = ~UINT64_C(0);
	struct weft_pick_score score;
	uint32_t order[WEFT_GPUS_MAX], count;
	char gbps[16];

	if (!picker)
		return;
	count = weft_pick_ring(picker, all, order);
	score = weft_pick_score_of(picker, all, all, WEFT_PICK_RING);
	topo_format_gbps(gbps, score.ring_mbps);
	weft_buf_adds(buf, "\nBest ring through all: ");
	for (uint32_t i = 0; i < count; i++)
		weft_buf_addf(buf, "%s%u", i ? "-" : "", order[i]);
	weft_buf_addf(buf, ", slowest hop %s GB/s\n", gbps);
	weft_picker_destroy(picker);
}

void topo_show(const struct weft_inventory *inv, const char *name,
	       const struct topo_style *style, struct weft_buf *buf)
{
	int32_t nic_idx[WEFT_GPUS_MAX];

	weft_rails_nearest(inv, nic_idx);
	add_title(inv, name, style, buf);
	for (int32_t numa_idx = -1; numa_idx < (int32_t)inv->numa_count; numa_idx++)
		if (lives_here(inv, numa_idx))
			add_place(inv, numa_idx, nic_idx, style, buf);
	if (inv->gpu_count < 2)
		return;
	weft_buf_adds(buf, "\n");
	add_bold(buf, style, "Links");
	weft_buf_adds(buf, "  GB/s each way; where there is none, what lies between\n");
	topo_matrix(inv, &no_marks, style, buf);
	add_legend(inv, buf);
	if (inv->gpu_count > 2)
		add_ring(inv, buf);
}
