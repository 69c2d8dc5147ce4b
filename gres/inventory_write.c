/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory_write.c - an inventory as JSON
 *
 * The form is told in inventory_json.c, which reads it.  What is unknown is
 * left out.  Every helper answers false when there was no memory, and then the
 * whole object is given up: a part of a machine would be taken for all of it.
 */
#include "config.h"

#include <json-c/json.h>

#include "gres/device.h"
#include "gres/read_impl.h"
#include "lib/json.h"

static bool put_text(struct json_object *obj, const char *key, const char *text)
{
	return !*text || weft_json_put(obj, key, json_object_new_string(text));
}

static bool put_number(struct json_object *obj, const char *key, uint64_t number)
{
	return weft_json_put(obj, key, json_object_new_int64((int64_t)number));
}

static bool append(struct json_object *array, struct json_object *value)
{
	if (value && !json_object_array_add(array, value))
		return true;
	json_object_put(value);
	return false;
}

static bool put_place(struct json_object *obj, const struct weft_pci *pci,
		      int32_t numa_idx)
{
	char text[WEFT_PCI_SIZE];

	weft_pci_format(pci, text);
	return put_text(obj, "pci", text) &&
	       (numa_idx < 0 || put_number(obj, "numa", (uint64_t)numa_idx));
}

static bool put_set(struct json_object *obj, const char *key,
		    const struct weft_idxset *set)
{
	struct weft_buf buf;
	bool ok;

	if (!set)
		return true;
	weft_buf_init(&buf, 64 << 10);
	weft_cpulist_format(set, &buf);
	ok = !weft_buf_error(&buf) && put_text(obj, key, weft_buf_str(&buf));
	weft_buf_fini(&buf);
	return ok;
}

static bool put_slices(struct json_object *obj, const struct weft_gpu *gpu)
{
	struct json_object *array, *one;
	bool ok = true;

	if (!gpu->mig)
		return true;
	array = json_object_new_array();
	if (!weft_json_put(obj, "slices", array))
		return false;
	for (uint32_t i = 0; ok && i < gpu->slice_count; i++) {
		const struct weft_gpu_slice *s = &gpu->slice[i];

		one = json_object_new_object();
		ok = append(array, one) && put_text(one, "profile", s->profile) &&
		     put_text(one, "uuid", s->uuid) &&
		     put_number(one, "gpu_instance", s->gpu_instance) &&
		     put_number(one, "compute_instance", s->compute_instance) &&
		     put_number(one, "gpu_cap", s->gpu_cap) &&
		     put_number(one, "compute_cap", s->compute_cap) &&
		     put_number(one, "mem_mib", s->mem_mib);
	}
	return ok;
}

static bool append_gpu(struct json_object *array, const struct weft_gpu *gpu)
{
	struct json_object *obj = json_object_new_object();

	if (!append(array, obj))
		return false;
	return put_text(obj, "model", gpu->model) &&
	       put_text(obj, "type", gpu->type) &&
	       put_text(obj, "uuid", gpu->uuid) &&
	       put_place(obj, &gpu->pci, gpu->numa_idx) &&
	       (!gpu->mem_mib || put_number(obj, "mem_mib", gpu->mem_mib)) &&
	       (gpu->dev_minor < 0 ||
		put_number(obj, "minor", (uint64_t)gpu->dev_minor)) &&
	       put_set(obj, "cpus", gpu->pus) &&
	       put_set(obj, "cores", gpu->cores) && put_slices(obj, gpu);
}

static bool append_nic(struct json_object *array, const struct weft_nic *nic)
{
	struct json_object *obj = json_object_new_object();

	if (!append(array, obj))
		return false;
	return put_text(obj, "name", nic->name) &&
	       put_place(obj, &nic->pci, nic->numa_idx) &&
	       (!nic->speed_mbps ||
		put_number(obj, "speed_mbps", nic->speed_mbps));
}

/* A new empty array under key, borrowed; NULL: no memory. */
static struct json_object *put_array(struct json_object *obj, const char *key)
{
	struct json_object *array = json_object_new_array();

	return weft_json_put(obj, key, array) ? array : NULL;
}

static struct json_object *append_row(struct json_object *matrix)
{
	struct json_object *row = json_object_new_array();

	return append(matrix, row) ? row : NULL;
}

static bool put_words(struct json_object *obj, const char *key, uint32_t rows,
		      uint32_t columns, const uint8_t *cells)
{
	struct json_object *matrix = put_array(obj, key), *row;

	for (uint32_t i = 0; matrix && i < rows; i++) {
		row = append_row(matrix);
		for (uint32_t j = 0; row && j < columns; j++)
			if (!append(row, json_object_new_string(weft_path_word(
					cells[i * WEFT_GPUS_MAX + j]))))
				return false;
		if (!row)
			return false;
	}
	return matrix;
}

static bool put_links(struct json_object *obj, const struct weft_inventory *inv)
{
	struct json_object *matrix = put_array(obj, "link_mbps"), *row;

	for (uint32_t i = 0; matrix && i < inv->gpu_count; i++) {
		row = append_row(matrix);
		for (uint32_t j = 0; row && j < inv->gpu_count; j++)
			if (!append(row, json_object_new_int64(inv->link_mbps[i][j])))
				return false;
		if (!row)
			return false;
	}
	return matrix;
}

static bool put_devices(struct json_object *obj,
			const struct weft_inventory *inv)
{
	struct json_object *gpus = put_array(obj, "gpus");
	struct json_object *nics = put_array(obj, "nics");

	if (!gpus || !nics)
		return false;
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		if (!append_gpu(gpus, &inv->gpu[i]))
			return false;
	for (uint32_t i = 0; i < inv->nic_count; i++)
		if (!append_nic(nics, &inv->nic[i]))
			return false;
	return true;
}

_Static_assert(WEFT_GPUS_MAX == WEFT_NICS_MAX, "put_words() has one stride");

struct json_object *weft_inventory_to_json(const struct weft_inventory *inv)
{
	struct json_object *obj = json_object_new_object();

	if (obj && put_number(obj, "weft_inventory", READ_FORM_VERSION) &&
	    put_text(obj, "source", inv->source) &&
	    put_text(obj, "host", inv->host) &&
	    put_text(obj, "domain", inv->domain) &&
	    put_number(obj, "numa_count", inv->numa_count) &&
	    put_number(obj, "pu_count", inv->pu_count) &&
	    put_text(obj, "note", inv->note) && put_devices(obj, inv) &&
	    put_links(obj, inv) &&
	    put_words(obj, "path", inv->gpu_count, inv->gpu_count,
		      &inv->path[0][0]) &&
	    put_words(obj, "nic_path", inv->gpu_count, inv->nic_count,
		      &inv->nic_path[0][0]))
		return obj;
	json_object_put(obj);
	return NULL;
}
