/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules_impl.h - the compiled form; for the files of submit/ only
 *
 * Matches are one array of nodes in prefix order: a node's children follow it,
 * and end is the index after the last of them, so that walking needs no
 * pointers and skipping a subtree is one jump.
 */
#ifndef WEFT_SUBMIT_RULES_IMPL_H
#define WEFT_SUBMIT_RULES_IMPL_H

#include <regex.h>

#include <json-c/linkhash.h>

#include "lib/text.h"
#include "submit/rules.h"

enum weft_match_op {
	WEFT_MATCH_AND,
	WEFT_MATCH_OR,
	WEFT_MATCH_NOT,		/* of one child */
	WEFT_MATCH_HAS,		/* low: wanted or not */
	WEFT_MATCH_RANGE,	/* low <= value <= high */
	WEFT_MATCH_EQUAL,	/* text, or an item of a list */
	WEFT_MATCH_GLOB,
	WEFT_MATCH_REGEX,
	WEFT_MATCH_CONTAINS,
};

struct weft_match {
	enum weft_match_op op;
	int field;		/* -1: the environment variable env */
	uint32_t end;
	uint64_t low, high;
	const char *env;
	const char *text;
	size_t text_len;
	regex_t *regex;
};

enum weft_part_kind {
	WEFT_PART_LITERAL,
	WEFT_PART_FIELD,	/* as it is now */
	WEFT_PART_ASKED,	/* as it was asked */
	WEFT_PART_ENV,
	WEFT_PART_FACT,		/* rule, limit, used, wait */
};

enum weft_fact { WEFT_FACT_RULE, WEFT_FACT_LIMIT, WEFT_FACT_USED, WEFT_FACT_WAIT };

struct weft_part {
	enum weft_part_kind kind;
	int which;		/* field or fact */
	const char *text;	/* literal or variable */
};

struct weft_template {
	struct weft_part *part;
	uint32_t part_count;
};

enum weft_act_kind {
	WEFT_ACT_REJECT,
	WEFT_ACT_WARN,
	WEFT_ACT_ACCEPT,
	WEFT_ACT_SET,
	WEFT_ACT_DEFAULT,
	WEFT_ACT_CAP,
	WEFT_ACT_FLOOR,
	WEFT_ACT_MULTIPLY,	/* field = value x field "by" */
	WEFT_ACT_ADD_FEATURE,
	WEFT_ACT_THROTTLE,
	WEFT_ACT_LIMIT,
};

enum weft_metric {
	WEFT_METRIC_JOBS,
	WEFT_METRIC_PENDING,
	WEFT_METRIC_RUNNING,
	WEFT_METRIC_GPUS,
	WEFT_METRIC_ARRAY_TASKS,
	WEFT_METRIC_GPU_HOURS,
	WEFT_METRIC_COUNT
};
extern const char *const weft_metric_names[WEFT_METRIC_COUNT + 1];

struct weft_act {
	enum weft_act_kind kind;
	int field, by;
	uint64_t num;
	struct weft_template text;	/* message, or the text to set */
	bool has_text;
	weft_fieldset_t per;
	bool per_rule;			/* a limit counts only jobs the rule matches */
	int what;			/* enum weft_metric */
	struct weft_rate rate;
	uint64_t key;			/* hash of the rule's name and the action */
};

struct weft_rule {
	const char *name;
	uint32_t match;			/* index of its match */
	weft_fieldset_t fields;		/* that it looks at or sets */
	uint32_t act_first, act_count;
};

struct weft_rules {
	struct weft_rule *rule;
	uint32_t rule_count;
	struct weft_match *match;
	uint32_t match_count, match_cap;
	struct weft_act *act;
	uint32_t act_count, act_cap;
	void **owned;			/* texts and parts */
	uint32_t owned_count, owned_cap;
	weft_fieldset_t fields;
	bool env;
	bool has_exempt;
	uint32_t exempt;		/* index of its match */
};

/* What compiling a value needs to know. */
struct weft_compiler {
	struct weft_rules *rules;
	const struct weft_json *doc;
	struct weft_err *err;
	weft_fieldset_t fields;		/* seen in the rule at hand */
	unsigned int depth;
};

/* rules.c: memory that lives as long as the rules; NULL: none. */
void *weft_rules_alloc(struct weft_rules *rules, size_t size);
char *weft_rules_dup(struct weft_rules *rules, const char *text);
/* A path for a message; one that is too long loses its end. */
void weft_path_format(char *out, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int weft_compile_nomem(const struct weft_compiler *c);
/* A field by key, or a complaint with the nearest name; negative errno. */
int weft_compile_field(struct weft_compiler *c, const char *path, const char *key);
/* A number in the field's unit. */
int weft_compile_number(struct weft_compiler *c, const char *path, int field,
			struct json_object *value, uint64_t *ret_num);

/* match_read.c: append the nodes of a match; returns 0 and its index. */
int weft_match_compile(struct weft_compiler *c, const char *path,
		       struct json_object *json, uint32_t *ret_idx);
/* act_read.c: append the actions of one key of a rule. */
int weft_act_compile(struct weft_compiler *c, const char *path, const char *key,
		     const char *rule, struct json_object *json);
bool weft_act_is_key(const char *key);
const char *weft_act_nearest(const char *key);

/* match.c */
bool weft_match_test(const struct weft_rules *rules, uint32_t idx,
		     const struct weft_submission *sub);

/* template.c */
int weft_template_compile(struct weft_compiler *c, const char *path,
			  const char *text, struct weft_template *ret);
struct weft_facts {
	const char *rule;
	const struct weft_submission *sub, *asked;
	double limit, used;
	int64_t wait_sec;
};
/* At most size - 1 bytes and the NUL; returns the length. */
size_t weft_template_write(const struct weft_template *t,
			   const struct weft_facts *facts, char *out, size_t size);

#endif
