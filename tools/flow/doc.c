/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doc.c - see doc.h
 *
 * JSON is read by the same parser: it is YAML's flow style.  (What is lost:
 * "\ud83d\ude00", a character written as two \u escapes, is refused; write
 * the character itself.)  libyaml gives events with their position; this file
 * stacks them into a tree of nodes from one arena.
 *
 * An alias does not copy: it points at the anchored node, so memory stays
 * within the text's size.  Whoever walks the tree would still meet the shared
 * parts again and again (the "billion laughs"), so each node carries its
 * weight, the nodes a walk through it meets, and a tree heavier than
 * WEFT_DOC_NODES is refused at the alias that makes it so.  An anchor becomes
 * known when its node is complete, so a node cannot hold itself.
 *
 * "<<" merges a mapping, or a list of them, under the keys already there.
 * A mapping of more than eight keys carries a hash, so that a file of 10,000
 * tasks is read in linear time.
 *
 * Left out: tags (ignored; "!!str 1" is 1), several documents in one stream.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <yaml.h>

#include "lib/file.h"
#include "lib/hash.h"
#include "tools/flow/doc.h"

#define ARENA_LIMIT ((size_t)1 << 30)
#define ANCHORS 4096

struct frame {
	struct weft_doc_node *node;
	struct weft_doc_node **kids;	/* malloc'd while the frame is open */
	uint32_t count, cap;
	char *anchor;
};

struct anchor {
	char *name;
	struct weft_doc_node *node;
};

struct builder {
	const char *file;
	struct weft_doc *doc;
	struct frame stack[WEFT_DOC_DEPTH];
	unsigned int depth;
	struct anchor *anchors;
	unsigned int anchor_count;
	struct weft_err *err;
};

int weft_doc_complain(const struct weft_doc_node *node, struct weft_err *err,
		      const char *fmt, ...)
{
	char text[WEFT_ERR_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return weft_err_set(err, EINVAL, "%s:%u:%u: %s", node->file, node->line,
			    node->column, text);
}

static int complain_at(struct builder *b, yaml_mark_t mark, int code,
		       const char *what)
{
	return weft_err_set(b->err, code, "%s:%zu:%zu: %s", b->file,
			    mark.line + 1, mark.column + 1, what);
}

static uint32_t text_hash(const char *text)
{
	return (uint32_t)weft_hash_text(WEFT_HASH_INIT, text);
}

static const struct weft_doc_pair *map_find(const struct weft_doc_node *map,
					    const char *key)
{
	if (!map->slot_mask) {
		for (uint32_t i = 0; i < map->count; i++)
			if (!strcmp(map->pair[i].key->text, key))
				return &map->pair[i];
		return NULL;
	}
	for (uint32_t s = text_hash(key) & map->slot_mask; map->slots[s];
	     s = (s + 1) & map->slot_mask)
		if (!strcmp(map->pair[map->slots[s] - 1].key->text, key))
			return &map->pair[map->slots[s] - 1];
	return NULL;
}

const struct weft_doc_node *weft_doc_get(const struct weft_doc_node *map,
					 const char *key)
{
	const struct weft_doc_pair *pair;

	if (!map || map->kind != WEFT_DOC_MAP)
		return NULL;
	pair = map_find(map, key);
	return pair ? pair->value : NULL;
}

static struct weft_doc_node *node_new(struct builder *b, enum weft_doc_kind kind,
				      yaml_mark_t mark)
{
	struct weft_doc_node *node = weft_arena_alloc(&b->doc->arena, sizeof(*node));

	if (!node) {
		weft_err_set(b->err, ENOMEM, "%s: the text needs too much memory",
			     b->file);
		return NULL;
	}
	node->kind = kind;
	node->file = b->file;
	node->line = (uint32_t)mark.line + 1;
	node->column = (uint32_t)mark.column + 1;
	node->weight = 1;
	return node;
}

static int anchor_set(struct builder *b, const char *name,
		      struct weft_doc_node *node)
{
	struct anchor *more;
	char *copy;

	for (unsigned int i = 0; i < b->anchor_count; i++) {
		if (!strcmp(b->anchors[i].name, name)) {
			b->anchors[i].node = node;
			return 0;
		}
	}
	if (b->anchor_count == ANCHORS)
		return weft_doc_complain(node, b->err, "more than %d anchors", ANCHORS);
	more = reallocarray(b->anchors, b->anchor_count + 1, sizeof(*more));
	if (!more)
		return weft_err_set(b->err, ENOMEM, "out of memory");
	b->anchors = more;
	copy = strdup(name);
	if (!copy)
		return weft_err_set(b->err, ENOMEM, "out of memory");
	more[b->anchor_count].name = copy;
	more[b->anchor_count++].node = node;
	return 0;
}

/* Put a complete node into the open collection, or make it the root. */
static int attach(struct builder *b, struct weft_doc_node *node,
		  const struct weft_doc_node *at)
{
	struct frame *frame;

	if (!b->depth) {
		b->doc->root = node;
		return 0;
	}
	frame = &b->stack[b->depth - 1];
	if (frame->node->kind == WEFT_DOC_MAP && frame->count % 2 == 0 &&
	    node->kind != WEFT_DOC_SCALAR)
		return weft_doc_complain(at, b->err,
					 "a key must be a word, not %s (a \"{\" begins a mapping: quote the text)",
					 weft_doc_describe(node));
	if ((uint64_t)frame->node->weight + node->weight > WEFT_DOC_NODES) {
		weft_doc_complain(at, b->err,
				  "more than %u values once aliases are followed",
				  WEFT_DOC_NODES);
		return -EFBIG;
	}
	frame->node->weight += node->weight;
	if (frame->count == frame->cap) {
		uint32_t cap = frame->cap ? frame->cap * 2 : 8;
		struct weft_doc_node **kids =
			reallocarray(frame->kids, cap, sizeof(*kids));

		if (!kids)
			return weft_err_set(b->err, ENOMEM, "out of memory");
		frame->kids = kids;
		frame->cap = cap;
	}
	frame->kids[frame->count++] = node;
	return 0;
}

static int map_index(struct builder *b, struct weft_doc_node *map)
{
	uint32_t size = 16;

	if (map->count <= 8)
		return 0;
	while (size < map->count * 2)
		size *= 2;
	map->slots = weft_arena_array(&b->doc->arena, size, sizeof(*map->slots));
	if (!map->slots)
		return weft_err_set(b->err, ENOMEM, "out of memory");
	map->slot_mask = size - 1;
	for (uint32_t i = 0; i < map->count; i++) {
		uint32_t s = text_hash(map->pair[i].key->text) & map->slot_mask;

		while (map->slots[s])
			s = (s + 1) & map->slot_mask;
		map->slots[s] = i + 1;
	}
	return 0;
}

static int map_check_keys(struct builder *b, const struct weft_doc_node *map)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct weft_doc_node *key = map->pair[i].key;
		const struct weft_doc_pair *first = map_find(map, key->text);

		if (first != &map->pair[i])
			return weft_doc_complain(key, b->err,
						 "\"%s\" is here twice; the first is at line %u",
						 key->text, first->key->line);
	}
	return 0;
}

/* Add the pairs of from that map lacks; room is there. */
static int merge_one(struct builder *b, struct weft_doc_node *map,
		     const struct weft_doc_node *from)
{
	if (from->kind != WEFT_DOC_MAP)
		return weft_doc_complain(from, b->err,
					 "\"<<\" merges a mapping, this is %s",
					 weft_doc_describe(from));
	for (uint32_t i = 0; i < from->count; i++) {
		bool have = false;

		for (uint32_t j = 0; j < map->count && !have; j++)
			have = !strcmp(map->pair[j].key->text, from->pair[i].key->text);
		if (!have)
			map->pair[map->count++] = from->pair[i];
	}
	return 0;
}

static int map_merge(struct builder *b, struct weft_doc_node *map,
		     const struct weft_doc_node *from)
{
	struct weft_doc_pair *pairs;
	uint64_t room = map->count;

	if (from->kind == WEFT_DOC_LIST)
		for (uint32_t i = 0; i < from->count; i++)
			room += from->item[i]->kind == WEFT_DOC_MAP ?
				from->item[i]->count : 0;
	else if (from->kind == WEFT_DOC_MAP)
		room += from->count;
	if (room > 4096)
		return weft_doc_complain(from, b->err,
					 "\"<<\" would make a mapping of %llu keys; 4096 is the most",
					 (unsigned long long)room);
	pairs = weft_arena_array(&b->doc->arena, room, sizeof(*pairs));
	if (!pairs)
		return weft_err_set(b->err, ENOMEM, "out of memory");
	if (map->count)
		memcpy(pairs, map->pair, map->count * sizeof(*pairs));
	map->pair = pairs;
	if (from->kind != WEFT_DOC_LIST)
		return merge_one(b, map, from);
	for (uint32_t i = 0; i < from->count; i++) {
		int rc = merge_one(b, map, from->item[i]);

		if (rc)
			return rc;
	}
	return 0;
}

static int map_close(struct builder *b, struct frame *frame)
{
	struct weft_doc_node *map = frame->node, *merge = NULL;
	int rc;

	map->pair = weft_arena_array(&b->doc->arena, frame->count / 2 + 1,
				     sizeof(*map->pair));
	if (!map->pair)
		return weft_err_set(b->err, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < frame->count; i += 2) {
		struct weft_doc_node *key = frame->kids[i];

		if (!key->quoted && !strcmp(key->text, "<<")) {
			if (merge)
				return weft_doc_complain(key, b->err,
							 "\"<<\" is here twice; give it a list");
			merge = frame->kids[i + 1];
			continue;
		}
		map->pair[map->count].key = key;
		map->pair[map->count++].value = frame->kids[i + 1];
	}
	rc = map_index(b, map);
	if (!rc)
		rc = map_check_keys(b, map);
	if (rc || !merge)
		return rc;
	map->slot_mask = 0;
	rc = map_merge(b, map, merge);
	return rc ? rc : map_index(b, map);
}

static int close_frame(struct builder *b)
{
	struct frame *frame = &b->stack[b->depth - 1];
	struct weft_doc_node *node = frame->node;
	int rc = 0;

	if (node->kind == WEFT_DOC_MAP) {
		rc = map_close(b, frame);
	} else {
		node->count = frame->count;
		node->item = weft_arena_array(&b->doc->arena, frame->count + 1,
					      sizeof(*node->item));
		if (!node->item)
			rc = weft_err_set(b->err, ENOMEM, "out of memory");
		else if (frame->count)
			memcpy(node->item, frame->kids,
			       frame->count * sizeof(*node->item));
	}
	if (!rc && frame->anchor)
		rc = anchor_set(b, frame->anchor, node);
	free(frame->kids);
	free(frame->anchor);
	memset(frame, 0, sizeof(*frame));
	b->depth--;
	return rc ? rc : attach(b, node, node);
}

static int open_frame(struct builder *b, enum weft_doc_kind kind,
		      const yaml_event_t *event, const yaml_char_t *anchor)
{
	struct weft_doc_node *node;
	struct frame *frame;

	if (b->depth == WEFT_DOC_DEPTH)
		return complain_at(b, event->start_mark, EFBIG, "nested too deeply");
	node = node_new(b, kind, event->start_mark);
	if (!node)
		return -ENOMEM;
	frame = &b->stack[b->depth++];
	frame->node = node;
	if (anchor) {
		frame->anchor = strdup((const char *)anchor);
		if (!frame->anchor)
			return weft_err_set(b->err, ENOMEM, "out of memory");
	}
	return 0;
}

static int on_scalar(struct builder *b, const yaml_event_t *event)
{
	struct weft_doc_node *node =
		node_new(b, WEFT_DOC_SCALAR, event->start_mark);
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	int rc = 0;

	if (!node)
		return -ENOMEM;
	if (memchr(text, 0, len))
		return complain_at(b, event->start_mark, EINVAL,
				   "a NUL character in a text");
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = weft_arena_strndup(&b->doc->arena, text, len);
	if (!node->text)
		return weft_err_set(b->err, ENOMEM, "out of memory");
	if (event->data.scalar.anchor)
		rc = anchor_set(b, (const char *)event->data.scalar.anchor, node);
	return rc ? rc : attach(b, node, node);
}

static int on_alias(struct builder *b, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct weft_doc_node at = {
		.file = b->file,
		.line = (uint32_t)event->start_mark.line + 1,
		.column = (uint32_t)event->start_mark.column + 1,
	};

	for (unsigned int i = 0; i < b->anchor_count; i++)
		if (!strcmp(b->anchors[i].name, name))
			return attach(b, b->anchors[i].node, &at);
	return weft_doc_complain(&at, b->err,
				 "alias \"*%s\" refers to itself or to nothing before it (a text that begins with * needs quotes)",
				 name);
}

static int on_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->doc->root)
			return complain_at(b, event->start_mark, EINVAL,
					   "a second document; one file holds one workflow");
		return 0;
	case YAML_SCALAR_EVENT:
		return on_scalar(b, event);
	case YAML_ALIAS_EVENT:
		return on_alias(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_frame(b, WEFT_DOC_LIST, event,
				  event->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return open_frame(b, WEFT_DOC_MAP, event,
				  event->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_frame(b);
	default:
		return 0;
	}
}

static int parser_error(struct builder *b, const yaml_parser_t *parser,
			const char *text, size_t len)
{
	yaml_mark_t mark = parser->problem_mark;
	const char *what = parser->problem ? parser->problem : "malformed";
	const char *hint = "";

	if (parser->error == YAML_MEMORY_ERROR)
		return weft_err_set(b->err, ENOMEM, "out of memory");
	if (parser->error == YAML_READER_ERROR) {	/* it tells the byte alone */
		mark.line = mark.column = 0;
		for (size_t i = 0; i < len && i < parser->problem_offset; i++) {
			mark.column = text[i] == '\n' ? 0 : mark.column + 1;
			mark.line += text[i] == '\n';
		}
	}
	if (strstr(what, "mapping values are not allowed"))
		hint = " (a text with \": \" in it needs quotes)";
	else if (strstr(what, "cannot start any token"))
		hint = " (indent with spaces, not tabs; quote texts that begin with @, ` or %)";
	return weft_err_set(b->err, EINVAL, "%s:%zu:%zu: %s%s", b->file,
			    mark.line + 1, mark.column + 1, what, hint);
}

static int build(struct builder *b, const char *text, size_t len)
{
	yaml_parser_t parser;
	bool done = false;
	int rc = 0;

	if (!yaml_parser_initialize(&parser))
		return weft_err_set(b->err, ENOMEM, "out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (!done && !rc) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			rc = parser_error(b, &parser, text, len);
			break;
		}
		done = event.type == YAML_STREAM_END_EVENT;
		rc = on_event(b, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	while (b->depth) {
		struct frame *frame = &b->stack[--b->depth];

		free(frame->kids);
		free(frame->anchor);
	}
	for (unsigned int i = 0; i < b->anchor_count; i++)
		free(b->anchors[i].name);
	free(b->anchors);
	return rc;
}

static int empty_root(struct builder *b)
{
	yaml_mark_t start = { 0 };

	if (b->doc->root && !weft_doc_is_null(b->doc->root))
		return 0;
	b->doc->root = node_new(b, WEFT_DOC_MAP, start);
	return b->doc->root ? 0 : -ENOMEM;
}

int weft_doc_parse(const char *name, const char *text, size_t len,
		   struct weft_doc **ret_doc, struct weft_err *err)
{
	struct builder *b;
	struct weft_doc *doc;
	int rc;

	if (len > WEFT_DOC_LIMIT)
		return weft_err_set(err, EFBIG, "%s: larger than %zu MiB", name,
				    WEFT_DOC_LIMIT >> 20);
	doc = calloc(1, sizeof(*doc));
	b = calloc(1, sizeof(*b));
	if (!doc || !b) {
		free(doc);
		free(b);
		return weft_err_set(err, ENOMEM, "out of memory");
	}
	weft_arena_init(&doc->arena, ARENA_LIMIT);
	b->doc = doc;
	b->err = err;
	b->file = weft_arena_strdup(&doc->arena, name);
	rc = b->file ? build(b, text, len) :
		       weft_err_set(err, ENOMEM, "out of memory");
	if (!rc)
		rc = empty_root(b);
	free(b);
	if (rc) {
		weft_doc_destroy(doc);
		return rc;
	}
	*ret_doc = doc;
	return 0;
}

int weft_doc_read(const char *path, struct weft_doc **ret_doc,
		  struct weft_err *err)
{
	char *text;
	size_t len;
	int rc = weft_file_read(path, WEFT_DOC_LIMIT, &text, &len, err);

	if (rc)
		return rc;
	rc = weft_doc_parse(path, text, len, ret_doc, err);
	free(text);
	return rc;
}

void weft_doc_destroy(struct weft_doc *doc)
{
	if (!doc)
		return;
	weft_arena_fini(&doc->arena);
	free(doc);
}
