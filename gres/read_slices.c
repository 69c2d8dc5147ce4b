/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read_slices.c - the slices (MIG instances) of a GPU, as NVML and /proc tell
 *
 * A slice is a compute instance inside a GPU instance.  A process that may use
 * it opens three files: the GPU's own /dev/nvidiaN and two capabilities,
 * /dev/nvidia-caps/nvidia-capM, one for each kind of instance.  NVML numbers
 * the instances; which M they are stands in a table of the driver,
 * /proc/driver/nvidia-caps/mig-minors, with a line a capability:
 *
 *   gpu0/gi7/access 66
 *   gpu0/gi7/ci0/access 67
 *
 * where gpu0 is the minor number, N above, not NVML's index.
 *
 * A slice that does not answer is left out and named in the note: nobody could
 * be given it.  Without the table slices are known, their files are not.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gres/read_impl.h"
#include "gres/read_slices.h"
#include "lib/file.h"

#define MINORS_LIMIT (4u << 20)
#define PROFILE_WORD " MIG "	/* "NVIDIA A100-SXM4-40GB MIG 1g.5gb" */

/* The number behind "key " at the beginning of a line; 0: not there. */
static uint32_t find_minor(const char *table, const char *key)
{
	size_t len = strlen(key);
	const char *line = table;
	unsigned long minor;
	char *end;

	while (line && *line) {
		if (!strncmp(line, key, len) && line[len] == ' ' &&
		    line[len + 1] >= '0' && line[len + 1] <= '9') {
			minor = strtoul(line + len + 1, &end, 10);
			return minor <= WEFT_MINOR_MAX ? (uint32_t)minor : 0;
		}
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return 0;
}

void read_slice_files(const char *table, int32_t gpu_minor,
		      struct weft_gpu_slice *slice)
{
	char key[64];

	if (!table || gpu_minor < 0)
		return;
	snprintf(key, sizeof(key), "gpu%d/gi%u/access", (int)gpu_minor,
		 slice->gpu_instance);
	slice->gpu_cap = find_minor(table, key);
	snprintf(key, sizeof(key), "gpu%d/gi%u/ci%u/access", (int)gpu_minor,
		 slice->gpu_instance, slice->compute_instance);
	slice->compute_cap = find_minor(table, key);
	if (!slice->gpu_cap || !slice->compute_cap)
		slice->gpu_cap = slice->compute_cap = 0;
}

static int read_slice(const struct nvml_api *api, nvml_device_t mig,
		      struct weft_gpu_slice *slice)
{
	struct nvml_memory memory;
	const char *profile;
	unsigned int id;
	char name[96];
	int status;

	memset(slice, 0, sizeof(*slice));
	status = api->get_gpu_instance(mig, &id);
	if (status)
		return status;
	slice->gpu_instance = id;
	status = api->get_compute_instance(mig, &id);
	if (status)
		return status;
	slice->compute_instance = id;
	if (!api->get_name(mig, name, sizeof(name))) {
		name[sizeof(name) - 1] = '\0';
		profile = strstr(name, PROFILE_WORD);
		if (profile)
			weft_field_set(slice->profile, sizeof(slice->profile),
				       profile + strlen(PROFILE_WORD));
	}
	if (!api->get_uuid(mig, name, sizeof(name))) {
		name[sizeof(name) - 1] = '\0';
		weft_field_set(slice->uuid, sizeof(slice->uuid), name);
	}
	if (!api->get_memory(mig, &memory))
		slice->mem_mib = memory.total >> 20;
	return 0;
}

static bool can_ask(const struct nvml_api *api)
{
	return api->get_slices_max && api->get_slice &&
	       api->get_gpu_instance && api->get_compute_instance;
}

int read_slices(const struct nvml_api *api, nvml_device_t device,
		const char *table, struct weft_inventory *inv, uint32_t gpu_idx)
{
	struct weft_gpu *gpu = &inv->gpu[gpu_idx];
	unsigned int max = 0;
	nvml_device_t mig;
	int status;

	if (!can_ask(api) || api->get_slices_max(device, &max)) {
		read_note(inv, "GPU %u is in MIG mode, but the driver does not tell its slices",
			  gpu_idx);
		return 0;
	}
	gpu->mig = true;
	if (max > WEFT_SLICES_MAX)
		max = WEFT_SLICES_MAX;
	gpu->slice = calloc(max ? max : 1, sizeof(*gpu->slice));
	if (!gpu->slice)
		return -ENOMEM;
	for (unsigned int i = 0; i < max; i++) {
		status = api->get_slice(device, i, &mig);
		if (status == NVML_NOT_FOUND)
			continue;
		if (!status)
			status = read_slice(api, mig,
					    &gpu->slice[gpu->slice_count]);
		if (status) {
			read_note(inv, "slice %u of GPU %u does not answer: %s",
				  i, gpu_idx, api->error_string(status));
			continue;
		}
		read_slice_files(table, gpu->dev_minor,
				 &gpu->slice[gpu->slice_count]);
		gpu->slice_count++;
	}
	if (!gpu->slice_count)
		read_note(inv, "GPU %u is in MIG mode without a slice: no job can use it",
			  gpu_idx);
	return 0;
}

char *read_slice_table(const char *path)
{
	struct weft_err err = WEFT_ERR_INIT;
	char *text;
	size_t len;

	return weft_file_read(path, MINORS_LIMIT, &text, &len, &err) ? NULL :
								       text;
}
