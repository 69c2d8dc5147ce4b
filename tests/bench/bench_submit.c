/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_submit.c - how long 100 rules take for one job
 *
 * Three mixes: rules that look at one field and do not match (most rules for
 * most jobs), rules of three conditions, and those with ten that match and
 * change the job.  The aim is 5 us a job.  Fails only beyond a hundred times
 * that: a machine under load is no broken code.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "submit/rules.h"

#define RULES 100
#define JOBS 200000
#define LIMIT_USEC 500.0

static double now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void add_rule(struct weft_buf *buf, int mix, int i)
{
	weft_buf_addf(buf, "%s{\"name\": \"r%d\", ", i ? "," : "", i);
	if (mix == 0)
		weft_buf_addf(buf, "\"match\": {\"partition\": \"p%d*\"}, \"reject\": \"no\"}", i);
	else if (mix == 1 || i % 10)
		weft_buf_addf(buf, "\"match\": {\"gpus\": {\"min\": 1}, \"account\": [\"a%d\", \"b%d\"],"
			      " \"time\": {\"min\": \"1-0\"}}, \"reject\": \"{time}\"}", i, i);
	else
		weft_buf_addf(buf, "\"match\": {\"gpus\": {\"min\": 1}}, \"cap\": {\"time\": %d}}", 5000 - i);
}

static struct weft_rules *make_rules(int mix)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_rules *rules = NULL;
	struct weft_json *doc;
	struct weft_buf buf;

	weft_buf_init(&buf, 1 << 20);
	weft_buf_adds(&buf, "{\"submit\": {\"rules\": [");
	for (int i = 0; i < RULES; i++)
		add_rule(&buf, mix, i);
	weft_buf_adds(&buf, "]}}");
	if (weft_json_parse("bench", weft_buf_str(&buf), buf.len, &doc, &err) ||
	    weft_rules_compile(doc, "submit", &rules, &err))
		fprintf(stderr, "bench_submit: %s\n", err.msg);
	else
		weft_json_destroy(doc);
	weft_buf_fini(&buf);
	return rules;
}

int main(void)
{
	static const char *const names[] = { "one glob each", "three conditions each",
					     "three conditions, ten of 100 change the job" };
	static struct weft_verdict v;
	struct weft_circumstance c = { .now_sec = 1 };
	int slow = 0;

	for (int mix = 0; mix < 3; mix++) {
		struct weft_rules *rules = make_rules(mix);
		struct weft_submission asked, sub;
		double start, usec;

		if (!rules)
			return 1;
		weft_submission_init(&asked);
		asked.value[WEFT_F_PARTITION].text = "gpu-h100";
		asked.value[WEFT_F_ACCOUNT].text = "physics";
		asked.value[WEFT_F_GRES].text = "gres:gpu:h100:8";
		asked.value[WEFT_F_NODES].num = 4;
		asked.value[WEFT_F_TIME].num = 10000;
		start = now_usec();
		for (int i = 0; i < JOBS; i++) {
			weft_submission_copy(&sub, &asked);
			weft_submission_derive(&sub);
			weft_rules_apply(rules, &c, &sub, &v);
			if (v.rejected)
				return 1;
		}
		usec = (now_usec() - start) / JOBS;
		printf("100 rules, %-45s %6.2f us a job (aim 5)\n", names[mix], usec);
		slow += usec > LIMIT_USEC;
		weft_rules_destroy(rules);
	}
	return slow ? 1 : 0;
}
