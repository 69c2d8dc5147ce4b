/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_workflow.c - YAML and JSON of workflow files, against the schema */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flow/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text with a NUL behind it, as the parser wants it. */
static char *text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* A message is one printable line. */
static void fuzz_check_message(const char *msg)
{
	if (!*msg)
		abort();
	for (; *msg; msg++)
		if ((unsigned char)*msg < 0x20 || *msg == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_doc *doc;
	char *text = text_of(data, size);

	if (weft_doc_parse("fuzz", text, size, &doc, &err)) {
		fuzz_check_message(err.msg);
	} else {
		if (weft_flow_schema_check(doc->root, &err))
			fuzz_check_message(err.msg);
		weft_doc_destroy(doc);
	}
	free(text);
	return 0;
}
