/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_nvml.c - a library that answers like NVML, for machines without GPUs
 *
 * FAKE_NVML in the environment says which machine: "mesh" (four GPUs, a ring
 * of double links, the third in MIG mode), "switch" (three GPUs at two
 * NVSwitches, in a multi-node domain), "lost" (GPU 1 of three does not
 * answer), "broken" (init fails), "none" (no GPU), "hang" (init never
 * returns), "stuck" (init answers, the links never do), "minor" (three GPUs
 * whose minor numbers run backwards), "mig" (the same, GPU 1 cut into slices:
 * 7 places, of which 0 and 2 hold one and 4 does not answer), "oldmig" (the
 * same with a driver that cannot count slices).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gres/nvml_api.h"

#define EXPORT __attribute__((visibility("default")))
#define GPUS 4

int nvmlInit_v2(void);
int nvmlShutdown(void);
const char *nvmlErrorString(int status);
int nvmlDeviceGetCount_v2(unsigned int *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned int idx, nvml_device_t *ret);
int nvmlDeviceGetName(nvml_device_t device, char *text, unsigned int size);
int nvmlDeviceGetUUID(nvml_device_t device, char *text, unsigned int size);
int nvmlDeviceGetPciInfo_v3(nvml_device_t device, struct nvml_pci *pci);
int nvmlDeviceGetMemoryInfo(nvml_device_t device, struct nvml_memory *memory);
int nvmlDeviceGetCpuAffinity(nvml_device_t device, unsigned int count,
			     unsigned long *words);
int nvmlDeviceGetTopologyCommonAncestor(nvml_device_t a, nvml_device_t b,
					int *level);
int nvmlDeviceGetNvLinkState(nvml_device_t device, unsigned int link, int *active);
int nvmlDeviceGetNvLinkVersion(nvml_device_t device, unsigned int link,
			       unsigned int *version);
int nvmlDeviceGetNvLinkRemotePciInfo_v2(nvml_device_t device, unsigned int link,
					struct nvml_pci *pci);
int nvmlDeviceGetNvLinkRemoteDeviceType(nvml_device_t device, unsigned int link,
					int *kind);
int nvmlDeviceGetMigMode(nvml_device_t device, unsigned int *now,
			 unsigned int *later);
int nvmlDeviceGetMinorNumber(nvml_device_t device, unsigned int *number);
int nvmlDeviceGetMaxMigDeviceCount(nvml_device_t device, unsigned int *count);
int nvmlDeviceGetMigDeviceHandleByIndex(nvml_device_t device, unsigned int idx,
					nvml_device_t *ret);
int nvmlDeviceGetGpuInstanceId(nvml_device_t device, unsigned int *id);
int nvmlDeviceGetComputeInstanceId(nvml_device_t device, unsigned int *id);
int nvmlDeviceGetGpuFabricInfoV(nvml_device_t device, struct nvml_fabric_v2 *info);

struct nvml_device {
	unsigned int idx;
};

static struct nvml_device devices[GPUS] = { { 0 }, { 1 }, { 2 }, { 3 } };
#define SLICE 100	/* a slice's handle: its place + SLICE */
static struct nvml_device slices[] = { { 100 }, { 101 }, { 102 }, { 103 },
				       { 104 }, { 105 }, { 106 } };

static int machine_is(const char *name)
{
	const char *machine = getenv("FAKE_NVML");

	return machine && !strcmp(machine, name);
}

EXPORT int nvmlInit_v2(void)
{
	while (machine_is("hang"))
		sleep(1000);
	return machine_is("broken") ? 9 : 0;
}

EXPORT int nvmlShutdown(void)
{
	return 0;
}

EXPORT const char *nvmlErrorString(int status)
{
	return status == 15 ? "GPU is lost" : "Driver Not Loaded";
}

EXPORT int nvmlDeviceGetCount_v2(unsigned int *count)
{
	*count = machine_is("none") ? 0 : machine_is("mesh") ? 4 : 3;
	return 0;
}

EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned int idx, nvml_device_t *ret)
{
	if (idx >= GPUS)
		return 2;
	if (machine_is("lost") && idx == 1)
		return 15;
	*ret = &devices[idx];
	return 0;
}

EXPORT int nvmlDeviceGetName(nvml_device_t device, char *text, unsigned int size)
{
	snprintf(text, size, "NVIDIA H100 80GB HBM3%s",
		 device->idx == SLICE ? " MIG 1g.10gb" :
		 device->idx > SLICE ? " MIG 3g.40gb" : "");
	return 0;
}

EXPORT int nvmlDeviceGetUUID(nvml_device_t device, char *text, unsigned int size)
{
	snprintf(text, size, "%s-%08x", device->idx < SLICE ? "GPU" : "MIG",
		 device->idx);
	return 0;
}

EXPORT int nvmlDeviceGetPciInfo_v3(nvml_device_t device, struct nvml_pci *pci)
{
	memset(pci, 0, sizeof(*pci));
	pci->bus = 0x10 + device->idx;
	return 0;
}

EXPORT int nvmlDeviceGetMemoryInfo(nvml_device_t device,
				   struct nvml_memory *memory)
{
	memory->total = device->idx < SLICE ? 80ull << 30 : 10ull << 30;
	return 0;
}

EXPORT int nvmlDeviceGetCpuAffinity(nvml_device_t device, unsigned int count,
				    unsigned long *words)
{
	if (!count)
		return 7;
	words[0] = device->idx < 2 ? 0x0ful : 0xf0ul;
	return 0;
}

EXPORT int nvmlDeviceGetTopologyCommonAncestor(nvml_device_t a, nvml_device_t b,
					       int *level)
{
	*level = a->idx / 2 == b->idx / 2 ? NVML_LEVEL_HOSTBRIDGE
					  : NVML_LEVEL_SYSTEM;
	return 0;
}

EXPORT int nvmlDeviceGetNvLinkState(nvml_device_t device, unsigned int link,
				    int *active)
{
	while (machine_is("stuck"))
		sleep(1000);
	*active = link < 4;
	return 0;
}

EXPORT int nvmlDeviceGetNvLinkVersion(nvml_device_t device, unsigned int link,
				      unsigned int *version)
{
	*version = machine_is("switch") ? 4 : 2;
	return 0;
}

/* The ring 0-1-2-3-0, two lanes a hop; or two switches at bus f0 and f1. */
EXPORT int nvmlDeviceGetNvLinkRemotePciInfo_v2(nvml_device_t device,
					       unsigned int link,
					       struct nvml_pci *pci)
{
	unsigned int next = link < 2 ? 1 : 3;

	memset(pci, 0, sizeof(*pci));
	pci->bus = machine_is("switch") ? 0xf0 + link % 2
					: 0x10 + (device->idx + next) % GPUS;
	return 0;
}

EXPORT int nvmlDeviceGetNvLinkRemoteDeviceType(nvml_device_t device,
					       unsigned int link, int *kind)
{
	*kind = machine_is("switch") ? NVML_REMOTE_SWITCH : NVML_REMOTE_GPU;
	return 0;
}

EXPORT int nvmlDeviceGetMigMode(nvml_device_t device, unsigned int *now,
				unsigned int *later)
{
	*now = *later = (machine_is("mesh") && device->idx == 2) ||
		((machine_is("mig") || machine_is("oldmig")) && device->idx == 1);
	return 0;
}

EXPORT int nvmlDeviceGetMinorNumber(nvml_device_t device, unsigned int *number)
{
	if (machine_is("mesh") && device->idx == 3)
		return 3;
	*number = machine_is("minor") || machine_is("mig") ? 2 - device->idx :
		device->idx;
	return 0;
}

EXPORT int nvmlDeviceGetMaxMigDeviceCount(nvml_device_t device,
					  unsigned int *count)
{
	*count = machine_is("mig") ? 7 : 0;
	return machine_is("oldmig") ? 3 : 0;
}

EXPORT int nvmlDeviceGetMigDeviceHandleByIndex(nvml_device_t device,
					       unsigned int idx,
					       nvml_device_t *ret)
{
	if (idx % 2 || idx > 4)
		return NVML_NOT_FOUND;
	*ret = &slices[idx];
	return 0;
}

EXPORT int nvmlDeviceGetGpuInstanceId(nvml_device_t device, unsigned int *id)
{
	*id = device->idx == SLICE ? 7 : 2;
	return device->idx == SLICE + 4 ? 15 : 0;
}

EXPORT int nvmlDeviceGetComputeInstanceId(nvml_device_t device, unsigned int *id)
{
	*id = 0;
	return 0;
}

EXPORT int nvmlDeviceGetGpuFabricInfoV(nvml_device_t device,
				       struct nvml_fabric_v2 *info)
{
	if (info->version != NVML_FABRIC_V2)
		return 25;
	if (!machine_is("switch"))
		return 3;
	memset(info->cluster_uuid, 0xab, sizeof(info->cluster_uuid));
	info->status = 0;
	info->state = NVML_FABRIC_COMPLETED;
	info->clique_id = 7;
	return 0;
}
