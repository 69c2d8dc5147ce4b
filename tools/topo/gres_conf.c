/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gres_conf.c - gres.conf of a node, for sites that want only that
 *
 * A line for each run of GPUs with one type and the same cores.  Cores= are
 * Slurm's numbers: cores in the order of sockets, not the kernel's CPUs.  hwloc
 * knows them.  Where only CPUs are known, they are taken for cores if no two
 * can be threads of one core, or folded in half if the CPUs come as two equal
 * runs half the machine apart, which is how Linux numbers two threads a core;
 * else Cores= is left out, and a comment says so: no cores are better than
 * wrong ones, which drain the node.
 *
 * Slurm 24.11 takes a node out of service whose Cores= are a part of a socket.
 * More than two NUMA nodes are mostly that, and a comment says what helps.
 *
 * Links= goes in only when asked for: from Slurm 24.05 on it makes the choice
 * worse (the fewest links come first).  It counts in the narrowest link.
 *
 * Device files: /dev/nvidiaN by the minor number where NVML told it, else by
 * the index; the lines stay in the order of the index, which is Slurm's order.
 * AMD's and Intel's render nodes begin at 128.  A GPU in MIG mode gets a line a
 * slice with its three files, and none of its own.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "gres/device.h"
#include "tools/topo/topo.h"

static bool is_amd(const struct weft_gpu *gpu)
{
	return !strncmp(gpu->type, "mi", 2) || strstr(gpu->model, "Instinct") ||
	       strstr(gpu->model, "Radeon") || strstr(gpu->model, "Vega");
}

static bool is_intel(const struct weft_gpu *gpu)
{
	return strstr(gpu->model, "Intel") != NULL;
}

/* The CPUs of one thread a core, if that can be told; else false. */
static bool fold_threads(const struct weft_inventory *inv,
			 const struct weft_idxset *pus, struct weft_idxset *cores)
{
	uint32_t half = inv->pu_count / 2, low = 0, high = 0;

	weft_idxset_foreach(pus, pu) {
		if (pu < half)
			low++;
		else if (weft_idxset_has(pus, pu - half))
			high++;
		else
			return false;
	}
	if (low != high)
		return false;
	weft_idxset_foreach(pus, pu)
		if (pu < half)
			weft_idxset_add(cores, pu);
	return true;
}

/* All GPUs' CPUs together begin at 0 and leave no hole in the first half. */
static bool one_thread_each(const struct weft_inventory *inv)
{
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		const struct weft_idxset *pus = inv->gpu[i].pus;
		uint32_t runs = 0;

		if (!pus)
			return false;
		weft_idxset_foreach(pus, pu)
			runs += !pu || !weft_idxset_has(pus, pu - 1);
		if (runs != 1)
			return false;
	}
	return true;
}

/* Text of Cores= for a GPU, "" if it cannot be told. */
static void add_cores(const struct weft_inventory *inv,
		      const struct weft_gpu *gpu, struct weft_buf *buf)
{
	struct weft_idxset *cores;

	if (gpu->cores) {
		weft_cpulist_format(gpu->cores, buf);
		return;
	}
	if (!gpu->pus)
		return;
	cores = weft_idxset_create(WEFT_PUS_MAX);
	if (!cores)
		return;
	if (fold_threads(inv, gpu->pus, cores))
		weft_cpulist_format(cores, buf);
	else if (one_thread_each(inv))
		weft_cpulist_format(gpu->pus, buf);
	weft_idxset_destroy(cores);
}

static void add_file(const struct weft_inventory *inv, uint32_t first,
		     uint32_t last, struct weft_buf *buf)
{
	const struct weft_gpu *gpu = &inv->gpu[first];
	bool render = is_amd(gpu) || is_intel(gpu);
	const char *stem = render ? "/dev/dri/renderD" : "/dev/nvidia";
	uint32_t base = render ? 128 : 0, from = weft_gpu_minor(inv, first);

	if (first == last)
		weft_buf_addf(buf, " File=%s%u", stem, base + from);
	else
		weft_buf_addf(buf, " File=%s[%u-%u]", stem, base + from,
			      base + from + last - first);
}

/* Links=: -1 for itself, else how many of the narrowest links. */
static void add_links(const struct weft_inventory *inv, uint32_t i,
		      struct weft_buf *buf)
{
	uint32_t narrowest = UINT32_MAX;

	for (uint32_t a = 0; a < inv->gpu_count; a++)
		for (uint32_t b = 0; b < a; b++)
			if (inv->link_mbps[a][b] &&
			    inv->link_mbps[a][b] < narrowest)
				narrowest = inv->link_mbps[a][b];
	weft_buf_adds(buf, " Links=");
	for (uint32_t j = 0; j < inv->gpu_count; j++) {
		if (i == j)
			weft_buf_addf(buf, "%s-1", j ? "," : "");
		else
			weft_buf_addf(buf, "%s%u", j ? "," : "",
				      inv->link_mbps[i][j] / narrowest);
	}
}

static bool same_line(const struct weft_inventory *inv, uint32_t a, uint32_t b,
		      const char *cores_a)
{
	struct weft_buf cores;
	bool same;

	weft_buf_init(&cores, 64 << 10);
	add_cores(inv, &inv->gpu[b], &cores);
	same = !inv->gpu[b].mig &&
	       weft_gpu_minor(inv, b) == weft_gpu_minor(inv, a) + b - a && !strcmp(cores_a, weft_buf_str(&cores)) &&
	       !strcmp(inv->gpu[a].type, inv->gpu[b].type);
	weft_buf_fini(&cores);
	return same;
}

/* A line a slice; those whose files are not known become a comment. */
static void add_slices(const struct weft_inventory *inv, uint32_t i,
		       const char *node, struct weft_buf *buf)
{
	for (uint32_t k = 0; k < inv->gpu[i].slice_count; k++) {
		const struct weft_gpu_slice *s = &inv->gpu[i].slice[k];
		size_t before;

		if (!s->gpu_cap) {
			weft_buf_addf(buf, "# slice %u of GPU %u (%s): its device files are not known\n",
				      k, i, s->profile);
			continue;
		}
		if (node)
			weft_buf_addf(buf, "NodeName=%s ", node);
		weft_buf_adds(buf, "Name=gpu");
		if (*s->profile)
			weft_buf_addf(buf, " Type=%s", s->profile);
		weft_buf_addf(buf, " MultipleFiles=/dev/nvidia%u,/dev/nvidia-caps/nvidia-cap%u,/dev/nvidia-caps/nvidia-cap%u Cores=",
			      weft_gpu_minor(inv, i), s->gpu_cap, s->compute_cap);
		before = buf->len;
		add_cores(inv, &inv->gpu[i], buf);
		if (buf->len == before)
			buf->data[buf->len -= strlen(" Cores=")] = '\0';
		weft_buf_adds(buf, "\n");
	}
}

/* The line of GPU first and of those after it that share it; the next one. */
static uint32_t add_line(const struct weft_inventory *inv, uint32_t first,
			 const char *node, bool links, struct weft_buf *buf)
{
	const struct weft_gpu *gpu = &inv->gpu[first];
	uint32_t last = first;
	struct weft_buf cores;

	if (gpu->mig) {
		add_slices(inv, first, node, buf);
		return first + 1;
	}
	weft_buf_init(&cores, 64 << 10);
	add_cores(inv, gpu, &cores);
	while (!links && last + 1 < inv->gpu_count &&
	       same_line(inv, first, last + 1, weft_buf_str(&cores)))
		last++;
	if (node)
		weft_buf_addf(buf, "NodeName=%s ", node);
	weft_buf_adds(buf, "Name=gpu");
	if (*gpu->type)
		weft_buf_addf(buf, " Type=%s", gpu->type);
	add_file(inv, first, last, buf);
	if (cores.len)
		weft_buf_addf(buf, " Cores=%s", weft_buf_str(&cores));
	if (links)
		add_links(inv, first, buf);
	weft_buf_adds(buf, "\n");
	weft_buf_fini(&cores);
	return last + 1;
}

void topo_gres_conf(const struct weft_inventory *inv, const char *node,
		    bool links, struct weft_buf *buf)
{
	uint32_t without = 0;

	weft_buf_addf(buf, "# %u GPUs, read from %s\n", inv->gpu_count, inv->source);
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		size_t before = buf->len;

		add_cores(inv, &inv->gpu[i], buf);
		without += buf->len == before;
		if (buf->len > before)
			buf->data[buf->len = before] = '\0';
	}
	if (without)
		weft_buf_addf(buf, "# no Cores= for %u: the source does not tell threads from cores\n",
			      without);
	if (inv->numa_count > 2 && without < inv->gpu_count)
		weft_buf_adds(buf, "# Cores= follow NUMA nodes: where several are in a socket, Slurm 24.11 wants SlurmdParameters=numa_node_as_socket\n");
	if (links)
		weft_buf_adds(buf, "# Links= is for Slurm before 24.05; later releases choose worse with it\n");
	for (uint32_t i = 0; i < inv->gpu_count;)
		i = add_line(inv, i, node, links, buf);
}
