/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doc.h - a YAML or JSON text as a tree that remembers where everything stood
 *
 * Scalars keep their text as written: "1:00:00" stays a time, "010" a name and
 * "1.10" a version, because only the reader of a key knows what it wants.
 * weft_doc_scalar_type() says what a plain scalar would be to YAML 1.2.
 */
#ifndef WEFT_FLOW_DOC_H
#define WEFT_FLOW_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "tools/flow/arena.h"

#define WEFT_DOC_LIMIT ((size_t)32 << 20)	/* bytes of one text */
#define WEFT_DOC_DEPTH 64
#define WEFT_DOC_NODES (4u << 20)	/* after aliases are followed */

enum weft_doc_kind { WEFT_DOC_SCALAR, WEFT_DOC_LIST, WEFT_DOC_MAP };

enum weft_scalar_type {
	WEFT_SCALAR_STRING,
	WEFT_SCALAR_INT,
	WEFT_SCALAR_FLOAT,
	WEFT_SCALAR_BOOL,
	WEFT_SCALAR_NULL,
};

struct weft_doc_node;

struct weft_doc_pair {
	struct weft_doc_node *key;	/* always a scalar */
	struct weft_doc_node *value;
};

struct weft_doc_node {
	enum weft_doc_kind kind;
	bool quoted;		/* scalar in quotes or a block: always a string */
	uint32_t line, column;	/* 1-based */
	uint32_t weight;	/* nodes in it, aliases followed */
	const char *file;
	uint32_t count;		/* items of a list, pairs of a map */
	uint32_t slot_mask;	/* size of slots - 1; 0: no slots, search */
	union {
		const char *text;	/* scalar, NUL-terminated, no NUL inside */
		struct weft_doc_node **item;
		struct weft_doc_pair *pair;
	};
	uint32_t *slots;	/* a map's hash: pair number + 1, 0 empty */
};

struct weft_doc {
	struct weft_arena arena;
	struct weft_doc_node *root;
};

/*
 * Parse text; name is for messages.  -EINVAL with "name:line:column: what" if
 * it is malformed, has two documents, two equal keys, a key that is no scalar,
 * or aliases that multiply beyond WEFT_DOC_NODES; -EFBIG over the limits.
 * An empty text gives an empty map.
 */
int weft_doc_parse(const char *name, const char *text, size_t len,
		   struct weft_doc **ret_doc, struct weft_err *err);
int weft_doc_read(const char *path, struct weft_doc **ret_doc,
		  struct weft_err *err);
void weft_doc_destroy(struct weft_doc *doc);

/* The value of a map's key, NULL if the map lacks it (or is no map). */
const struct weft_doc_node *weft_doc_get(const struct weft_doc_node *map,
					 const char *key);
enum weft_scalar_type weft_doc_scalar_type(const struct weft_doc_node *node);
bool weft_doc_is_null(const struct weft_doc_node *node);

/* "a mapping", "a list", "a string", "an integer", ... for messages. */
const char *weft_doc_describe(const struct weft_doc_node *node);

/* Set err to "file:line:column: <text>" and return -EINVAL. */
int weft_doc_complain(const struct weft_doc_node *node, struct weft_err *err,
		      const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
