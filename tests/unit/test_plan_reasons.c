/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_plan_reasons.c - what a waiting job is told: as data, as text, as JSON
 *
 * Each kind of reason has a word and a sentence; a plan's reasons name the
 * jobs that are in the way, the latest to end, and the place in line.
 */
#include "config.h"

#include <json-c/json.h>

#include "tests/unit/sched_sample.h"

#define HOUR 3600

static const struct {
	struct weft_reason reason;
	const char *word, *text;
} sentences[] = {
	{ { .kind = WEFT_REASON_START }, "Start", "starts now" },
	{ { .kind = WEFT_REASON_CPUS, .wanted = 9, .available = 8 }, "Cpus",
	  "waits for CPUs: wants 9, 8 are free on its nodes" },
	{ { .kind = WEFT_REASON_GPUS, .wanted = 8, .available = 8 }, "Gpus",
	  "waits for GPUs: wants 8, 8 are free on its nodes, "
	  "but too few of them have enough each" },
	{ { .kind = WEFT_REASON_MEMORY, .wanted = 9, .available = 8 }, "Memory",
	  "waits for memory: wants 9 MiB, 8 MiB are free on its nodes" },
	{ { .kind = WEFT_REASON_NODES, .wanted = 4, .available = 3 }, "Nodes",
	  "waits for nodes: wants 4, 3 are free at the same time" },
	{ { .kind = WEFT_REASON_DOMAIN, .wanted = 4, .available = 6 }, "Domain",
	  "waits for a place in the NVLink domains: 6 nodes are free, "
	  "but no 4 of them lie together as asked" },
	{ { .kind = WEFT_REASON_SWITCHES, .wanted = 4, .available = 6 },
	  "Switches", "waits for few switches: 6 nodes are free, "
	  "but no 4 of them under as few as asked" },
	{ { .kind = WEFT_REASON_LICENSE, .wanted = 2, .available = 1 },
	  "License", "waits for licences matlab: wants 2, 1 are free" },
	{ { .kind = WEFT_REASON_LICENSE, .wanted = 2, .detail_idx = 1 },
	  "License", "waits for licences : wants 2, 0 are free" },
	{ { .kind = WEFT_REASON_RESERVATION }, "Reservation",
	  "waits for reservation maint" },
	{ { .kind = WEFT_REASON_RESERVATION, .detail_idx = -1 }, "Reservation",
	  "waits for reservation " },
	{ { .kind = WEFT_REASON_NODES_DOWN, .wanted = 2, .available = 1 },
	  "NodesDown", "waits for nodes that are down or drained: wants 2, "
	  "1 are up" },
	{ { .kind = WEFT_REASON_PRIORITY }, "Priority",
	  "would fit now, but would delay jobs before it" },
	{ { .kind = WEFT_REASON_BEGIN }, "BeginTime",
	  "waits for its begin time" },
	{ { .kind = WEFT_REASON_ARRAY_LIMIT }, "ArrayLimit",
	  "as many tasks of its array run as may run at once" },
	{ { .kind = WEFT_REASON_DEADLINE }, "Deadline",
	  "cannot end before its deadline" },
	{ { .kind = WEFT_REASON_NEVER, .wanted = 2, .available = 1 }, "Never",
	  "cannot run here: wants 2 nodes, 1 could ever hold it" },
	{ { .kind = WEFT_REASON_WINDOW }, "Window",
	  "has no place within the planning window" },
	{ { .kind = WEFT_REASON_NOT_TRIED }, "NotTried",
	  "was not looked at in this cycle" },
	{ { .kind = WEFT_REASON_SELECT, .line_place = 3 }, "Select",
	  "asks for what only Slurm's own select can place: it is offered to it "
	  "in its turn, and no start can be told; place 3 in line" },
	{ { .kind = WEFT_REASON_COUNT }, "Unknown", "waits" },
};

static void name_things(struct sample *s, struct weft_reservation *resv,
			const char **license)
{
	static uint32_t total = 2;

	s->cluster.license_count = 1;
	s->cluster.license_total = &total;
	s->cluster.license_name = license;
	*resv = (struct weft_reservation) { .name = "maint",
		.start_sec = SAMPLE_NOW + HOUR, .nodes = s->all,
		.end_sec = SAMPLE_NOW + 2 * HOUR };
	s->cluster.resv = resv;
	s->cluster.resv_count = 1;
}

START_TEST(a_sentence)
{
	const char *license = "matlab";
	struct weft_reservation resv;
	struct weft_buf text;
	struct sample s;

	sample_init(&s, 1, 4, 0);
	name_things(&s, &resv, &license);
	weft_buf_init(&text, 1000);
	ck_assert_str_eq(weft_reason_word(sentences[_i].reason.kind),
			 sentences[_i].word);
	ck_assert_int_eq(weft_reason_format(&sentences[_i].reason, &s.cluster,
					    NULL, &text), 0);
	ck_assert_str_eq(weft_buf_str(&text), sentences[_i].text);
	weft_buf_fini(&text);
	sample_fini(&s);
}
END_TEST

/*
 * Two nodes; jobs 1000 to 1010 leave the first, in no order, one a minute; 1011
 * leaves the second at last, 1012 holds a GPU that nobody needs.  A job for all other GPUs waits
 * for the eight that leave last before it starts.
 */
START_TEST(who_is_in_the_way)
{
	struct sample s;
	struct weft_shape shape;
	struct weft_job jobs[2] = { sample_job(1, 0), sample_job(2, 0) };
	const struct weft_reason *r;
	struct weft_plan *plan;
	struct json_object *o, *list, *x;

	sample_init(&s, 2, 16, 0);
	for (uint32_t i = 0; i < 11; i++)
		sample_run(&s, 0, UINT64_C(1) << i, 1, (1 + i * 4 % 11) * 60);
	sample_run(&s, 1, 0x1, 1, HOUR);
	sample_run(&s, 1, 0x8000, 1, 5 * HOUR);
	shape = sample_shape(&s, 2, 15, HOUR);
	plan = sample_plan(&s, &shape, 1, jobs, 2);
	r = &plan->decision[0].reason;
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + HOUR);
	ck_assert_uint_eq(r->wanted, 30);
	ck_assert_uint_eq(r->available, 5 + 14);
	ck_assert_uint_eq(r->blocker_count, 8);
	for (uint32_t i = 0; i < 8; i++) {
		ck_assert_uint_eq(plan->blocker[r->blocker_first + i].job_id,
				  i ? 1000 + (11 - i) * 3 % 11 : 1011);
		ck_assert_int_eq(plan->blocker[r->blocker_first + i].until_sec,
				 SAMPLE_NOW + (i ? (12 - (int)i) * 60 : HOUR));
	}
	ck_assert_uint_eq(plan->decision[1].reason.line_place, 2);
	/* the second waits for the first's planned end */
	r = &plan->decision[1].reason;
	ck_assert_uint_eq(plan->blocker[r->blocker_first].job_id, 1);
	ck_assert_int_eq(plan->decision[1].start_sec, SAMPLE_NOW + 2 * HOUR);

	o = weft_reason_to_json(&plan->decision[0].reason, &s.cluster, plan);
	ck_assert_str_eq(json_object_get_string(
		json_object_object_get(o, "reason")), "Gpus");
	ck_assert_int_eq(json_object_get_int(
		json_object_object_get(o, "wanted")), 30);
	ck_assert_int_eq(json_object_get_int(
		json_object_object_get(o, "available")), 19);
	ck_assert_int_eq(json_object_get_int(
		json_object_object_get(o, "place")), 1);
	ck_assert_str_eq(json_object_get_string(
		json_object_object_get(o, "text")),
		"waits for GPUs: wants 30, 19 are free on its nodes; until jobs "
		"1011, 1008, 1005, 1002, 1010, 1007, 1004, 1001 end; "
		"place 1 in line");
	list = json_object_object_get(o, "waits_for");
	ck_assert_uint_eq(json_object_array_length(list), 8);
	x = json_object_array_get_idx(list, 1);
	ck_assert_int_eq(json_object_get_int(
		json_object_object_get(x, "job")), 1008);
	ck_assert_int_eq(json_object_get_int64(
		json_object_object_get(x, "until")), SAMPLE_NOW + 11 * 60);
	json_object_put(o);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

/* A job on two nodes of the waiting one is named once. */
START_TEST(a_blocker_is_named_once)
{
	struct weft_job job = sample_job(1, 0);
	struct weft_shape shape;
	struct weft_plan *plan;
	struct sample s;

	sample_init(&s, 2, 4, 0);
	sample_run(&s, 0, 0xf, 4, HOUR);
	s.hold[1] = s.hold[0];
	s.hold[1].node_idx = 1;
	s.cluster.hold_count = s.running[0].hold_count = 2;
	shape = sample_shape(&s, 2, 4, HOUR);
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_uint_eq(plan->decision[0].reason.blocker_count, 1);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

/* What else a plan may say of a job, each by one thing that is changed. */
START_TEST(other_reasons)
{
	static const struct {
		enum weft_reason_kind kind;
		int32_t detail_idx;
	} rows[] = {
		{ WEFT_REASON_RESERVATION, 0 }, { WEFT_REASON_LICENSE, 0 },
		{ WEFT_REASON_WINDOW, -1 }, { WEFT_REASON_NOT_TRIED, -1 },
		{ WEFT_REASON_GPUS, -1 },
	};
	struct weft_license_use use = { .license_idx = 0, .count = 2 };
	struct weft_job jobs[2] = { sample_job(1, 0), sample_job(2, 1) };
	const char *license = "matlab";
	struct weft_shape shapes[2];
	struct weft_reservation resv;
	struct weft_plan *plan;
	struct sample s;

	sample_init(&s, 1, 4, 0);
	name_things(&s, &resv, &license);
	for (int i = 0; i < 5; i++) {
		shapes[0] = sample_shape(&s, 1, 1, HOUR);
		shapes[1] = sample_shape(&s, 1, 1, HOUR);
		s.policy.window_sec = 12 * HOUR;
		s.policy.start_max = 0;
		if (i == 0)
			shapes[1].resv_idx = 0;
		if (i == 1) {
			shapes[0].license = shapes[1].license = &use;
			shapes[0].license_count = shapes[1].license_count = 1;
		}
		if (i == 2) {
			shapes[1].limit_sec = 2 * HOUR;
			s.policy.window_sec = HOUR;
		}
		s.policy.start_max = i == 3;
		if (i == 4) {	/* licences there are */
			shapes[1].license = &use;
			shapes[1].license_count = 1;
			shapes[1].per_node.gpus = 4;
			shapes[1].limit_sec = 60;
		}
		plan = sample_plan(&s, shapes, 2, jobs, 2);
		ck_assert_int_eq(plan->decision[0].reason.kind,
				 WEFT_REASON_START);
		ck_assert_msg(plan->decision[1].reason.kind == rows[i].kind,
			      "%d: %s", i, weft_reason_word(
			      plan->decision[1].reason.kind));
		ck_assert_int_eq(plan->decision[1].reason.detail_idx,
				 rows[i].detail_idx);
		ck_assert_uint_eq(plan->decision[1].reason.line_place, 1);
		weft_plan_destroy(plan);
	}
	sample_fini(&s);
}
END_TEST

UNIT_MAIN_ROWS("plan_reasons", EACH(a_sentence, sentences),
	       ONCE(who_is_in_the_way), ONCE(a_blocker_is_named_once),
	       ONCE(other_reasons))
