/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_levels.c - who says where nodes stand, and who is believed
 *
 * topology.yaml and weft.json by tables; and random groups of all three
 * sources against the rule itself: the most trusted source that names a node
 * decides, and in it the first group.
 */
#include "config.h"

#include <errno.h>

#include "sched/levels.h"
#include "tests/unit/unit.h"

#define NODES 12

/* "n3" */
static uint32_t find_node(void *arg, const char *name)
{
	(void)arg;
	return name[0] == 'n' && name[1] ? (uint32_t)strtoul(name + 1, NULL, 10) :
		UINT32_MAX;
}

static const char *name_at(const struct weft_fabric *f, uint32_t vertex)
{
	return vertex == UINT32_MAX ? "-" : f->vertex[vertex].name;
}

/* The first group of the best source, as the rule says it. */
static const char *expected(const struct weft_levels *levels, uint32_t node,
			    bool is_domain)
{
	char name[16];

	snprintf(name, sizeof(name), "n%u", node);
	for (int by = 0; by < WEFT_SAID_BY_COUNT; by++)
		for (uint32_t i = 0; i < levels->count; i++) {
			const struct weft_level_group *g = &levels->group[i];
			char list[256];

			if ((int)g->by != by || g->is_domain != is_domain)
				continue;
			snprintf(list, sizeof(list), ",%s,", g->nodes);
			snprintf(name, sizeof(name), ",n%u,", node);
			if (strstr(list, name))
				return g->name;
		}
	return "-";
}

START_TEST(test_who_is_believed)
{
	unsigned long long seed = 77;

	for (int round = 0; round < 500; round++) {
		uint32_t groups = unit_random(&seed) % 12;
		struct weft_levels levels = { 0 };
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_fabric *f;

		for (uint32_t g = 0; g < groups; g++) {
			char name[16], list[128] = "n0";
			struct weft_level_group group = {
				.by = (enum weft_said_by)(unit_random(&seed) % 3),
				.is_domain = unit_random(&seed) % 2,
				.name = name, .nodes = list,
			};
			size_t len;

			snprintf(name, sizeof(name), "g%u", g);
			len = (size_t)snprintf(list, sizeof(list), "n%llu",
					       unit_random(&seed) % NODES);
			for (int i = 0; i < 4; i++)
				len += (size_t)snprintf(list + len,
							sizeof(list) - len, ",n%llu",
							unit_random(&seed) % NODES);
			ck_assert_int_eq(weft_levels_add(&levels, &group, &err), 0);
		}
		ck_assert_msg(!weft_levels_build(&levels, NODES, find_node, NULL,
						 &f, NULL, &err), "%s", err.msg);
		ck_assert_msg(!weft_fabric_check(f, &err), "%s", err.msg);
		for (uint32_t n = 0; n < NODES; n++) {
			ck_assert_str_eq(name_at(f, f->domain_of[n]),
					 expected(&levels, n, true));
			ck_assert_str_eq(name_at(f, f->leaf_of[n]),
					 expected(&levels, n, false));
		}
		weft_fabric_destroy(f);
		weft_levels_fini(&levels);
	}
}
END_TEST

START_TEST(test_yaml)
{
	static const char text[] =
		"---\n"
		"- topology: none\n"
		"  flat: true\n"
		"- topology: mine\n"
		"  cluster_default: true\n"
		"  tree:\n"
		"    switches:\n"
		"      - switch: root\n"
		"        children: s[1-2]\n"
		"      - switch: s1\n"
		"        nodes: n[0-5]\n"
		"      - {switch: s2, nodes: 'n[6-11]'}\n";
	static const char blocks[] =
		"- topology: b\n"
		"  block:\n"
		"    block_sizes: [2, 4]\n"
		"    blocks:\n"
		"      - {block: a, nodes: 'n[0-1]'}\n"
		"      - {block: b, nodes: 'n[2-3]'}\n"
		"      - {block: c, nodes: 'n[4-5]'}\n";
	struct weft_levels levels = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_fabric *f;

	ck_assert_msg(!weft_levels_read_yaml(&levels, "y", text, strlen(text),
					     &err), "%s", err.msg);
	ck_assert_int_eq(weft_levels_build(&levels, NODES, find_node, NULL, &f,
					   NULL, &err), 0);
	ck_assert_str_eq(name_at(f, f->leaf_of[6]), "s2");
	ck_assert_str_eq(name_at(f, f->vertex[f->leaf_of[6]].parent), "root");
	weft_fabric_destroy(f);
	weft_levels_fini(&levels);
	ck_assert_msg(!weft_levels_read_yaml(&levels, "y", blocks,
					     strlen(blocks), &err), "%s", err.msg);
	ck_assert_int_eq(weft_levels_build(&levels, NODES, find_node, NULL, &f,
					   NULL, &err), 0);
	ck_assert_str_eq(name_at(f, f->domain_of[2]), "b");
	ck_assert_str_eq(name_at(f, f->vertex[f->domain_of[2]].parent), "a..b");
	ck_assert_str_eq(name_at(f, f->vertex[f->domain_of[5]].parent), "c..c");
	weft_fabric_destroy(f);
	weft_levels_fini(&levels);
}
END_TEST

START_TEST(test_yaml_refused)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "y:1: a list of topologies" },
		{ "a: 1\n", "y:1: a list of topologies" },
		{ "- topology: [\n", "y:" },
		{ "- topology: x\n", "y:1: \"tree\", \"block\" or \"flat\"" },
		{ "- tree:\n    switches: 3\n", "y:2: \"switches\", a list" },
		{ "- tree:\n    switches:\n     - 7\n", "y:3: \"switch\", a name" },
		{ "- tree:\n    switches:\n     - switch: a\n", "y:3: \"nodes\" or" },
		{ "- tree:\n    switches:\n     - {switch: a, nodes: n1, children: b}\n", "y:3: \"nodes\" and" },
		{ "- tree:\n    switches:\n     - {switch: a, nodes: n1}\n     - {switch: a, nodes: n2}\n", "y:4: a switch or block defined" },
		{ "- tree:\n    switches:\n     - {switch: a, nodes: 'n[1'}\n", "y:3: a bracket" },
		{ "- block:\n    blocks:\n     - {block: a}\n", "y:3: \"nodes\" expected" },
		{ "- block:\n    block_sizes: [2, 3]\n    blocks:\n     - {block: a, nodes: n1}\n", "y:2: BlockSizes" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_levels levels = { 0 };
		struct weft_err err = WEFT_ERR_INIT;

		ck_assert_int_eq(weft_levels_read_yaml(&levels, "y",
						       cases[i].text,
						       strlen(cases[i].text),
						       &err), -EINVAL);
		ck_assert_msg(strstr(err.msg, cases[i].message) != NULL,
			      "%s: %s", cases[i].text, err.msg);
		ck_assert_uint_eq(levels.count, 0);
		weft_levels_fini(&levels);
	}
}
END_TEST

/* Switches above one another: 64 are read, and more are some mistake. */
START_TEST(test_depth)
{
	for (uint32_t depth = 64; depth <= 65; depth++) {
		struct weft_levels levels = { 0 };
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_fabric *f = NULL;
		char text[4096];
		size_t len = 0;

		for (uint32_t i = 1; i < depth; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"SwitchName=s%u Switches=s%u\n",
						i, i + 1);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"SwitchName=s%u Nodes=n1\n", depth);
		ck_assert_int_eq(weft_levels_read_topology(&levels, "t", text,
							   len, &err), 0);
		ck_assert_int_eq(weft_levels_build(&levels, NODES, find_node,
						   NULL, &f, NULL, &err),
				 depth > 64 ? -EINVAL : 0);
		if (f)
			ck_assert_uint_eq(f->vertex[f->leaf_of[1]].depth, 64);
		weft_fabric_destroy(f);
		weft_levels_fini(&levels);
	}
}
END_TEST

START_TEST(test_json_refused)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "{\"fabric\": []}", "w:1:12: fabric: an object" },
		{ "{\"fabric\": {\"domains\": {}}}", "fabric.domains: a list" },
		{ "{\"fabric\": {\"domains\": [{\"name\": \"a\"}]}}", "fabric.domains[0]: \"name\" and \"nodes\"" },
		{ "{\"fabric\": {\"domains\": [{\"name\": \"a\", \"nodes\": \"n[\"}]}}", "a bracket is not closed" },
		{ "{\"fabric\": {\"domains\": [{\"name\": \"a\", \"nodes\": \"n1\"},\n"
		  " {\"name\": \"b\", \"nodes\": \"n[1-2]\"}]}}", "w:2:2: fabric.domains[1]: n1 is in an entry before" },
		{ "{\"fabric\": {\"domains\": [{\"name\": \"0123456789012345678901234567890123456789012345678901234567890123\", \"nodes\": \"n1\"}]}}", "at most 63" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_levels levels = { 0 };
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_json *doc;

		ck_assert_int_eq(weft_json_parse("w", cases[i].text,
						 strlen(cases[i].text), &doc,
						 &err), 0);
		ck_assert_int_eq(weft_levels_read_json(&levels, doc, &err),
				 -EINVAL);
		ck_assert_msg(strstr(err.msg, cases[i].message) != NULL,
			      "%s: %s", cases[i].text, err.msg);
		ck_assert_uint_eq(levels.count, 0);
		weft_levels_fini(&levels);
		weft_json_destroy(doc);
	}
}
END_TEST

UNIT_MAIN("levels", test_who_is_believed, test_yaml, test_yaml_refused,
	  test_depth, test_json_refused)
