/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_json.c - weft.json's reader, and the positions it finds for paths */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "lib/json.h"
#include "tests/fuzz/fuzz.h"

/* Every key that json-c saw at the top must have a place in the text. */
static void check_positions(const struct weft_json *doc)
{
	unsigned int line, column;
	struct weft_err err = WEFT_ERR_INIT;

	if (!json_object_is_type(doc->root, json_type_object))
		return;
	json_object_object_foreach(doc->root, key, value) {
		if (!json_object_is_type(value, json_object_get_type(value)))
			abort();
		if (weft_json_locate(doc, key, &line, &column) &&
		    (line < 1 || column < 1))
			abort();
		if (weft_json_complain(doc, &err, key, "x") != -EINVAL)
			abort();
		fuzz_require_message(err.msg);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_json *doc;
	char *text = fuzz_text(data, size);

	if (weft_json_parse("fuzz", text, size, &doc, &err)) {
		fuzz_require_message(err.msg);
	} else {
		check_positions(doc);
		weft_json_destroy(doc);
	}
	free(text);
	return 0;
}
