/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read_nvml.c - NVIDIA's own word on its GPUs, without linking to it
 *
 * The driver package brings libnvidia-ml.so.1; the name without the number
 * comes with development packages only, so it is tried second.  A machine
 * without the library is the normal case and costs one failed dlopen().
 *
 * GPUs that answer with an error ("GPU is lost") are left out of everything
 * but the numbering: Slurm's File=/dev/nvidia[0-7] counts them too, so a hole
 * would shift every later index.  They stay in the inventory with what is
 * known of them, unlinked, and the note names them.
 *
 * A GPU's index here is NVML's, in PCI order; the N of its /dev/nvidiaN is the
 * minor number, which the driver may give in another order.
 *
 * Links: per lane the far end's PCI address.  Lanes to another GPU add up by
 * NVLink version; lanes to a switch are closed over; a far end that is neither
 * here (another node's GPU, an unplugged bridge) is passed over.  What a lane
 * leads to is asked for where the driver can say, and taken from the PCI
 * address where it cannot.
 *
 * NVML may hang in the kernel with a sick GPU.  This file does nothing about
 * it: discover.c calls it in a process of its own with a time limit.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gres/nvml_api.h"
#include "gres/read_impl.h"
#include "gres/read_slices.h"

#define LONG_BITS (sizeof(unsigned long) * CHAR_BIT)

struct nvml_work {
	struct nvml_api api;
	struct weft_inventory *inv;
	char *slice_table;	/* NULL: none */
	nvml_device_t device[WEFT_GPUS_MAX];	/* NULL: does not answer */
	uint32_t lane_mbps[WEFT_GPUS_MAX][WEFT_GPUS_MAX];	/* as i reports */
	uint64_t reach_mbps[WEFT_GPUS_MAX];
};

/* ---- the library -------------------------------------------------------- */

struct entry {
	const char *name;
	size_t offset;
	bool needed;
};

#define ENTRY(symbol, member, must) \
	{ symbol, offsetof(struct nvml_api, member), must }

static const struct entry entries[] = {
	ENTRY("nvmlInit_v2", init, true),
	ENTRY("nvmlShutdown", shutdown, true),
	ENTRY("nvmlErrorString", error_string, true),
	ENTRY("nvmlDeviceGetCount_v2", get_count, true),
	ENTRY("nvmlDeviceGetHandleByIndex_v2", get_handle, true),
	ENTRY("nvmlDeviceGetName", get_name, true),
	ENTRY("nvmlDeviceGetUUID", get_uuid, true),
	ENTRY("nvmlDeviceGetPciInfo_v3", get_pci, true),
	ENTRY("nvmlDeviceGetMemoryInfo", get_memory, true),
	ENTRY("nvmlDeviceGetCpuAffinity", get_cpus, true),
	ENTRY("nvmlDeviceGetTopologyCommonAncestor", get_level, true),
	ENTRY("nvmlDeviceGetNvLinkState", get_link_state, true),
	ENTRY("nvmlDeviceGetNvLinkVersion", get_link_version, true),
	ENTRY("nvmlDeviceGetNvLinkRemotePciInfo_v2", get_link_remote, true),
	ENTRY("nvmlDeviceGetNvLinkRemoteDeviceType", get_link_kind, false),
	ENTRY("nvmlDeviceGetMinorNumber", get_minor, true),
	ENTRY("nvmlDeviceGetMigMode", get_mig, false),
	ENTRY("nvmlDeviceGetMaxMigDeviceCount", get_slices_max, false),
	ENTRY("nvmlDeviceGetMigDeviceHandleByIndex", get_slice, false),
	ENTRY("nvmlDeviceGetGpuInstanceId", get_gpu_instance, false),
	ENTRY("nvmlDeviceGetComputeInstanceId", get_compute_instance, false),
	ENTRY("nvmlDeviceGetGpuFabricInfo", get_fabric, false),
	ENTRY("nvmlDeviceGetGpuFabricInfoV", get_fabric_v, false),
};

static int find_entries(void *handle, const char *library, struct nvml_api *api,
			struct weft_err *err)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		void *symbol = dlsym(handle, entries[i].name);

		if (!symbol && entries[i].needed)
			return weft_err_set(err, ENOSYS,
					    "%s has no %s: the driver is too old",
					    library, entries[i].name);
		memcpy((char *)api + entries[i].offset, &symbol, sizeof(symbol));
	}
	return 0;
}

static const char *words_of(const struct nvml_work *work, int status)
{
	const char *words = work->api.error_string(status);

	return words ? words : "unknown error";
}

/* ---- one GPU ------------------------------------------------------------ */

static int read_cpus(struct nvml_work *work, uint32_t i)
{
	unsigned long words[WEFT_PUS_MAX / LONG_BITS] = { 0 };
	const unsigned int count = sizeof(words) / sizeof(words[0]);
	struct weft_idxset *pus;

	if (work->api.get_cpus(work->device[i], count, words))
		return 0;
	pus = weft_idxset_create(WEFT_PUS_MAX);
	if (!pus)
		return -ENOMEM;
	for (uint32_t cpu = 0; cpu < WEFT_PUS_MAX; cpu++) {
		if (!(words[cpu / LONG_BITS] >> (cpu % LONG_BITS) & 1))
			continue;
		weft_idxset_add(pus, cpu);
		if (cpu >= work->inv->pu_count)
			work->inv->pu_count = cpu + 1;
	}
	work->inv->gpu[i].pus = pus;
	return 0;
}

static int read_mig(struct nvml_work *work, uint32_t i)
{
	unsigned int now = 0, later = 0;

	if (!work->api.get_mig ||
	    work->api.get_mig(work->device[i], &now, &later) || !now)
		return 0;
	return read_slices(&work->api, work->device[i], work->slice_table,
			   work->inv, i);
}

static int read_gpu(struct nvml_work *work, uint32_t i, struct weft_err *err)
{
	struct weft_gpu *gpu = &work->inv->gpu[i];
	nvml_device_t device = work->device[i];
	struct nvml_memory memory;
	struct nvml_pci pci;
	unsigned int dev_minor;
	char text[96];

	if (!work->api.get_pci(device, &pci)) {
		gpu->pci = (struct weft_pci){
			.domain = pci.domain, .bus = (uint8_t)pci.bus,
			.dev = (uint8_t)pci.device, .known = true,
		};
	}
	if (!work->api.get_name(device, text, sizeof(text))) {
		weft_field_set(gpu->model, sizeof(gpu->model), text);
		weft_gpu_type(gpu->model, gpu->type, sizeof(gpu->type));
	}
	if (!work->api.get_uuid(device, text, sizeof(text)))
		weft_field_set(gpu->uuid, sizeof(gpu->uuid), text);
	if (!work->api.get_memory(device, &memory))
		gpu->mem_mib = memory.total >> 20;
	if (!work->api.get_minor(device, &dev_minor) &&
	    dev_minor <= WEFT_MINOR_MAX)
		gpu->dev_minor = (int32_t)dev_minor;
	if (read_mig(work, i) || read_cpus(work, i))
		return weft_err_set(err, ENOMEM, "nvml: out of memory");
	return 0;
}

/* ---- links -------------------------------------------------------------- */

static int find_pci(const struct nvml_work *work, const struct nvml_pci *far)
{
	for (uint32_t i = 0; i < work->inv->gpu_count; i++) {
		const struct weft_pci *pci = &work->inv->gpu[i].pci;

		if (pci->known && pci->domain == far->domain &&
		    pci->bus == far->bus && pci->dev == far->device)
			return (int)i;
	}
	return -1;
}

/* A switch shares no address with a GPU and is not the CPU of a POWER. */
static bool leads_to_switch(struct nvml_work *work, nvml_device_t device,
			    unsigned int link, int gpu_idx)
{
	int kind = NVML_REMOTE_UNKNOWN;

	if (work->api.get_link_kind &&
	    !work->api.get_link_kind(device, link, &kind) &&
	    kind != NVML_REMOTE_UNKNOWN)
		return kind == NVML_REMOTE_SWITCH;
	return gpu_idx < 0;
}

static void read_lane(struct nvml_work *work, uint32_t i, unsigned int link)
{
	nvml_device_t device = work->device[i];
	unsigned int version = 0;
	struct nvml_pci far;
	uint32_t mbps;
	int active = 0, j;

	if (work->api.get_link_state(device, link, &active) || !active ||
	    work->api.get_link_version(device, link, &version) ||
	    work->api.get_link_remote(device, link, &far))
		return;
	mbps = read_nvlink_mbps(version);
	if (!mbps) {
		mbps = read_nvlink_mbps(5);
		read_note(work->inv, "NVLink version %u is not known: counted as %u MB/s a link",
			  version, mbps);
	}
	j = find_pci(work, &far);
	if (leads_to_switch(work, device, link, j))
		work->reach_mbps[i] += mbps;
	else if (j >= 0 && j != (int)i)
		work->lane_mbps[i][j] += mbps;
}

static void read_links(struct nvml_work *work)
{
	struct weft_inventory *inv = work->inv;

	for (uint32_t i = 0; i < inv->gpu_count; i++)
		for (unsigned int link = 0;
		     work->device[i] && link < NVML_NVLINKS_MAX; link++)
			read_lane(work, i, link);
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			uint32_t there = work->lane_mbps[i][j];
			uint32_t back = work->lane_mbps[j][i];

			if (there != back)
				read_note(inv, "GPU %u and %u count their links differently: the fewer count",
					  j, i);
			read_add_link(inv, i, j, there < back ? there : back);
		}
	read_close_over_switches(inv, work->reach_mbps);
}

static enum weft_path path_of_level(int level)
{
	switch (level) {
	case NVML_LEVEL_INTERNAL:
	case NVML_LEVEL_SINGLE:
		return WEFT_PATH_PIX;
	case NVML_LEVEL_MULTIPLE:
		return WEFT_PATH_PXB;
	case NVML_LEVEL_HOSTBRIDGE:
		return WEFT_PATH_PHB;
	case NVML_LEVEL_NODE:
		return WEFT_PATH_NODE;
	case NVML_LEVEL_SYSTEM:
		return WEFT_PATH_SYS;
	default:
		return WEFT_PATH_UNKNOWN;
	}
}

static void read_paths(struct nvml_work *work)
{
	struct weft_inventory *inv = work->inv;
	int level;

	for (uint32_t i = 0; i < inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			if (inv->link_mbps[i][j] || !work->device[i] ||
			    !work->device[j] ||
			    work->api.get_level(work->device[i],
						work->device[j], &level))
				continue;
			inv->path[i][j] = inv->path[j][i] = path_of_level(level);
		}
}

/* ---- the domain over several nodes -------------------------------------- */

static void name_domain(struct weft_inventory *inv, const unsigned char uuid[16],
			unsigned int clique_id)
{
	char text[40];
	bool zero = true;

	for (int i = 0; i < 16; i++) {
		snprintf(text + 2 * i, sizeof(text) - 2 * i, "%02x", uuid[i]);
		zero = zero && !uuid[i];
	}
	if (!zero)	/* all zero: NVLink ends at this node */
		snprintf(inv->domain, sizeof(inv->domain), "%s.%u", text,
			 clique_id);
}

static void read_domain(struct nvml_work *work)
{
	struct nvml_fabric_v2 v2 = { .version = NVML_FABRIC_V2 };
	struct nvml_fabric v1 = { .state = 0 };

	for (uint32_t i = 0; i < work->inv->gpu_count; i++) {
		if (!work->device[i])
			continue;
		if (work->api.get_fabric_v &&
		    !work->api.get_fabric_v(work->device[i], &v2)) {
			if (v2.state == NVML_FABRIC_COMPLETED && !v2.status)
				name_domain(work->inv, v2.cluster_uuid,
					    v2.clique_id);
		} else if (work->api.get_fabric &&
			   !work->api.get_fabric(work->device[i], &v1) &&
			   v1.state == NVML_FABRIC_COMPLETED && !v1.status) {
			name_domain(work->inv, v1.cluster_uuid, v1.clique_id);
		}
		return;
	}
}

/* ---- the whole ---------------------------------------------------------- */

static int read_gpus(struct nvml_work *work, struct weft_err *err)
{
	struct weft_inventory *inv = work->inv;
	unsigned int count;
	int status = work->api.get_count(&count), rc = 0;

	if (status)
		return weft_err_set(err, EIO, "nvml: cannot count GPUs: %s",
				    words_of(work, status));
	if (!count)
		return weft_err_set(err, ENODEV, "nvml: no GPU");
	if (count > WEFT_GPUS_MAX)
		return weft_err_set(err, E2BIG, "nvml: %u GPUs, at most %d",
				    count, WEFT_GPUS_MAX);
	inv->gpu_count = count;
	for (uint32_t i = 0; !rc && i < count; i++) {
		status = work->api.get_handle(i, &work->device[i]);
		if (!status) {
			rc = read_gpu(work, i, err);
			continue;
		}
		work->device[i] = NULL;
		read_note(inv, "GPU %u does not answer: %s", i,
			  words_of(work, status));
	}
	return rc;
}

static int fill(struct nvml_work *work, struct weft_err *err)
{
	int status = work->api.init(), rc;

	if (status)
		return weft_err_set(err, EIO, "nvml: %s",
				    words_of(work, status));
	rc = read_gpus(work, err);
	if (!rc) {
		read_links(work);
		read_paths(work);
		read_domain(work);
	}
	work->api.shutdown();
	return rc;
}

int read_nvml_from(const char *library, const char *slice_table,
		   struct weft_inventory **ret_inv, struct weft_err *err)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	struct weft_inventory *inv;
	struct nvml_work *work;
	int rc;

	if (!handle)
		return weft_err_set(err, ENODEV, "nvml: %s is not there", library);
	work = calloc(1, sizeof(*work));
	inv = weft_inventory_create("nvml");
	if (!work || !inv) {
		rc = weft_err_set(err, ENOMEM, "nvml: out of memory");
	} else {
		work->inv = inv;
		work->slice_table = read_slice_table(slice_table);
		rc = find_entries(handle, library, &work->api, err);
		if (!rc)
			rc = fill(work, err);
	}
	free(work ? work->slice_table : NULL);
	free(work);
	dlclose(handle);
	if (rc) {
		weft_inventory_destroy(inv);
		return rc;
	}
	return read_finish("nvml", inv, ret_inv, err);
}

int weft_inventory_read_nvml(struct weft_inventory **ret_inv,
			     struct weft_err *err)
{
	static const char *const libraries[] = {
		"libnvidia-ml.so.1", "libnvidia-ml.so",
	};
	int rc = -ENODEV;

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		void *there = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);

		if (!there)
			continue;
		rc = read_nvml_from(libraries[i], READ_SLICE_TABLE, ret_inv,
				    err);
		dlclose(there);
		return rc;
	}
	return weft_err_set(err, -rc, "nvml: %s is not there", libraries[0]);
}
