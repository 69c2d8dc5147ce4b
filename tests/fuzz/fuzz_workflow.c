/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_workflow.c - YAML and JSON of workflow files, against the schema */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tools/flow/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_doc *doc;
	char *text = fuzz_text(data, size);

	if (weft_doc_parse("fuzz", text, size, &doc, &err)) {
		fuzz_require_message(err.msg);
	} else {
		if (weft_flow_schema_check(doc->root, &err))
			fuzz_require_message(err.msg);
		weft_doc_destroy(doc);
	}
	free(text);
	return 0;
}
