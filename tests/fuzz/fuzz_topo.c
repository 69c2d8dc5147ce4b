/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_topo.c - one reader of topologies, chosen by -DREADER=read_nccl_text
 *
 * Whatever the bytes: no crash, and an inventory or a message, never neither.
 * An inventory that is accepted passes its check, writes as JSON, reads back
 * to the same JSON, and can be picked from.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "gres/pick.h"
#include "gres/rails.h"
#include "gres/read_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

static char *text_of(const struct weft_inventory *inv)
{
	struct json_object *root = weft_inventory_to_json(inv);
	char *text;

	require(root != NULL, "an inventory writes as JSON");
	text = strdup(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN));
	json_object_put(root);
	return text;
}

static void check_round_trip(const struct weft_inventory *inv)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *back;
	char *text = text_of(inv), *again;

	require(!read_json_text("written", text, strlen(text), &back, &err),
		err.msg);
	again = text_of(back);
	require(!strcmp(text, again), "what is written reads back the same");
	weft_inventory_destroy(back);
	free(again);
	free(text);
}

static void check_pick(const struct weft_inventory *inv)
{
	int32_t nic_idx[WEFT_GPUS_MAX];
	struct weft_picker *picker;
	struct weft_pick pick;

	weft_rails_nearest(inv, nic_idx);
	if (inv->gpu_count > 6 && inv->gpu_count <= WEFT_PICK_EXACT_MAX)
		return;		/* tables cost too much here */
	picker = weft_picker_create(inv);
	require(picker != NULL, "a picker of it");
	if (weft_pick_gpus(picker, ~UINT64_C(1), inv->gpu_count / 2,
			   WEFT_PICK_RING, &pick))
		require((uint32_t)__builtin_popcountll(pick.gpus) ==
			inv->gpu_count / 2, "as many as were asked for");
	weft_picker_destroy(picker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv = NULL;
	char *text = malloc(size + 1);
	int rc;

	require(text != NULL, "memory");
	memcpy(text, data, size);
	text[size] = '\0';
	rc = READER("input", text, size, &inv, &err);
	require(rc <= 0, "0 or a negative errno");
	require(rc ? !inv && *err.msg : inv != NULL, "an inventory or a message");
	if (!rc) {
		require(!weft_inventory_check(inv, &err), err.msg);
		check_round_trip(inv);
		check_pick(inv);
	}
	weft_inventory_destroy(inv);
	free(text);
	return 0;
}
