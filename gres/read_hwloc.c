/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read_hwloc.c - the devices of this machine, or of an hwloc XML file
 *
 * hwloc sees GPUs through whatever was built into it, so the same card may
 * show up several times or only as a PCI device.  The first view that has any
 * GPU is taken, from the surest to the poorest:
 *
 *   1. NVML, ROCm SMI, Level Zero: the drivers' own count and order; a card
 *      cut into partitions (MI300 in TPX mode, Intel tiles in flat mode) is
 *      several devices here, as it is for a job;
 *   2. CUDA;  3. OpenCL;  4. PCI devices of a GPU vendor and class: no order
 *      of their own, so PCI order, and no model where hwloc had no names.
 *      CUDA and OpenCL count only if they show every card on the bus: OpenCL
 *      on some virtual machines hangs all of them on one PCI device.
 *
 * NUMA nodes go by the OS's number.  Nodes that are a GPU's own memory have
 * no CPUs and high numbers (POWER9: 252 and up) and are left out.  A device
 * whose place hwloc does not know (local to all CPUs of a machine with several
 * NUMA nodes) has NUMA node -1.
 *
 * The XML is read here, with a bound, and its version looked at before hwloc
 * is asked: hwloc 2 refuses version 3 without saying why.  What it leaves out:
 * MIG instances (NVML's reader knows them), speeds of NICs.
 *
 * hwloc 2.9 itself loses some hundred bytes for each XML that it refuses half
 * way; a fuzzer of this reader runs with -detect_leaks=0.
 *
 * Live discovery loads hwloc's plugins, which load drivers.  OpenCL, CUDA and
 * GL are kept out: they take seconds, memory on the card, or an X server.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gres/read_hwloc.h"

#define VENDOR_NVIDIA 0x10de
#define VENDOR_AMD 0x1002
#define VENDOR_INTEL 0x8086

/* ---- loading ------------------------------------------------------------ */

/*
 * The major version in <topology version="3.0">; 1 if there is none, as
 * hwloc 1 wrote it; 0 if this is no hwloc XML at all.
 */
static unsigned int xml_major(const char *text, char version[16])
{
	const char *at = strstr(text, "<topology"), *end, *attr;

	snprintf(version, 16, "1");
	if (!at)
		return 0;
	end = strchr(at, '>');
	attr = strstr(at, "version=\"");
	if (!end || !attr || attr > end)
		return 1;
	attr += strlen("version=\"");
	snprintf(version, 16, "%.*s", (int)strcspn(attr, "\"<>"), attr);
	return (unsigned int)strtoul(version, NULL, 10);
}

static int set_xml(hwloc_topology_t topology, const char *name,
		   const char *text, size_t len, struct weft_err *err)
{
	unsigned int have = hwloc_get_api_version() >> 16, major;
	char version[16];

	major = xml_major(text, version);
	if (!major)
		return weft_err_set(err, EINVAL,
				    "%s: no hwloc XML: expected a <topology> element",
				    name);
	if (major > have)
		return weft_err_set(err, EINVAL,
				    "%s: hwloc XML version %s, but this hwloc reads up to %u.x: write the file again with lstopo --export-xml-flags v2",
				    name, version, have);
	if (len >= TOPO_FILE_LIMIT ||
	    hwloc_topology_set_xmlbuffer(topology, text, (int)len + 1))
		return weft_err_set(err, EINVAL,
				    "%s: hwloc cannot read this XML (cut short, or not well formed)",
				    name);
	return 0;
}

/* text NULL: this machine, with the drivers' plugins or without them. */
static int load(const char *name, const char *text, size_t len, bool drivers,
		hwloc_topology_t *ret_topology, struct weft_err *err)
{
	static const char *const kept_out[] = {
		"gl", "opencl", "cuda", "nvml", "rsmi", "levelzero",
	};
	size_t count = drivers ? 3 : sizeof(kept_out) / sizeof(kept_out[0]);
	hwloc_topology_t topology;
	int rc = 0;

	if (hwloc_topology_init(&topology))
		return weft_err_set(err, ENOMEM, "%s: hwloc: out of memory", name);
	hwloc_topology_set_io_types_filter(topology,
					   HWLOC_TYPE_FILTER_KEEP_ALL);
	for (size_t i = 0; !text && i < count; i++)
		hwloc_topology_set_components(topology,
					      HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST,
					      kept_out[i]);
	if (text)
		rc = set_xml(topology, name, text, len, err);
	if (!rc && hwloc_topology_load(topology))
		rc = weft_err_set(err, EINVAL,
				  "%s: hwloc cannot make a topology of it", name);
	if (rc)
		hwloc_topology_destroy(topology);
	else
		*ret_topology = topology;
	return rc;
}

/* ---- finding GPUs ------------------------------------------------------- */

enum view { VIEW_DRIVER, VIEW_CUDA, VIEW_OPENCL, VIEW_PCI, VIEW_COUNT };

static const char *info_of(hwloc_obj_t obj, const char *key)
{
	return hwloc_obj_get_info_by_name(obj, key);
}

static hwloc_obj_t pci_of(hwloc_obj_t obj)
{
	while (obj && obj->type != HWLOC_OBJ_PCI_DEVICE)
		obj = obj->parent;
	return obj;
}

/* Level Zero also lists the tiles of a card, "ze0.1", beside the card. */
static bool is_driver_gpu(hwloc_obj_t obj, const char *backend)
{
	const char *type = info_of(obj, "LevelZeroDeviceType");

	if (!strcmp(backend, "NVML") || !strcmp(backend, "RSMI"))
		return true;
	return !strcmp(backend, "LevelZero") && obj->name &&
	       !strchr(obj->name, '.') && (!type || !strcmp(type, "GPU"));
}

static bool is_os_gpu(hwloc_obj_t obj, enum view view)
{
	const char *backend = info_of(obj, "Backend");
	const char *type = info_of(obj, "OpenCLDeviceType");
	const char *name = obj->name ? obj->name : "";

	if (!backend)	/* hwloc 1 wrote the name only */
		backend = !strncmp(name, "nvml", 4) ? "NVML" :
			  !strncmp(name, "rsmi", 4) ? "RSMI" :
			  !strncmp(name, "cuda", 4) ? "CUDA" : "";
	switch (view) {
	case VIEW_DRIVER:
		return is_driver_gpu(obj, backend);
	case VIEW_CUDA:
		return !strcmp(backend, "CUDA") && pci_of(obj);
	case VIEW_OPENCL:
		return !strcmp(backend, "OpenCL") && pci_of(obj) && type &&
		       !strcmp(type, "GPU");
	default:
		return false;
	}
}

/*
 * By vendor and class: 3D controllers and accelerators of any GPU vendor, but
 * a VGA device only of those whose server GPUs are (not Intel's built-in one).
 */
static bool is_pci_gpu(hwloc_obj_t obj)
{
	uint16_t class = obj->attr->pcidev.class_id;
	uint16_t vendor = obj->attr->pcidev.vendor_id;

	if (vendor == VENDOR_NVIDIA)
		return class == 0x0300 || class == 0x0302;
	if (vendor == VENDOR_AMD)
		return class == 0x0300 || class == 0x0302 ||
		       class == 0x0380 || class == 0x1200;
	return vendor == VENDOR_INTEL && (class == 0x0302 || class == 0x0380);
}

static struct weft_pci pci_address(hwloc_obj_t obj)
{
	struct weft_pci pci = { 0 };

	obj = pci_of(obj);
	if (obj) {
		pci.domain = obj->attr->pcidev.domain;
		pci.bus = obj->attr->pcidev.bus;
		pci.dev = obj->attr->pcidev.dev;
		pci.func = obj->attr->pcidev.func;
		pci.known = true;
	}
	return pci;
}

/* Drivers' devices by name and number, all others by PCI address. */
static int compare_gpus(hwloc_obj_t a, hwloc_obj_t b, enum view view)
{
	struct weft_pci pci_a = pci_address(a), pci_b = pci_address(b);
	size_t word;

	if (view != VIEW_DRIVER || !a->name || !b->name)
		return weft_pci_compare(&pci_a, &pci_b);
	word = strcspn(a->name, "0123456789");
	if (word != strcspn(b->name, "0123456789") ||
	    strncmp(a->name, b->name, word))
		return strcmp(a->name, b->name);
	return (int)strtol(a->name + word, NULL, 10) -
	       (int)strtol(b->name + word, NULL, 10);
}

static bool is_known_pci(const struct hwloc_work *work, hwloc_obj_t obj)
{
	for (uint32_t i = 0; i < work->inv->gpu_count; i++)
		if (pci_of(work->gpu[i]) == pci_of(obj))
			return true;
	return false;
}

static int add_gpu(struct hwloc_work *work, hwloc_obj_t obj, enum view view,
		   struct weft_err *err)
{
	uint32_t at = work->inv->gpu_count;

	if (view != VIEW_DRIVER && is_known_pci(work, obj))
		return 0;
	if (at == WEFT_GPUS_MAX)
		return weft_err_set(err, E2BIG,
				    "more than %d GPUs in one node", WEFT_GPUS_MAX);
	for (; at && compare_gpus(obj, work->gpu[at - 1], view) < 0; at--)
		work->gpu[at] = work->gpu[at - 1];
	work->gpu[at] = obj;
	work->inv->gpu_count++;
	return 0;
}

static uint32_t count_pci_gpus(hwloc_topology_t topology)
{
	hwloc_obj_t obj = NULL;
	uint32_t count = 0;

	while ((obj = hwloc_get_next_pcidev(topology, obj)))
		count += is_pci_gpu(obj);
	return count;
}

static int find_gpus(struct hwloc_work *work, struct weft_err *err)
{
	enum view view = VIEW_DRIVER;
	uint32_t on_bus = count_pci_gpus(work->topology);
	hwloc_obj_t obj;
	int rc = 0;

	for (; view < VIEW_PCI && !work->inv->gpu_count; view++) {
		for (obj = NULL; !rc &&
		     (obj = hwloc_get_next_osdev(work->topology, obj));)
			if (is_os_gpu(obj, view))
				rc = add_gpu(work, obj, view, err);
		if (view != VIEW_DRIVER && work->inv->gpu_count < on_bus)
			work->inv->gpu_count = 0;
	}
	if (!work->inv->gpu_count && on_bus) {
		for (obj = NULL; !rc &&
		     (obj = hwloc_get_next_pcidev(work->topology, obj));)
			if (is_pci_gpu(obj))
				rc = add_gpu(work, obj, VIEW_PCI, err);
		read_note(work->inv,
			  "GPUs seen on the PCI bus only: no driver told about links");
	} else if (work->inv->gpu_count < on_bus) {
		read_note(work->inv, "%u GPUs on the PCI bus, %u answer",
			  on_bus, work->inv->gpu_count);
	}
	return rc;
}

/* ---- describing them ---------------------------------------------------- */

/* Where a device is: its NUMA node and the CPUs nearest to it. */
static int describe_place(const struct hwloc_work *work, hwloc_obj_t obj,
			  int32_t *ret_numa_idx, struct weft_idxset **ret_pus)
{
	hwloc_obj_t near = hwloc_get_non_io_ancestor_obj(work->topology, obj);
	hwloc_obj_t root = hwloc_get_root_obj(work->topology);
	struct weft_idxset *pus;
	int numa, cpu;

	if (!near || !near->cpuset || hwloc_bitmap_iszero(near->cpuset))
		return 0;
	numa = near->nodeset ? hwloc_bitmap_first(near->nodeset) : -1;
	if (hwloc_bitmap_isequal(near->cpuset, root->cpuset) &&
	    work->inv->numa_count > 1)
		numa = -1;
	*ret_numa_idx = numa < (int)work->inv->numa_count ? numa : -1;
	if (!ret_pus)
		return 0;
	pus = weft_idxset_create(WEFT_PUS_MAX);
	if (!pus)
		return -ENOMEM;
	for (cpu = hwloc_bitmap_first(near->cpuset);
	     cpu >= 0 && cpu < WEFT_PUS_MAX;
	     cpu = hwloc_bitmap_next(near->cpuset, cpu))
		weft_idxset_add(pus, (uint32_t)cpu);
	*ret_pus = pus;
	return 0;
}

/* hwloc's logical index of a core is Slurm's number of it. */
static int describe_cores(const struct hwloc_work *work, hwloc_obj_t obj,
			  struct weft_idxset **ret_cores)
{
	hwloc_obj_t near = hwloc_get_non_io_ancestor_obj(work->topology, obj);
	hwloc_obj_t core = NULL;
	struct weft_idxset *cores;

	if (!near || !near->cpuset || hwloc_bitmap_iszero(near->cpuset) ||
	    !hwloc_get_nbobjs_by_type(work->topology, HWLOC_OBJ_CORE))
		return 0;
	cores = weft_idxset_create(WEFT_PUS_MAX);
	if (!cores)
		return -ENOMEM;
	while ((core = hwloc_get_next_obj_by_type(work->topology,
						  HWLOC_OBJ_CORE, core)))
		if (core->logical_index < WEFT_PUS_MAX &&
		    hwloc_bitmap_intersects(core->cpuset, near->cpuset))
			weft_idxset_add(cores, core->logical_index);
	*ret_cores = cores;
	return 0;
}

/* "GV100GL [Tesla V100 SXM2 16GB]" names the chip, then the product. */
static void describe_model(hwloc_obj_t obj, struct weft_gpu *gpu)
{
	static const char *const keys[] = { "GPUModel", "LevelZeroModel" };
	const char *model = NULL, *open, *close;
	hwloc_obj_t pci = pci_of(obj);
	char product[sizeof(gpu->model)];

	for (size_t i = 0; !model && i < sizeof(keys) / sizeof(keys[0]); i++)
		model = info_of(obj, keys[i]);
	if (!model && pci)
		model = info_of(pci, "PCIDevice");
	if (!model)
		return;
	open = strchr(model, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close && close > open + 1) {
		snprintf(product, sizeof(product), "%.*s",
			 (int)(close - open - 1), open + 1);
		model = product;
	}
	weft_field_set(gpu->model, sizeof(gpu->model), model);
	weft_gpu_type(gpu->model, gpu->type, sizeof(gpu->type));
}

static void describe_identity(hwloc_obj_t obj, struct weft_gpu *gpu)
{
	static const char *const uuid_keys[] = {
		"NVIDIAUUID", "AMDUUID", "LevelZeroUUID",
	};
	static const char *const kib_keys[] = {
		"CUDAGlobalMemorySize", "OpenCLGlobalMemorySize",
		"RSMIVRAMSize", "LevelZeroHBMSize", "LevelZeroDDRSize",
	};

	for (size_t i = 0; i < sizeof(uuid_keys) / sizeof(*uuid_keys); i++) {
		const char *uuid = info_of(obj, uuid_keys[i]);

		if (uuid && strspn(uuid, "0-") != strlen(uuid))
			weft_field_set(gpu->uuid, sizeof(gpu->uuid), uuid);
	}
	for (size_t i = 0; i < sizeof(kib_keys) / sizeof(*kib_keys); i++) {
		const char *kib = info_of(obj, kib_keys[i]);

		if (kib && !gpu->mem_mib)
			gpu->mem_mib = strtoull(kib, NULL, 10) >> 10;
	}
}

/* The OS device itself, then its siblings on the same PCI device. */
static void describe_gpu(hwloc_obj_t obj, struct weft_gpu *gpu)
{
	hwloc_obj_t other, pci = pci_of(obj);
	unsigned int siblings = 0;

	gpu->pci = pci_address(obj);
	describe_model(obj, gpu);
	describe_identity(obj, gpu);
	for (other = pci ? pci->io_first_child : NULL; other;
	     other = other->next_sibling)
		siblings += is_os_gpu(other, VIEW_DRIVER);
	if (siblings > 1)	/* partitions: a sibling is another GPU */
		return;
	for (other = pci ? pci->io_first_child : NULL; other;
	     other = other->next_sibling)
		describe_identity(other, gpu);
}

/* hwloc describes the first partition of a card and leaves the others bare. */
static void complete_partitions(struct weft_inventory *inv)
{
	for (uint32_t i = 1; i < inv->gpu_count; i++) {
		const struct weft_gpu *before = &inv->gpu[i - 1];
		struct weft_gpu *gpu = &inv->gpu[i];

		if (*gpu->model || !gpu->pci.known || !before->pci.known ||
		    weft_pci_compare(&gpu->pci, &before->pci))
			continue;
		weft_field_set(gpu->model, sizeof(gpu->model), before->model);
		weft_field_set(gpu->type, sizeof(gpu->type), before->type);
	}
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		if (inv->gpu[i].numa_idx < 0 && inv->numa_count > 1)
			read_note(inv, "hwloc does not know the NUMA node of every GPU");
}

/* ---- NICs --------------------------------------------------------------- */

/* The name that NCCL and UCX know (mlx5_0) before the kernel's (ib0). */
static const char *nic_name(hwloc_obj_t pci)
{
	const char *name = NULL;

	for (hwloc_obj_t os = pci->io_first_child; os; os = os->next_sibling) {
		if (os->type != HWLOC_OBJ_OS_DEVICE || !os->name)
			continue;
		if (os->attr->osdev.type == HWLOC_OBJ_OSDEV_OPENFABRICS)
			return os->name;
		if (os->attr->osdev.type == HWLOC_OBJ_OSDEV_NETWORK && !name)
			name = os->name;
	}
	return name;
}

static void find_nics(struct hwloc_work *work)
{
	struct weft_inventory *inv = work->inv;
	hwloc_obj_t obj = NULL;
	char address[WEFT_PCI_SIZE];

	while ((obj = hwloc_get_next_pcidev(work->topology, obj))) {
		struct weft_nic *nic = &inv->nic[inv->nic_count];
		const char *name = nic_name(obj);

		if (!name && obj->attr->pcidev.class_id >> 8 != 0x02)
			continue;
		if (inv->nic_count == WEFT_NICS_MAX) {
			read_note(inv, "more than %d NICs: the rest is left out",
				  WEFT_NICS_MAX);
			return;
		}
		nic->pci = pci_address(obj);
		weft_pci_format(&nic->pci, address);
		weft_field_set(nic->name, sizeof(nic->name),
			       name ? name : address);
		describe_place(work, obj, &nic->numa_idx, NULL);
		work->nic[inv->nic_count++] = obj;
	}
}

/* ---- the whole ---------------------------------------------------------- */

static void count_places(struct hwloc_work *work)
{
	hwloc_obj_t numa = NULL, root = hwloc_get_root_obj(work->topology);
	const char *host = info_of(root, "HostName");
	int last = hwloc_bitmap_last(root->cpuset);

	while ((numa = hwloc_get_next_obj_by_type(work->topology,
						  HWLOC_OBJ_NUMANODE, numa)))
		if (numa->os_index < WEFT_NUMA_MAX &&
		    !hwloc_bitmap_iszero(numa->cpuset) &&
		    numa->os_index >= work->inv->numa_count)
			work->inv->numa_count = numa->os_index + 1;
	work->inv->pu_count = last < 0 ? 0 : (uint32_t)last + 1;
	if (host)
		weft_field_set(work->inv->host, sizeof(work->inv->host), host);
}

static int fill(struct hwloc_work *work, struct weft_err *err)
{
	int rc;

	count_places(work);
	rc = find_gpus(work, err);
	if (rc)
		return rc;
	for (uint32_t i = 0; i < work->inv->gpu_count; i++) {
		struct weft_gpu *gpu = &work->inv->gpu[i];

		describe_gpu(work->gpu[i], gpu);
		rc = describe_place(work, work->gpu[i], &gpu->numa_idx, &gpu->pus);
		if (!rc)
			rc = describe_cores(work, work->gpu[i], &gpu->cores);
		if (rc)
			return weft_err_set(err, ENOMEM, "out of memory");
	}
	complete_partitions(work->inv);
	find_nics(work);
	rc = hwloc_links_read(work, err);
	if (!rc)
		hwloc_paths_read(work);
	return rc;
}

static int read_loaded(const char *name, const char *text, size_t len,
		       bool drivers, struct weft_inventory **ret_inv,
		       struct weft_err *err)
{
	struct hwloc_work work = { 0 };
	int rc = load(name, text, len, drivers, &work.topology, err);

	if (rc)
		return rc;
	work.inv = weft_inventory_create("hwloc");
	if (!work.inv) {
		hwloc_topology_destroy(work.topology);
		return weft_err_set(err, ENOMEM, "%s: out of memory", name);
	}
	rc = fill(&work, err);
	hwloc_topology_destroy(work.topology);
	if (rc) {
		weft_err_prefix(err, "%s", name);
		weft_inventory_destroy(work.inv);
		return rc;
	}
	return read_finish(name, work.inv, ret_inv, err);
}

int read_hwloc_text(const char *name, const char *text, size_t len,
		    struct weft_inventory **ret_inv, struct weft_err *err)
{
	return read_loaded(name, text, len, false, ret_inv, err);
}

int read_hwloc_no_driver(struct weft_inventory **ret_inv, struct weft_err *err)
{
	return read_loaded("this machine", NULL, 0, false, ret_inv, err);
}

int read_hwloc_live(struct weft_inventory **ret_inv, struct weft_err *err)
{
	return read_loaded("this machine", NULL, 0, true, ret_inv, err);
}
