/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_submit.c - rules compile or say why not, and do what they say */
#include "config.h"

#include <errno.h>

#include "submit/rules_impl.h"
#include "tests/unit/submit_job.h"
#include "tests/unit/unit.h"

static struct weft_rules *compile(const char *rules, struct weft_err *err)
{
	static char text[16384];
	struct weft_rules *compiled = NULL;
	struct weft_json *doc;
	int rc;

	snprintf(text, sizeof(text), "{\"submit\": %s}", rules);
	ck_assert_int_eq(weft_json_parse("w.json", text, strlen(text), &doc, err), 0);
	rc = weft_rules_compile(doc, "submit", &compiled, err);
	weft_json_destroy(doc);
	ck_assert_int_eq(rc == 0, compiled != NULL);
	return compiled;
}

static struct weft_rules *one_rule(const char *body)
{
	struct weft_err err = WEFT_ERR_INIT;
	char text[8192];
	struct weft_rules *rules;

	snprintf(text, sizeof(text), "{\"rules\": [{\"name\": \"r\", %s}]}", body);
	rules = compile(text, &err);
	ck_assert_msg(rules != NULL, "%s: %s", body, err.msg);
	return rules;
}

/* ---- matching ---------------------------------------------------------- */

static const struct {
	const char *match, *job;
	bool hit;
} matches[] = {
	{ "{}", "user=ann", true },
	{ "{\"user\": \"ann\"}", "user=ann", true },
	{ "{\"user\": \"ann\"}", "user=anna", false },
	{ "{\"user\": \"ann\"}", "name=x", false },
	{ "{\"user\": [\"bob\", \"ann\"]}", "user=ann", true },
	{ "{\"user\": \"a*\"}", "user=ann", true },
	{ "{\"user\": \"?nn\"}", "user=ann", true },
	{ "{\"user\": \"*nn*n\"}", "user=ann", false },
	{ "{\"user\": {\"not\": \"ann\"}}", "user=ann", false },
	{ "{\"user\": {\"not\": [\"ann\", \"bob\"]}}", "user=cy", true },
	{ "{\"partition\": \"gpu\"}", "partition=cpu,gpu", true },
	{ "{\"partition\": \"gpu\"}", "partition=cpu,gpu2", false },
	{ "{\"partition\": \"gpu*\"}", "partition=cpu,gpu2", true },
	{ "{\"features\": \"h100\"}", "features=ib&h100|a100", true },
	{ "{\"partition\": {\"set\": false}}", "user=ann", true },
	{ "{\"partition\": {\"set\": true}}", "user=ann", false },
	{ "{\"time\": {\"set\": false}}", "time=10", false },
	{ "{\"nodes\": 4}", "nodes=4", true },
	{ "{\"nodes\": [1, 2]}", "nodes=3", false },
	{ "{\"nodes\": {\"min\": 2, \"max\": 4}}", "nodes=4", true },
	{ "{\"nodes\": {\"min\": 2, \"max\": 4}}", "nodes=5", false },
	{ "{\"nodes\": {\"min\": 2}}", "user=ann", false },
	{ "{\"time\": {\"min\": \"1-00:00:01\"}}", "time=1441", true },
	{ "{\"time\": {\"min\": \"1-00:00:01\"}}", "time=1440", false },
	{ "{\"time\": \"unlimited\"}", "time=unlimited", true },
	{ "{\"time\": {\"min\": 60}}", "time=unlimited", true },
	{ "{\"mem_per_node\": {\"max\": \"64G\"}}", "mem_per_node=65536", true },
	{ "{\"mem_per_node\": {\"max\": \"64G\"}}", "mem_per_node=65537", false },
	{ "{\"mem_per_node\": 0}", "mem_per_node=0", true },
	{ "{\"batch\": false}", "batch=0", true },
	{ "{\"batch\": true}", "batch=0", false },
	{ "{\"gpus\": 8}", "nodes=2;gres=gres:gpu:4", true },
	{ "{\"gpus\": 8}", "nodes=2;gres=gres/gpu:h100:4", true },
	{ "{\"gpus\": 8}", "tres_per_job=gres:gpu:8", true },
	{ "{\"gpus\": 8}", "tasks=8;tres_per_task=gres:gpu:1", true },
	{ "{\"gpus\": 0}", "gres=nvme:2", true },
	{ "{\"gpus_per_node\": 3}", "nodes=3;tres_per_job=gpu:8", true },
	{ "{\"gpu_type\": \"h100\"}", "gres=gpu:h100:4", true },
	{ "{\"gpu_type\": {\"set\": false}}", "gres=gpu:4", true },
	{ "{\"gpu_hours\": {\"min\": 81}}", "gres=gpu:4;time=120;array=0-9", false },
	{ "{\"gpu_hours\": 80}", "gres=gpu:4;time=120;array=0-9", true },
	{ "{\"array_tasks\": 6}", "array=0-9:2,12%3", true },
	{ "{\"array_tasks\": 1}", "user=ann", true },
	{ "{\"dependencies\": {\"min\": 3}}", "dependency=afterok:1:2,afterany:3", true },
	{ "{\"cpus_per_node\": {\"not\": 40}}", "nodes=2;tasks=80", false },
	{ "{\"cpus_per_node\": {\"not\": 40}}", "nodes=2;tasks=78;cpus_per_task=1", true },
	{ "{\"script\": {\"contains\": \"wget\"}}", "script=#!/bin/sh\nwget x", true },
	{ "{\"script\": {\"regex\": \"^wget\"}}", "script=#!/bin/sh\nwget x", true },
	{ "{\"script\": {\"regex\": \"^get\"}}", "script=#!/bin/sh\nwget x", false },
	{ "{\"name\": {\"regex\": \"^(a|b)[0-9]+$\"}}", "name=b12", true },
	{ "{\"name\": {\"regex\": \"^(a|b)[0-9]+$\"}}", "name=b12x", false },
	{ "{\"or\": [{\"user\": \"ann\"}, {\"nodes\": 3}]}", "user=bob;nodes=3", true },
	{ "{\"or\": []}", "user=bob", false },
	{ "{\"and\": []}", "user=bob", true },
	{ "{\"and\": [{\"user\": \"ann\"}, {\"nodes\": 3}]}", "user=bob;nodes=3", false },
	{ "{\"not\": {\"user\": \"ann\", \"nodes\": 3}}", "user=ann;nodes=4", true },
	{ "{\"user\": \"ann\", \"not\": {\"nodes\": 3}}", "user=ann;nodes=3", false },
};

START_TEST(matching)
{
	static struct weft_verdict v;
	struct weft_circumstance c = { 0 };
	struct submit_job job;
	char body[1024];

	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		struct weft_rules *rules;

		snprintf(body, sizeof(body), "\"match\": %s, \"reject\": \"no\"",
			 matches[i].match);
		rules = one_rule(body);
		ck_assert(submit_job_set(&job, matches[i].job));
		weft_rules_apply(rules, &c, &job.sub, &v);
		ck_assert_msg(v.rejected == matches[i].hit, "%s on %s",
			      matches[i].match, matches[i].job);
		weft_rules_destroy(rules);
	}
}
END_TEST

START_TEST(environment)
{
	static struct weft_verdict v;
	char home[] = "HOME=/home/ann", mode[] = "MODE=train", model[] = "MODEL=x";
	char *env[] = { home, mode, model };
	struct weft_rules *rules = one_rule(
		"\"match\": {\"env\": {\"MODE\": \"train\", \"DEBUG\": {\"set\": false}}},"
		"\"reject\": \"{env.MODEL} in {env.NONE}\"");
	struct weft_circumstance c = { 0 };
	struct submit_job job;

	ck_assert(weft_rules_env(rules));
	submit_job_set(&job, "user=ann");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(!v.rejected);
	job.sub.env = env;
	job.sub.env_count = 3;
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert_str_eq(v.message, "x in none (rule r)");
	weft_rules_destroy(rules);
}
END_TEST

/* ---- acting ------------------------------------------------------------ */

static const struct {
	const char *rule, *job, *key, *want;
} acts[] = {
	{ "\"default\": {\"time\": \"4:00:00\"}", "user=a", "time", "04:00:00" },
	{ "\"default\": {\"time\": 240}", "time=10", "time", "00:10:00" },
	{ "\"set\": {\"time\": 240}", "time=10", "time", "04:00:00" },
	{ "\"cap\": {\"time\": \"1-0\"}", "time=unlimited", "time", "1-00:00:00" },
	{ "\"cap\": {\"time\": \"1-0\"}", "time=10", "time", "00:10:00" },
	{ "\"cap\": {\"time\": 5}", "user=a", "time", "none" },
	{ "\"floor\": {\"nodes\": 2}", "nodes=1", "nodes", "2" },
	{ "\"route\": \"gpu,big\"", "user=a", "partition", "gpu,big" },
	{ "\"qos\": \"{account}-low\"", "account=bio", "qos", "bio-low" },
	{ "\"add_feature\": \"ib\"", "user=a", "features", "ib" },
	{ "\"add_feature\": \"ib\"", "features=h100", "features", "h100&ib" },
	{ "\"add_feature\": \"ib\"", "features=a|b", "features", "(a|b)&ib" },
	{ "\"add_feature\": \"ib\"", "features=h100&ib", "features", "h100&ib" },
	{ "\"add_feature\": \"ib\"", "features=libs", "features", "libs&ib" },
	{ "\"multiply\": {\"mem_per_node\": {\"by\": \"gpus_per_node\", \"times\": \"64G\"}}",
	  "gres=gpu:4", "mem_per_node", "256G" },
	{ "\"multiply\": {\"cpus_per_task\": {\"by\": \"gpus\", \"times\": 4294967293}}",
	  "tres_per_job=gpu:4294967293", "cpus_per_task", "4294967293" },
	{ "\"set\": {\"exclusive\": true}", "user=a", "exclusive", "yes" },
	{ "\"default\": {\"nodes\": 2}, \"set\": {\"comment\": \"{gpus} on {nodes}\"}",
	  "gres=gpu:4", "comment", "8 on 2" },
};

START_TEST(acting)
{
	static struct weft_verdict v;
	struct weft_circumstance c = { 0 };
	struct submit_job job;
	char text[64];

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		struct weft_rules *rules = one_rule(acts[i].rule);
		int field = weft_field_find(acts[i].key);
		struct weft_submission before;
		const char *got;

		ck_assert(submit_job_set(&job, acts[i].job));
		weft_submission_copy(&before, &job.sub);
		weft_rules_apply(rules, &c, &job.sub, &v);
		ck_assert(!v.rejected);
		got = weft_field_is_text(field) ? job.sub.value[field].text :
			weft_field_format(field, job.sub.value[field].num, text,
					  sizeof(text));
		ck_assert_msg(got && !strcmp(got, acts[i].want), "%s on %s: %s",
			      acts[i].rule, acts[i].job, got);
		/* What changed is said to have changed, and nothing else is. */
		ck_assert_int_eq(!!(v.changed & WEFT_FIELD_BIT(field)),
				 !!(weft_submission_diff(&before, &job.sub) &
				    WEFT_FIELD_BIT(field)));
		weft_rules_destroy(rules);
	}
}
END_TEST

START_TEST(order_and_messages)
{
	static struct weft_verdict v;
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_circumstance c = { 0 };
	struct weft_buf trace;
	struct submit_job job;
	struct weft_rules *rules = compile(
		"{\"exempt\": {\"requester\": \"root\"}, \"rules\": ["
		"{\"name\": \"cap\", \"cap\": {\"time\": 60}},"
		"{\"name\": \"say\", \"match\": {\"time\": {\"max\": 60}},"
		" \"warn\": \"{asked.time} became {time}, {{{user}}}\"},"
		"{\"name\": \"vip\", \"match\": {\"user\": \"vip\"}, \"accept\": true},"
		"{\"name\": \"no\", \"reject\": \"{rule}: ask {partition}\"},"
		"{\"name\": \"never\", \"set\": {\"qos\": \"q\"}}]}", &err);

	ck_assert_msg(rules != NULL, "%s", err.msg);
	weft_buf_init(&trace, 4096);
	c.trace = &trace;
	submit_job_set(&job, "user=ann;time=600");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert_str_eq(v.message, "note: 10:00:00 became 01:00:00, {ann} (rule say)\n"
			 "no: ask none (rule no)");
	ck_assert(v.rejected);
	ck_assert_int_eq(v.rule_idx, 3);
	ck_assert(strstr(weft_buf_str(&trace), "cap: caps time 01:00:00") != NULL);
	ck_assert(!strstr(weft_buf_str(&trace), "never"));
	submit_job_set(&job, "user=vip;time=600");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(!v.rejected && v.applied == 3);
	submit_job_set(&job, "user=ann;requester=root;time=600");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(v.exempt && !v.rejected && !v.changed && !v.message_len);
	weft_buf_fini(&trace);
	weft_rules_destroy(rules);
}
END_TEST

START_TEST(updates)
{
	static struct weft_verdict v;
	struct weft_rules *rules = one_rule(
		"\"match\": {\"partition\": \"gpu\", \"time\": {\"min\": 100}},"
		"\"default\": {\"qos\": \"q\"}, \"reject\": \"too long\"");
	struct weft_circumstance c = { 0 };
	struct submit_job before, after;
	weft_fieldset_t changing;
	static const struct {
		const char *before, *after;
		bool rejected;
	} rows[] = {
		{ "partition=gpu;time=50", "partition=gpu;time=200", true },
		{ "partition=gpu;time=200", "partition=gpu;time=50", false },
		{ "partition=gpu;time=200;name=a", "partition=gpu;time=200;name=b", false },
		{ "partition=gpu;time=200", "partition=gpu;time=300", true },
		{ "partition=cpu;time=200", "partition=gpu;time=200", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		submit_job_set(&before, rows[i].before);
		submit_job_set(&after, rows[i].after);
		changing = weft_submission_diff(&before.sub, &after.sub);
		c.changing = &changing;
		weft_rules_apply(rules, &c, &after.sub, &v);
		ck_assert_msg(v.rejected == rows[i].rejected, "row %zu", i);
		ck_assert(!(v.changed & WEFT_FIELD_BIT(WEFT_F_QOS)));
	}
	weft_rules_destroy(rules);
}
END_TEST

/* ---- rates and limits -------------------------------------------------- */

START_TEST(throttling)
{
	static struct weft_verdict v;
	struct weft_rules *rules = one_rule(
		"\"throttle\": {\"per\": \"user\", \"count\": 60, \"every\": 60, \"burst\": 3}");
	struct weft_throttle *throttle = weft_throttle_create(64);
	struct weft_circumstance c = { .now_sec = 1000, .throttle = throttle };
	struct submit_job job;
	int passed = 0;

	for (int i = 0; i < 5; i++) {
		submit_job_set(&job, "user=ann");
		weft_rules_apply(rules, &c, &job.sub, &v);
		passed += !v.rejected;
	}
	ck_assert_int_eq(passed, 3);
	ck_assert_msg(strstr(v.message, "user ann may submit 60 jobs every 60 min; try again in 60 s"),
		      "%s", v.message);
	submit_job_set(&job, "user=bob");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(!v.rejected);
	c.now_sec = 900;	/* the clock jumps back: nothing is given */
	submit_job_set(&job, "user=ann");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(v.rejected);
	c.now_sec = 1060;
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(!v.rejected);
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(v.rejected);
	weft_throttle_destroy(throttle);
	weft_rules_destroy(rules);
}
END_TEST

START_TEST(a_rejected_job_costs_nothing)
{
	static struct weft_verdict v;
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_rules *rules = compile(
		"{\"rules\": [{\"name\": \"t\", \"throttle\": {\"per\": \"user\", \"of\": \"gpu_hours\", \"count\": 10}},"
		"{\"name\": \"n\", \"match\": {\"name\": \"bad\"}, \"reject\": \"x\"}]}", &err);
	struct weft_throttle *throttle = weft_throttle_create(64);
	struct weft_circumstance c = { .now_sec = 5, .throttle = throttle };
	struct submit_job job;

	ck_assert_msg(rules != NULL, "%s", err.msg);
	for (int i = 0; i < 9; i++) {
		submit_job_set(&job, "user=ann;name=bad;gres=gpu:1;time=600");
		weft_rules_apply(rules, &c, &job.sub, &v);
		ck_assert_int_eq(v.rule_idx, 1);
	}
	/* Dearer than the bucket: may go when it is full, then leaves a debt. */
	submit_job_set(&job, "user=ann;gres=gpu:4;time=600");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(!v.rejected);
	c.now_sec += 3 * 3600;
	submit_job_set(&job, "user=ann;gres=gpu:1;time=60");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(v.rejected);
	c.now_sec += 3600;
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(!v.rejected);
	weft_throttle_destroy(throttle);
	weft_rules_destroy(rules);
}
END_TEST

/* Many more users than slots: nobody is wronged who stays within the rate. */
START_TEST(throttle_table_is_kind)
{
	struct weft_throttle *throttle = weft_throttle_create(16);
	struct weft_rate rate = { .count = 1, .period_sec = 1, .burst = 2 };
	unsigned long long seed = 42;
	int64_t wait;

	for (int64_t now = 0; now < 20000; now++) {
		uint64_t key = unit_random(&seed);

		ck_assert(weft_throttle_check(throttle, key, &rate, 1, now, &wait));
		weft_throttle_take(throttle, key, &rate, 1, now);
	}
	weft_throttle_destroy(throttle);
}
END_TEST

static int fake_usage(void *arg, weft_fieldset_t per, uint32_t rule_idx,
		      const struct weft_submission *sub,
		      struct weft_usage *ret)
{
	*ret = *(struct weft_usage *)arg;
	return per == WEFT_FIELD_BIT(WEFT_F_USER) ? 0 : -EINVAL;
}

START_TEST(limiting)
{
	static struct weft_verdict v;
	struct weft_usage usage = { .pending_jobs = 90, .gpus = 60 };
	struct weft_circumstance c = { .usage = fake_usage, .usage_arg = &usage };
	struct weft_rules *rules = one_rule(
		"\"limit\": {\"per\": \"user\", \"pending_jobs\": 100, \"gpus\": 64}");
	struct submit_job job;

	submit_job_set(&job, "user=ann;array=1-10");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(!v.rejected);
	submit_job_set(&job, "user=ann;array=1-11");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(v.rejected);
	ck_assert_msg(strstr(v.message, "over the limit of 100 pending_jobs for user ann: 90 in the queue, 11 asked"),
		      "%s", v.message);
	submit_job_set(&job, "user=ann;gres=gpu:5");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(v.rejected);
	weft_rules_destroy(rules);
	rules = one_rule("\"limit\": {\"per\": \"qos\", \"jobs\": 0}");
	weft_rules_apply(rules, &c, &job.sub, &v);
	ck_assert(!v.rejected);	/* unknown is not held against the job */
	weft_rules_destroy(rules);
}
END_TEST

/* ---- bad rules --------------------------------------------------------- */

static const struct {
	const char *section, *want;
} faults[] = {
	{ "3", "submit: expected an object" },
	{ "{\"rule\": []}", "submit.rule: unknown key" },
	{ "{\"rules\": {}}", "expected an array of rules" },
	{ "{\"rules\": [{\"reject\": \"x\"}]}", "submit.rules[0]: expected a \"name\"" },
	{ "{\"rules\": [{\"name\": \"a b\", \"reject\": \"x\"}]}", "without blanks" },
	{ "{\"rules\": [{\"name\": \"a\"}]}", "does nothing" },
	{ "{\"rules\": [{\"name\": \"a\", \"reject\": \"x\"}, {\"name\": \"a\", \"reject\": \"x\"}]}",
	  "submit.rules[1]: a second rule named a" },
	{ "{\"rules\": [{\"name\": \"a\", \"rejct\": \"x\"}]}", "did you mean reject?" },
	{ "{\"rules\": [{\"name\": \"a\", \"reject\": 3}]}", "rules[0].reject: expected a string" },
	{ "{\"rules\": [{\"name\": \"a\", \"reject\": \"{tme}\"}]}", "no field \"tme\", did you mean time?" },
	{ "{\"rules\": [{\"name\": \"a\", \"reject\": \"{time\"}]}", "a brace without a name" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": [], \"reject\": \"\"}]}", "expected an object of conditions" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"partitoin\": 1}, \"reject\": \"\"}]}",
	  "submit.rules[0].match.partitoin: no field \"partitoin\", did you mean partition?" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"nodes\": \"many\"}, \"reject\": \"\"}]}",
	  "w.json:1:56: submit.rules[0].match.nodes: expected a whole number" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"nodes\": -1}, \"reject\": \"\"}]}", "expected a whole number" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"nodes\": 4294967294}, \"reject\": \"\"}]}", "expected a whole number" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"nodes\": {\"min\": 3, \"max\": 2}}, \"reject\": \"\"}]}", "min is above max" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"user\": {\"min\": 3}}, \"reject\": \"\"}]}", "a text has no min" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"user\": {\"regex\": \"(\"}}, \"reject\": \"\"}]}", "not an extended regular expression" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"user\": {\"regex\": \"(a)\\\\1\"}}, \"reject\": \"\"}]}", "back references" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"user\": {\"regex\": \"((a{200}){200}){200}\"}}, \"reject\": \"\"}]}", "multiply" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"user\": {\"regexp\": \"a\"}}, \"reject\": \"\"}]}", "unknown condition" },
	{ "{\"rules\": [{\"name\": \"a\", \"match\": {\"env\": 3}, \"reject\": \"\"}]}", "expected an object of variables" },
	{ "{\"rules\": [{\"name\": \"a\", \"set\": {\"gpus\": 3}}]}", "a rule can't set this" },
	{ "{\"rules\": [{\"name\": \"a\", \"set\": {\"time\": \"4 h\"}}]}", "set.time: expected a time" },
	{ "{\"rules\": [{\"name\": \"a\", \"cap\": {\"qos\": \"x\"}}]}", "a field that is a number" },
	{ "{\"rules\": [{\"name\": \"a\", \"accept\": false}]}", "expected true" },
	{ "{\"rules\": [{\"name\": \"a\", \"throttle\": {\"per\": \"name\", \"count\": 1}}]}", "expected \"user\"" },
	{ "{\"rules\": [{\"name\": \"a\", \"throttle\": {\"per\": \"user\"}}]}", "expected a \"count\"" },
	{ "{\"rules\": [{\"name\": \"a\", \"throttle\": {\"count\": 1, \"every\": 0}}]}", "every: expected a time" },
	{ "{\"rules\": [{\"name\": \"a\", \"limit\": {\"per\": \"user\"}}]}", "expected a limit" },
	{ "{\"rules\": [{\"name\": \"a\", \"limit\": {\"cpus\": 3}}]}", "limit.cpus: unknown key" },
	{ "{\"rules\": [{\"name\": \"a\", \"multiply\": {\"nodes\": 3}}]}", "\"times\"" },
	{ "{\"rules\": [{\"name\": \"a\", \"multiply\": {\"nodes\": {\"by\": \"user\", \"times\": 2}}}]}", "expected \"by\"" },
};

START_TEST(bad_rules)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_rules *rules = compile(faults[i].section, &err);

		ck_assert_msg(!rules, "%s was taken", faults[i].section);
		ck_assert_msg(strstr(err.msg, faults[i].want) != NULL,
			      "%s: \"%s\"", faults[i].section, err.msg);
		ck_assert_msg(strncmp(err.msg, "w.json:1:", 9) == 0, "%s", err.msg);
	}
}
END_TEST

START_TEST(deep_rules)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_buf text;

	weft_buf_init(&text, 4096);
	weft_buf_adds(&text, "{\"rules\": [{\"name\": \"a\", \"reject\": \"\", \"match\": ");
	for (int i = 0; i < 20; i++)
		weft_buf_adds(&text, "{\"not\": ");
	weft_buf_adds(&text, "{}");
	for (int i = 0; i < 20; i++)
		weft_buf_adds(&text, "}");
	weft_buf_adds(&text, "}]}");
	ck_assert(!compile(weft_buf_str(&text), &err));
	weft_buf_fini(&text);
	ck_assert(strstr(err.msg, "nested more than 16 deep") != NULL);
}
END_TEST

/* ---- hostile values ---------------------------------------------------- */

START_TEST(clean_text)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain", "plain" },
		{ "a\033[2Jb\n\r\tc\x7f", "a?[2Jb???c?" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xff\xfe", "??" },
		{ "\xc3", "?" },
		{ "\xe2\x82", "??" },
		{ "\xed\xa0\x80", "???" },
		{ "\xc0\xaf", "??" },
		{ "\xc2\x9b" "2J", "??2J" },
		{ "\xf4\x90\x80\x80", "????" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	};
	char out[64], tiny[4];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		weft_text_clean(out, sizeof(out), rows[i].in);
		ck_assert_str_eq(out, rows[i].out);
	}
	weft_text_clean(tiny, sizeof(tiny), "ab\xc3\xbc");
	ck_assert_str_eq(tiny, "ab");	/* never half a character */
}
END_TEST

START_TEST(hostile_values)
{
	static struct weft_verdict v;
	struct weft_rules *rules = one_rule(
		"\"match\": {\"script\": {\"regex\": \"(x+x+)+y\"}}, \"reject\": \"{name}\"");
	struct weft_rules *say = one_rule(
		"\"set\": {\"comment\": \"{script}{script}{name}\"}, \"reject\": \"{script} {gpus} {gpu_hours}\"");
	size_t size = 4u << 20;
	char *script = malloc(size + 1);
	struct weft_circumstance c = { 0 };
	struct submit_job job;

	memset(script, 'x', size);
	script[size] = '\0';
	submit_job_set(&job, "tres_per_job=gpu:4294967293;array=0-4294967293;nodes=4294967293;tasks=4294967293;tasks_per_node=65535;cpus_per_task=65535;time=unlimited");
	job.sub.value[WEFT_F_SCRIPT].text = script;
	job.sub.value[WEFT_F_NAME].text = "\033]0;owned\007\xff";
	weft_submission_derive(&job.sub);
	weft_rules_apply(rules, &c, &job.sub, &v);
	weft_rules_apply(say, &c, &job.sub, &v);
	ck_assert(v.rejected);
	ck_assert(strlen(v.message) == v.message_len);
	for (const char *p = v.message; *p; p++)
		ck_assert(*p >= ' ');
	ck_assert(strlen(job.sub.value[WEFT_F_COMMENT].text) < 1024);
	free(script);
	weft_rules_destroy(rules);
	weft_rules_destroy(say);
}
END_TEST

START_TEST(odd_numbers)
{
	static const struct {
		const char *text;
		uint64_t gpus;
	} gpus[] = {
		{ "gpu", 1 }, { "gpu:", 1 }, { "gpu:h100", 1 }, { "gpu:2k", 2048 },
		{ "gpu:99999999999999999999", 0 }, { "gpux:4", 0 }, { ",,gpu:1,", 1 },
		{ "gres/gpu=3", 3 }, { "gpu:a:b:c", 0 }, { "gpu:-1", 1 },
		{ "gres:gpu:h100:2,gres:gpu:a100:1", 3 }, { "", 0 },
	};
	static const struct {
		const char *text;
		uint64_t tasks;
	} arrays[] = {
		{ "1", 1 }, { "1-", 1 }, { "5-1", 1 }, { "0-9:0", 1 }, { "%5", 1 },
		{ "x", 1 }, { "1,2,3", 3 }, { "0-4294967292", 4294967293 },
		{ "1-99999999999999999999", 1 },
	};

	for (size_t i = 0; i < sizeof(gpus) / sizeof(gpus[0]); i++)
		ck_assert_msg(weft_gpus_parse(gpus[i].text, NULL, 0) == gpus[i].gpus,
			      "%s", gpus[i].text);
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		ck_assert_msg(weft_array_count(arrays[i].text) == arrays[i].tasks,
			      "%s", arrays[i].text);
}
END_TEST

UNIT_MAIN("submit", matching, environment, acting, order_and_messages, updates,
	  throttling, a_rejected_job_costs_nothing, throttle_table_is_kind,
	  limiting, bad_rules, deep_rules, clean_text, hostile_values, odd_numbers)
