/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_submit.c - the rules' compiler and matcher, and the jobs they meet
 *
 * Whatever the bytes: no crash, and rules or a message, never neither.  Rules
 * that compile are applied to hostile jobs: a message is clean text of the
 * promised length, and what is set is within its bounds.  Bytes that are no
 * rules are still a job: each text field in turn, GPU and array lists too.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "submit/rules.h"
#include "tests/fuzz/fuzz.h"

static void hostile(struct weft_submission *sub, const char *text, uint64_t num)
{
	weft_submission_init(sub);
	for (int i = 0; i < WEFT_FIELD_COUNT; i++) {
		if (weft_field_is_text(i))
			sub->value[i].text = text;
		else
			sub->value[i].num = num;
	}
	weft_submission_derive(sub);
}

static void apply(const struct weft_rules *rules, const char *text)
{
	static const uint64_t numbers[] = { 0, 1, 4294967293, WEFT_UNLIMITED, WEFT_UNSET };
	static struct weft_verdict v;
	struct weft_throttle *throttle = weft_throttle_create(16);
	struct weft_circumstance c = { .now_sec = 1, .throttle = throttle };
	struct weft_submission sub;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		hostile(&sub, text, numbers[i]);
		c.now_sec += 1;
		weft_rules_apply(rules, &c, &sub, &v);
		fuzz_require(strlen(v.message) == v.message_len, "a message has its length");
		for (const char *p = v.message; *p; p++)
			fuzz_require((unsigned char)*p >= ' ' || *p == '\n', "a message is clean");
		fuzz_require(v.rejected == (v.rule_idx >= 0), "a rejection has a rule");
		for (int f = 0; f < WEFT_FIELD_COUNT; f++)
			if ((v.changed >> f & 1) && !weft_field_is_text(f))
				fuzz_require(sub.value[f].num <= WEFT_COUNT_MAX ||
					sub.value[f].num >= WEFT_UNLIMITED, "a number fits Slurm's");
	}
	weft_throttle_destroy(throttle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char fixed[] =
		"{\"submit\": {\"rules\": [{\"name\": \"r\", \"match\": {\"partition\": [\"a*\", \"*b?\"],"
		" \"script\": {\"regex\": \"^[a-z]+\"}}, \"add_feature\": \"{name}\", \"set\": {\"comment\": \"{script}\"},"
		" \"reject\": \"{gres} {gpu_hours} {asked.user}\"}]}}";
	static struct weft_rules *known;
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_rules *rules = NULL;
	struct weft_json *doc = NULL;
	char *text = malloc(size + 1);

	fuzz_require(text != NULL, "memory");
	memcpy(text, data, size);
	text[size] = '\0';
	if (!known) {
		fuzz_require(!weft_json_parse("k", fixed, strlen(fixed), &doc, &err) &&
			!weft_rules_compile(doc, "submit", &known, &err), "the fixed rules compile");
		weft_json_destroy(doc);
	}
	apply(known, text);
	if (weft_json_parse("f", text, size, &doc, &err)) {
		fuzz_require(err.msg[0] != '\0', "a bad text is explained");
	} else {
		if (weft_rules_compile(doc, "submit", &rules, &err))
			fuzz_require(err.msg[0] != '\0', "bad rules are explained");
		else
			apply(rules, text);
		weft_json_destroy(doc);
	}
	weft_rules_destroy(rules);
	free(text);
	return 0;
}
