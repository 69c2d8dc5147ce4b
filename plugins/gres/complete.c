/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * complete.c - see complete.h
 *
 * Which GPU is a record about?  /dev/nvidiaN is the GPU with minor number N,
 * mostly but not always the inventory's index; other device files (renderD128,
 * the emulated ones of a test) count by their place among the node's gpu
 * devices.  A MIG slice (nvidia-capN) is a piece of a GPU: it gets that GPU's
 * cores, and in the report it stands as a GPU of which nothing is known, since
 * the inventory's links are between whole GPUs.
 *
 * Cores.  On the machine itself slurmd maps CPU numbers to Slurm's cores.  An
 * inventory from a file describes a machine that may number its CPUs
 * otherwise, or an emulated node with fewer; there the GPU gets the share of
 * the node's cores that its NUMA node has of all NUMA nodes, which is the same
 * answer wherever NUMA nodes are numbered socket by socket.
 *
 * A NUMA node is often a part of a socket (four in one on EPYC, two with
 * sub-NUMA clusters).  Where the release wants whole sockets, the GPU gets those
 * that its cores lie in; sites that want it finer set
 * SlurmdParameters=numa_node_as_socket, and a NUMA node is a socket here too.
 *
 * A GPU whose place is unknown gets all cores: Slurm complains of records
 * where only some have cores, and "all" is what unknown means to it.
 *
 * The order of devices is never changed: their place is their bit in Slurm's
 * bitmaps, which gres/gpu may have counted already.
 */
#include <ctype.h>

#include "plugins/gres/complete.h"

#define GPU_NONE WEFT_GPU_UNKNOWN

/* Trailing number of "nvidiaN"; GPU_NONE for other names. */
static uint32_t nvidia_number(const char *file)
{
	const char *base = strrchr(file, '/');
	uint32_t number = 0;

	base = base ? base + 1 : file;
	if (strncmp(base, "nvidia", 6) != 0 || !base[6] || strlen(base) > 9)
		return GPU_NONE;
	for (const char *p = base + 6; *p; p++) {
		if (!isdigit((unsigned char)*p))
			return GPU_NONE;
		number = number * 10 + (uint32_t)(*p - '0');
	}
	return number;
}

static uint32_t gpu_of_device(const struct weft_inventory *inv,
			      const char *file, uint32_t place)
{
	uint32_t gpu = file ? nvidia_number(file) : GPU_NONE;

	if (file && strstr(file, "nvidia-cap"))
		return GPU_NONE;
	gpu = gpu == GPU_NONE ? place : weft_gpu_of_minor(inv, gpu);
	return gpu < inv->gpu_count ? gpu : GPU_NONE;
}

/* The GPU whose slice this is: its own file stands before the slice's. */
static uint32_t gpu_of_slice(const struct weft_inventory *inv, const char *files)
{
	weft_slurm_hostlist list = hostlist_create(files);
	uint32_t gpu = GPU_NONE;
	char *file;

	while (list && gpu == GPU_NONE && (file = hostlist_shift(list))) {
		gpu = nvidia_number(file);
		free(file);
	}
	if (list)
		hostlist_destroy(list);
	gpu = gpu == GPU_NONE ? gpu : weft_gpu_of_minor(inv, gpu);
	return gpu < inv->gpu_count ? gpu : GPU_NONE;
}

/* The share of the node's cores that one of numa_count nodes has. */
static void set_numa_share(bitstr_t *cores, uint32_t core_count, uint32_t numa,
			   uint32_t numa_count)
{
	uint32_t first = (uint32_t)((uint64_t)core_count * numa / numa_count);
	uint32_t end = (uint32_t)((uint64_t)core_count * (numa + 1) / numa_count);

	if (end == first)	/* fewer cores than NUMA nodes */
		end = first + 1;
	bit_nset(cores, first, end - 1);
}

/* Every socket that has one of the cores, whole. */
static void fill_sockets(bitstr_t *cores, uint32_t core_count, uint32_t socket_cores)
{
	for (uint32_t at = 0; socket_cores && at + socket_cores <= core_count;
	     at += socket_cores)
		if (bit_set_count_range(cores, at, at + socket_cores))
			bit_nset(cores, at, at + socket_cores - 1);
}

static bitstr_t *near_cores(const struct weft_complete *what, uint32_t gpu)
{
	const struct weft_inventory *inv = what->inv;
	const struct weft_gpu *g = &inv->gpu[gpu];
	bitstr_t *cores = NULL;

	if (what->live)
		cores = weft_slurmd_cores_of(what->config, g->pus,
					     what->core_count);
	if (cores)
		return cores;
	cores = bit_alloc(what->core_count);
	if (g->numa_idx >= 0 && (uint32_t)g->numa_idx < inv->numa_count)
		set_numa_share(cores, what->core_count, (uint32_t)g->numa_idx,
			       inv->numa_count);
	else
		bit_nset(cores, 0, what->core_count - 1);
	return cores;
}

static bitstr_t *cores_of_gpu(const struct weft_complete *what, uint32_t gpu)
{
	bitstr_t *cores = near_cores(what, gpu);

	if (WEFT_SLURM_WHOLE_SOCKETS)
		fill_sockets(cores, what->core_count, what->socket_cores);
	return cores;
}

/* What of Slurm's devices links can be said of: all known, and some differ. */
static bool links_help(const struct weft_complete *what)
{
	const struct weft_inventory *inv = what->inv;
	bool differ = false;

	if (!WEFT_SLURM_LINKS_HELP || what->bit_count < 2)
		return false;
	for (uint32_t i = 0; i < what->bit_count; i++) {
		if (what->gpu_of_bit[i] == GPU_NONE)
			return false;
		for (uint32_t j = 0; j < i; j++)
			differ = differ || inv->link_mbps[what->gpu_of_bit[i]]
							 [what->gpu_of_bit[j]] !=
				inv->link_mbps[what->gpu_of_bit[0]]
					      [what->gpu_of_bit[1]];
	}
	return differ;
}

/*
 * The bandwidths of one device as Slurm's link counts, -1 at its own place: in
 * units of the node's slowest link, so that ratios survive.  One entry a
 * device of Slurm's, whatever else the machine has: slurmctld takes a node out
 * of service for one too many.
 */
static char *links_of_bit(const struct weft_complete *what, uint32_t bit)
{
	const struct weft_inventory *inv = what->inv;
	uint32_t unit = UINT32_MAX;
	char *links = NULL;

	for (uint32_t i = 0; i < inv->gpu_count; i++)
		for (uint32_t j = 0; j < inv->gpu_count; j++)
			if (inv->link_mbps[i][j] && inv->link_mbps[i][j] < unit)
				unit = inv->link_mbps[i][j];
	for (uint32_t j = 0; j < what->bit_count; j++) {
		uint32_t mbps = inv->link_mbps[what->gpu_of_bit[bit]]
					      [what->gpu_of_bit[j]];
		uint32_t count = (uint32_t)(((uint64_t)mbps + unit / 2) / unit);
		int link = j == bit ? -1 : (int)MIN(count, GRES_MAX_LINK);

		xstrfmtcat(links, "%s%d", j ? "," : "", link);
	}
	return links;
}

static bool is_gpu_like(const gres_slurmd_conf_t *rec)
{
	return !xstrcmp(rec->name, "gpu") || !xstrcmp(rec->name, "shard") ||
	       !xstrcmp(rec->name, "mps");
}

static char *dup_range(bitstr_t *cores)
{
	return cores ? bit_fmt_full(cores) : NULL;
}

/* One device's record: fill what it lacks.  True if it got cores. */
static bool fill_record(gres_slurmd_conf_t *rec,
			const struct weft_complete *what, uint32_t gpu)
{
	bitstr_t *cores;

	if (rec->cpus)
		return false;	/* the site said Cores= */
	if (gpu != GPU_NONE) {
		cores = cores_of_gpu(what, gpu);
	} else {
		cores = bit_alloc(what->core_count);
		bit_nset(cores, 0, what->core_count - 1);
	}
	rec->cpus = dup_range(cores);
	FREE_NULL_BITMAP(cores);
	FREE_NULL_BITMAP(rec->cpus_bitmap);
	rec->cpus_bitmap = weft_slurmd_cpus_of(rec->cpus, rec->cpu_cnt);
	return gpu != GPU_NONE;
}

/* A copy of rec for one of its devices; strings are the copy's own. */
static gres_slurmd_conf_t *copy_for_device(const gres_slurmd_conf_t *rec,
					   const char *file)
{
	gres_slurmd_conf_t *one = xmalloc(sizeof(*one));

	*one = *rec;
	one->count = 1;
	one->name = xstrdup(rec->name);
	one->type_name = xstrdup(rec->type_name);
	one->file = xstrdup(file);
	one->cpus = xstrdup(rec->cpus);
	one->cpus_bitmap = rec->cpus_bitmap ? bit_copy(rec->cpus_bitmap) : NULL;
	one->links = xstrdup(rec->links);
	one->unique_id = xstrdup(rec->unique_id);
	return one;
}

/*
 * The next bit of gres/gpu is this GPU, unless it was named before: then it is
 * a piece of it, and the bit of the first is one too.
 */
static void note_bit(struct weft_complete *what, const char *name, uint32_t gpu)
{
	if (xstrcmp(name, "gpu") || what->bit_count == WEFT_GPUS_MAX)
		return;
	for (uint32_t i = 0; i < what->bit_count; i++)
		if (gpu != GPU_NONE && what->gpu_of_bit[i] == gpu)
			gpu = what->gpu_of_bit[i] = GPU_NONE;
	what->gpu_of_bit[what->bit_count++] = gpu;
}

/*
 * Append rec, or one copy of it per device, to the new list; a record of one
 * device, or of files that belong together, stays whole.
 */
static uint32_t split_record(gres_slurmd_conf_t *rec, struct xlist *to,
			     struct weft_complete *what, uint32_t *place)
{
	weft_slurm_hostlist files;
	uint32_t filled = 0;
	char *file;

	if (rec->count <= 1 || !rec->file ||
	    (rec->config_flags & GRES_CONF_HAS_MULT) ||
	    gres_id_shared(rec->config_flags)) {
		uint32_t gpu = gpu_of_device(what->inv, rec->file, *place);
		bool slice = rec->file && strstr(rec->file, "nvidia-cap");

		*place += 1;
		note_bit(what, rec->name, slice ? GPU_NONE : gpu);
		list_append(to, rec);
		return fill_record(rec, what, slice ? gpu_of_slice(what->inv, rec->file) : gpu);
	}
	files = hostlist_create(rec->file);
	while (files && (file = hostlist_shift(files))) {
		gres_slurmd_conf_t *one = copy_for_device(rec, file);
		uint32_t gpu = gpu_of_device(what->inv, file, *place);

		*place += 1;
		note_bit(what, rec->name, gpu);
		filled += fill_record(one, what, gpu);
		list_append(to, one);
		free(file);
	}
	if (files)
		hostlist_destroy(files);
	destroy_gres_slurmd_conf(rec);
	return filled;
}

/* Links, once it is known which GPU each device is. */
static void fill_links(struct xlist *records, const struct weft_complete *what)
{
	struct listIterator *it = list_iterator_create(records);
	gres_slurmd_conf_t *rec;
	uint32_t bit = 0;

	while ((rec = list_next(it)) && bit < what->bit_count) {
		if (xstrcmp(rec->name, "gpu") || !rec->file || !rec->count)
			continue;
		if (!rec->links)
			rec->links = links_of_bit(what, bit);
		bit++;
	}
	list_iterator_destroy(it);
}

uint32_t weft_complete_gpus(struct xlist *records, struct weft_complete *what)
{
	struct xlist *to = list_create(destroy_gres_slurmd_conf);
	const char *name = NULL;
	uint32_t filled = 0, place = 0;
	gres_slurmd_conf_t *rec;

	while ((rec = list_pop(records))) {
		if (!is_gpu_like(rec) || !rec->file || !rec->count) {
			list_append(to, rec);
			continue;
		}
		if (xstrcmp(name, rec->name)) {	/* places count per name */
			place = 0;
			name = !xstrcmp(rec->name, "gpu")   ? "gpu" :
			       !xstrcmp(rec->name, "shard") ? "shard" :
							      "mps";
		}
		filled += split_record(rec, to, what, &place);
	}
	list_transfer(records, to);
	FREE_NULL_LIST(to);
	if (links_help(what))
		fill_links(records, what);
	return filled;
}

/* ---- comparing ---------------------------------------------------------- */

struct comparison {
	const struct weft_inventory *inv;
	const char *node;
	uint64_t count;
	bool mig;
	uint32_t lines;
};

/* Either name within the other: h100 and nvidia_h100_80gb_hbm3 agree. */
static bool types_agree(const char *a, const char *b)
{
	return xstrcasestr((char *)a, (char *)b) ||
	       xstrcasestr((char *)b, (char *)a);
}

static int compare_record(void *x, void *arg)
{
	gres_slurmd_conf_t *rec = x;
	struct comparison *cmp = arg;
	uint32_t gpu = (uint32_t)MIN(cmp->count, WEFT_GPUS_MAX - 1);
	const struct weft_gpu *g = &cmp->inv->gpu[gpu];

	if (xstrcmp(rec->name, "gpu") || !rec->count)
		return 0;
	if (rec->file && strstr(rec->file, "nvidia-cap"))
		cmp->mig = true;
	if (!cmp->mig && rec->type_name && gpu < cmp->inv->gpu_count &&
	    g->type[0] && !types_agree(rec->type_name, g->type) &&
	    (!g->model[0] || !types_agree(rec->type_name, g->model))) {
		error("gres/nvlink: %s: slurm.conf and gres.conf call GPU %u \"%s\", but it is a %s: write Gres=gpu:%s:N and Type=%s, or jobs that ask for one get the other",
		      cmp->node, gpu, rec->type_name,
		      g->model[0] ? g->model : g->type, g->type, g->type);
		cmp->lines++;
	}
	cmp->count += rec->count;
	return 0;
}

uint32_t weft_complete_compare(struct xlist *records,
			       const struct weft_inventory *inv,
			       const char *node)
{
	struct comparison cmp = { .inv = inv, .node = node };

	list_for_each(records, compare_record, &cmp);
	if (!cmp.mig && cmp.count != inv->gpu_count) {
		error("gres/nvlink: %s: slurm.conf and gres.conf name %"PRIu64" GPUs, but %u are there (%s): %s",
		      node, cmp.count, inv->gpu_count, inv->source,
		      cmp.count > inv->gpu_count ?
		      "slurmctld drains the node if a device is gone; lower Gres= or repair the GPU" :
		      "the others stay unused; raise Gres= and File= to use them");
		cmp.lines++;
	}
	return cmp.lines;
}
