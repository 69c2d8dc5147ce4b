/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_submit_memory.c - compiling survives every failed allocation, applying makes none */
#include "config.h"

#include "tests/unit/submit_job.h"
#include "tests/unit/torture.h"
#include "tests/unit/unit.h"

static int empty_queue(void *arg, weft_fieldset_t per, uint32_t rule_idx,
		       const struct weft_submission *sub, struct weft_usage *ret)
{
	*ret = (struct weft_usage){ 0 };
	return 0;
}

static const char busy_rules[] =
	"{\"submit\": {\"exempt\": {\"user\": \"root\"}, \"rules\": ["
	"{\"name\": \"a\", \"match\": {\"partition\": [\"g*\", \"h\"], \"env\": {\"X\": \"y\"}}, \"reject\": \"{time}\"},"
	"{\"name\": \"b\", \"default\": {\"time\": 10}, \"route\": \"{user}-p\", \"add_feature\": \"ib\"},"
	"{\"name\": \"c\", \"cap\": {\"time\": 5}, \"warn\": \"{asked.time} to {time}\"},"
	"{\"name\": \"d\", \"throttle\": {\"per\": \"user\", \"count\": 5}, \"limit\": {\"jobs\": 3}}]}}";

static int compile_once(void *arg)
{
	struct weft_rules *rules = NULL;
	int rc = weft_rules_compile(arg, "submit", &rules, NULL);

	weft_rules_destroy(rules);
	return rc;
}

struct applying {
	struct weft_rules *rules;
	struct weft_circumstance c;
	struct submit_job job;
	struct weft_verdict v;
};

static int apply_once(void *arg)
{
	struct applying *a = arg;
	struct weft_submission sub;

	weft_submission_copy(&sub, &a->job.sub);
	weft_rules_apply(a->rules, &a->c, &sub, &a->v);
	return 0;
}

START_TEST(memory)
{
	static struct applying a;
	struct weft_err err = WEFT_ERR_INIT;
	struct torture_report report;
	struct weft_json *doc;

	ck_assert(!weft_json_parse("w", busy_rules, strlen(busy_rules), &doc, &err));
	torture_check(compile_once, doc);
	ck_assert(!weft_rules_compile(doc, "submit", &a.rules, &err));
	a.c = (struct weft_circumstance){ .usage = empty_queue,
					  .throttle = weft_throttle_create(16) };
	submit_job_set(&a.job, "user=ann;gres=gpu:h100:4;nodes=2");
	/* The way of an accepted job allocates nothing at all. */
	ck_assert_int_eq(torture_run(apply_once, &a, &report), TORTURE_DEAF);
	ck_assert_int_eq(a.v.applied, 3);
	weft_throttle_destroy(a.c.throttle);
	weft_rules_destroy(a.rules);
	weft_json_destroy(doc);
}
END_TEST

UNIT_MAIN("submit_memory", memory)
