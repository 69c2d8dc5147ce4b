/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_settings.c - a table reads a section, or says what is wrong with it */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/settings.h"
#include "tests/unit/unit.h"

struct sample {
	bool flag;
	uint32_t depth;
	double share;
	int order;
};

static const char *const orders[] = { "priority", "shortest", NULL };

static const struct weft_setting table[] = {
	{ "flag", WEFT_SETTING_BOOL, offsetof(struct sample, flag),
	  .fallback = 1 },
	{ "plan_depth", WEFT_SETTING_U32, offsetof(struct sample, depth),
	  0, 1000, 50, .unit = "jobs" },
	{ "share", WEFT_SETTING_DOUBLE, offsetof(struct sample, share),
	  -1, 1, 0.25 },
	{ "order", WEFT_SETTING_WORD, offsetof(struct sample, order),
	  .words = orders },
	{ "tree", WEFT_SETTING_TREE },
	{ NULL },
};

static int read_text(const char *text, struct sample *dest,
		     struct weft_err *err)
{
	struct weft_json *doc = NULL;
	int rc = weft_json_parse("f", text, strlen(text), &doc, err);

	ck_assert_msg(!rc, "%s", err->msg);
	rc = weft_settings_read(table, doc, "sched", dest, sizeof(*dest), err);
	weft_json_destroy(doc);
	return rc;
}

START_TEST(absent_means_default)
{
	struct sample got = { .depth = 7 };
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_int_eq(read_text("{\"other\": 1}", &got, &err), 0);
	ck_assert(got.flag);
	ck_assert_uint_eq(got.depth, 50);
	ck_assert_double_eq(got.share, 0.25);
	ck_assert_int_eq(got.order, 0);
}
END_TEST

START_TEST(given_means_given)
{
	struct sample got = { 0 };
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_int_eq(read_text("{\"sched\": {\"flag\": false, \"plan_depth\": 0,"
				   "\"share\": -1, \"order\": \"shortest\","
				   "\"tree\": {\"x\": []}}}", &got, &err), 0);
	ck_assert(!got.flag);
	ck_assert_uint_eq(got.depth, 0);
	ck_assert_double_eq(got.share, -1);
	ck_assert_int_eq(got.order, 1);
}
END_TEST

START_TEST(wrong_values_are_named_and_change_nothing)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "{\"sched\": 3}", "f:1:11: sched: expected an object" },
		{ "{\"sched\": {\"flag\": 1}}", "sched.flag: expected true or false" },
		{ "{\"sched\": {\"plan_depth\": 1001}}",
		  "f:1:26: sched.plan_depth: expected 0 to 1000 jobs, got 1001" },
		{ "{\"sched\": {\"plan_depth\": -1}}", "expected 0 to 1000" },
		{ "{\"sched\": {\"plan_depth\": 1.5}}", "expected a whole number" },
		{ "{\"sched\": {\"plan_depth\": \"9\"}}", "expected a whole number" },
		{ "{\"sched\": {\"share\": null}}", "expected a number" },
		{ "{\"sched\": {\"share\": 1e300}}", "expected -1 to 1" },
		{ "{\"sched\": {\"order\": \"shortst\"}}", "such as \"shortest\"" },
		{ "{\"sched\": {\"order\": 1}}", "expected one of" },
		{ "{\"sched\": {\"flag\": false, \"plan_deep\": 3}}",
		  "no such setting; did you mean \"plan_depth\"?" },
		{ "{\"sched\": {\"zzzzzz\": 3}}", "sched.zzzzzz: no such setting" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sample got = { .flag = true, .depth = 7 };
		struct weft_err err = WEFT_ERR_INIT;

		ck_assert_int_eq(read_text(cases[i].text, &got, &err), -EINVAL);
		ck_assert_msg(strstr(err.msg, cases[i].said) != NULL,
			      "case %zu: \"%s\"", i, err.msg);
		ck_assert(got.flag && got.depth == 7);
	}
}
END_TEST

START_TEST(sections_are_those_that_are_read)
{
	static const struct {
		const char *text, *said;	/* NULL: nothing wrong */
	} cases[] = {
		{ "{}", NULL },
		{ "{\"submit\": {}, \"sched\": {}, \"bridge\": {}, \"gres\": {},"
		  " \"fabric\": {}, \"stock\": {}}", NULL },
		{ "{\"sched\": {},\n \"shced\": {}}",
		  ":2:11: shced: no such setting; did you mean \"sched\"?" },
		{ "{\"sched\": {\"submit\": 1}, \"zzzzzzzz\": 1}",
		  "zzzzzzzz: no such setting" },
	};
	char path[] = "/tmp/weft-settings-XXXXXX";
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_json *doc;
	uid_t owner = getuid();
	int fd = mkstemp(path), rc;

	ck_assert_int_ge(fd, 0);
	close(fd);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(weft_file_replace(path, cases[i].text,
				 strlen(cases[i].text), 0600, &err), 0);
		rc = weft_settings_open(path, i % 2 ? &owner : NULL, &doc, &err);
		ck_assert_int_eq(rc, cases[i].said ? -EINVAL : 0);
		if (cases[i].said)
			ck_assert_msg(strstr(err.msg, cases[i].said) != NULL,
				      "case %zu: \"%s\"", i, err.msg);
		else
			weft_json_destroy(doc);
	}
	/* What everybody may write a tool reads, a daemon does not. */
	ck_assert_int_eq(weft_file_replace(path, "{}", 2, 0600, NULL), 0);
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(weft_settings_open(path, &owner, &doc, &err), -EPERM);
	ck_assert_int_eq(weft_settings_open(path, NULL, &doc, &err), 0);
	weft_json_destroy(doc);
	unlink(path);
}
END_TEST

UNIT_MAIN("settings", sections_are_those_that_are_read, absent_means_default, given_means_given,
	  wrong_values_are_named_and_change_nothing)
