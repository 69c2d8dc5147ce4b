/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz.h - what every fuzz target needs: its entry, and promises kept aloud
 *
 * A broken promise says which one it was and aborts, so that the driver and
 * libFuzzer both keep the input.
 */
#ifndef WEFT_TESTS_FUZZ_H
#define WEFT_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_require(int truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

/* A text for people: no control character in it. */
static inline void fuzz_require_clean(const char *text, const char *what)
{
	for (; *text; text++)
		fuzz_require((unsigned char)*text >= ' ' && *text != 127, what);
}

static inline void fuzz_require_message(const char *msg)
{
	fuzz_require(*msg != '\0', "a refusal has a reason");
	fuzz_require_clean(msg, "a message is one printable line");
}

/* The input with a NUL behind it, the caller's to free(). */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	fuzz_require(text != NULL, "there is memory");
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
