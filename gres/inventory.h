/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory.h - the devices inside one node, and how they are wired
 *
 * One structure for every source: hwloc live or from XML, NVML, NCCL's
 * topology XML, the text of "nvidia-smi topo -m", or a stored JSON file.
 * A reader fills it; the choice of GPUs, the scheduler, the gres plugin and
 * the pictures read it.  Nothing here knows Slurm.
 *
 * Index: gpu_idx is the order in which the driver counts (PCI bus order where
 * the source has no other), which is also the order of gres.conf's File= list.
 * The number in /dev/nvidiaN is mostly the same, but the driver may hand it
 * out in another order: it is dev_minor where the source knows it.
 *
 * Links are bandwidths between two GPUs of the node in MB/s (10^6 bytes per
 * second), one direction, the sum of all parallel links; GPUs that meet in an
 * NVSwitch have here what the switch gives the pair.  0 means no direct link:
 * then enum weft_path says what a message crosses instead.
 *
 * NUMA nodes go by the operating system's number; nodes without CPUs (a GPU's
 * own memory) do not count.  pu_count is one more than the highest logical
 * CPU's number.
 *
 * Limits: 64 GPUs (a set of them is a weft_gpuset_t), 64 NICs, 64 NUMA nodes,
 * 4096 processing units.
 */
#ifndef WEFT_GRES_INVENTORY_H
#define WEFT_GRES_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/idxset.h"

#define WEFT_GPUS_MAX 64
#define WEFT_NICS_MAX 64
#define WEFT_NUMA_MAX 64
#define WEFT_PUS_MAX 4096
#define WEFT_SLICES_MAX 16
#define WEFT_MINOR_MAX ((1u << 20) - 1)	/* Linux has 20 bits */

typedef uint64_t weft_gpuset_t;		/* bit i = GPU i of the node */

/*
 * What lies between two devices, nearest first: the words of nvidia-smi
 * (PIX, PXB, PHB, NODE, SYS), with a direct link before them all.
 */
enum weft_path {
	WEFT_PATH_SELF,		/* the same device */
	WEFT_PATH_LINK,		/* NVLink, xGMI or Xe Link, switches included */
	WEFT_PATH_PIX,		/* one PCIe switch */
	WEFT_PATH_PXB,		/* several PCIe switches */
	WEFT_PATH_PHB,		/* a PCIe host bridge */
	WEFT_PATH_NODE,		/* host bridges inside one NUMA node */
	WEFT_PATH_SYS,		/* the link between NUMA nodes */
	WEFT_PATH_UNKNOWN,
};

struct weft_pci {
	uint32_t domain;
	uint8_t bus, dev, func;
	bool known;
};

/*
 * A piece of a GPU in MIG mode: a compute instance in a GPU instance.  Its
 * files are its GPU's and /dev/nvidia-caps/nvidia-cap<gpu_cap> and
 * <compute_cap>; both are 0 where the source does not tell.
 */
struct weft_gpu_slice {
	char profile[24];	/* "1g.5gb", "" if unknown */
	char uuid[64];		/* "MIG-..." or "" */
	uint32_t gpu_instance, compute_instance;
	uint32_t gpu_cap, compute_cap;
	uint64_t mem_mib;
};

struct weft_gpu {
	char model[64];		/* as the vendor writes it, "" if unknown */
	char type[32];		/* Slurm-style: lower case, no spaces ("h100"), "" if unknown */
	char uuid[48];		/* "GPU-..." or "" */
	struct weft_pci pci;
	int32_t numa_idx;	/* -1 unknown */
	int32_t dev_minor;	/* N of /dev/nvidiaN, -1 unknown: the index */
	uint64_t mem_mib;	/* 0 unknown */
	struct weft_idxset *pus;	/* nearest logical CPUs by OS index (size
					   WEFT_PUS_MAX), or NULL */
	struct weft_idxset *cores;	/* nearest cores in the order of sockets,
					   as Slurm numbers them, or NULL */
	bool mig;		/* in MIG mode: only its slices can be used */
	uint32_t slice_count;
	struct weft_gpu_slice *slice;	/* [slice_count], or NULL */
};

struct weft_nic {
	char name[32];		/* "mlx5_0", "eth0" */
	struct weft_pci pci;
	int32_t numa_idx;
	uint32_t speed_mbps;	/* 10^6 bits per second, 0 unknown */
};

struct weft_inventory {
	char source[16];	/* "hwloc", "nvml", "nccl", "smi", "json" */
	char host[64];		/* "" if the source does not say */
	/*
	 * The multi-node NVLink domain this node belongs to (fabric cluster
	 * and clique), "" if none or unknown: nodes with equal text share it.
	 */
	char domain[64];
	uint32_t gpu_count, nic_count, numa_count, pu_count;
	struct weft_gpu gpu[WEFT_GPUS_MAX];
	struct weft_nic nic[WEFT_NICS_MAX];
	/* Symmetric, diagonal 0; [i][j] for i, j < gpu_count. */
	uint32_t link_mbps[WEFT_GPUS_MAX][WEFT_GPUS_MAX];
	uint8_t path[WEFT_GPUS_MAX][WEFT_GPUS_MAX];	/* enum weft_path */
	uint8_t nic_path[WEFT_GPUS_MAX][WEFT_NICS_MAX];	/* GPU to NIC */
	char note[256];		/* what the source left unsure, for a human; "" */
};

/* Empty inventory, everything unknown; NULL: no memory. */
struct weft_inventory *weft_inventory_create(const char *source);
void weft_inventory_destroy(struct weft_inventory *inv);

/* N of the GPU's /dev/nvidiaN. */
uint32_t weft_gpu_minor(const struct weft_inventory *inv, uint32_t gpu_idx);
/* The GPU of that N, or inv->gpu_count. */
uint32_t weft_gpu_of_minor(const struct weft_inventory *inv, uint32_t dev_minor);

/* Invariants: symmetry, ranges, no link to oneself.  0 or -EINVAL. */
int weft_inventory_check(const struct weft_inventory *inv, struct weft_err *err);

/*
 * Readers.  Each returns 0 and an inventory that passes the check and is the
 * caller's to destroy, or a negative errno and a message that names the file
 * and what was expected; *ret_inv is untouched then.
 */

/*
 * libnvidia-ml.so.1 by dlopen; -ENODEV if it is not there or sees no GPU, -EIO
 * if its driver refuses.
 */
int weft_inventory_read_nvml(struct weft_inventory **ret_inv,
			     struct weft_err *err);
/* The stored form, which weft_inventory_to_json() makes. */
int weft_inventory_read_json(const char *path, struct weft_inventory **ret_inv,
			     struct weft_err *err);
/*
 * A file of any form, told apart by its first bytes: hwloc's XML, NCCL's
 * topology, the text of "nvidia-smi topo -m", or the stored form.
 */
int weft_inventory_read(const char *path, struct weft_inventory **ret_inv,
			struct weft_err *err);
/*
 * This machine: NVML over hwloc, whichever is there; what to call on a node.
 * Drivers are asked in a child process.  If they do not answer within the
 * limit (15 s in the first form), the inventory is what sysfs shows and the
 * note says why; so a failure here means that not even sysfs could be read.
 */
int weft_inventory_discover(struct weft_inventory **ret_inv,
			    struct weft_err *err);
int weft_inventory_discover_within(unsigned int limit_msec,
				   struct weft_inventory **ret_inv,
				   struct weft_err *err);

struct json_object;
/* The caller's to json_object_put(); NULL: no memory. */
struct json_object *weft_inventory_to_json(const struct weft_inventory *inv);

#endif
