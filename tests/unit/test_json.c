/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_json.c - what parses, what does not, and that messages say where */
#include "config.h"

#include <errno.h>

#include "lib/json.h"
#include "tests/unit/torture.h"
#include "tests/unit/unit.h"

static struct weft_json *parse_ok(const char *text)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_json *doc = NULL;

	ck_assert_msg(!weft_json_parse("f", text, strlen(text), &doc, &err),
		      "%s", err.msg);
	return doc;
}

START_TEST(comments_are_allowed)
{
	struct weft_json *doc = parse_ok("// why\n{ /* a */ \"a\": 1 } // end\n");
	struct json_object *a;

	ck_assert(json_object_object_get_ex(doc->root, "a", &a));
	ck_assert_int_eq(json_object_get_int(a), 1);
	weft_json_destroy(doc);
}
END_TEST

START_TEST(malformed_text_is_refused_with_its_place)
{
	static const struct {
		const char *text, *where;
	} cases[] = {
		{ "{\n  \"a\": 1,\n  \"b\" 2\n}", "f:3:" },
		{ "{\n \"a\": tru\n}", "f:2:" },
		{ "{ \"a\": [1, 2", "f:1:13: the text ends" },
		{ "", "f:1:1: " },
		{ "[1]", "f:1:1: expected an object" },
		{ "\n\n  7 ", "f:3:3: expected an object" },
		{ "{} x", "f:1:4: text after" },
		{ "{}\n// fine\n {}", "f:3:2: text after" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_json *doc = NULL;

		ck_assert_int_eq(weft_json_parse("f", cases[i].text,
						 strlen(cases[i].text), &doc,
						 &err), -EINVAL);
		ck_assert_ptr_null(doc);
		ck_assert_msg(!strncmp(err.msg, cases[i].where,
				       strlen(cases[i].where)),
			      "case %zu: \"%s\"", i, err.msg);
	}
}
END_TEST

START_TEST(bounds_hold)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_json *doc = NULL;
	char deep[200];
	char *big;

	memset(deep, '[', sizeof(deep));
	memcpy(deep, "{\"a\":", 5);
	ck_assert_int_eq(weft_json_parse("f", deep, sizeof(deep), &doc, &err),
			 -EINVAL);
	big = malloc(WEFT_JSON_LIMIT + 1);
	memset(big, ' ', WEFT_JSON_LIMIT + 1);
	ck_assert_int_eq(weft_json_parse("f", big, WEFT_JSON_LIMIT + 1, &doc,
					 &err), -EFBIG);
	free(big);
	ck_assert_int_eq(weft_json_parse("f", "{}\0{}", 5, &doc, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "f:1:3: a NUL byte"));
}
END_TEST

START_TEST(positions_are_found_by_path)
{
	struct weft_json *doc = parse_ok(
		"{\n"
		"  // { \"sched\": 1 }\n"
		"  \"x\": \"}]\\\"\", \"sched\": {\n"
		"    \"rules\": [ 1, {\"k\": [ [], {} ]},\n"
		"      { \"match\": \"here\" } /* ] */, 4 ]\n"
		"  },\n"
		"  \"last\": null\n"
		"}\n");
	static const struct {
		const char *path;
		bool found;
		unsigned int line, column;
	} cases[] = {
		{ "", true, 1, 1 },
		{ "x", true, 3, 8 },
		{ "sched", true, 3, 25 },
		{ "sched.rules[1].k[1]", true, 4, 31 },
		{ "sched.rules[2].match", true, 5, 18 },
		{ "sched.rules[3]", true, 5, 36 },
		{ "last", true, 7, 11 },
		{ "sched.rules[2].no", false, 5, 7 },
		{ "sched.rules[9]", false, 4, 14 },
		{ "nothing.at.all", false, 1, 1 },
	};
	unsigned int line, column;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(weft_json_locate(doc, cases[i].path, &line,
					       &column) == cases[i].found,
			      "%s", cases[i].path);
		ck_assert_msg(line == cases[i].line && column == cases[i].column,
			      "%s: %u:%u", cases[i].path, line, column);
	}
	weft_json_destroy(doc);
}
END_TEST

START_TEST(complaints_name_file_place_and_path)
{
	struct weft_json *doc = parse_ok("{\n \"a\": {\"b\": 7}}");
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_int_eq(weft_json_complain(doc, &err, "a.b", "too %s", "odd"),
			 -EINVAL);
	ck_assert_str_eq(err.msg, "f:2:13: a.b: too odd");
	weft_json_destroy(doc);
}
END_TEST

/* Any text whatever: the walk stays inside it and ends. */
START_TEST(scan_survives_garbage)
{
	static const char alphabet[] = "{}[]\",:/*\\ ab1\n";
	unsigned long long seed = 7;
	char text[64];
	size_t offset, first;

	for (int round = 0; round < 20000; round++) {
		size_t len = unit_random(&seed) % sizeof(text);

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[unit_random(&seed) %
					   (sizeof(alphabet) - 1)];
		text[len < sizeof(text) ? len : sizeof(text) - 1] = '\0';
		weft_json_scan(text, "a.b[1].a[0]", &offset);
		ck_assert_uint_le(offset, strlen(text));
		weft_json_twice(text, &offset, &first);
		ck_assert_uint_le(offset, strlen(text));
	}
}
END_TEST

START_TEST(a_key_twice_is_refused_with_both_places)
{
	static const struct {
		const char *text, *where;	/* NULL: fine */
	} cases[] = {
		{ "{\"a\": 1, \"b\": {\"a\": 1}, \"c\": {\"a\": 2}}", NULL },
		{ "{\"a\": \"a\", \"b\": [\"a\", \"a\", {\"a\": 1}, {\"a\": 1}]}", NULL },
		{ "{\"a\": 1 /* \"a\": 2 */ } // \"a\": 3\n", NULL },
		{ "{\"a\": [], \"A\": {}, \"\": null, \"a \": -1.5e3}", NULL },
		{ "{\"a\": 1,\n \"a\": 1}", "f:2:2: this key stands twice in one object, first at 1:2" },
		{ "{\"a\": {\"b\": {}, \"c\": [{}, {\"x\": 1}],\n\n  \"b\": 1}}", "f:3:3: " },
		{ "{\"a\": [1, {\"x\": \"}\", \"y\": [\"]\"], \"x\": true}]}", "f:1:34: " },
		{ "{\"a\": 1, \"\\u0061\": 2}", "f:1:10: " },
		{ "{\"\\\"\": 1, \"b\": 2, \"\\\"\": 2}", "f:1:19: " },
		{ "{\"\": 1, \"\": 2}", "f:1:9: " },
		{ "{'a': 'it', \"b\": 1, \"a\": 2}", "f:1:21: " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_json *doc = NULL;
		int rc = weft_json_parse("f", cases[i].text,
					 strlen(cases[i].text), &doc, &err);

		if (!cases[i].where) {
			ck_assert_msg(!rc, "case %zu: %s", i, err.msg);
			weft_json_destroy(doc);
			continue;
		}
		ck_assert_int_eq(rc, -EINVAL);
		ck_assert_msg(!strncmp(err.msg, cases[i].where,
				       strlen(cases[i].where)),
			      "case %zu: \"%s\"", i, err.msg);
	}
}
END_TEST

static int parse_once(void *arg)
{
	static const char text[] = "{\"a\": [1, 2], \"\\u0062\": {\"a\": 1}}";
	struct weft_json *doc = NULL;
	int rc = weft_json_parse("f", text, strlen(text), &doc, NULL);

	weft_json_destroy(doc);
	return rc;
}

START_TEST(survives_failed_allocations)
{
	torture_check(parse_once, NULL);
}
END_TEST

UNIT_MAIN("json", comments_are_allowed,
	  malformed_text_is_refused_with_its_place, bounds_hold,
	  positions_are_found_by_path, complaints_name_file_place_and_path,
	  scan_survives_garbage, a_key_twice_is_refused_with_both_places,
	  survives_failed_allocations)
