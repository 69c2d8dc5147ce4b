/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_flow.c - workflow files: tree, schema, model, graph
 *
 * Tables of texts with the model they make or the message they earn; random
 * graphs against a brute-force check of their order; random index lists
 * against a plain set.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <json-c/json.h>

#include "tools/flow/graph.h"
#include "tools/flow/model.h"
#include "tools/flow/schema.h"

static char dir[] = "/tmp/weft-test-flow-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static int read_flow(const char *text, const struct weft_flow_given *given,
		     size_t count, struct weft_flow **flow, struct weft_err *err)
{
	char path[256];

	write_file("flow.yaml", text);
	snprintf(path, sizeof(path), "%s/flow.yaml", dir);
	return weft_flow_read(path, given, count, flow, err);
}

static const struct {
	const char *text, *message;	/* a part of the message */
} bad_docs[] = {
	{ "a: 1\na: 2\n", ":2:1: \"a\" is here twice; the first is at line 1" },
	{ "a: [1, 2\n", "did not find expected" },
	{ "a: b: c\n", ":1:5: mapping values are not allowed" },
	{ "a:\n\t- 1\n", "indent with spaces" },
	{ "a: *b\n", ":1:4: alias \"*b\" refers to itself or to nothing" },
	{ "a: &x [*x]\n", "refers to itself" },
	{ "a: 1\n---\nb: 2\n", "a second document" },
	{ "? [a]\n: 1\n", "a key must be a word, not a list" },
	{ "a: \"x\\0y\"\n", "a NUL character" },
	{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	  "nested too deeply" },
	{ "a: 1\n<<: 3\n", "merges a mapping" },
};

START_TEST(doc_refuses)
{
	struct weft_doc *doc = NULL;
	struct weft_err err = WEFT_ERR_INIT;
	const char *text = bad_docs[_i].text;

	ck_assert_int_lt(weft_doc_parse("f", text, strlen(text), &doc, &err), 0);
	ck_assert_ptr_null(doc);
	ck_assert_msg(strstr(err.msg, bad_docs[_i].message), "%s", err.msg);
}
END_TEST

START_TEST(doc_billion_laughs)
{
	char text[4096];
	size_t len = 0;
	struct weft_doc *doc = NULL;
	struct weft_err err = WEFT_ERR_INIT;

	len += (size_t)snprintf(text, sizeof(text), "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 12; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"a%d: &a%d [", i, i);
		for (int j = 0; j < 9; j++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"*a%d,", i - 1);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "]\n");
	}
	ck_assert_int_eq(weft_doc_parse("f", text, len, &doc, &err), -EFBIG);
	ck_assert_msg(strstr(err.msg, "once aliases are followed"), "%s", err.msg);
}
END_TEST

START_TEST(doc_reads)
{
	static const char text[] =
		"base: &b {x: 1, y: 2}\n"
		"top:\n  <<: *b\n  y: 3\n"
		"json: {\"k\": [true, null, \"1\", 1.5e3]}\n"
		"time: 1:00:00\nzero: 010\n";
	struct weft_doc *doc;
	const struct weft_doc_node *node;
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_int_eq(weft_doc_parse("f", text, strlen(text), &doc, &err), 0);
	node = weft_doc_get(doc->root, "top");
	ck_assert_str_eq(weft_doc_get(node, "x")->text, "1");
	ck_assert_str_eq(weft_doc_get(node, "y")->text, "3");
	node = weft_doc_get(weft_doc_get(doc->root, "json"), "k");
	ck_assert_uint_eq(node->count, 4);
	ck_assert_int_eq(weft_doc_scalar_type(node->item[0]), WEFT_SCALAR_BOOL);
	ck_assert(weft_doc_is_null(node->item[1]));
	ck_assert_int_eq(weft_doc_scalar_type(node->item[2]), WEFT_SCALAR_STRING);
	ck_assert_int_eq(weft_doc_scalar_type(node->item[3]), WEFT_SCALAR_FLOAT);
	node = weft_doc_get(doc->root, "time");
	ck_assert_str_eq(node->text, "1:00:00");
	ck_assert_uint_eq(node->line, 6);
	ck_assert_uint_eq(node->column, 7);
	ck_assert_str_eq(weft_doc_get(doc->root, "zero")->text, "010");
	weft_doc_destroy(doc);
}
END_TEST

static const struct {
	const char *text, *message;
} bad_flows[] = {
	{ "", "no tasks" },
	{ "tsks: {}\n", ":1:1: unknown key \"tsks\"; did you mean \"tasks\"?" },
	{ "tasks: [a]\n", ":1:8: tasks: expected a mapping, found a list" },
	{ "tasks: {a: {}}\n", "neither \"run:\" nor \"script:\"" },
	{ "tasks: {a: {run: x, need: b}}\n", "did you mean \"needs\"?" },
	{ "tasks: {a: {run: x, gpus: 1}}\n", "options of sbatch go under \"resources:\"" },
	{ "tasks: {a: {run: x, resources: {gpu: 1}}}\n", "did you mean \"gpus\"?" },
	{ "tasks: {a: {run: x, resources: {time: 1h}}}\n", "expected minutes, h:m:s" },
	{ "tasks: {a: {run: x, resources: {dependency: }}}\n", "expected a text" },
	{ "tasks: {a: {run: x, resources: {array: 1-3}}}\n", "give the task \"array:\" instead" },
	{ "tasks: {a: {run: x, resources: {mem: lots}}}\n", "--mem=lots: expected a size" },
	{ "tasks: {a: {run: x, resources: {nodes: 4-2}}}\n", "--nodes=4-2" },
	{ "tasks: {a: {run: x, on_failure: sop}}\n", "did you mean \"stop\"?" },
	{ "tasks: {a: {run: x, retries: -1}}\n", "too small" },
	{ "tasks: {a: {run: x, array: 5-1}}\n", "array \"5-1\"" },
	{ "tasks: {a: {run: x, array: 0-99999999}}\n", "an index is at most" },
	{ "tasks: {a: {run: x, needs: b}, bb: {run: x}}\n", "did you mean \"bb\"?" },
	{ "tasks: {a: {run: x, needs: a}}\n", "task \"a\" needs itself" },
	{ "tasks: {a: {run: x, array: 0-3}, b: {run: x, array: 0-4, needs: {task: a, each: true}}}\n",
	  "differ in array or matrix" },
	{ "tasks: {a: {script: nothere.sh}}\n", "nothere.sh" },
	{ "tasks: {a: {run: x, script: y}}\n", "both" },
	{ "tasks: {a: {run: x, env: {A B: 1}}}\n", "no valid name" },
	{ "tasks: {a: {run: x, env: {A: \"${lr}\"}}}\n", "no such param" },
	{ "params: {lr: 1}\ntasks: {a: {run: x, env: {A: \"${l}\"}}}\n", "did you mean \"${lr}\"?" },
	{ "params: {lr: }\ntasks: {a: {run: x}}\n", "give it with --param lr=VALUE" },
	{ "params: {PATH: /x}\ntasks: {a: {run: x}}\n", "has a meaning already" },
	{ "params: {SLURM_X: 1}\ntasks: {a: {run: x}}\n", "are taken" },
	{ "tasks: {a: {run: x, when: \"(a == b\"}}\n", "\")\" is missing" },
	{ "tasks: {a: {run: x, when: \"a == \"}}\n", "missing at the end" },
	{ "tasks: {a: {run: x, on: {oom: {mem: x}}}}\n", "expected x and a factor" },
	{ "tasks: {a: {run: x, on: {oom: {partition: x2}}}}\n", "cannot be multiplied" },
	{ "tasks: {a: {run: x, on: {boom: {mem: x2}}}}\n", "did you mean \"oom\"?" },
	{ "include: flow.yaml\ntasks: {a: {run: x}}\n", "includes itself" },
	{ "include: none.yaml\n", "cannot find" },
	{ "tasks: {a: {run: x, checkpoint: {signal: FOO}}}\n", "\"FOO\" is no signal" },
	{ "tasks: {a: {run: x, shell: bash}}\n", "expected an absolute path" },
};

START_TEST(flow_refuses)
{
	struct weft_flow *flow = NULL;
	struct weft_err err = WEFT_ERR_INIT;
	int rc = read_flow(bad_flows[_i].text, NULL, 0, &flow, &err);

	ck_assert_msg(rc < 0, "accepted: %s", bad_flows[_i].text);
	ck_assert_ptr_null(flow);
	ck_assert_msg(strstr(err.msg, bad_flows[_i].message), "%s", err.msg);
}
END_TEST

static const char whole[] =
	"name: study\n"
	"params:\n  mode: full\n  shards: {default: 4, description: parts}\n"
	"defaults:\n  resources: {partition: gpu, time: 60}\n  env: {A: base}\n  retries: 2\n"
	"tasks:\n"
	"  prep:\n    run: ./prep\n    outputs: [\"data/${mode}/*.bin\"]\n"
	"  train:\n    needs: prep\n    array: 0-${shards}\n    matrix: {lr: [0.1, 0.01], m: [a]}\n"
	"    run: |\n      train $lr $m $index\n"
	"    env: {B: \"${lr}-${index}\", A: own}\n"
	"    resources: {gpus-per-node: \"h100:2\", cpus_per_task: 4, time: 2-0}\n"
	"    retries: {max: 3, delay: 5, factor: 1.5, causes: [oom, timeout]}\n"
	"    on: {oom: {mem: x2}}\n"
	"  eval:\n    needs: [{task: train, each: true}, {task: prep, on: any}]\n"
	"    array: 0-4\n    matrix: {lr: [0.1, 0.01], m: [b]}\n    run: eval\n"
	"    when: ${mode} == full && (${lr} < 0.05 || ${index} == 3)\n";

START_TEST(flow_reads)
{
	struct weft_flow_given given[] = { { "mode", "full" } };
	struct weft_flow *flow;
	struct weft_err err = WEFT_ERR_INIT;
	const struct weft_flow_task *train, *eval;
	struct weft_buf buf;
	bool truth;
	uint32_t count = 0;

	ck_assert_msg(!read_flow(whole, given, 1, &flow, &err), "%s", err.msg);
	ck_assert_uint_eq(flow->task_count, 3);
	train = &flow->tasks[weft_flow_find(flow, "train")];
	eval = &flow->tasks[weft_flow_find(flow, "eval")];
	ck_assert_uint_eq(train->unit_count, 10);
	ck_assert_uint_eq(flow->unit_count, 21);
	ck_assert_str_eq(weft_flow_option(train, "time")->value, "2-0");
	ck_assert_str_eq(weft_flow_option(train, "partition")->value, "gpu");
	ck_assert_str_eq(weft_flow_option(train, "cpus-per-task")->value, "4");
	ck_assert_ptr_null(weft_flow_option(train, "gres"));
	ck_assert_uint_eq(train->retry_max, 3);
	ck_assert_uint_eq(train->retry_causes,
			  1u << WEFT_CAUSE_OOM | 1u << WEFT_CAUSE_TIMEOUT);
	ck_assert_uint_eq(train->change_count[WEFT_CAUSE_OOM], 1);
	ck_assert_uint_eq(eval->retry_max, 2);
	ck_assert_uint_eq(eval->need_count, 2);
	ck_assert(eval->needs[0].each);
	ck_assert_int_eq(eval->needs[1].on, WEFT_NEED_ANY);
	weft_buf_init(&buf, 4096);
	ck_assert_int_eq(weft_flow_unit_name(train, 8, &buf), 0);
	ck_assert_str_eq(weft_buf_str(&buf), "train(lr=0.01,m=a)[3]");
	weft_buf_clear(&buf);
	ck_assert_int_eq(train->env_count, 2);
	ck_assert_str_eq(train->env[0].value, "own");
	ck_assert_int_eq(weft_flow_expand(flow, train, 8, train->env[1].value, &buf, &err), 0);
	ck_assert_str_eq(weft_buf_str(&buf), "0.01-3");
	weft_buf_fini(&buf);
	for (uint32_t u = 0; u < eval->unit_count; u++) {
		ck_assert_int_eq(weft_flow_when(flow, eval, u, &truth, &err), 0);
		count += truth;
	}
	ck_assert_uint_eq(count, 6);
	weft_flow_destroy(flow);
}
END_TEST

START_TEST(flow_literal_values)
{
	static const char text[] =
		"params: {p: \"a'; rm -rf / #${p}\"}\n"
		"tasks: {\"x $(id) y\": {run: 'echo \"$p\"', env: {E: \"${p} $$HOME $x\"}}}\n";
	struct weft_flow *flow;
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_buf buf;

	ck_assert_msg(!read_flow(text, NULL, 0, &flow, &err), "%s", err.msg);
	weft_buf_init(&buf, 4096);
	ck_assert_int_eq(weft_flow_expand(flow, flow->tasks, 0,
					  flow->tasks->env->value, &buf, &err), 0);
	ck_assert_str_eq(weft_buf_str(&buf), "a'; rm -rf / #${p} $HOME $x");
	weft_buf_fini(&buf);
	weft_flow_destroy(flow);
}
END_TEST

START_TEST(flow_script)
{
	struct weft_flow *flow;
	struct weft_err err = WEFT_ERR_INIT;

	write_file("job.sh",
		   "#!/bin/bash\n#SBATCH -N2 --job-name \"my job\" # note\n\n"
		   "# words\n#SBATCH --gres=gpu:a100:4 --time=20:00:00 -a 1-3%2\n"
		   "#SBATCH --exclusive --mem 10G\necho\n#SBATCH --qos=late\n");
	ck_assert_msg(!read_flow("defaults: {resources: {mem: 1, partition: p}}\n"
				 "tasks: {a: {script: job.sh, resources: {nodes: 3}}}\n",
				 NULL, 0, &flow, &err), "%s", err.msg);
	ck_assert_str_eq(weft_flow_option(flow->tasks, "nodes")->value, "3");
	ck_assert_str_eq(weft_flow_option(flow->tasks, "job-name")->value, "my job");
	ck_assert_str_eq(weft_flow_option(flow->tasks, "mem")->value, "10G");
	ck_assert_str_eq(weft_flow_option(flow->tasks, "partition")->value, "p");
	ck_assert_ptr_null(weft_flow_option(flow->tasks, "qos"));
	ck_assert_ptr_null(weft_flow_option(flow->tasks, "exclusive")->value);
	ck_assert_uint_eq(flow->tasks->index_count, 3);
	ck_assert_uint_eq(flow->tasks->throttle, 2);
	weft_flow_destroy(flow);
	write_file("job.sh", "#!/bin/sh\n#SBATCH --ndoes=3\n");
	ck_assert_int_lt(read_flow("tasks: {a: {script: job.sh}}\n", NULL, 0, &flow, &err), 0);
	ck_assert_msg(strstr(err.msg, "job.sh: line 2: sbatch has no option --ndoes; did you mean --nodes?"),
		      "%s", err.msg);
}
END_TEST

START_TEST(flow_includes)
{
	struct weft_flow_given given[] = { { "x", "3" } }, wrong[] = { { "xx", "3" } };
	struct weft_flow *flow;
	struct weft_err err = WEFT_ERR_INIT;
	static const char top[] = "include: inc.yaml\nparams: {y: top}\n"
				  "tasks: {b: {run: x, needs: a}}\n";

	write_file("inc.yaml", "params: {x: , y: inc}\ndefaults: {env: {D: 1}}\ntasks: {a: {run: x}}\n");
	ck_assert_msg(!read_flow(top, given, 1, &flow, &err), "%s", err.msg);
	ck_assert_uint_eq(flow->task_count, 2);
	ck_assert_str_eq(flow->params[1].value, "top");
	ck_assert_uint_eq(flow->tasks[weft_flow_find(flow, "a")].env_count, 1);
	ck_assert_uint_eq(flow->tasks[weft_flow_find(flow, "b")].env_count, 0);
	weft_flow_destroy(flow);
	ck_assert_int_lt(read_flow(top, wrong, 1, &flow, &err), 0);
	ck_assert_msg(strstr(err.msg, "has no such param"), "%s", err.msg);
}
END_TEST

START_TEST(array_matches_set)
{
	uint32_t seed = (uint32_t)_i * 7919 + 1;

	for (int round = 0; round < 50; round++) {
		bool want[200] = { false };
		char text[256];
		size_t len = 0;
		uint32_t *index, count, throttle, found = 0, expect = 0;
		struct weft_err err = WEFT_ERR_INIT;

		for (int part = 0; part < 1 + round % 4; part++) {
			uint32_t a, b, s;

			seed = seed * 1103515245 + 12345;
			a = seed >> 16 & 63;
			b = a + (seed >> 8 & 63);
			s = 1 + (seed >> 22) % 7;
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%u-%u:%u", part ? "," : "", a, b, s);
			for (uint32_t i = a; i <= b; i += s)
				want[i] = true;
		}
		ck_assert_int_eq(weft_flow_parse_array(text, &index, &count, &throttle, &err), 0);
		for (uint32_t i = 0; i < 200; i++)
			expect += want[i];
		ck_assert_uint_eq(count, expect);
		for (uint32_t i = 0; i < count; i++) {
			ck_assert(want[index[i]]);
			ck_assert(!i || index[i] > index[i - 1]);
			found++;
		}
		ck_assert_uint_eq(found, expect);
		free(index);
	}
}
END_TEST

/* A flow of n tasks with the given needs, made without a file. */
static void fake_flow(struct weft_flow *flow, struct weft_flow_task *tasks,
		      struct weft_flow_need *needs, uint32_t n,
		      const bool edge[12][12])
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f",
					     "g", "h", "i", "j", "k", "l" };
	static struct weft_doc_node at = { .file = "f", .line = 1, .column = 1 };

	memset(flow, 0, sizeof(*flow));
	memset(tasks, 0, n * sizeof(*tasks));
	flow->tasks = tasks;
	flow->task_count = n;
	for (uint32_t t = 0; t < n; t++) {
		tasks[t].name = names[t];
		tasks[t].at = &at;
		tasks[t].needs = needs;
		tasks[t].unit_count = 1;
		for (uint32_t u = 0; u < n; u++) {
			if (!edge[t][u])
				continue;
			needs->task_idx = u;
			needs++;
			tasks[t].need_count++;
		}
	}
}

static uint64_t longest_from(const struct weft_flow *flow, uint32_t t,
			     const uint32_t *minutes)
{
	uint64_t best = 0;

	for (uint32_t n = 0; n < flow->tasks[t].need_count; n++) {
		uint64_t len = longest_from(flow, flow->tasks[t].needs[n].task_idx, minutes);

		if (len > best)
			best = len;
	}
	return best + minutes[t];
}

START_TEST(graph_matches_brute_force)
{
	uint32_t seed = (uint32_t)_i + 17;
	struct weft_flow flow;
	struct weft_flow_task tasks[12];
	struct weft_flow_need needs[144];
	int cycles = 0;

	for (int round = 0; round < 300; round++) {
		bool edge[12][12] = { { false } }, reach[12][12], cyclic = false;
		uint32_t n = 2 + (uint32_t)round % 9, minutes[12], path[12], count, place[12];
		struct weft_flow_graph graph;
		struct weft_err err = WEFT_ERR_INIT;
		uint64_t best = 0, sum = 0;
		int rc;

		for (uint32_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			minutes[i] = seed >> 20 & 15;
			for (uint32_t j = 0; j < n; j++) {
				seed = seed * 1664525 + 1013904223;
				/* mostly forward, now and then a back edge */
				edge[i][j] = i != j && (seed >> 24) < (j < i ? 80u : 4u);
			}
		}
		memcpy(reach, edge, sizeof(reach));
		for (uint32_t k = 0; k < n; k++)
			for (uint32_t i = 0; i < n; i++)
				for (uint32_t j = 0; j < n; j++)
					reach[i][j] |= reach[i][k] && reach[k][j];
		for (uint32_t i = 0; i < n; i++)
			cyclic |= reach[i][i];
		fake_flow(&flow, tasks, needs, n, edge);
		rc = weft_flow_graph_init(&graph, &flow, &err);
		ck_assert_int_eq(rc, cyclic ? -EINVAL : 0);
		if (cyclic) {
			ck_assert_msg(strstr(err.msg, "a cycle: "), "%s", err.msg);
			cycles++;
			continue;
		}
		for (uint32_t i = 0; i < n; i++)
			place[graph.order[i]] = i;
		for (uint32_t i = 0; i < n; i++) {
			for (uint32_t j = 0; j < n; j++) {
				if (!edge[i][j])
					continue;
				ck_assert_uint_lt(place[j], place[i]);
				ck_assert_uint_lt(graph.level[j], graph.level[i]);
			}
			if (longest_from(&flow, i, minutes) > best)
				best = longest_from(&flow, i, minutes);
		}
		ck_assert_uint_eq(weft_flow_graph_critical(&graph, &flow, minutes, path,
							   &count, &err), best);
		for (uint32_t i = 0; i < count; i++) {
			sum += minutes[path[i]];
			ck_assert(!i || edge[path[i]][path[i - 1]]);
		}
		ck_assert_uint_eq(sum, best);
		weft_flow_graph_fini(&graph);
	}
	ck_assert_int_gt(cycles, 5);
}
END_TEST

START_TEST(cycle_is_printed)
{
	struct weft_flow *flow;
	struct weft_flow_graph graph;
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_int_eq(read_flow("tasks:\n  a: {run: x, needs: c}\n  b: {run: x, needs: a}\n"
				   "  c: {run: x, needs: b}\n", NULL, 0, &flow, &err), 0);
	ck_assert_int_eq(weft_flow_graph_init(&graph, flow, &err), -EINVAL);
	ck_assert_msg(strstr(err.msg, ":2:3: a cycle: a needs c needs b needs a"), "%s", err.msg);
	weft_flow_destroy(flow);
}
END_TEST

static const struct {
	const char *text;
	int64_t minutes;
} times[] = {
	{ "60", 60 }, { "1:30", 2 }, { "1:00:00", 60 }, { "1-0", 1440 },
	{ "1-2:30", 1590 }, { "2-00:00:01", 2881 }, { "unlimited", UINT32_MAX },
	{ "", -1 }, { "1-", 1440 }, { "1:2:3:4", -1 }, { "5m", -1 }, { "-5", -1 },
	{ "99999999999999999999", -1 },
};

START_TEST(option_values)
{
	uint32_t minutes;
	uint64_t mib, gpus;
	unsigned int sec, flags;
	int signum;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int rc = weft_sbatch_parse_minutes(times[i].text, &minutes);

		ck_assert_msg((rc < 0) == (times[i].minutes < 0), "%s", times[i].text);
		if (!rc)
			ck_assert_msg(minutes == times[i].minutes, "%s: %u",
				      times[i].text, minutes);
	}
	ck_assert_int_eq(weft_sbatch_parse_mib("16G", &mib), 0);
	ck_assert_uint_eq(mib, 16384);
	ck_assert_int_eq(weft_sbatch_parse_mib("1025K", &mib), 0);
	ck_assert_uint_eq(mib, 2);
	ck_assert_int_lt(weft_sbatch_parse_mib("1X", &mib), 0);
	ck_assert_int_eq(weft_sbatch_parse_gpus("gpu:h100:4,nvme:2,gpu", true, &gpus), 0);
	ck_assert_uint_eq(gpus, 5);
	ck_assert_int_eq(weft_sbatch_parse_gpus("h100:8", false, &gpus), 0);
	ck_assert_uint_eq(gpus, 8);
	ck_assert_int_eq(weft_sbatch_parse_signal("B:USR1@300", &signum, &sec, &flags), 0);
	ck_assert_uint_eq(sec, 300);
	ck_assert_uint_eq(flags, 1);
	ck_assert_int_lt(weft_sbatch_parse_signal("B:FOO", &signum, &sec, &flags), 0);
}
END_TEST

static void remove_dir(void)
{
	static const char *const names[] = { "flow.yaml", "job.sh", "inc.yaml" };
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

int main(void)
{
	Suite *suite = suite_create("flow");
	TCase *tcase = tcase_create("model");
	SRunner *runner;
	int failed;

	if (!mkdtemp(dir))
		return 99;
	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, doc_refuses, 0, sizeof(bad_docs) / sizeof(bad_docs[0]));
	tcase_add_test(tcase, doc_billion_laughs);
	tcase_add_test(tcase, doc_reads);
	tcase_add_loop_test(tcase, flow_refuses, 0, sizeof(bad_flows) / sizeof(bad_flows[0]));
	tcase_add_test(tcase, flow_reads);
	tcase_add_test(tcase, flow_literal_values);
	tcase_add_test(tcase, flow_script);
	tcase_add_test(tcase, flow_includes);
	tcase_add_loop_test(tcase, array_matches_set, 0, 4);
	tcase_add_loop_test(tcase, graph_matches_brute_force, 0, 4);
	tcase_add_test(tcase, cycle_is_printed);
	tcase_add_test(tcase, option_values);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	remove_dir();
	return failed != 0;
}
