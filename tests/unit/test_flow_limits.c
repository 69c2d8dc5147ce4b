/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_flow_limits.c - limits of accounts and QOS that a plan meets
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/unit/flow_sample.h"
#include "tests/unit/unit.h"
#include "tools/flow/room.h"

struct setup {
	struct flow_sample sample;
	struct weft_limit_hit *hits;
	uint32_t hit_count;
};

/* One limit for every job; that of QOS "q" is the double. */
static uint32_t one_limit(void *ctx, const char *account, const char *partition,
			  const char *qos, struct weft_site_limit *list)
{
	list[0] = *(const struct weft_site_limit *)ctx;
	ck_assert(!account && !partition);
	if (qos)
		list[0].max *= 2;
	return 1;
}

static void judge(struct setup *s, const char *text, const struct weft_site_limit *limit,
		  uint32_t default_minutes)
{
	struct weft_plan_limits limits = { 1001, UINT32_MAX };
	struct weft_err err = WEFT_ERR_INIT;

	flow_sample_init(&s->sample, text);
	flow_sample_pass(&s->sample, &limits);
	s->hits = NULL;
	ck_assert_int_eq(weft_limits_check(&s->sample.plan, default_minutes, one_limit,
					   (void *)(uintptr_t)limit, &s->hits, &s->hit_count,
					   &err), 0);
}

static const char flow[] =
	"tasks:\n"
	"  a: {array: 0-9, run: x, resources: {time: 60, gpus: 2}}\n"
	"  b: {array: 0-19%4, run: x, needs: a, resources: {time: 30, nodes: 3}}\n"
	"  c: {run: x, needs: b}\n"
	"  d: {run: x, resources: {time: 90, gpus: 3, qos: q}}\n";

static const struct {
	enum weft_site_limit_kind kind;
	uint64_t max, used;
	uint32_t default_minutes;
	uint32_t hits;
	/* of the first */
	enum weft_limit_effect effect;
	const char *task;
	uint64_t asked;
	uint32_t units;
} table[] = {
	/* 31 units of no QOS, one of "q" */
	{ WEFT_LIMIT_SUBMIT, 31, 0, UINT32_MAX, 0, 0, NULL, 0, 0 },
	{ WEFT_LIMIT_SUBMIT, 30, 0, UINT32_MAX, 1, WEFT_LIMIT_WAVES, "a", 31, 31 },
	{ WEFT_LIMIT_SUBMIT, 40, 10, UINT32_MAX, 1, WEFT_LIMIT_WAVES, "a", 31, 31 },
	/* the widest level is a: b runs four at a time by its own wish */
	{ WEFT_LIMIT_RUN, 10, 0, UINT32_MAX, 0, 0, NULL, 0, 0 },
	{ WEFT_LIMIT_RUN, 9, 0, UINT32_MAX, 1, WEFT_LIMIT_SLOWER, "a", 10, 10 },
	/* d may run twice as long */
	{ WEFT_LIMIT_WALL, 60, 0, UINT32_MAX, 0, 0, NULL, 0, 0 },
	{ WEFT_LIMIT_WALL, 59, 0, UINT32_MAX, 1, WEFT_LIMIT_NEVER, "a", 60, 10 },
	{ WEFT_LIMIT_WALL, 44, 0, UINT32_MAX, 2, WEFT_LIMIT_NEVER, "a", 60, 10 },
	{ WEFT_LIMIT_WALL, 29, 0, UINT32_MAX, 2, WEFT_LIMIT_NEVER, "a", 60, 30 },
	/* c has the default partition's limit */
	{ WEFT_LIMIT_WALL, 60, 0, 61, 1, WEFT_LIMIT_NEVER, "c", 61, 1 },
	{ WEFT_LIMIT_JOB_GPUS, 2, 0, UINT32_MAX, 0, 0, NULL, 0, 0 },
	{ WEFT_LIMIT_JOB_GPUS, 1, 0, UINT32_MAX, 2, WEFT_LIMIT_NEVER, "a", 2, 10 },
	{ WEFT_LIMIT_ALL_GPUS, 1, 0, UINT32_MAX, 2, WEFT_LIMIT_NEVER, "a", 2, 10 },
	{ WEFT_LIMIT_JOB_NODES, 3, 0, UINT32_MAX, 0, 0, NULL, 0, 0 },
	{ WEFT_LIMIT_ALL_NODES, 2, 0, UINT32_MAX, 1, WEFT_LIMIT_NEVER, "b", 3, 20 },
};

START_TEST(limits_are_met)
{
	struct weft_site_limit limit = { .kind = table[_i].kind, .max = table[_i].max,
					 .used = table[_i].used };
	const struct weft_limit_hit *hit;
	struct setup s;
	uint32_t task;

	judge(&s, flow, &limit, table[_i].default_minutes);
	ck_assert_uint_eq(s.hit_count, table[_i].hits);
	hit = s.hits;
	if (hit) {
		task = s.sample.plan.objects[hit->object].task_idx;
		ck_assert_int_eq(hit->effect, table[_i].effect);
		ck_assert_str_eq(s.sample.flow->tasks[task].name, table[_i].task);
		ck_assert_uint_eq(hit->asked, table[_i].asked);
		ck_assert_uint_eq(hit->unit_count, table[_i].units);
	}
	free(s.hits);
	flow_sample_fini(&s.sample);
}
END_TEST

/* Two holders: the user's limit binds all, the QOS's its own jobs. */
static uint32_t two_limits(void *ctx, const char *account, const char *partition,
			   const char *qos, struct weft_site_limit *list)
{
	(*(uint32_t *)ctx)++;
	(void)account;
	(void)partition;
	memset(list, 0, 3 * sizeof(*list));
	list[0] = (struct weft_site_limit){ WEFT_LIMIT_SUBMIT, 12, 4, "MaxSubmitJobs", "user" };
	list[1] = (struct weft_site_limit){ WEFT_LIMIT_RUN, 1, 0, "MaxJobs", "user" };
	if (!qos)
		return 2;
	list[2] = (struct weft_site_limit){ WEFT_LIMIT_SUBMIT, 3, 0, "MaxSubmitJobs", "QOS" };
	return 3;
}

START_TEST(room_is_shared)
{
	struct weft_limit_key plain = { NULL, NULL, NULL }, q = { NULL, NULL, "q" };
	uint32_t asked = 0;
	struct weft_room *room = weft_room_create(two_limits, &asked);

	ck_assert_ptr_null(weft_room_full(room));
	ck_assert(weft_room_fits(room, &q, 3));
	ck_assert(!weft_room_fits(room, &q, 4));
	for (int i = 0; i < 3; i++)
		ck_assert(weft_room_take(room, &q));
	ck_assert(!weft_room_take(room, &q));
	ck_assert_str_eq(weft_room_full(room)->holder, "QOS");
	for (int i = 0; i < 5; i++)
		ck_assert(weft_room_take(room, &plain));
	ck_assert(!weft_room_take(room, &plain));
	ck_assert_str_eq(weft_room_full(room)->holder, "user");
	/* what is given counts after the next settle, and for both holders */
	weft_room_give(room, &q);
	ck_assert(!weft_room_take(room, &plain));
	weft_room_settle(room);
	ck_assert(weft_room_fits(room, &q, 1));
	ck_assert(weft_room_take(room, &plain));
	ck_assert(!weft_room_take(room, &q));
	weft_room_give(room, &plain);
	weft_room_settle(room);
	ck_assert(weft_room_take(room, &q));
	ck_assert_uint_eq(asked, 2);
	weft_room_destroy(room);
	/* without limits there is room for all */
	ck_assert(weft_room_take(NULL, &q));
	ck_assert(weft_room_fits(NULL, &q, 1000));
}
END_TEST

/* A pass sends what fits, level by level, and no child before its parents. */
START_TEST(passes_go_in_waves)
{
	struct weft_plan_limits limits = { 1001, UINT32_MAX, NULL };
	struct flow_sample s;
	uint32_t asked = 0, done = 0;

	flow_sample_init(&s, "tasks:\n  a: {array: 0-19, run: x}\n"
			 "  b: {array: 0-19, needs: {task: a, each: true}, run: x}\n"
			 "  c: {needs: b, run: x}\n");
	limits.room = weft_room_create(two_limits, &asked);
	for (int round = 0; done < 41 && round < 50; round++) {
		uint32_t live = 0;

		weft_room_settle(limits.room);
		flow_sample_pass(&s, &limits);
		for (uint32_t u = 0; u < 41; u++)
			live += s.plan.units[u].state == WEFT_UNIT_LIVE;
		ck_assert_uint_eq(live, 41 - done < 8 ? 41 - done : 8);
		/* half of them end: parents before children, as numbers are */
		for (uint32_t u = 0, end = (live + 1) / 2; u < 41 && end; u++) {
			struct weft_limit_key key;

			if (s.plan.units[u].state != WEFT_UNIT_LIVE)
				continue;
			key = weft_limit_key_of(&s.plan.objects[s.plan.units[u].object]);
			s.plan.objects[s.plan.units[u].object].live_count--;
			s.plan.units[u].state = WEFT_UNIT_DONE;
			weft_room_give(limits.room, &key);
			done++;
			end--;
		}
	}
	ck_assert_uint_eq(done, 41);
	weft_room_destroy(limits.room);
	flow_sample_fini(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow-limits");
	TCase *tcase = tcase_create("limits");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, UNIT_TIMEOUT_SEC);
	tcase_add_loop_test(tcase, limits_are_met, 0, sizeof(table) / sizeof(table[0]));
	tcase_add_test(tcase, room_is_shared);
	tcase_add_test(tcase, passes_go_in_waves);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
