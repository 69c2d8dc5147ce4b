/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_topo.c - what `weft topo` prints, from golden topologies and by hand
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>
#include <libxml/parser.h>

#include "gres/read_impl.h"
#include "sched/levels.h"
#include "tests/unit/unit.h"
#include "tools/topo/topo.h"

static const struct topo_style plain;

static struct weft_inventory *golden(const char *name)
{
	const char *srcdir = getenv("srcdir");
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;
	char path[1024];

	snprintf(path, sizeof(path), "%s/tests/golden/topo/good/%s",
		 srcdir ? srcdir : SRCDIR, name);
	ck_assert_msg(!weft_inventory_read(path, &inv, &err), "%s", err.msg);
	return inv;
}

static struct weft_inventory *from_json(const char *text)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;

	ck_assert_msg(!read_json_text("text", text, strlen(text), &inv, &err),
		      "%s", err.msg);
	return inv;
}

static void check_has(const struct weft_buf *buf, const char *text)
{
	ck_assert_int_eq(weft_buf_error(buf), 0);
	ck_assert_msg(strstr(weft_buf_str(buf), text) != NULL,
		      "'%s' is not in:\n%s", text, weft_buf_str(buf));
}

/* ---- small words -------------------------------------------------------- */

START_TEST(test_hostlist)
{
	static const struct {
		const char *names[6], *want;
	} cases[] = {
		{ { "n3", "n1", "n2" }, "n[1-3]" },
		{ { "n1", "n3", "n1" }, "n[1,3]" },
		{ { "n09", "n10", "n8" }, "n8,n[09-10]" },
		{ { "login", "gpu1" }, "gpu1,login" },
		{ { "a1b2", "a1b3", "a2b2" }, "a1b[2-3],a2b2" },
		{ { "7", "8" }, "[7-8]" },
		{ { "x12345678901", "x12345678902" }, "x12[345678901-345678902]" },
		{ { NULL }, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_buf buf;
		uint32_t count = 0;

		while (count < 6 && cases[i].names[count])
			count++;
		weft_buf_init(&buf, 4096);
		ck_assert_int_eq(topo_hostlist(cases[i].names, count, &buf), 0);
		ck_assert_str_eq(weft_buf_str(&buf), cases[i].want);
		weft_buf_fini(&buf);
	}
}
END_TEST

START_TEST(test_gpu_lists)
{
	weft_gpuset_t gpus = 7;
	struct weft_buf buf;
	char gbps[16];

	ck_assert(topo_parse_gpus("0,4-6,63", &gpus));
	ck_assert_uint_eq(gpus, 0x8000000000000071);
	weft_buf_init(&buf, 4096);
	topo_format_gpus(gpus, &buf);
	ck_assert_str_eq(weft_buf_str(&buf), "0,4-6,63");
	weft_buf_clear(&buf);
	topo_format_gpus(~UINT64_C(0), &buf);
	ck_assert_str_eq(weft_buf_str(&buf), "0-63");
	weft_buf_fini(&buf);
	ck_assert(!topo_parse_gpus("64", &gpus));
	ck_assert(!topo_parse_gpus("1;2", &gpus));
	ck_assert(topo_parse_gpus("", &gpus));
	ck_assert_uint_eq(gpus, 0);
	topo_format_gbps(gbps, 450000);
	ck_assert_str_eq(gbps, "450");
	topo_format_gbps(gbps, 12500);
	ck_assert_str_eq(gbps, "12.5");
	topo_format_gbps(gbps, 0);
	ck_assert_str_eq(gbps, "0");
}
END_TEST

/* ---- pictures ----------------------------------------------------------- */

START_TEST(test_show)
{
	static const char *const has[] = {
		"smi-dgx1: 8 x GPU of unknown type, 2 NICs, 80 logical CPUs, read from smi\n",
		"NUMA node 1  CPUs 20-39,60-79\n",
		"  GPU 6    NIC mlx5_1 (PHB)\n",
		"      3    50    25    50     .   SYS   SYS   SYS    25  |  PHB  SYS\n",
		"PIX one PCIe switch, PHB the CPU's PCIe bridge, SYS between NUMA nodes\n",
		"Best ring through all: 0-3-2-1-5-6-7-4, slowest hop 50 GB/s\n",
	};
	struct weft_inventory *inv = golden("smi-dgx1.txt");
	struct topo_style loud = { .color = true, .unicode = true };
	struct weft_buf buf;

	weft_buf_init(&buf, 1 << 20);
	topo_show(inv, "smi-dgx1", &plain, &buf);
	for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++)
		check_has(&buf, has[i]);
	ck_assert_ptr_null(strchr(weft_buf_str(&buf), '\033'));
	ck_assert_ptr_null(strstr(weft_buf_str(&buf), "NODE bridges"));
	weft_buf_clear(&buf);
	topo_show(inv, "smi-dgx1", &loud, &buf);
	check_has(&buf, "\033[38;5;46m    50\033[0m");
	check_has(&buf, "\u2502");
	weft_buf_fini(&buf);
	weft_inventory_destroy(inv);
}
END_TEST

/* Every golden machine draws to well-formed XML, names escaped. */
START_TEST(test_svg)
{
	static const char *const names[] = {
		"smi-dgx1.txt", "nccl-nvswitch.xml", "nccl-xgmi-ring.xml",
		"json-short.json", "hwloc-nvswitch.xml", "nccl-cloud-tree.xml",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct weft_inventory *inv = golden(names[i]);
		struct weft_buf buf;
		xmlDoc *doc;

		inv->host[0] = '\0';
		weft_buf_init(&buf, 1 << 20);
		topo_svg(inv, "<a & \"b\">", &buf);
		ck_assert_int_eq(weft_buf_error(&buf), 0);
		doc = xmlReadMemory(weft_buf_str(&buf), (int)buf.len, NULL, NULL,
				    XML_PARSE_NONET);
		ck_assert_msg(doc != NULL, "%s:\n%s", names[i], weft_buf_str(&buf));
		check_has(&buf, "&lt;a &amp; &quot;b&quot;&gt;");
		check_has(&buf, "GPU 1</text>");
		xmlFreeDoc(doc);
		weft_buf_fini(&buf);
		weft_inventory_destroy(inv);
	}
}
END_TEST

START_TEST(test_pick_explains)
{
	struct weft_inventory *inv = golden("smi-dgx1.txt");
	struct weft_picker *picker = weft_picker_create(inv);
	struct topo_pick_ask ask = { .count = 2, .busy = 0x1 };
	struct json_object *root, *part;
	struct weft_buf buf;

	weft_buf_init(&buf, 1 << 20);
	ck_assert(topo_pick(inv, picker, &ask, &plain, &buf));
	check_has(&buf, "choice    1,2\n");
	check_has(&buf, "as a ring 1-2\n");
	check_has(&buf, "all equal: the lower indices decide\n");
	check_has(&buf, "Exact: every set of free GPUs was compared.");
	check_has(&buf, "x0   [1]   [2]     3");
	weft_buf_clear(&buf);
	ask = (struct topo_pick_ask){ .count = 4, .busy = 0x11 };
	ck_assert(topo_pick(inv, picker, &ask, &plain, &buf));
	check_has(&buf, "sum over all pairs                      187        162 GB/s <- decides\n");
	weft_buf_clear(&buf);
	ask = (struct topo_pick_ask){ .count = 2, .busy = 0x1 };
	ask.json = true;
	ck_assert(topo_pick(inv, picker, &ask, &plain, &buf));
	root = json_tokener_parse(weft_buf_str(&buf));
	ck_assert_ptr_nonnull(root);
	ck_assert(json_object_object_get_ex(root, "choice", &part));
	ck_assert(json_object_object_get_ex(part, "ring_mbps", &part));
	ck_assert_int_eq(json_object_get_int(part), 50000);
	json_object_put(root);
	weft_buf_clear(&buf);
	ask.count = 8;
	ck_assert(!topo_pick(inv, picker, &ask, &plain, &buf));
	check_has(&buf, "\"fits\":false");
	weft_buf_fini(&buf);
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

/* ---- Slurm's files ------------------------------------------------------ */

static const struct gres_case {
	const char *json;
	const char *node;
	bool links;
	const char *want;
} gres_cases[] = {
	/* hwloc's cores; runs of equal GPUs share a line */
	{ "{\"weft_inventory\":1,\"source\":\"hwloc\",\"pu_count\":16,\"gpus\":["
	  "{\"type\":\"h100\",\"cpus\":\"0-3,8-11\",\"cores\":\"0-3\"},"
	  "{\"type\":\"h100\",\"cpus\":\"0-3,8-11\",\"cores\":\"0-3\"},"
	  "{\"type\":\"h100\",\"cpus\":\"4-7,12-15\",\"cores\":\"4-7\"}]}",
	  "n1", false,
	  "# 3 GPUs, read from hwloc\n"
	  "NodeName=n1 Name=gpu Type=h100 File=/dev/nvidia[0-1] Cores=0-3\n"
	  "NodeName=n1 Name=gpu Type=h100 File=/dev/nvidia2 Cores=4-7\n" },
	/* two threads a core, folded */
	{ "{\"weft_inventory\":1,\"source\":\"smi\",\"pu_count\":16,\"gpus\":["
	  "{\"cpus\":\"0-3,8-11\"},{\"cpus\":\"4-7,12-15\"}]}", NULL, false,
	  "# 2 GPUs, read from smi\n"
	  "Name=gpu File=/dev/nvidia0 Cores=0-3\n"
	  "Name=gpu File=/dev/nvidia1 Cores=4-7\n" },
	/* one thread a core */
	{ "{\"weft_inventory\":1,\"source\":\"smi\",\"pu_count\":8,\"gpus\":["
	  "{\"cpus\":\"0-3\"},{\"cpus\":\"4-7\"}]}", NULL, false,
	  "# 2 GPUs, read from smi\n"
	  "Name=gpu File=/dev/nvidia0 Cores=0-3\n"
	  "Name=gpu File=/dev/nvidia1 Cores=4-7\n" },
	/* a pattern that cannot be told: better none than wrong */
	{ "{\"weft_inventory\":1,\"source\":\"smi\",\"pu_count\":8,\"gpus\":["
	  "{\"cpus\":\"0,3,5\"}]}", NULL, false,
	  "# 1 GPUs, read from smi\n"
	  "# no Cores= for 1: the source does not tell threads from cores\n"
	  "Name=gpu File=/dev/nvidia0\n" },
	{ "{\"weft_inventory\":1,\"source\":\"json\",\"gpus\":["
	  "{\"type\":\"mi250x\",\"cores\":\"0\"},{\"type\":\"mi250x\",\"cores\":\"0\"}],"
	  "\"link_mbps\":[[0,200000],[200000,0]]}", NULL, true,
	  "# 2 GPUs, read from json\n"
	  "# Links= is for Slurm before 24.05; later releases choose worse with it\n"
	  "Name=gpu Type=mi250x File=/dev/dri/renderD128 Cores=0 Links=-1,1\n"
	  "Name=gpu Type=mi250x File=/dev/dri/renderD129 Cores=0 Links=1,-1\n" },
};

START_TEST(test_gres_conf)
{
	const struct gres_case *c = &gres_cases[_i];
	struct weft_inventory *inv = from_json(c->json);
	struct weft_buf buf;

	weft_buf_init(&buf, 1 << 20);
	topo_gres_conf(inv, c->node, c->links, &buf);
	ck_assert_str_eq(weft_buf_str(&buf), c->want);
	weft_buf_fini(&buf);
	weft_inventory_destroy(inv);
}
END_TEST

static const struct topo_node nodes[] = {
	{ "n4", "rackB.0" }, { "n1", "rackZ.1" }, { "n3", "rackB.0" },
	{ "login", "" }, { "n2", "rackZ.1" }, { "n5", "rackB.0" },
};

START_TEST(test_topology_conf)
{
	static const char *const want[] = {
		[TOPO_TREE] =
		"# NVLink domain rackZ.1\nSwitchName=domain1 Nodes=n[1-2]\n"
		"# NVLink domain rackB.0\nSwitchName=domain2 Nodes=n[3-5]\n"
		"# no NVLink domain\nSwitchName=others Nodes=login\n"
		"SwitchName=top Switches=domain[1-2],others\n",
		[TOPO_BLOCK] =
		"# NVLink domain rackZ.1\nBlockName=block1 Nodes=n[1-2]\n"
		"# NVLink domain rackB.0\nBlockName=block2 Nodes=n[3-5]\n"
		"BlockSizes=2\n"
		"# in no NVLink domain, so in no block: login\n",
		[TOPO_YAML] =
		"---\n- topology: nvlink\n  cluster_default: true\n  block:\n"
		"    block_sizes:\n      - 2\n    blocks:\n"
		"      # NVLink domain rackZ.1\n      - block: block1\n        nodes: \"n[1-2]\"\n"
		"      # NVLink domain rackB.0\n      - block: block2\n        nodes: \"n[3-5]\"\n"
		"# in no NVLink domain, so in no block: login\n",
		[TOPO_YAML_TREE] =
		"---\n- topology: nvlink\n  cluster_default: true\n  tree:\n"
		"    switches:\n"
		"      - switch: top\n        children: \"domain[1-2],others\"\n"
		"      # NVLink domain rackZ.1\n      - switch: domain1\n        nodes: \"n[1-2]\"\n"
		"      # NVLink domain rackB.0\n      - switch: domain2\n        nodes: \"n[3-5]\"\n"
		"      # no NVLink domain\n      - switch: others\n        nodes: \"login\"\n",
	};
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_buf buf;

	weft_buf_init(&buf, 1 << 20);
	ck_assert_int_eq(topo_topology_conf(nodes, 6, _i, &buf, &err), 0);
	ck_assert_str_eq(weft_buf_str(&buf), want[_i]);
	weft_buf_fini(&buf);
}
END_TEST

/* What sched/weft makes of the file is what was written. */
START_TEST(test_topology_conf_reads_back)
{
	bool blocks = _i == TOPO_BLOCK || _i == TOPO_YAML;
	struct weft_levels levels = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_buf buf;
	uint32_t top = 0;
	int rc;

	weft_buf_init(&buf, 1 << 20);
	ck_assert_int_eq(topo_topology_conf(nodes, 6, _i, &buf, &err), 0);
	rc = _i < TOPO_YAML ?
	     weft_levels_read_topology(&levels, "conf", weft_buf_str(&buf), buf.len, &err) :
	     weft_levels_read_yaml(&levels, "yaml", weft_buf_str(&buf), buf.len, &err);
	ck_assert_msg(!rc, "%s", err.msg);
	ck_assert_uint_eq(levels.count, blocks ? 2 : 4);
	for (uint32_t i = 0; i < levels.count; i++) {
		const struct weft_level_group *group = &levels.group[i];
		bool first = group->name[strlen(group->name) - 1] == '1';

		ck_assert_int_eq(group->is_domain, blocks);
		if (group->switches) {
			ck_assert_str_eq(group->switches, "domain[1-2],others");
			top++;
		} else {
			ck_assert_str_eq(group->nodes,
					 !strcmp(group->name, "others") ? "login" :
					 first ? "n[1-2]" : "n[3-5]");
		}
	}
	ck_assert_uint_eq(top, !blocks);
	weft_levels_fini(&levels);
	weft_buf_fini(&buf);
}
END_TEST

START_TEST(test_topology_conf_refuses)
{
	static const struct topo_node bad = { "n1 n2", "x" };
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_buf buf;

	weft_buf_init(&buf, 1 << 20);
	ck_assert_int_eq(topo_topology_conf(&nodes[3], 1, TOPO_BLOCK, &buf, &err),
			 -ENOENT);
	ck_assert(strstr(err.msg, "no node reports an NVLink domain"));
	ck_assert_int_eq(topo_topology_conf(&bad, 1, TOPO_TREE, &buf, &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg, "'n1 n2' is no name of a node");
	weft_buf_fini(&buf);
}
END_TEST

/* ---- the cluster -------------------------------------------------------- */

START_TEST(test_cluster)
{
	struct weft_inventory *inv = weft_inventory_create("report");
	struct topo_cluster_node node[] = {
		{ .name = (char *)"n10", .domain = (char *)"d2",
		  .leaf = (char *)"s1", .gpu_count = 2, .busy = 1 },
		{ .name = (char *)"n9", .domain = (char *)"d10",
		  .leaf = (char *)"s1", .gpu_count = 2, .busy = 3 },
		{ .name = (char *)"login", .domain = (char *)"", .leaf = (char *)"",
		  .hardware_idx = TOPO_HARDWARE_UNKNOWN },
		{ .name = (char *)"n8", .domain = (char *)"d10",
		  .leaf = (char *)"s1", .gpu_count = 2, .state = TOPO_NODE_DOWN },
	};
	struct topo_hardware hardware = { (char *)"00ff", inv };
	struct topo_cluster cluster = { (char *)"site", 4, 1, node, &hardware };

	const struct topo_style narrow = { .width = 40 };
	struct weft_buf buf;
	char *d2, *d10, *none;

	ck_assert_ptr_nonnull(inv);
	inv->gpu_count = 2;
	inv->path[0][1] = inv->path[1][0] = WEFT_PATH_SYS;
	weft_buf_init(&buf, 1 << 20);
	ck_assert_int_eq(topo_cluster_show(&cluster, false, &narrow, &buf), 0);
	ck_assert(strstr(weft_buf_str(&buf), "site: 4 nodes, 1 kinds of GPU hardware, 1 nodes that reported none"));
	d2 = strstr(weft_buf_str(&buf), "d2                 1      2      1  n10\n");
	d10 = strstr(weft_buf_str(&buf), "d10                2      4      2  n[8-9]\n");
	none = strstr(weft_buf_str(&buf), "none known         1      0      0  login\n");
	ck_assert_msg(d2 && d10 && none && d2 < d10 && d10 < none, "%s",
		      weft_buf_str(&buf));
	check_has(&buf, "\nleaf s1: 3 nodes, 3 of 6 GPUs busy\n"
			"  NVLink domain d2: 1 node, 1 of 2 GPUs busy\n"
			"    n10   #.\n"
			"  NVLink domain d10: 2 nodes, 2 of 4 GPUs busy\n"
			"    n8    --   n9    ##\n"
			"\nno leaf switch known: 1 node, 0 of 0 GPUs busy\n"
			"  no NVLink domain known: 1 node, 0 of 0 GPUs busy\n"
			"    login \n"
			"\n. free, # held by a job, - its node is down\n");
	ck_assert_msg(strstr(none, "n[8-9],n10: 2 x GPU of unknown type"), "%s", none);
	weft_buf_clear(&buf);
	ck_assert_int_eq(topo_cluster_show(&cluster, true, &plain, &buf), 0);
	ck_assert(strstr(weft_buf_str(&buf), "\"id\": \"00ff\""));
	ck_assert(strstr(weft_buf_str(&buf), "\"name\": null"));
	check_has(&buf, "{ \"name\": \"n9\", \"leaf\": \"s1\", \"domain\": \"d10\", \"state\": \"up\", \"hardware\": \"00ff\", \"gpus\": 2, \"busy\": [ 0, 1 ] }");
	ck_assert_ptr_eq(topo_cluster_find(&cluster, "n9"), &node[1]);
	ck_assert_ptr_null(topo_cluster_find(&cluster, "n"));
	weft_buf_fini(&buf);
	weft_inventory_destroy(inv);
}
END_TEST

/* ---- the cluster as a drawing -------------------------------------------- */

struct rects {
	double at[1024][4];	/* x, y, width, height */
	uint32_t count;
};

/* Add the drawing's rectangles of a class. */
static void take_rects(struct rects *rects, const char *drawing, const char *class)
{
	char want[64];

	snprintf(want, sizeof(want), "<rect class=\"%s\" x=\"", class);
	for (const char *at = drawing; (at = strstr(at, want));) {
		double *r = rects->at[rects->count++];

		at += strlen(want);
		ck_assert_uint_le(rects->count, 1024);
		ck_assert_int_eq(sscanf(at, "%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"",
					&r[0], &r[1], &r[2], &r[3]), 4);
	}
}

static bool inside(const double a[4], const double b[4])
{
	return a[0] >= b[0] && a[1] >= b[1] && a[0] + a[2] <= b[0] + b[2] &&
	       a[1] + a[3] <= b[1] + b[3];
}

static bool apart(const double a[4], const double b[4])
{
	return a[0] + a[2] <= b[0] || b[0] + b[2] <= a[0] ||
	       a[1] + a[3] <= b[1] || b[1] + b[3] <= a[1];
}

static uint32_t homes_of(const double tile[4], const struct rects *rects)
{
	uint32_t homes = 0;

	for (uint32_t i = 0; i < rects->count; i++)
		homes += inside(tile, rects->at[i]);
	return homes;
}

static struct topo_cluster *big_cluster(uint32_t node_count)
{
	struct topo_cluster *cluster = calloc(1, sizeof(*cluster));
	char text[64];

	cluster->name = strdup("site <a>");
	cluster->node_count = node_count;
	cluster->node = calloc(node_count, sizeof(*cluster->node));
	cluster->hardware = calloc(2, sizeof(*cluster->hardware));
	cluster->hardware_count = 2;
	cluster->hardware[0].id = strdup("1");
	cluster->hardware[0].inv = golden("smi-dgx1.txt");
	cluster->hardware[1].id = strdup("2");
	cluster->hardware[1].inv = golden("nccl-nvswitch.xml");
	for (uint32_t i = 0; i < node_count; i++) {
		struct topo_cluster_node *node = &cluster->node[i];

		snprintf(text, sizeof(text), "gpu%03u", i);
		node->name = strdup(text);
		snprintf(text, sizeof(text), i % 16 > 8 ? "" : "rack%u", i / 8);
		node->domain = strdup(text);
		snprintf(text, sizeof(text), "leaf%u", i / 32);
		node->leaf = strdup(text);
		node->hardware_idx = i % 7 == 0 ? TOPO_HARDWARE_UNKNOWN : i > node_count / 2;
		node->gpu_count = i % 7 == 0 ? 0 : 8;
		node->busy = node->gpu_count ? i * 2654435761u >> 13 & 0xff : 0;
		node->state = i % 31 == 5 ? TOPO_NODE_DRAINED : TOPO_NODE_UP;
	}
	return cluster;
}

/*
 * Well-formed, every node and every GPU there once, each tile inside a box and
 * each box inside a leaf's panel, and nothing upon another.
 * WEFT_TEST_DRAWING=FILE keeps the drawing to look at.
 */
START_TEST(test_cluster_svg)
{
	struct topo_cluster *cluster = big_cluster(512);
	const char *keep = getenv("WEFT_TEST_DRAWING"), *at;
	struct rects *tile = calloc(3, sizeof(*tile)), *box = tile + 1, *leaf = tile + 2;
	uint32_t gpus = 0, busy = 0;
	struct weft_buf buf;
	xmlDoc *doc;

	weft_buf_init(&buf, 16u << 20);
	ck_assert_int_eq(topo_cluster_svg(cluster, &buf), 0);
	doc = xmlReadMemory(weft_buf_str(&buf), (int)buf.len, "svg", NULL,
			    XML_PARSE_NONET);
	ck_assert_ptr_nonnull(doc);
	xmlFreeDoc(doc);
	check_has(&buf, "cluster site &lt;a&gt;: 512 nodes, ");
	check_has(&buf, "<title>gpu003: 8 GPUs, busy ");
	check_has(&buf, "gpu005: 8 GPUs");
	check_has(&buf, ", drained</title>");
	take_rects(tile, weft_buf_str(&buf), "tile");
	take_rects(tile, weft_buf_str(&buf), "tile off");
	take_rects(box, weft_buf_str(&buf), "domain");
	take_rects(box, weft_buf_str(&buf), "nodomain");
	take_rects(leaf, weft_buf_str(&buf), "leaf");
	ck_assert_uint_eq(tile->count, 512);
	ck_assert_uint_eq(leaf->count, 16);
	for (uint32_t i = 0; i < tile->count; i++) {
		bool clear = true;	/* an assertion writes to a file */

		for (uint32_t j = 0; j < i; j++)
			clear = clear && apart(tile->at[i], tile->at[j]);
		ck_assert_msg(clear, "tile %u lies on another", i);
		ck_assert_uint_eq(homes_of(tile->at[i], box), 1);
		ck_assert_uint_eq(homes_of(tile->at[i], leaf), 1);
	}
	for (uint32_t i = 0; i < 512; i++) {
		gpus += cluster->node[i].gpu_count;
		busy += (uint32_t)__builtin_popcountll(cluster->node[i].busy);
	}
	for (at = weft_buf_str(&buf); (at = strstr(at, "h9v9h-9z")); at++)
		gpus--;
	ck_assert_uint_eq(gpus, (uint32_t)-3);	/* and three in the legend */
	for (at = weft_buf_str(&buf); (at = strstr(at, "<path class=\"busy\" d=\"")); at++)
		for (const char *p = at; *p != '/'; p++)
			busy -= *p == 'z';
	ck_assert_uint_eq(busy, (uint32_t)-1);
	if (keep) {
		FILE *out = fopen(keep, "w");

		ck_assert_ptr_nonnull(out);
		fputs(weft_buf_str(&buf), out);
		fclose(out);
	}
	weft_buf_fini(&buf);
	free(tile);
	topo_cluster_destroy(cluster);
}
END_TEST

UNIT_MAIN_ROWS("topo",
	       ONCE(test_hostlist), ONCE(test_gpu_lists), ONCE(test_show),
	       ONCE(test_svg), ONCE(test_pick_explains),
	       EACH(test_gres_conf, gres_cases),
	       TIMES(test_topology_conf, TOPO_YAML_TREE + 1),
	       TIMES(test_topology_conf_reads_back, TOPO_YAML_TREE + 1),
	       ONCE(test_topology_conf_refuses),
	       ONCE(test_cluster), ONCE(test_cluster_svg))
