/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_options.c - what users type, and what is read back from a job's record
 *
 * Whatever the bytes: an option of weft.so is refused with a reason, or
 * brought to a spelling that reads back as itself and that the scheduler
 * takes; times, sizes, moments, job numbers and words of limits keep to their
 * bounds; and of the texts that lie in a job's record (the planner's reason,
 * the rules' changes, the options) only clean ones are believed, for anybody
 * may write a comment.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/units.h"
#include "lib/when.h"
#include "lib/wish.h"
#include "plugins/spank/options.h"
#include "sched/explain.h"
#include "submit/record.h"
#include "tests/fuzz/fuzz.h"
#include "tools/why/why.h"

static void try_option(enum weft_option_id id, const char *text)
{
	struct weft_err err = WEFT_ERR_INIT;
	char value[WEFT_OPTION_SIZE], again[WEFT_OPTION_SIZE], entry[512];
	struct weft_wish wish = { .given = 0 };

	if (weft_option_parse(id, text, value, &err)) {
		fuzz_require(err.msg[0] != '\0', "a refusal has a reason");
		return;
	}
	fuzz_require(strlen(value) < WEFT_WISH_VALUE, "a spelling is short");
	fuzz_require_clean(value, "a spelling is clean");
	snprintf(entry, sizeof(entry), "%s=%s", weft_option_get(id)->env, value);
	fuzz_require(weft_wish_set(&wish, entry), "the scheduler takes it");
	if (id == WEFT_OPTION_MIN_RUNTIME)	/* seconds there, minutes here */
		return;
	fuzz_require(weft_option_parse(id, value, again, &err) == 0 &&
		strcmp(value, again) == 0, "a spelling reads as itself");
}

static void try_units(const char *text)
{
	uint64_t n = 0;
	int64_t at;

	if (weft_units_parse_sec(text, &n) == 0)
		fuzz_require(n <= WEFT_UNITS_SEC_MAX || n == WEFT_UNITS_UNLIMITED, "seconds");
	if (weft_units_parse_mib(text, &n) == 0)
		fuzz_require(n <= WEFT_UNITS_MIB_MAX, "MiB");
	if (weft_when_parse(text, 1794670220, &at) == 0)
		fuzz_require(at > -100000000000 && at != INT64_MAX, "a moment");
}

static void try_record(const char *text)
{
	struct weft_explain e;
	struct weft_record r;
	struct weft_wish w;
	struct weft_buf buf;
	int64_t sec;

	weft_buf_init(&buf, 65536);
	if (weft_explain_read(text, &e) == 0) {
		fuzz_require(e.blocker_count <= WEFT_EXPLAIN_BLOCKERS &&
			e.advice_count <= WEFT_ADVICE_MAX, "counts are bounded");
		fuzz_require_clean(e.name, "a name is clean");
		fuzz_require(weft_explain_format(&e, &buf) == 0, "a reason can be said");
		weft_explain_advice(text, &sec);
	}
	if (weft_record_read(text, &r) == 0)
		for (uint32_t i = 0; i < r.step_count; i++) {
			fuzz_require_clean(r.step[i].rule, "a rule's name is clean");
			fuzz_require_clean(r.step[i].is, "a value is clean");
		}
	if (weft_wish_read(text, &w) == 0) {
		char value[WEFT_WISH_VALUE];

		for (int id = 0; id < WEFT_WISH_COUNT; id++)
			fuzz_require_clean(weft_wish_value(&w, (enum weft_wish_id)id, value),
				      "an option is clean");
	}
	weft_buf_fini(&buf);
}

static void try_why(const char *text)
{
	struct weft_limit_kind kind;
	uint32_t job = 0, task = 0;
	struct weft_buf buf;
	struct weft_why_job one = {
		.waits = true, .explained = false, .id = (char *)"1",
		.user = (char *)text, .partition = (char *)text,
		.name = (char *)text, .state = (char *)"PENDING",
		.detail = (char *)text, .nodes = (char *)text,
		.tasks = (char *)text, .admin_comment = (char *)text,
		.cause = WEFT_WHY_DEPENDENCY, .start_sec = 2000,
	};
	struct weft_why why = { .job = &one, .job_count = 1 };

	if (weft_why_parse_id(text, &job, &task))
		fuzz_require(job != 0, "a job has a number");
	weft_why_has_task(text, 7);
	if (weft_limit_parse(text, &kind))
		fuzz_require(strlen(kind.tres) < sizeof(kind.tres), "a kind fits");
	weft_limit_tres(text, "gres/gpu");
	weft_buf_init(&buf, 1 << 16);
	weft_why_tell(&why, &one, 1000, &buf);
	for (const char *p = weft_buf_str(&buf); *p; p++)
		fuzz_require((unsigned char)*p >= ' ' || *p == '\n', "what is told is clean");
	weft_buf_fini(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	fuzz_require(text != NULL, "memory");
	memcpy(text, data, size);
	text[size] = '\0';
	for (int id = 0; id < WEFT_OPTION_COUNT; id++)
		try_option((enum weft_option_id)id, text);
	try_units(text);
	try_record(text);
	try_why(text);
	free(text);
	return 0;
}
