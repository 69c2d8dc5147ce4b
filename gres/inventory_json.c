/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory_json.c - the stored form of an inventory
 *
 * One object, written for machines and still read by people: matrices are
 * arrays of rows, a path is nvidia-smi's word, CPUs are a list ("0-3,8").
 * What is unknown is left out.  Reading what was written gives the same
 * inventory back, bit for bit; a file written by hand may leave out all but
 * "weft_inventory" and the GPUs.
 *
 *   { "weft_inventory": 1, "source": "nvml", "host": "node7", "domain": "",
 *     "numa_count": 2, "pu_count": 96, "note": "",
 *     "gpus": [ { "model": "...", "type": "h100", "uuid": "...",
 *                 "pci": "0000:1b:00.0", "numa": 0, "mem_mib": 81559,
 *                 "minor": 0, "cpus": "0-47", "cores": "0-23",
 *                 "slices": [ { "profile": "1g.5gb", "uuid": "MIG-...",
 *                               "gpu_instance": 7, "compute_instance": 0,
 *                               "gpu_cap": 66, "compute_cap": 67,
 *                               "mem_mib": 4864 } ] } ],
 *     "nics": [ { "name": "mlx5_0", "pci": "...", "numa": 0,
 *                 "speed_mbps": 400000 } ],
 *     "link_mbps": [ [ 0, 450000 ], [ 450000, 0 ] ],
 *     "path": [ [ "SELF", "LINK" ], [ "LINK", "SELF" ] ],
 *     "nic_path": [ [ "PIX" ], [ "NODE" ] ] }
 *
 * The number 1 is the form's version.  A reader of this version refuses a
 * higher one and ignores keys that it does not know.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "gres/read_impl.h"
#include "lib/json.h"

/* ---- reading ------------------------------------------------------------ */

#define PATH_SIZE 64

/* Where we are: the document and the path of the object being read. */
struct spot {
	const struct weft_json *doc;
	struct weft_err *err;
	char at[PATH_SIZE];	/* "gpus[3]." or "" */
};

static int complain(const struct spot *spot, const char *key,
		    const char *expected)
{
	char path[2 * PATH_SIZE];

	snprintf(path, sizeof(path), "%s%s", spot->at, key);
	return weft_json_complain(spot->doc, spot->err, path, "expected %s",
				  expected);
}

/* A whole number of 0 .. max, or absent: *value keeps what it had. */
static int get_number(const struct spot *spot, struct json_object *obj,
		      const char *key, uint64_t max, uint64_t *value)
{
	struct json_object *found;
	char text[64];
	int64_t number;

	if (!json_object_object_get_ex(obj, key, &found))
		return 0;
	number = json_object_get_int64(found);
	if (json_object_is_type(found, json_type_int) && number >= 0 &&
	    (uint64_t)number <= max) {
		*value = (uint64_t)number;
		return 0;
	}
	snprintf(text, sizeof(text), "a whole number from 0 to %llu",
		 (unsigned long long)max);
	return complain(spot, key, text);
}

static int get_text(const struct spot *spot, struct json_object *obj,
		    const char *key, char *field, size_t size)
{
	struct json_object *found;
	char text[64];

	if (!json_object_object_get_ex(obj, key, &found))
		return 0;
	if (json_object_is_type(found, json_type_string) &&
	    (size_t)json_object_get_string_len(found) < size) {
		weft_field_set(field, size, json_object_get_string(found));
		return 0;
	}
	snprintf(text, sizeof(text), "a text of at most %zu characters", size - 1);
	return complain(spot, key, text);
}

static int get_place(const struct spot *spot, struct json_object *obj,
		     struct weft_pci *pci, int32_t *numa_idx)
{
	uint64_t numa = UINT64_MAX;
	char text[WEFT_PCI_SIZE] = "";
	int rc = get_text(spot, obj, "pci", text, sizeof(text));

	if (!rc && *text && !weft_pci_parse(text, pci))
		rc = complain(spot, "pci", "a PCI address such as \"0000:1b:00.0\"");
	if (!rc)
		rc = get_number(spot, obj, "numa", WEFT_NUMA_MAX - 1, &numa);
	if (!rc && numa != UINT64_MAX)
		*numa_idx = (int32_t)numa;
	return rc;
}

static int get_set(const struct spot *spot, struct json_object *obj,
		   const char *key, struct weft_idxset **ret_set)
{
	struct json_object *found;
	int rc = 0;

	if (!json_object_object_get_ex(obj, key, &found))
		return 0;
	if (json_object_is_type(found, json_type_string))
		rc = weft_cpulist_parse(json_object_get_string(found), ret_set);
	if (rc == -ENOMEM)
		return weft_err_set(spot->err, ENOMEM, "out of memory");
	if (rc || !*ret_set)
		return complain(spot, key, "a list of numbers such as \"0-3,8\"");
	return 0;
}

/* The array under key, or NULL if it is absent; its length within max. */
static int get_array(const struct spot *spot, struct json_object *obj,
		     const char *key, size_t max, struct json_object **ret_array)
{
	char text[64];

	*ret_array = NULL;
	if (!json_object_object_get_ex(obj, key, ret_array))
		return 0;
	if (json_object_is_type(*ret_array, json_type_array) &&
	    json_object_array_length(*ret_array) <= max)
		return 0;
	snprintf(text, sizeof(text), "an array of at most %zu", max);
	return complain(spot, key, text);
}

/* Numbers of which each must fit 32 bits and is one word of the slice. */
static int get_slice(const struct spot *spot, struct json_object *obj,
		     struct weft_gpu_slice *s)
{
	static const char *const keys[] = { "gpu_instance", "compute_instance",
					    "gpu_cap", "compute_cap" };
	uint32_t *const to[] = { &s->gpu_instance, &s->compute_instance,
				 &s->gpu_cap, &s->compute_cap };
	uint64_t n;
	int rc;

	if (!json_object_is_type(obj, json_type_object))
		return complain(spot, "slices", "an array of objects");
	rc = get_text(spot, obj, "profile", s->profile, sizeof(s->profile));
	if (!rc)
		rc = get_text(spot, obj, "uuid", s->uuid, sizeof(s->uuid));
	if (!rc)
		rc = get_number(spot, obj, "mem_mib", UINT32_MAX, &s->mem_mib);
	for (int i = 0; !rc && i < 4; i++) {
		n = 0;
		rc = get_number(spot, obj, keys[i], WEFT_MINOR_MAX, &n);
		*to[i] = (uint32_t)n;
	}
	return rc;
}

static int get_slices(const struct spot *spot, struct json_object *obj,
		      struct weft_gpu *gpu)
{
	struct json_object *array;
	int rc = get_array(spot, obj, "slices", WEFT_SLICES_MAX, &array);
	size_t count;

	if (rc || !array)
		return rc;
	count = json_object_array_length(array);
	gpu->mig = true;
	gpu->slice = calloc(count + 1, sizeof(*gpu->slice));
	if (!gpu->slice)
		return weft_err_set(spot->err, ENOMEM, "out of memory");
	for (; !rc && gpu->slice_count < count; gpu->slice_count++)
		rc = get_slice(spot, json_object_array_get_idx(array,
							gpu->slice_count),
			       &gpu->slice[gpu->slice_count]);
	return rc;
}

static int get_gpu(const struct spot *spot, struct json_object *obj,
		   struct weft_gpu *gpu)
{
	int rc = get_text(spot, obj, "model", gpu->model, sizeof(gpu->model));
	uint64_t dev_minor = UINT64_MAX;

	if (!rc)
		rc = get_text(spot, obj, "type", gpu->type, sizeof(gpu->type));
	if (!rc)
		rc = get_text(spot, obj, "uuid", gpu->uuid, sizeof(gpu->uuid));
	if (!rc)
		rc = get_place(spot, obj, &gpu->pci, &gpu->numa_idx);
	if (!rc)
		rc = get_number(spot, obj, "mem_mib", UINT32_MAX, &gpu->mem_mib);
	if (!rc)
		rc = get_set(spot, obj, "cpus", &gpu->pus);
	if (!rc)
		rc = get_set(spot, obj, "cores", &gpu->cores);
	if (!rc)
		rc = get_number(spot, obj, "minor", WEFT_MINOR_MAX, &dev_minor);
	if (!rc && dev_minor != UINT64_MAX)
		gpu->dev_minor = (int32_t)dev_minor;
	return rc ? rc : get_slices(spot, obj, gpu);
}

static int get_nic(const struct spot *spot, struct json_object *obj,
		   struct weft_nic *nic)
{
	uint64_t speed = 0;
	int rc = get_text(spot, obj, "name", nic->name, sizeof(nic->name));

	if (!rc)
		rc = get_place(spot, obj, &nic->pci, &nic->numa_idx);
	if (!rc)
		rc = get_number(spot, obj, "speed_mbps", UINT32_MAX, &speed);
	nic->speed_mbps = (uint32_t)speed;
	return rc;
}

static int get_devices(struct spot *spot, struct weft_inventory *inv)
{
	struct json_object *array, *obj, *root = spot->doc->root;
	int rc = get_array(spot, root, "gpus", WEFT_GPUS_MAX, &array);

	if (!rc && !array)
		rc = complain(spot, "gpus", "\"gpus\", an array of objects");
	for (size_t i = 0; !rc && i < json_object_array_length(array); i++) {
		obj = json_object_array_get_idx(array, i);
		snprintf(spot->at, sizeof(spot->at), "gpus[%zu].", i);
		rc = json_object_is_type(obj, json_type_object) ?
		     get_gpu(spot, obj, &inv->gpu[i]) :
		     complain(spot, "", "an object");
		inv->gpu_count++;
	}
	spot->at[0] = '\0';
	if (!rc)
		rc = get_array(spot, root, "nics", WEFT_NICS_MAX, &array);
	for (size_t i = 0; !rc && array && i < json_object_array_length(array); i++) {
		obj = json_object_array_get_idx(array, i);
		snprintf(spot->at, sizeof(spot->at), "nics[%zu].", i);
		rc = json_object_is_type(obj, json_type_object) ?
		     get_nic(spot, obj, &inv->nic[i]) :
		     complain(spot, "", "an object");
		inv->nic_count++;
	}
	spot->at[0] = '\0';
	return rc;
}

/* One cell of one of the matrices. */
typedef int (*cell_fn)(const struct spot *spot, struct json_object *cell,
		       const char *where, uint32_t i, uint32_t j,
		       struct weft_inventory *inv);

static int link_cell(const struct spot *spot, struct json_object *cell,
		     const char *where, uint32_t i, uint32_t j,
		     struct weft_inventory *inv)
{
	int64_t mbps = json_object_get_int64(cell);

	if (!json_object_is_type(cell, json_type_int) || mbps < 0 ||
	    mbps > UINT32_MAX)
		return complain(spot, where, "MB/s as a whole number below 2^32");
	inv->link_mbps[i][j] = (uint32_t)mbps;
	if (mbps)
		inv->path[i][j] = WEFT_PATH_LINK;
	return 0;
}

static int word_of(const struct spot *spot, struct json_object *cell,
		   const char *where, uint8_t *ret_path)
{
	enum weft_path path;

	if (!json_object_is_type(cell, json_type_string) ||
	    !weft_path_parse(json_object_get_string(cell), &path))
		return complain(spot, where,
				"SELF, LINK, PIX, PXB, PHB, NODE, SYS or UNKNOWN");
	*ret_path = (uint8_t)path;
	return 0;
}

static int path_cell(const struct spot *spot, struct json_object *cell,
		     const char *where, uint32_t i, uint32_t j,
		     struct weft_inventory *inv)
{
	return word_of(spot, cell, where, &inv->path[i][j]);
}

static int nic_cell(const struct spot *spot, struct json_object *cell,
		    const char *where, uint32_t i, uint32_t j,
		    struct weft_inventory *inv)
{
	return word_of(spot, cell, where, &inv->nic_path[i][j]);
}

static int get_matrix(const struct spot *spot, const char *key,
		      uint32_t columns, cell_fn take, struct weft_inventory *inv)
{
	struct json_object *matrix, *row;
	char where[PATH_SIZE], size[PATH_SIZE];
	int rc = get_array(spot, spot->doc->root, key, WEFT_GPUS_MAX, &matrix);

	if (rc || !matrix)
		return rc;
	snprintf(size, sizeof(size), "%u rows of %u: one a GPU",
		 inv->gpu_count, columns);
	if (json_object_array_length(matrix) != inv->gpu_count)
		return complain(spot, key, size);
	for (uint32_t i = 0; !rc && i < inv->gpu_count; i++) {
		row = json_object_array_get_idx(matrix, i);
		snprintf(where, sizeof(where), "%s[%u]", key, i);
		if (!json_object_is_type(row, json_type_array) ||
		    json_object_array_length(row) != columns)
			return complain(spot, where, size);
		for (uint32_t j = 0; !rc && j < columns; j++) {
			snprintf(where, sizeof(where), "%s[%u][%u]", key, i, j);
			rc = take(spot, json_object_array_get_idx(row, j),
				  where, i, j, inv);
		}
	}
	return rc;
}

/* What a hand-written file may leave out follows from what it says. */
static void complete_counts(struct weft_inventory *inv)
{
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		const struct weft_gpu *gpu = &inv->gpu[i];

		if (gpu->numa_idx >= (int32_t)inv->numa_count)
			inv->numa_count = (uint32_t)gpu->numa_idx + 1;
		for (uint32_t pu = inv->pu_count; gpu->pus; ) {
			pu = weft_idxset_next(gpu->pus, pu);
			if (pu >= gpu->pus->size)
				break;
			inv->pu_count = ++pu;
		}
	}
	for (uint32_t i = 0; i < inv->nic_count; i++)
		if (inv->nic[i].numa_idx >= (int32_t)inv->numa_count)
			inv->numa_count = (uint32_t)inv->nic[i].numa_idx + 1;
}

static int fill(struct spot *spot, struct weft_inventory *inv)
{
	struct json_object *root = spot->doc->root;
	uint64_t version = 0, numa = 0, pus = 0;
	int rc;

	if (!json_object_is_type(root, json_type_object))
		return complain(spot, "", "an object");
	rc = get_number(spot, root, "weft_inventory", READ_FORM_VERSION, &version);
	if (!rc && version != READ_FORM_VERSION)
		rc = complain(spot, "weft_inventory",
			      "\"weft_inventory\": 1, the version of the form");
	if (!rc)
		rc = get_text(spot, root, "source", inv->source, sizeof(inv->source));
	if (!rc)
		rc = get_text(spot, root, "host", inv->host, sizeof(inv->host));
	if (!rc)
		rc = get_text(spot, root, "domain", inv->domain, sizeof(inv->domain));
	if (!rc)
		rc = get_text(spot, root, "note", inv->note, sizeof(inv->note));
	if (!rc)
		rc = get_number(spot, root, "numa_count", WEFT_NUMA_MAX, &numa);
	if (!rc)
		rc = get_number(spot, root, "pu_count", WEFT_PUS_MAX, &pus);
	if (!rc)
		rc = get_devices(spot, inv);
	inv->numa_count = (uint32_t)numa;
	inv->pu_count = (uint32_t)pus;
	if (rc)
		return rc;
	complete_counts(inv);
	rc = get_matrix(spot, "link_mbps", inv->gpu_count, link_cell, inv);
	if (!rc)
		rc = get_matrix(spot, "path", inv->gpu_count, path_cell, inv);
	if (!rc)
		rc = get_matrix(spot, "nic_path", inv->nic_count, nic_cell, inv);
	return rc;
}

static int finish(struct weft_json *doc, struct weft_inventory **ret_inv,
		  struct weft_err *err)
{
	struct weft_inventory *inv = weft_inventory_create("json");
	struct spot spot = { .doc = doc, .err = err };
	int rc;

	rc = inv ? fill(&spot, inv) :
		   weft_err_set(err, ENOMEM, "%s: out of memory", doc->name);
	if (rc)
		weft_inventory_destroy(inv);
	else
		rc = read_finish(doc->name, inv, ret_inv, err);
	weft_json_destroy(doc);
	return rc;
}

int read_json_text(const char *name, const char *text, size_t len,
		   struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct weft_json *doc;
	int rc = weft_json_parse(name, text, len, &doc, err);

	return rc ? rc : finish(doc, ret_inv, err);
}

int weft_inventory_read_json(const char *path, struct weft_inventory **ret_inv,
			     struct weft_err *err)
{
	struct weft_json *doc;
	int rc = weft_json_read(path, &doc, err);

	return rc ? rc : finish(doc, ret_inv, err);
}
