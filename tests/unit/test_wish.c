/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_wish.c - options of a job: entries, what is written and read back */
#include "config.h"

#include <errno.h>
#include <signal.h>

#include "lib/wish.h"
#include "tests/unit/unit.h"

static const struct {
	const char *entry;
	const char *written;	/* NULL: not taken */
} entries[] = {
	{ "WEFT_SEGMENT=4", "[segment=4]" },
	{ "SPANK_WEFT_SEGMENT=16", "[segment=16]" },
	{ "WEFT_DOMAIN=same", "[domain=same]" },
	{ "WEFT_DOMAIN=any", "[domain=any]" },
	{ "WEFT_GPU_ORDER=numa", "[gpu-order=numa]" },
	{ "WEFT_CHECKPOINT_SIGNAL=USR1@120", "[checkpoint-signal=USR1@120]" },
	{ "WEFT_CHECKPOINT_SIGNAL=B:TERM@5", "[checkpoint-signal=B:TERM@5]" },
	{ "WEFT_MIN_RUNTIME=7200", "[min-runtime=7200]" },
	{ "WEFT_REQUEUE_ON=node-fail,timeout", "[requeue-on=node-fail,timeout]" },
	{ "WEFT_REQUEUE_ON=node-fail,boot-fail,preempt,timeout,oom,fail",
	  "[requeue-on=node-fail,boot-fail,preempt,timeout,oom,fail]" },
	{ "WEFT_REQUEUE_ON=none", "[requeue-on=none]" },
	{ "WEFT_SEGMENT=", NULL }, { "WEFT_SEGMENT=0", NULL },
	{ "WEFT_SEGMENT=04", NULL }, { "WEFT_SEGMENT=4x", NULL },
	{ "WEFT_SEGMENT=-4", NULL }, { "WEFT_SEGMENT=99999999999", NULL },
	{ "WEFT_SEGMENTS=4", NULL }, { "SEGMENT=4", NULL }, { "WEFT_", NULL },
	{ "", NULL }, { "WEFT_DOMAIN=Same", NULL }, { "WEFT_DOMAIN=x", NULL },
	{ "WEFT_GPU_ORDER=", NULL }, { "WEFT_CHECKPOINT_SIGNAL=USR1", NULL },
	{ "WEFT_CHECKPOINT_SIGNAL=KILL@3", NULL },
	{ "WEFT_CHECKPOINT_SIGNAL=10@3", NULL },
	{ "WEFT_CHECKPOINT_SIGNAL=USR1@0", NULL },
	{ "WEFT_CHECKPOINT_SIGNAL=b:USR1@3", NULL },
	{ "WEFT_REQUEUE_ON=timeout,node-fail", NULL },
	{ "WEFT_REQUEUE_ON=none,fail", NULL }, { "WEFT_REQUEUE_ON=,", NULL },
	{ "WEFT_REQUEUE_ON=]", NULL }, { "WEFT_MIN_RUNTIME=1:00", NULL },
};

START_TEST(test_entries)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct weft_wish wish = { .signal = 77 }, again;
		struct weft_buf buf;
		bool taken = weft_wish_set(&wish, entries[i].entry);

		ck_assert_msg(taken == (entries[i].written != NULL), "%s",
			      entries[i].entry);
		if (!taken) {
			ck_assert_uint_eq(wish.given, 0);
			ck_assert_int_eq(wish.signal, 77);
			continue;
		}
		weft_buf_init(&buf, 4096);
		weft_buf_adds(&buf, "somebody's words ");
		ck_assert_int_eq(weft_wish_write(&wish, &buf), 0);
		ck_assert_str_eq(strchr(weft_buf_str(&buf), ':') + 1,
				 entries[i].written);
		weft_buf_adds(&buf, " more [words]");
		ck_assert_int_eq(weft_wish_read(weft_buf_str(&buf), &again), 0);
		ck_assert_uint_eq(again.given, wish.given);
		weft_buf_fini(&buf);
	}
}
END_TEST

START_TEST(test_all_at_once)
{
	static const char text[] =
		"weft-options:[segment=4 domain=same gpu-order=index "
		"checkpoint-signal=B:USR2@30 min-runtime=60 requeue-on=oom,fail]";
	struct weft_wish wish;
	struct weft_buf buf;

	ck_assert_int_eq(weft_wish_read(text, &wish), 0);
	ck_assert_uint_eq(wish.given, (1u << WEFT_WISH_COUNT) - 1);
	ck_assert_uint_eq(wish.segment, 4);
	ck_assert(wish.same_domain && wish.signal_batch);
	ck_assert_str_eq(wish.gpu_order, "index");
	ck_assert_int_eq(wish.signal, SIGUSR2);
	ck_assert_uint_eq(wish.signal_sec, 30);
	ck_assert_uint_eq(wish.min_runtime_sec, 60);
	ck_assert_uint_eq(wish.causes, WEFT_REQUEUE_OOM | WEFT_REQUEUE_FAIL);
	weft_buf_init(&buf, 4096);
	ck_assert_int_eq(weft_wish_write(&wish, &buf), 0);
	ck_assert_str_eq(weft_buf_str(&buf), text);
	weft_buf_fini(&buf);
}
END_TEST

START_TEST(test_bad_texts)
{
	static const struct {
		const char *text;
		int rc;
	} bad[] = {
		{ "", -ENOENT }, { "weft-options:", -ENOENT },
		{ "weft-options:[", -EINVAL }, { "weft-options:[]", -EINVAL },
		{ "weft-options:[segment]", -EINVAL },
		{ "weft-options:[segment=4", -EINVAL },
		{ "weft-options:[segment=4  domain=any]", -EINVAL },
		{ "weft-options:[speed=4]", -EINVAL },
		{ "weft-options:[segment=4 domain=\033[2J]", -EINVAL },
	};
	struct weft_wish wish = { .segment = 9 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(weft_wish_read(bad[i].text, &wish) == bad[i].rc,
			      "%s", bad[i].text);
		ck_assert_uint_eq(wish.segment, 9);
	}
}
END_TEST

UNIT_MAIN("wish", test_entries, test_all_at_once, test_bad_texts)
