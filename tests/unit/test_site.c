/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_site.c - a cluster from its configuration, in each of its forms
 *
 * Tables for what is read and for what is refused and how; the machine made
 * of it must pass the core's own checks.  With WEFT_DATA (or ../shared/data)
 * the configurations of real sites are read as well.
 */
#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "sched/site.h"
#include "tests/unit/torture.h"
#include "tests/unit/unit.h"

static const char small_conf[] =
	"# a small site\n"
	"clustername=small\n"
	"SchedulerType = sched/backfill\n"
	"SchedulerParameters=\"bf_window=10, bf_continue\"\n"
	"GresTypes=gpu\n"
	"NodeName=DEFAULT Sockets=2 CoresPerSocket=16 \\\n"
	"   RealMemory=512000 Weight=7 # tail\n"
	"NodeName=gpu[01-04] Gres=gpu:h100:8(S:0-1),nic:1 Feature=ib,h100\n"
	"NODENAME=DEFAULT ThreadsPerCore=2\n"
	"NodeName=cpu[1-3] State=DOWN\n"
	"NodeName=old Gres=gpu:2,gpu:a100:1 CPUs=32 RealMemory=1G Weight=1\n"
	"DownNodes=gpu04 State=DRAIN Reason=\"fan = broken\"\n"
	"NodeSet=fast Feature=h100\n"
	"NodeSet=slow Nodes=cpu[2-3],old\n"
	"PartitionName=DEFAULT MaxTime=1-12 State=UP\n"
	"PartitionName=main Nodes=fast,old,gone[1-3] Default=YES "
	"PriorityTier=5 OverSubscribe=FORCE:3 DefMemPerCPU=4000\n"
	"PartitionName=rest Nodes=slow MaxTime=INFINITE DefaultTime=90 "
	"MinNodes=2 MaxNodes=3 State=DRAIN Shared=EXCLUSIVE\n"
	"PartitionName=every Nodes=ALL MaxTime=30:15\n";

static struct weft_site *create(void)
{
	struct weft_site *site = weft_site_create();

	ck_assert_ptr_nonnull(site);
	return site;
}

static struct weft_site *read_small(void)
{
	struct weft_site *site = create();
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_msg(!weft_site_add_slurm_conf(site, "slurm.conf", small_conf,
						strlen(small_conf), NULL, &err),
		      "%s", err.msg);
	return site;
}

static void finish(struct weft_site *site)
{
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_msg(!weft_site_finish(site, &err), "%s", err.msg);
	ck_assert_msg(!weft_fabric_check(site->fabric, &err), "%s", err.msg);
	ck_assert_msg(!weft_cluster_check(weft_site_cluster(site), &err), "%s",
		      err.msg);
}

static const struct weft_site_node *node(const struct weft_site *site,
					 const char *name)
{
	uint32_t idx = weft_site_find_node(site, name);

	ck_assert_msg(idx != UINT32_MAX, "%s is not there", name);
	return &site->node[idx];
}

static const struct weft_site_partition *part(const struct weft_site *site,
					      const char *name)
{
	uint32_t idx = weft_site_find_partition(site, name);

	ck_assert_msg(idx != UINT32_MAX, "%s is not there", name);
	return &site->partition[idx];
}

START_TEST(test_nodes)
{
	struct weft_site *site = read_small();
	const struct weft_site_node *n;

	finish(site);
	ck_assert_uint_eq(site->node_count, 8);
	n = node(site, "gpu02");
	ck_assert_uint_eq(n->cpus, 32);
	ck_assert_uint_eq(n->mem_mib, 512000);
	ck_assert_uint_eq(n->weight, 7);
	ck_assert_uint_eq(n->gpus, 8);
	ck_assert_uint_eq(n->gpus_of_type[0], 0xff);
	ck_assert(n->usable && weft_site_has_feature(n, "h100") &&
		  weft_site_has_feature(n, "ib"));
	ck_assert(!weft_site_has_feature(n, "h10") &&
		  !weft_site_has_feature(n, "b"));
	ck_assert(!node(site, "gpu04")->usable);
	n = node(site, "cpu1");
	ck_assert(!n->usable && n->gpus == 0);
	ck_assert_uint_eq(n->cpus, 64);
	n = node(site, "old");
	ck_assert_uint_eq(n->cpus, 32);
	ck_assert_uint_eq(n->mem_mib, 1024);
	ck_assert_uint_eq(n->gpus, 3);
	ck_assert_uint_eq(n->gpus_untyped, 2);
	ck_assert_uint_eq(n->gpus_of_type[1], 4);
	ck_assert_str_eq(weft_names_get(site->gpu_types, 1), "a100");
	ck_assert_str_eq(weft_site_get(site, "schedulerparameters"),
			 "bf_window=10, bf_continue");
	ck_assert_ptr_null(weft_site_get(site, "NodeName"));
	weft_site_destroy(site);
}
END_TEST

START_TEST(test_partitions)
{
	struct weft_site *site = read_small();
	const struct weft_site_partition *p;

	finish(site);
	ck_assert_uint_eq(site->partition_count, 3);
	p = part(site, "main");
	ck_assert_uint_eq(weft_idxset_count(p->nodes), 5);
	ck_assert(p->is_default && p->up);
	ck_assert_uint_eq(p->max_sec, 36 * 3600);
	ck_assert_uint_eq(p->default_sec, 36 * 3600);
	ck_assert_uint_eq(p->priority_tier, 5);
	ck_assert_int_eq(p->oversubscribe, WEFT_OVERSUBSCRIBE_FORCE);
	ck_assert_uint_eq(p->share_max, 3);
	ck_assert(p->mem_default_per_cpu);
	ck_assert_uint_eq(p->mem_default_mib, 4000);
	p = part(site, "rest");
	ck_assert_uint_eq(weft_idxset_count(p->nodes), 3);
	ck_assert(!p->is_default && !p->up);
	ck_assert_uint_eq(p->max_sec, WEFT_SITE_UNLIMITED);
	ck_assert_uint_eq(p->default_sec, 90 * 60);
	ck_assert_uint_eq(p->nodes_min, 2);
	ck_assert_uint_eq(p->nodes_max, 3);
	ck_assert_int_eq(p->oversubscribe, WEFT_OVERSUBSCRIBE_EXCLUSIVE);
	p = part(site, "every");
	ck_assert_uint_eq(weft_idxset_count(p->nodes), 8);
	ck_assert_uint_eq(p->max_sec, 30 * 60 + 15);
	ck_assert_ptr_nonnull(strstr(weft_buf_str(&site->notes), "gone1"));
	weft_site_destroy(site);
}
END_TEST

START_TEST(test_refused)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "NodeName=a\nNodeName=b[1-\n", "x:2: NodeName: a bracket" },
		{ "NodeName=a\nNodeName=a\n", "x:2: node a is defined twice" },
		{ "NodeName=a[1-2],a2\n", "x:1: node a2 is defined twice" },
		{ "\n\n{% if x %}\n", "x:3: Key=Value expected" },
		{ "NodeName=a CPUs=many\n", "x:1: CPUs=many: a number" },
		{ "NodeName=a Sockets=70000\n", "over 65535" },
		{ "NodeName=a RealMemory=-4\n", "x:1: RealMemory=-4" },
		{ "NodeName=a Gres=gpu:65\n", "at most 64 GPUs" },
		{ "NodeName=a Gres=gpu:x:y:2\n", "gpu:TYPE:COUNT expected" },
		{ "NodeName=a\nPartitionName=p MaxTime=soon\n", "x:2: MaxTime=soon" },
		{ "NodeName=a\nPartitionName=p Shared=MAYBE\n", "x:2: OverSubscribe" },
		{ "PartitionName=p\nPartitionName=p\n", "x:2: partition p is defined" },
		{ "NodeName=a Reason=\"x\n", "x:1: Reason: a quote is not closed" },
		{ "Include other\n", "x:1: other files are not read here" },
		{ "NodeSet=s\n", "x:1: NodeSet: Nodes or Feature" },
		{ "NodeName=n[1-1000001]\n", "more than 1000000 names" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_site *site = create();
		struct weft_err err = WEFT_ERR_INIT;

		ck_assert_int_lt(weft_site_add_slurm_conf(site, "x",
							  cases[i].text,
							  strlen(cases[i].text),
							  NULL, &err), 0);
		ck_assert_msg(strstr(err.msg, cases[i].message) != NULL,
			      "%s: %s", cases[i].text, err.msg);
		weft_site_destroy(site);
	}
}
END_TEST

static int give_include(void *arg, const char *name, char **ret_text,
			size_t *ret_len, struct weft_err *err)
{
	static const char text[] = "NodeName=b[1-2]\nInclude round\n";

	++*(int *)arg;
	if (!strcmp(name, "gone"))
		return weft_err_set(err, ENOENT, "gone: not there");
	*ret_text = strdup(strcmp(name, "round") ? "NodeName=b[1-2]\n" :
			   text + 16);
	*ret_len = strlen(*ret_text);
	return 0;
}

START_TEST(test_include)
{
	int count = 0;
	const struct weft_site_files files = { give_include, &count };
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_site *site = create();

	ck_assert_int_eq(weft_site_add_slurm_conf(site, "x",
						  "include y\nNodeName=a", 20,
						  &files, &err), 0);
	finish(site);
	ck_assert_uint_eq(site->node_count, 3);
	weft_site_destroy(site);
	site = create();
	ck_assert_int_eq(weft_site_add_slurm_conf(site, "x", "\nInclude gone",
						  13, &files, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "x:2: gone: not there");
	count = 0;
	ck_assert_int_eq(weft_site_add_slurm_conf(site, "x", "Include round",
						  13, &files, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "nested too deep"));
	ck_assert_int_lt(count, 20);
	weft_site_destroy(site);
}
END_TEST

START_TEST(test_gres_conf)
{
	static const char conf[] =
		"NodeName=a[1-2] Gres=gpu:4\nNodeName=b Gres=gpu:v100:2\n"
		"NodeName=c\nNodeName=d Gres=gpu:3\nNodeName=e Gres=gpu:1\n";
	static const char gres[] =
		"AutoDetect=off\n"
		"NodeName=a1 Name=gpu Type=k80 File=/dev/nvidia[0-1]\n"
		"NodeName=a1 Name=gpu Type=p100 File=/dev/nvidia[2-3]\n"
		"NodeName=a2,b,c,e Name=gpu Type=t4 Count=2\n"
		"NodeName=d Name=nic Count=9\n"
		"NodeName=d Name=gpu File=/dev/nvidia[0-2]\n";
	struct weft_site *site = create();
	struct weft_err err = WEFT_ERR_INIT;
	uint32_t k80, p100, t4, v100;

	ck_assert_int_eq(weft_site_add_slurm_conf(site, "s", conf, strlen(conf),
						  NULL, &err), 0);
	ck_assert_msg(!weft_site_add_gres_conf(site, "gres.conf", gres,
					       strlen(gres), NULL, &err), "%s",
		      err.msg);
	finish(site);
	k80 = weft_names_find(site->gpu_types, "k80");
	p100 = weft_names_find(site->gpu_types, "p100");
	t4 = weft_names_find(site->gpu_types, "t4");
	v100 = weft_names_find(site->gpu_types, "v100");
	ck_assert_uint_eq(node(site, "a1")->gpus, 4);
	ck_assert_uint_eq(node(site, "a1")->gpus_of_type[k80], 3);
	ck_assert_uint_eq(node(site, "a1")->gpus_of_type[p100], 12);
	ck_assert_uint_eq(node(site, "a2")->gpus, 4);
	ck_assert_uint_eq(node(site, "a2")->gpus_of_type[t4], 3);
	ck_assert_uint_eq(node(site, "a2")->gpus_untyped, 2);
	ck_assert_uint_eq(node(site, "b")->gpus_of_type[v100], 3);
	ck_assert_uint_eq(node(site, "b")->gpus_of_type[t4], 0);
	ck_assert_uint_eq(node(site, "c")->gpus, 0);
	ck_assert_uint_eq(node(site, "d")->gpus_untyped, 3);
	ck_assert_uint_eq(node(site, "e")->gpus, 1);
	ck_assert_uint_eq(node(site, "e")->gpus_of_type[t4], 1);
	ck_assert_ptr_nonnull(strstr(weft_buf_str(&site->notes),
				     "2 GPUs for a2, where slurm.conf has 4"));
	ck_assert_int_eq(weft_site_add_gres_conf(site, "g", "\nName=gpu Count=x",
						 17, NULL, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "g:2: Count: a number expected");
	weft_site_destroy(site);
}
END_TEST

static const char *domain_name(const struct weft_site *site, const char *name)
{
	uint32_t v = site->fabric->domain_of[weft_site_find_node(site, name)];

	return v == UINT32_MAX ? "-" : site->fabric->vertex[v].name;
}

static const char *leaf_name(const struct weft_site *site, const char *name)
{
	uint32_t v = site->fabric->leaf_of[weft_site_find_node(site, name)];

	return v == UINT32_MAX ? "-" : site->fabric->vertex[v].name;
}

START_TEST(test_tree)
{
	static const char text[] =
		"SwitchName=top Switches=s[1-2]\n"
		"SwitchName=s1 Nodes=gpu[01-04]\n"
		"SwitchName=s2 Nodes=cpu[1-9],gpu04 LinkSpeed=100\n";
	struct weft_site *site = read_small();
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_int_eq(weft_site_add_topology_conf(site, "t", text,
						     strlen(text), &err), 0);
	finish(site);
	ck_assert_str_eq(leaf_name(site, "gpu04"), "s1");
	ck_assert_str_eq(leaf_name(site, "cpu3"), "s2");
	ck_assert_str_eq(leaf_name(site, "old"), "-");
	ck_assert_uint_eq(site->passed_over.unknown_count, 6);
	ck_assert_uint_eq(site->passed_over.conflict_count, 1);
	ck_assert_str_eq(site->passed_over.first_conflict,
			 "gpu04 in s1 and s2");
	weft_site_destroy(site);
}
END_TEST

START_TEST(test_blocks)
{
	static const char text[] =
		"BlockName=b1 Nodes=n[1-2]\nBlockName=b2 Nodes=n[3-4]\n"
		"BlockName=b3 Nodes=n[5-6]\nBlockSizes=2,4,8\n";
	struct weft_site *site = create();
	struct weft_err err = WEFT_ERR_INIT;
	const struct weft_fabric *f;
	uint32_t v;

	ck_assert_int_eq(weft_site_add_slurm_conf(site, "s", "NodeName=n[1-7]",
						  15, NULL, &err), 0);
	ck_assert_int_eq(weft_site_add_topology_conf(site, "t", text,
						     strlen(text), &err), 0);
	finish(site);
	f = site->fabric;
	ck_assert_str_eq(domain_name(site, "n3"), "b2");
	ck_assert_str_eq(domain_name(site, "n7"), "-");
	v = f->vertex[f->domain_of[weft_site_find_node(site, "n3")]].parent;
	ck_assert_str_eq(f->vertex[v].name, "b1..b2");
	ck_assert_uint_eq(f->vertex[v].node_count, 4);
	v = f->vertex[v].parent;
	ck_assert_str_eq(f->vertex[v].name, "b1..b3");
	ck_assert_uint_eq(f->vertex[v].node_count, 6);
	weft_site_destroy(site);
}
END_TEST

START_TEST(test_topology_refused)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "SwitchName=a Nodes=n1\nSwitchName=a Nodes=n2\n", "t:2: a is defined twice" },
		{ "SwitchName=a\n", "t:1: switch a has neither" },
		{ "SwitchName=a Nodes=n1 Switches=b\n", "t:1: switch a has both" },
		{ "SwitchName=a Nodes=n[\n", "t:1: a: a bracket" },
		{ "BlockName=a\n", "t:1: block a has no Nodes" },
		{ "BlockName=a Nodes=n1\nSwitchName=b Nodes=n2\n", "t:2: blocks and switches" },
		{ "BlockSizes=4,6\n", "t:1: BlockSizes" },
		{ "BlockSizes=4,12\n", "times 2, 4, 8" },
		{ "BlockSizes=4,16,8\n", "rising" },
		{ "Nodes=n1\n", "t:1: SwitchName, BlockName or BlockSizes" },
		/* these are seen when the tree is built */
		{ "SwitchName=a Switches=b\n", "line 1: switch a is above b" },
		{ "SwitchName=a Switches=b\nSwitchName=b Switches=a\n", "below itself" },
		{ "SwitchName=a Switches=c\nSwitchName=b Switches=c\nSwitchName=c Nodes=n1\n", "below both a and b" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_site *site = create();
		struct weft_err err = WEFT_ERR_INIT;
		int rc;

		ck_assert_int_eq(weft_site_add_slurm_conf(site, "s",
							  "NodeName=n[1-3]", 15,
							  NULL, &err), 0);
		rc = weft_site_add_topology_conf(site, "t", cases[i].text,
						 strlen(cases[i].text), &err);
		if (rc == 0)
			rc = weft_site_finish(site, &err);
		else
			ck_assert_uint_eq(site->levels.count, 0);
		ck_assert_int_eq(rc, -EINVAL);
		ck_assert_msg(strstr(err.msg, cases[i].message) != NULL,
			      "%s: %s", cases[i].text, err.msg);
		weft_site_destroy(site);
	}
}
END_TEST

START_TEST(test_who_wins)
{
	static const char show[] =
		"NodeName=n1 Arch=x86_64 CoresPerSocket=8 \n"
		"   CPUAlloc=0 CPUEfctv=32 CPUTot=32 CPULoad=0.05\n"
		"   AvailableFeatures=ib,h100\n"
		"   ActiveFeatures=ib\n"
		"   Gres=gpu:h100:8(S:0-1)\n"
		"   OS=Linux 6.1.0-13-amd64 #1 SMP x=y\n"
		"   RealMemory=2000 AllocMem=0 Sockets=2 Boards=1\n"
		"   State=MIXED ThreadsPerCore=2 TmpDisk=0 Weight=3 Owner=N/A\n"
		"   Partitions=main,debug \n"
		"   Extra={\"nvlink_domain\":\"told\"}\n"
		"   Reason=Not now CPUTot=99 [root@x]\n\n"
		"NodeName=n2 CPUTot=32 State=IDLE+DRAIN Partitions=main "
		"AvailableFeatures=(null) Gres=(null) RealMemory=2000 "
		"Extra={\"nvlink_domain\":\"told\"}\n"
		"NodeName=n3 CPUTot=32 Extra={\"nvlink_domain\":\"told\"}\n";
	static const char topology[] =
		"BlockName=block Nodes=n[1-2]\n";
	static const char json[] =
		"{\"fabric\": {\"domains\": [{\"name\": \"mine\", \"nodes\": \"n1\"}],"
		" \"switches\": [{\"name\": \"leaf\", \"nodes\": \"n[1-3]\"}]}}";
	struct weft_site *site = create();
	struct weft_err err = WEFT_ERR_INIT;
	const struct weft_site_node *n;
	struct weft_json *doc;

	ck_assert_int_eq(weft_json_parse("weft.json", json, strlen(json), &doc,
					 &err), 0);
	ck_assert_int_eq(weft_site_add_nodes_text(site, "show", show,
						  strlen(show), &err), 0);
	ck_assert_int_eq(weft_site_add_topology_conf(site, "t", topology,
						     strlen(topology), &err), 0);
	ck_assert_msg(!weft_site_add_json(site, doc, &err), "%s", err.msg);
	finish(site);
	weft_json_destroy(doc);
	n = node(site, "n1");
	ck_assert_uint_eq(n->cpus, 32);
	ck_assert_uint_eq(n->gpus, 8);
	ck_assert_uint_eq(n->mem_mib, 2000);
	ck_assert_uint_eq(n->weight, 3);
	ck_assert(n->usable && weft_site_has_feature(n, "h100"));
	ck_assert(!node(site, "n2")->usable && !node(site, "n2")->features);
	ck_assert_uint_eq(weft_idxset_count(part(site, "main")->nodes), 2);
	ck_assert_uint_eq(weft_idxset_count(part(site, "debug")->nodes), 1);
	ck_assert_str_eq(domain_name(site, "n1"), "mine");
	ck_assert_str_eq(domain_name(site, "n2"), "block");
	ck_assert_str_eq(domain_name(site, "n3"), "told");
	ck_assert_str_eq(leaf_name(site, "n3"), "leaf");
	ck_assert_str_eq(weft_levels_domain(&site->levels, WEFT_SAID_BY_SITE,
					    "n1"), "mine");
	ck_assert_ptr_null(weft_levels_domain(&site->levels, WEFT_SAID_BY_SITE,
					      "n2"));
	weft_site_destroy(site);
}
END_TEST

START_TEST(test_line)
{
	const struct weft_site_line line = {
		.nodes = 121, .gpus = 8, .gpu_type = "h100", .domain_nodes = 2,
		.leaf_nodes = 16,
	};
	const struct weft_site_line bad[] = {
		{ .nodes = 0 }, { .nodes = 2, .gpus = 65 },
		{ .nodes = 1000001 },
	};
	struct weft_site *site = create();
	struct weft_err err = WEFT_ERR_INIT;
	const struct weft_cluster *c;

	ck_assert_int_eq(weft_site_add_line(site, &line, &err), 0);
	finish(site);
	c = weft_site_cluster(site);
	ck_assert_uint_eq(c->node_count, 121);
	ck_assert_uint_eq(c->node[120].total.gpus, 8);
	ck_assert_uint_eq(c->node[120].total.cpus, 128);
	ck_assert_uint_eq(c->gpu_type_count, 1);
	ck_assert_str_eq(c->gpu_type[0], "h100");
	ck_assert_str_eq(domain_name(site, "node120"), "domain60");
	ck_assert_str_eq(domain_name(site, "node3"), "domain1");
	ck_assert_str_eq(leaf_name(site, "node120"), "leaf7");
	ck_assert_str_eq(site->partition[0].name, "all");
	ck_assert_uint_eq(weft_idxset_count(site->partition[0].nodes), 121);
	weft_site_destroy(site);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		site = create();
		ck_assert_int_eq(weft_site_add_line(site, &bad[i], &err),
				 -EINVAL);
		ck_assert_int_eq(weft_site_finish(site, &err), -EINVAL);
		weft_site_destroy(site);
	}
}
END_TEST

static int read_once(void *arg)
{
	static const char topology[] =
		"BlockName=a Nodes=gpu[01-02]\nBlockName=b Nodes=gpu[03-04]\n"
		"BlockSizes=2,4\n";
	static const char gres[] = "NodeName=old Name=gpu Type=t4 Count=2\n";
	struct weft_site *site = weft_site_create();
	struct weft_err err = WEFT_ERR_INIT;
	int rc = site ? 0 : -ENOMEM;

	(void)arg;
	if (!rc)
		rc = weft_site_add_slurm_conf(site, "s", small_conf,
					      strlen(small_conf), NULL, &err);
	if (!rc)
		rc = weft_site_add_gres_conf(site, "g", gres, strlen(gres),
					     NULL, &err);
	if (!rc)
		rc = weft_site_add_topology_conf(site, "t", topology,
						 strlen(topology), &err);
	if (!rc)
		rc = weft_site_finish(site, &err);
	if (!rc && !weft_site_cluster(site))
		rc = -ENOMEM;
	weft_site_destroy(site);
	return rc;
}

START_TEST(test_memory)
{
	torture_check(read_once, NULL);
}
END_TEST

/* Of these, those with values in templates must be refused, all others read. */
START_TEST(test_real_sites)
{
	static const struct {
		const char *path;
		uint32_t nodes, gpus;		/* 0: refused */
		const char *message;
	} cases[] = {
		{ "ub_ccr_medium/slurm.conf", 217, 20, NULL },
		{ "ub_micro/slurm.conf", 10, 2, NULL },
		{ "shine/slurm.conf", 5, 38, NULL },
		{ "deepops_template/slurm.conf", 0, 0, "slurm.conf:" },
		{ "oci_template/slurm.conf.j2", 0, 0, "slurm.conf.j2:" },
	};
	const char *data = getenv("WEFT_DATA");
	char path[512];

	data = data ? data : "../shared/data";
	snprintf(path, sizeof(path), "%s/slurm_conf/ub_micro/slurm.conf", data);
	if (access(path, R_OK)) {
		fprintf(stderr, "skipped: no real configurations (set WEFT_DATA)\n");
		return;
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_site *site = NULL;
		struct weft_err err = WEFT_ERR_INIT;
		uint32_t gpus = 0;

		snprintf(path, sizeof(path), "%s/slurm_conf/%s", data,
			 cases[i].path);
		weft_site_read(path, &site, &err);
		ck_assert_msg(!site == !cases[i].nodes, "%s: %s", path, err.msg);
		if (!site) {
			ck_assert_msg(strstr(err.msg, cases[i].message) != NULL,
				      "%s: %s", path, err.msg);
			continue;
		}
		for (uint32_t n = 0; n < site->node_count; n++)
			gpus += site->node[n].gpus;
		ck_assert_uint_eq(site->node_count, cases[i].nodes);
		ck_assert_uint_eq(gpus, cases[i].gpus);
		ck_assert_msg(!weft_cluster_check(weft_site_cluster(site), &err),
			      "%s: %s", path, err.msg);
		weft_site_destroy(site);
	}
}
END_TEST

UNIT_MAIN("site", test_nodes, test_partitions, test_refused, test_include,
	  test_gres_conf, test_tree, test_blocks, test_topology_refused,
	  test_who_wins, test_line, test_memory,
	  test_real_sites)
