/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nvml_api.h - the part of NVIDIA's management library that we call
 *
 * NVML's ABI is documented and stable; declaring these few entries here means
 * that nothing of NVIDIA's is needed to build, and nothing is linked.  Sizes
 * and constants are those of the public API reference.
 */
#ifndef WEFT_GRES_NVML_API_H
#define WEFT_GRES_NVML_API_H

#define NVML_OK 0
#define NVML_NOT_FOUND 6
#define NVML_NVLINKS_MAX 18
#define NVML_FABRIC_COMPLETED 3

typedef struct nvml_device *nvml_device_t;

struct nvml_pci {
	char bus_id_legacy[16];
	unsigned int domain, bus, device, pci_device_id, subsystem_id;
	char bus_id[32];
};

struct nvml_memory {
	unsigned long long total, free, used;	/* bytes */
};

struct nvml_fabric {			/* nvmlGpuFabricInfo_t */
	unsigned char cluster_uuid[16];
	int status;
	unsigned int clique_id;
	unsigned char state;
};

struct nvml_fabric_v2 {			/* nvmlGpuFabricInfo_v2_t */
	unsigned int version;
	unsigned char cluster_uuid[16];
	int status;
	unsigned int clique_id;
	unsigned char state;
	unsigned int health_mask;
};

#define NVML_FABRIC_V2 ((unsigned int)sizeof(struct nvml_fabric_v2) | 2u << 24)

/* nvmlGpuTopologyLevel_t */
enum nvml_level {
	NVML_LEVEL_INTERNAL = 0,
	NVML_LEVEL_SINGLE = 10,
	NVML_LEVEL_MULTIPLE = 20,
	NVML_LEVEL_HOSTBRIDGE = 30,
	NVML_LEVEL_NODE = 40,
	NVML_LEVEL_SYSTEM = 50,
};

/* nvmlIntNvLinkDeviceType_t */
enum nvml_remote {
	NVML_REMOTE_GPU = 0,
	NVML_REMOTE_IBMNPU = 1,
	NVML_REMOTE_SWITCH = 2,
	NVML_REMOTE_UNKNOWN = 255,
};

/* Entries marked "may be NULL" came with later drivers. */
struct nvml_api {
	int (*init)(void);
	int (*shutdown)(void);
	const char *(*error_string)(int);
	int (*get_count)(unsigned int *);
	int (*get_handle)(unsigned int, nvml_device_t *);
	int (*get_name)(nvml_device_t, char *, unsigned int);
	int (*get_uuid)(nvml_device_t, char *, unsigned int);
	int (*get_pci)(nvml_device_t, struct nvml_pci *);
	int (*get_memory)(nvml_device_t, struct nvml_memory *);
	int (*get_cpus)(nvml_device_t, unsigned int, unsigned long *);
	int (*get_level)(nvml_device_t, nvml_device_t, int *);
	int (*get_link_state)(nvml_device_t, unsigned int, int *);
	int (*get_link_version)(nvml_device_t, unsigned int, unsigned int *);
	int (*get_link_remote)(nvml_device_t, unsigned int, struct nvml_pci *);
	int (*get_link_kind)(nvml_device_t, unsigned int, int *);	/* may be NULL */
	int (*get_minor)(nvml_device_t, unsigned int *);
	int (*get_mig)(nvml_device_t, unsigned int *, unsigned int *);	/* may be NULL */
	int (*get_slices_max)(nvml_device_t, unsigned int *);		/* may be NULL */
	int (*get_slice)(nvml_device_t, unsigned int, nvml_device_t *);	/* may be NULL */
	int (*get_gpu_instance)(nvml_device_t, unsigned int *);		/* may be NULL */
	int (*get_compute_instance)(nvml_device_t, unsigned int *);	/* may be NULL */
	int (*get_fabric)(nvml_device_t, struct nvml_fabric *);		/* may be NULL */
	int (*get_fabric_v)(nvml_device_t, struct nvml_fabric_v2 *);	/* may be NULL */
};

#endif
