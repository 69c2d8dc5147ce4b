/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_why.c - reasons to sentences, times to words */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "submit/record.h"
#include "tests/unit/unit.h"
#include "tools/why/queue.h"
#include "tools/why/why.h"

START_TEST(every_cause_has_words)
{
	struct weft_why_job job = { .waits = true };
	struct weft_buf buf;

	for (int c = 0; c < WEFT_WHY_CAUSE_COUNT; c++) {
		weft_buf_init(&buf, 1024);
		job.cause = c;
		ck_assert_int_eq(weft_why_format(&job, &buf), 0);
		ck_assert_uint_gt(buf.len, 10);
		for (int d = 0; d < c; d++)
			ck_assert_str_ne(weft_why_word(c), weft_why_word(d));
		weft_buf_fini(&buf);
	}
}
END_TEST

static const struct {
	struct weft_why_job job;
	const char *want;
} sentence[] = {
	{ { .waits = true, .cause = WEFT_WHY_DEPENDENCY,
	    .detail = (char[]){ "afterok:12(unfulfilled)" } },
	  "waits for job 12 to succeed" },
	{ { .waits = true, .cause = WEFT_WHY_PARTITION_LIMIT,
	    .partition = (char[]){ "small" }, .bound = { WEFT_BOUND_TIME, 3000, 90 } },
	  "asks for 2d2h, its partition small allows at most 1h30m" },
	{ { .waits = true, .cause = WEFT_WHY_HELD_USER, .job_id = 7 },
	  "held by its user; \"scontrol release 7\" lets it go" },
	{ { .waits = true, .cause = WEFT_WHY_UNKNOWN, .het_id = 7 },
	  "waits for the other parts of its heterogeneous job: they start together" },
	{ { .waits = true, .cause = WEFT_WHY_LICENSE, .detail = (char[]){ "a\033[2Jb\n" } },
	  "waits for licences: a?[2Jb?" },
	{ { .waits = true, .cause = WEFT_WHY_OTHER, .code = 999 },
	  "Slurm gives another reason, number 999" },
	{ { .state = (char[]){ "RUNNING" }, .cause = WEFT_WHY_RESOURCES },
	  "does not wait: RUNNING" },
};

START_TEST(sentences)
{
	struct weft_buf buf;

	weft_buf_init(&buf, 1024);
	ck_assert_int_eq(weft_why_format(&sentence[_i].job, &buf), 0);
	ck_assert_str_eq(weft_buf_str(&buf), sentence[_i].want);
	weft_buf_fini(&buf);
}
END_TEST

static const struct {
	const char *text, *want;
	uint32_t jobs, last;
} dependency[] = {
	{ "afterok:12(unfulfilled)", "waits for job 12 to succeed", 1, 12 },
	{ "afterok:12(unfulfilled),afterok:13_*(unfulfilled)",
	  "waits for jobs 12, 13_* to succeed", 2, 13 },
	{ "afterany:1(unfulfilled),afternotok:2_3(failed)",
	  "waits for job 1 to end and for job 2_3 to fail, which it did not", 2, 2 },
	{ "after:5+60(unfulfilled)?singleton(unfulfilled)",
	  "waits for job 5 to start and 60 minutes more or for your other jobs of its name to end", 1, 5 },
	{ "aftercorr:9_*(unfulfilled)", "waits for job 9_* to succeed, task by task", 1, 9 },
	{ "after:1,after:2,after:3,after:4,after:5,after:6,after:7,after:8",
	  "waits for jobs 1, 2, 3, 4, 5, 6 and 2 more to start", 8, 8 },
	{ "expand:7", "waits for another job: expand:7", 0, 0 },
	{ "afterok:", "waits for another job: afterok:", 0, 0 },
	{ "afterok:1(unfulf", "waits for another job: afterok:1(unfulf", 0, 0 },
	{ "\033[2J", "waits for another job: ?[2J", 0, 0 },
	{ "", "waits for another job: ", 0, 0 },
};

START_TEST(dependencies)
{
	uint32_t job[16], count;
	struct weft_buf buf;

	weft_buf_init(&buf, 1024);
	ck_assert_int_eq(weft_why_format_dependency(dependency[_i].text, &buf), 0);
	ck_assert_str_eq(weft_buf_str(&buf), dependency[_i].want);
	weft_buf_fini(&buf);
	count = weft_why_dependency_jobs(dependency[_i].text, job, 16);
	ck_assert_uint_eq(count, dependency[_i].jobs);
	if (count)
		ck_assert_uint_eq(job[count - 1], dependency[_i].last);
}
END_TEST

static const struct {
	uint32_t width;
	bool color, all;
	const char *want;
} drawn[] = {
	{ 0, false, true,
	  "JOB                              USER  PARTITION              NAME   PLACE  START     LIKELY  WHY\n"
	  "9                                ann   main                   train      2  in 2h00m  in 30m  waits for GPUs: wants 8, 3 are free on its nodes\n"
	  "12_[1-5,10,20,30,32,34,36,38%4]  bob   a-long-partition-name  ?[2Jx      -  -         -       its array runs at most 4 tasks at once (%4); \"scontrol update jobid=12 arraytaskthrottle=N\" changes that\n" },
	{ 80, false, false,
	  "JOB  PARTITION  PLACE  START     LIKELY  WHY\n"
	  "9    main           2  in 2h00m  in 30m  waits for GPUs: wants 8, 3 are free on\n"
	  "                                         its nodes\n"
	  "1 job waits; the first starts in 2h00m; \"weft why 9\" says more\n" },
	{ 30, true, true, NULL },
};

/* Wide, narrow, and narrower than it can be: no line of it breaks a row. */
START_TEST(queue_is_drawn)
{
	struct weft_why_job jobs[] = {
		{ .job_id = 12, .array_id = 12, .id = (char[]){ "12_[1-5,10,20,30,32,34,36,38%4]" },
		  .user = (char[]){ "bob" }, .partition = (char[]){ "a-long-partition-name" },
		  .name = (char[]){ "\033[2Jx" }, .waits = true, .throttle = 4,
		  .cause = WEFT_WHY_ARRAY_LIMIT },
		{ .job_id = 9, .id = (char[]){ "9" }, .user = (char[]){ "ann" },
		  .partition = (char[]){ "main" }, .name = (char[]){ "train" }, .waits = true,
		  .own = true, .cause = WEFT_WHY_RESOURCES, .start_sec = 8200, .explained = true,
		  .explain = { .kind = WEFT_REASON_GPUS, .wanted = 8, .available = 3,
			       .line_place = 2, .likely_sec = 2800 } },
		{ .job_id = 4, .id = (char[]){ "4" }, .state = (char[]){ "RUNNING" } },
	};
	struct weft_why why = { jobs, 3 };
	struct weft_queue_look look = { drawn[_i].width, drawn[_i].color, drawn[_i].all };
	struct weft_buf buf;

	weft_buf_init(&buf, 1 << 16);
	ck_assert_int_eq(weft_queue_draw(&why, &look, 1000, &buf), 0);
	if (drawn[_i].want)
		ck_assert_str_eq(weft_buf_str(&buf), drawn[_i].want);
	ck_assert_ptr_null(strstr(weft_buf_str(&buf), "\033[2J"));
	weft_buf_fini(&buf);
}
END_TEST

static const struct {
	const char *word;
	bool known, qos;
	enum weft_limit_scope scope;
	enum weft_limit_what what;
	const char *tres;
} limit_word[] = {
	{ "QOSMaxGRESPerUser", true, true, WEFT_LIMIT_USER, WEFT_LIMIT_TRES, "gres" },
	{ "QOSMaxJobsPerUserLimit", true, true, WEFT_LIMIT_USER, WEFT_LIMIT_RUNNING, "" },
	{ "QOSMaxCpuPerJobLimit", true, true, WEFT_LIMIT_JOB, WEFT_LIMIT_TRES, "cpu" },
	{ "QOSMaxSubmitJobPerUserLimit", true, true, WEFT_LIMIT_USER, WEFT_LIMIT_SUBMITTED, "" },
	{ "QOSMaxGRESPerAccount", true, true, WEFT_LIMIT_ACCOUNT, WEFT_LIMIT_TRES, "gres" },
	{ "QOSGrpNodeLimit", true, true, WEFT_LIMIT_GROUP, WEFT_LIMIT_TRES, "node" },
	{ "QOSGrpJobsLimit", true, true, WEFT_LIMIT_GROUP, WEFT_LIMIT_RUNNING, "" },
	{ "AssocGrpGRES", true, false, WEFT_LIMIT_GROUP, WEFT_LIMIT_TRES, "gres" },
	{ "AssocMaxJobsLimit", true, false, WEFT_LIMIT_USER, WEFT_LIMIT_RUNNING, "" },
	{ "AssocGrpMemLimit", true, false, WEFT_LIMIT_GROUP, WEFT_LIMIT_TRES, "mem" },
	{ "QOSMaxMemoryPerUser", true, true, WEFT_LIMIT_USER, WEFT_LIMIT_TRES, "mem" },
	{ "QOSGrpCPUMinutesLimit", false }, { "AssocGrpCPURunMinutesLimit", false },
	{ "QOSMaxCpuPerNode", false }, { "QOSGrpWallLimit", false },
	{ "QOSMinGRES", false }, { "QOSNotAllowed", false }, { "Resources", false },
	{ "", false }, { "QOS", false }, { "QOSMax", false },
};

START_TEST(limit_words)
{
	struct weft_limit_kind kind;
	bool known = weft_limit_parse(limit_word[_i].word, &kind);

	ck_assert_msg(known == limit_word[_i].known, "%s", limit_word[_i].word);
	if (!known)
		return;
	ck_assert_int_eq(kind.qos, limit_word[_i].qos);
	ck_assert_int_eq(kind.scope, limit_word[_i].scope);
	ck_assert_int_eq(kind.what, limit_word[_i].what);
	ck_assert_str_eq(kind.tres, limit_word[_i].tres);
}
END_TEST

static const struct {
	struct weft_limit limit;
	bool you;
	const char *want;
} limit_text[] = {
	{ { { true, WEFT_LIMIT_USER, WEFT_LIMIT_TRES, "gres" }, "normal", "gres/gpu",
	    8, 8, 4, { 12, 13 }, 2, 0 }, true,
	  "QOS normal allows you 8 GPUs at once; you use 8, this job asks 4: jobs 12, 13" },
	{ { { true, WEFT_LIMIT_USER, WEFT_LIMIT_RUNNING, "" }, "one", "", 1, 1, 0,
	    { 7 }, 1, 0 }, false,
	  "QOS one allows a user 1 job at once; in use: 1: job 7" },
	{ { { false, WEFT_LIMIT_GROUP, WEFT_LIMIT_TRES, "mem" }, "physics", "mem",
	    4096, 4000, 200, { 1, 2 }, 2, 5 }, true,
	  "account physics allows 4G of memory at once to all its jobs together; in use: 4000, this job asks 200: jobs 1, 2 and 5 more" },
	{ { { true, WEFT_LIMIT_JOB, WEFT_LIMIT_TRES, "cpu" }, "small", "cpu",
	    1, 0, 64, { 0 }, 0, 0 }, true,
	  "QOS small allows 1 CPU a job; this one asks 64 CPUs" },
	{ { { false, WEFT_LIMIT_USER, WEFT_LIMIT_SUBMITTED, "" }, "a", "", 100, 100,
	    0, { 0 }, 0, 0 }, true,
	  "account a allows you 100 jobs in the queue; you use 100" },
};

START_TEST(limit_texts)
{
	struct weft_buf buf;

	weft_buf_init(&buf, 1024);
	ck_assert_int_eq(weft_limit_format(&limit_text[_i].limit,
					   limit_text[_i].you, &buf), 0);
	ck_assert_str_eq(weft_buf_str(&buf), limit_text[_i].want);
	weft_buf_fini(&buf);
}
END_TEST

START_TEST(limit_counts)
{
	static const char list[] = "cpu=8,mem=4G,node=1,billing=8,gres/gpu=2,gres/gpu:h100=2";

	ck_assert_uint_eq(weft_limit_tres(list, "cpu"), 8);
	ck_assert_uint_eq(weft_limit_tres(list, "mem"), 4096);
	ck_assert_uint_eq(weft_limit_tres(list, "gres/gpu"), 2);
	ck_assert_uint_eq(weft_limit_tres(list, "gres/gpu:h100"), 2);
	ck_assert_uint_eq(weft_limit_tres(list, "gres"), 0);
	ck_assert_uint_eq(weft_limit_tres("mem=1.50G", "mem"), 1);
	ck_assert_uint_eq(weft_limit_tres("cpu=", "cpu"), 0);
	ck_assert_uint_eq(weft_limit_tres("cpu", "cpu"), 0);
	ck_assert_uint_eq(weft_limit_tres(NULL, "cpu"), 0);
}
END_TEST

static const struct {
	int64_t at;
	const char *want;
} wait_text[] = {
	{ 1000, "any moment" }, { 999, "any moment" }, { 1001, "in 1m" },
	{ 1000 + 59 * 60, "in 59m" }, { 1000 + 125 * 60, "in 2h05m" },
	{ 1000 + 49 * 3600, "in 2d1h" },
};

START_TEST(waits)
{
	struct weft_buf buf;

	weft_buf_init(&buf, 64);
	weft_why_format_wait(wait_text[_i].at, 1000, &buf);
	ck_assert_str_eq(weft_buf_str(&buf), wait_text[_i].want);
	weft_buf_fini(&buf);
}
END_TEST

static const struct {
	const char *expression;
	uint32_t task;
	bool want;
} task_text[] = {
	{ "7", 7, true }, { "7", 8, false }, { "0-5,9%2", 5, true },
	{ "0-5,9%2", 9, true }, { "0-5,9%2", 2, true }, { "0-5,9%2", 6, false },
	{ "10-20:5", 15, true }, { "10-20:5", 16, false }, { "", 0, false },
	{ "x", 0, false }, { "1-", 1, false }, { "1-9:0", 1, false },
	{ "99999999999", 1, false }, { "1,2,...", 3, false },
};

START_TEST(tasks)
{
	ck_assert_int_eq(weft_why_has_task(task_text[_i].expression, task_text[_i].task),
			 task_text[_i].want);
}
END_TEST

START_TEST(ids)
{
	uint32_t job = 0, task = 0;

	ck_assert(weft_why_parse_id("12", &job, &task) && job == 12 && task == UINT32_MAX);
	ck_assert(weft_why_parse_id("12_0", &job, &task) && job == 12 && task == 0);
	ck_assert(weft_why_parse_id("12+1", &job, &task) && job == 13 && task == UINT32_MAX);
	ck_assert(!weft_why_parse_id("12+4294967293", &job, &task));
	ck_assert(!weft_why_parse_id("0", &job, &task));
	ck_assert(!weft_why_parse_id("12_", &job, &task));
	ck_assert(!weft_why_parse_id("12_3x", &job, &task));
	ck_assert(!weft_why_parse_id("-1", &job, &task));
	ck_assert(!weft_why_parse_id("4294967296", &job, &task));
	ck_assert(!weft_why_parse_id("", &job, &task));
}
END_TEST

/* What the planner says is told, with the jobs in the way by their names. */
START_TEST(planner_is_told)
{
	struct weft_why_job jobs[2] = {
		{ .job_id = 9, .id = (char[]){ "9" }, .user = (char[]){ "ann" }, .waits = true,
		  .cause = WEFT_WHY_RESOURCES, .ahead_count = 1, .start_sec = 8200,
		  .nodes = (char[]){ "n[1-2]" }, .explained = true,
		  .explain = { .kind = WEFT_REASON_GPUS, .wanted = 8, .available = 3,
			       .start_sec = 8200, .blocker_count = 1, .hidden_count = 2,
			       .line_place = 3, .passed_count = 1, .unpassed_sec = 605800,
			       .likely_sec = 2800, .sure_percent = 70,
			       .blocker = { { 4, 8200 } }, .advice_sec = 1000,
			       .advice = { { WEFT_ADVICE_TIME, 14400, 86400, 1000 } },
			       .advice_count = 1 } },
		{ .job_id = 4, .id = (char[]){ "3_1" }, .user = (char[]){ "bob" } },
	};
	struct weft_why why = { jobs, 2 };
	struct weft_buf buf;

	setenv("TZ", "UTC", 1);
	weft_buf_init(&buf, 4096);
	ck_assert_int_eq(weft_why_tell(&why, &jobs[0], 1000, &buf), 0);
	ck_assert_str_eq(weft_buf_str(&buf),
		"job 9: waits for GPUs: wants 8, 3 are free on its nodes\n"
		"  in its way:     job 3_1 of bob runs, ends in 2h00m at the latest\n"
		"  in its way:     2 jobs that this site does not show\n"
		"  place in line:  3, behind 2 others that wait\n"
		"                  1 of them came behind it in Slurm's order: they are shorter, or their users had less so far\n"
		"                  (from Thu 08 Jan 00:16 on none passes it any more)\n"
		"  expected start: in 2h00m on n[1-2] if jobs run to their time limits; later only if more urgent ones come\n"
		"  likely start:   in 30m, as jobs like these ran before (70 % of such forecasts were right to a quarter of the wait)\n"
		"  sooner:         with --time=04:00:00 it would start now\n");
	weft_buf_fini(&buf);
}
END_TEST

static const struct {
	const char *text;
	int rc;
	uint32_t steps;
} record_text[] = {
	{ "", -ENOENT, 0 }, { "weft-rules:", -EINVAL, 0 }, { "weft-rules:[", -EINVAL, 0 },
	{ "weft-rules:{}", -EINVAL, 0 }, { "weft-rules:[]", 0, 0 },
	{ "note weft-rules:[[\"r\",\"time\",\"none\",\"1\"]] more", 0, 1 },
	{ "weft-rules:[[\"r\",\"time\",\"none\"]]", -EINVAL, 0 },
	{ "weft-rules:[[1,2,3,4]]", -EINVAL, 0 }, { "weft-rules:[[[[[[[1]]]]]]]", -EINVAL, 0 },
	{ "weft-rules:[[\"a\\u001b[2J\",\"\xff\",\"\",\"x\"]]", 0, 1 },
};

START_TEST(records)
{
	struct weft_record record;

	ck_assert_int_eq(weft_record_read(record_text[_i].text, &record), record_text[_i].rc);
	if (record_text[_i].rc)
		return;
	ck_assert_uint_eq(record.step_count, record_text[_i].steps);
	for (uint32_t i = 0; i < record.step_count; i++)
		for (const char *c = record.step[i].rule; *c; c++)
			ck_assert(*c >= 32 && *c < 127);
}
END_TEST

/* What the rules did to a job, hostile name and all, comes back; and is bounded. */
START_TEST(record_of_rules)
{
	static const char text[] = "{\"submit\":{\"rules\":["
		"{\"name\":\"a\",\"set\":{\"time\":60}},"
		"{\"name\":\"b\",\"set\":{\"comment\":\"{name}\"}},"
		"{\"name\":\"c\",\"cap\":{\"time\":30}}]}}";
	struct weft_circumstance c = { .now_sec = 1 };
	struct weft_rules *rules = NULL;
	struct weft_json *doc = NULL;
	struct weft_submission sub;
	static struct weft_verdict verdict;
	struct weft_record record;
	struct weft_buf buf;
	char name[500];

	memset(name, '"', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	name[3] = '\033';
	ck_assert_int_eq(weft_json_parse("t", text, sizeof(text) - 1, &doc, NULL), 0);
	ck_assert_int_eq(weft_rules_compile(doc, "submit", &rules, NULL), 0);
	weft_submission_init(&sub);
	sub.value[WEFT_F_NAME].text = name;
	weft_submission_derive(&sub);
	weft_rules_apply(rules, &c, &sub, &verdict);
	weft_buf_init(&buf, WEFT_RECORD_LIMIT + 64);
	ck_assert_int_eq(weft_record_write(rules, &verdict, &buf), 0);
	ck_assert_int_eq(weft_record_read(weft_buf_str(&buf), &record), 0);
	ck_assert_uint_eq(record.step_count, 3);
	ck_assert_str_eq(record.step[0].was, "none");
	ck_assert_str_eq(record.step[0].is, "01:00:00");
	ck_assert_str_eq(record.step[1].field, "comment");
	ck_assert_uint_eq(strlen(record.step[1].is), WEFT_RECORD_TEXT - 1);
	ck_assert_ptr_null(strpbrk(record.step[1].is, "\"\033"));
	ck_assert_str_eq(record.step[2].was, "01:00:00");
	ck_assert_str_eq(record.step[2].is, "00:30:00");
	weft_buf_fini(&buf);
	weft_rules_destroy(rules);
	weft_json_destroy(doc);
}
END_TEST

static const struct {
	const char *tres;
	uint64_t gpus;
} tres_text[] = {
	{ NULL, 0 }, { "", 0 }, { "cpu:4", 0 }, { "gres:gpu", 1 },
	{ "gres:gpu:4", 4 }, { "gres/gpu:4", 4 }, { "gres/gpu=8", 8 },
	{ "gres:gpu:h100:2", 2 }, { "gres/gpu:h100=2,gres/gpu:a100=3", 5 },
	{ "gpu:h100:8(S:0-1)", 8 }, { "gpu:h100(S:0-1)", 1 },
	{ "gres:nvlink:8,gres:gpu:3", 3 }, { "gpus:4", 0 }, { "gres:", 0 },
	{ "gpu:99999999999999999999999", 99999999990u }, { ",,gpu:2,", 2 },
};

START_TEST(out_gpus)
{
	uint64_t got = weft_out_gpus(tres_text[_i].tres);

	if (tres_text[_i].gpus > UINT32_MAX)	/* bounded, however large */
		ck_assert_uint_gt(got, UINT32_MAX);
	else
		ck_assert_uint_eq(got, tres_text[_i].gpus);
}
END_TEST

static const struct {
	const char *wanted, *active;
	int has;
} feature_text[] = {
	{ NULL, NULL, 1 }, { "a", NULL, 0 }, { "a", "a", 1 }, { "a", "aa", 0 },
	{ "a&b", "b,a", 1 }, { "a&b", "b", 0 }, { "a,b", "b,c,a", 1 },
	{ "a|b", "a", -1 }, { "[a*2&b]", "a", -1 }, { "", "", 1 },
};

START_TEST(out_features)
{
	ck_assert_int_eq(weft_out_features(feature_text[_i].wanted,
					   feature_text[_i].active),
			 feature_text[_i].has);
}
END_TEST

/* Nine reasons and a node of the first again: eight groups, one node beyond. */
START_TEST(out_in_groups)
{
	struct weft_out out = { 0 };
	struct weft_out_group node = { .count = 1, .state = "drained",
				       .by = "root", .empty = true };
	struct weft_buf buf;

	setenv("TZ", "UTC", 1);
	tzset();
	for (int i = 0; i < 15; i++) {
		snprintf(node.name[0], sizeof(node.name[0]), "n%d", i);
		snprintf(node.reason, sizeof(node.reason), "r%d", i < 9 ? i : 0);
		node.since_sec = 1000000 - i;
		weft_out_add(&out, &node);
	}
	ck_assert_uint_eq(out.group_count, WEFT_OUT_GROUPS);
	ck_assert_uint_eq(out.more, 1);
	ck_assert_uint_eq(out.group[0].count, 7);
	ck_assert_int_eq(out.group[0].since_sec, 1000000 - 14);
	weft_buf_init(&buf, 1024);
	weft_out_format(&out.group[0], &buf);
	ck_assert_str_eq(weft_buf_str(&buf), "n0, n9, n10, n11 and 3 more are drained since Mon 12 Jan 13:46 by root: r0");
	weft_buf_clear(&buf);
	weft_out_format(&out.group[1], &buf);
	ck_assert_str_eq(weft_buf_str(&buf), "n1 is drained since Mon 12 Jan 13:46 by root: r1");
	weft_buf_fini(&buf);
}
END_TEST

START_TEST(out_is_told)
{
	struct weft_out out = { .group_count = 1, .one_node = true, .group = { {
		.name = { "node4" }, .count = 1, .state = "drained",
		.reason = "bad\033[2J disk", .by = "eve", .empty = true } } };
	struct weft_why_job job = { .waits = true, .job_id = 7,
		.id = (char[]){ "7" }, .cause = WEFT_WHY_RESOURCES, .out = &out };
	struct weft_why why = { &job, 1 };
	struct weft_buf buf;

	weft_buf_init(&buf, 2048);
	job.ahead_count = (uint32_t)_i;	/* the second in line is told no start */
	weft_why_tell(&why, &job, 1000, &buf);
	ck_assert_ptr_nonnull(strstr(weft_buf_str(&buf), "out of service: node4 is drained by eve: bad?[2J disk"));
	ck_assert_int_eq(!!strstr(weft_buf_str(&buf), "; otherwise it could start there now"),
			 _i == 0);
	weft_buf_fini(&buf);
}
END_TEST

UNIT_MAIN_ROWS("why",
	       EACH(out_gpus, tres_text), EACH(out_features, feature_text),
	       ONCE(out_in_groups), TIMES(out_is_told, 2),
	       ONCE(every_cause_has_words), EACH(limit_words, limit_word),
	       EACH(limit_texts, limit_text), ONCE(limit_counts),
	       EACH(sentences, sentence), EACH(dependencies, dependency),
	       TIMES(queue_is_drawn, 3), TIMES(waits, 6), EACH(tasks, task_text),
	       ONCE(ids), ONCE(planner_is_told), EACH(records, record_text),
	       ONCE(record_of_rules))
