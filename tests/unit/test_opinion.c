/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_opinion.c - second opinions: what each method says, and its errors
 */
#include "config.h"

#include <errno.h>

#include "sched/opinion.h"
#include "sched/sim.h"
#include "tests/unit/sim_sample.h"

static struct weft_predict_key key(uint32_t user, uint64_t name, double limit)
{
	return (struct weft_predict_key) {
		.user_idx = user, .name_hash = name, .gpus = 1, .nodes = 1,
		.limit_sec = limit };
}

static void end(struct weft_opinions *o, uint32_t user, uint64_t name,
		double limit, double ran)
{
	struct weft_predict_key k = key(user, name, limit);
	struct weft_opinion said;

	weft_opinions_ask(o, &k, &said);
	weft_opinions_learn(o, &k, &said, ran);
}

START_TEST(last_two_of_the_user_and_of_the_kind)
{
	struct weft_opinions *o = weft_opinions_create(1000);
	struct weft_predict_key train = key(1, 10, 9000), test = key(1, 20, 9000);
	struct weft_opinion said;

	weft_opinions_ask(o, &train, &said);
	for (int m = 0; m < WEFT_PREDICT_METHODS; m++)
		ck_assert_float_eq(said.sec[m], 9000);
	end(o, 1, 10, 9000, 4000);
	end(o, 1, 10, 9000, 5000);
	end(o, 1, 20, 9000, 100);
	end(o, 2, 10, 9000, 7);
	weft_opinions_ask(o, &train, &said);
	ck_assert_float_eq(said.sec[WEFT_PREDICT_OFF], 9000);
	ck_assert_float_eq(said.sec[WEFT_PREDICT_USER], 2550);
	ck_assert_float_eq(said.sec[WEFT_PREDICT_LIKE], 4500);
	ck_assert_double_eq(weft_opinions_expect(o, WEFT_PREDICT_LIKE, &test),
			    100);
	ck_assert_double_eq(weft_opinions_expect(o, WEFT_PREDICT_USER, &test),
			    2550);
	ck_assert_double_eq(weft_opinions_expect(o, WEFT_PREDICT_OFF, &test), 0);
	weft_opinions_destroy(o);
}
END_TEST

/* Whoever is new is not put behind all that are known. */
START_TEST(use_of_the_limit)
{
	struct weft_opinions *o = weft_opinions_create(1000);
	struct weft_predict_key fresh = key(9, 1, 6000);

	ck_assert_double_eq(weft_opinions_expect(o, WEFT_PREDICT_LIKE, &fresh),
			    6000);
	for (int i = 0; i < 100; i++)
		end(o, 1, 10, 1000, 250);
	ck_assert_double_eq_tol(weft_opinions_expect(o, WEFT_PREDICT_LIKE,
						     &fresh), 1500, 1);
	ck_assert_double_eq_tol(weft_opinions_expect(o, WEFT_PREDICT_USER,
						     &fresh), 1500, 1);
	weft_opinions_destroy(o);
}
END_TEST

START_TEST(errors_are_of_what_was_said)
{
	struct weft_opinions *o = weft_opinions_create(1000);
	const struct weft_predict_errors *e;

	end(o, 1, 10, 1000, 100);	/* all said 1000 */
	end(o, 1, 10, 1000, 100);	/* limit 1000, others 100 */
	end(o, 1, 10, 1000, 400);	/* limit 1000, others 100: too short */
	end(o, 1, 10, 0, 250);		/* no limit: nothing; others 250 */
	e = weft_opinions_errors(o, WEFT_PREDICT_OFF);
	ck_assert_uint_eq(e->count, 3);
	ck_assert_uint_eq(e->under_count, 0);
	ck_assert_uint_eq(e->within_count, 0);
	for (int m = WEFT_PREDICT_USER; m <= WEFT_PREDICT_LIKE; m++) {
		e = weft_opinions_errors(o, (enum weft_predict_method)m);
		ck_assert_uint_eq(e->count, 4);
		ck_assert_uint_eq(e->under_count, 1);
		ck_assert_uint_eq(e->within_count, 2);
	}
	weft_opinions_destroy(o);
}
END_TEST

/*
 * Users whose limits tell their jobs, and then users whose limits tell nothing
 * while each runs the same again: the blend follows whoever tells.
 */
START_TEST(the_blend_follows_who_tells)
{
	struct weft_opinions *o = weft_opinions_create(1000);
	struct weft_predict_key near, far;
	uint32_t draw = 1;

	for (uint32_t i = 0; i < 3000; i++) {
		double ran = 10 << (draw = draw * 1103515245 + 12345, draw >> 16) % 8;

		end(o, i % 5, 0, ran * 4, ran);
	}
	near = key(1, 0, 400);
	far = key(1, 0, 4000);
	ck_assert_double_eq_tol(weft_opinions_expect(o, WEFT_PREDICT_BLEND, &near),
				100, 10);
	ck_assert_double_eq_tol(weft_opinions_expect(o, WEFT_PREDICT_BLEND, &far),
				1000, 100);
	for (uint32_t i = 0; i < 5000; i++) {
		draw = draw * 1103515245 + 12345;
		end(o, i % 8, 0, 60 << (draw >> 16) % 12, 10 << i % 8 / 2);
	}
	near = key(0, 0, 100000);
	far = key(7, 0, 100000);
	ck_assert_double_eq_tol(weft_opinions_expect(o, WEFT_PREDICT_BLEND, &near),
				10, 2);
	ck_assert_double_eq_tol(weft_opinions_expect(o, WEFT_PREDICT_BLEND, &far),
				80, 16);
	near = key(7, 0, 30);	/* never above the limit */
	ck_assert_double_le(weft_opinions_expect(o, WEFT_PREDICT_BLEND, &near), 30);
	weft_opinions_destroy(o);
}
END_TEST

static void teach(struct weft_opinions *o, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		end(o, i * 7 % 50, i % 300, 100 + i % 9 * 500, i * 37 % 4000);
}

static struct weft_opinions *kept(const struct weft_opinions *o,
				  uint32_t kinds_max)
{
	struct weft_opinions *back = NULL;
	struct weft_buf buf;

	weft_buf_init(&buf, 1 << 20);
	ck_assert_int_eq(weft_opinions_write(o, &buf), 0);
	ck_assert_int_eq(weft_opinions_read(buf.data, buf.len, kinds_max, &back,
					    NULL), 0);
	weft_buf_fini(&buf);
	return back;
}

/* What is read again says the same, forgets the same and learns the same. */
START_TEST(kept_and_read_again)
{
	struct weft_opinions *o = weft_opinions_create(512), *back;
	struct weft_opinion a, b;

	teach(o, 0, 3000);	/* more kinds than there is room for */
	back = kept(o, 512);
	teach(o, 3000, 500);
	teach(back, 3000, 500);
	for (uint32_t i = 0; i < 3500; i++) {
		struct weft_predict_key k = key(i % 60, i % 310, 5000);

		weft_opinions_ask(o, &k, &a);
		weft_opinions_ask(back, &k, &b);
		ck_assert_mem_eq(a.sec, b.sec, sizeof(a.sec));
	}
	for (int m = 0; m < WEFT_PREDICT_METHODS; m++)
		ck_assert_mem_eq(weft_opinions_errors(o, m),
				 weft_opinions_errors(back, m),
				 sizeof(struct weft_predict_errors));
	weft_opinions_destroy(back);
	back = kept(o, 16);	/* a smaller table takes what it can */
	weft_opinions_destroy(back);
	weft_opinions_destroy(o);
}
END_TEST

/* Cut anywhere, or any byte another: all or nothing. */
START_TEST(bad_records_are_refused)
{
	struct weft_opinions *o = weft_opinions_create(64), *back = NULL;
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_buf buf;
	char *copy;

	teach(o, 0, 20);
	weft_buf_init(&buf, 1 << 20);
	ck_assert_int_eq(weft_opinions_write(o, &buf), 0);
	for (size_t len = 0; len < buf.len; len++) {
		copy = malloc(len + 1);	/* so that reading on is seen */
		memcpy(copy, buf.data, len);
		ck_assert_int_eq(weft_opinions_read(copy, len, 64, &back,
						    &err), -EINVAL);
		free(copy);
	}
	for (size_t i = 0; i < buf.len; i++) {
		buf.data[i] ^= 0x41;
		ck_assert_int_eq(weft_opinions_read(buf.data, buf.len, 64,
						    &back, &err), -EINVAL);
		buf.data[i] ^= 0x41;
	}
	weft_buf_clear(&buf);
	ck_assert_int_eq(weft_buf_adds(&buf, "WEFTOPI2 of tomorrow"), 0);
	ck_assert_int_eq(weft_opinions_read(buf.data, buf.len, 64, &back, &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "another release"));
	ck_assert_ptr_null(back);
	weft_buf_fini(&buf);
	weft_opinions_destroy(o);
}
END_TEST

/*
 * One GPU.  Two jobs of each user teach; then a (long) and b (short) wait
 * behind c: in the order of predictions b goes first, else a.
 */
static void run_two(int order, int predict, int64_t want_a, int64_t want_b)
{
	struct weft_machine *m = machine_of(1, 1);
	struct weft_workload_builder *b = builder_of(m);
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *o;

	add(b, 0, 1, 0, 500, 2000);
	add(b, 0, 1, 0, 10, 2000);
	add(b, 600, 1, 0, 100, 2000);	/* c */
	add(b, 610, 1, 0, 500, 2000);	/* a */
	add(b, 620, 1, 0, 10, 2000);	/* b */
	w = finish(b);
	w->job[1].user_idx = w->job[4].user_idx = 1;
	w->job[2].user_idx = 2;
	set_defaults(&settings);
	settings.policy.order = order;
	settings.policy.predict = predict;
	settings.opinions = weft_opinions_create(100);
	ck_assert_int_eq(weft_sim_run(m, w, &weft_sim_weft, &settings, NULL, &o,
				      NULL), 0);
	ck_assert_int_eq(o->start_sec[3], want_a);
	ck_assert_int_eq(o->start_sec[4], want_b);
	ck_assert_uint_eq(weft_opinions_errors(settings.opinions,
					       WEFT_PREDICT_LIKE)->count, 5);
	weft_outcome_destroy(o);
	weft_workload_destroy(w);
	weft_machine_destroy(m);
	weft_opinions_destroy(settings.opinions);
}

START_TEST(the_short_one_first)
{
	run_two(WEFT_ORDER_PRIORITY, WEFT_PREDICT_LIKE, 700, 1200);
	run_two(WEFT_ORDER_SHORTEST, WEFT_PREDICT_USER, 710, 700);
	run_two(WEFT_ORDER_SHORTEST, WEFT_PREDICT_LIKE, 710, 700);
}
END_TEST

UNIT_MAIN("opinion", last_two_of_the_user_and_of_the_kind,
	  use_of_the_limit, errors_are_of_what_was_said, the_blend_follows_who_tells, kept_and_read_again,
	  bad_records_are_refused, the_short_one_first)
