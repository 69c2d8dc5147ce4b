/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_inventory.c - readers of topologies against golden files
 *
 * tests/golden/topo/good/NAME must come out as NAME.json beside it, and what
 * is written must read back as the same text.  bad/NAME must be refused with
 * a message that holds the text of NAME.err.  A new kind of machine or of
 * damage is a new file there; nothing changes here.
 *
 * Then every file of the collection of real machines (WEFT_DATA), if it is at
 * hand: each loads or is refused in words, and some are looked at closely.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "gres/device.h"
#include "gres/read_impl.h"
#include "lib/file.h"
#include "tests/unit/unit.h"

#define PATH_SIZE 1024

static void golden_path(char path[PATH_SIZE], const char *rest)
{
	const char *srcdir = getenv("srcdir");

	snprintf(path, PATH_SIZE, "%s/tests/golden/topo/%s",
		 srcdir ? srcdir : SRCDIR, rest);
}

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && !strcmp(name + len - end_len, end);
}

static char *text_of(const struct weft_inventory *inv)
{
	struct json_object *root = weft_inventory_to_json(inv);
	char *text;

	ck_assert_ptr_nonnull(root);
	text = strdup(json_object_to_json_string_ext(
		root, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
	return text;
}

static char *read_text(const char *path)
{
	struct weft_err err = WEFT_ERR_INIT;
	size_t len;
	char *text;

	ck_assert_msg(!weft_file_read(path, 1 << 20, &text, &len, &err), "%s",
		      err.msg);
	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	return text;
}

/* ---- golden files ------------------------------------------------------- */

static void check_good(const char *name)
{
	char path[PATH_SIZE], want_path[PATH_SIZE], rest[512];
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv, *back;
	char *got, *want, *again;

	snprintf(rest, sizeof(rest), "good/%s", name);
	golden_path(path, rest);
	ck_assert_msg(!weft_inventory_read(path, &inv, &err), "%s", err.msg);
	got = text_of(inv);
	snprintf(rest, sizeof(rest), "good/%s.want", name);
	golden_path(want_path, rest);
	want = read_text(want_path);
	ck_assert_msg(!strcmp(got, want), "%s:\ngot  %s\nwant %s", name, got,
		      want);
	ck_assert_msg(!read_json_text("written", got, strlen(got), &back, &err),
		      "%s: what was written does not read: %s", name, err.msg);
	again = text_of(back);
	ck_assert_str_eq(again, got);
	weft_inventory_destroy(back);
	weft_inventory_destroy(inv);
	free(again);
	free(want);
	free(got);
}

static void check_bad(const char *name)
{
	char path[PATH_SIZE], rest[512];
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv = NULL;
	char *want;
	int rc;

	snprintf(rest, sizeof(rest), "bad/%s.err", name);
	golden_path(path, rest);
	want = read_text(path);
	snprintf(rest, sizeof(rest), "bad/%s", name);
	golden_path(path, rest);
	rc = weft_inventory_read(path, &inv, &err);
	ck_assert_msg(rc < 0, "%s was not refused", name);
	ck_assert_ptr_null(inv);
	ck_assert_msg(strstr(err.msg, want) != NULL,
		      "%s: got '%s', want '%s' in it", name, err.msg, want);
	ck_assert_msg(strstr(err.msg, name) != NULL,
		      "%s: the message does not name the file: %s", name, err.msg);
	free(want);
}

static unsigned int each_golden(const char *folder, const char *not_input,
				void (*check)(const char *name))
{
	char path[PATH_SIZE];
	struct dirent *entry;
	unsigned int count = 0;
	DIR *dir;

	golden_path(path, folder);
	dir = opendir(path);
	ck_assert_msg(dir != NULL, "%s: %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || ends_with(entry->d_name, not_input))
			continue;
		check(entry->d_name);
		count++;
	}
	closedir(dir);
	return count;
}

START_TEST(test_golden_good)
{
	ck_assert_uint_ge(each_golden("good", ".want", check_good), 7);
}
END_TEST

START_TEST(test_golden_bad)
{
	ck_assert_uint_ge(each_golden("bad", ".err", check_bad), 20);
}
END_TEST

/* hwloc 2.9 follows a null pointer on these: refused, and we live. */
static void check_crash(const char *name)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv = NULL;
	char path[PATH_SIZE], folder[64], *text;
	size_t len;

	snprintf(folder, sizeof(folder), "../topo_crash/%s", name);
	golden_path(path, folder);
	ck_assert_int_lt(weft_inventory_read(path, &inv, &err), 0);
	ck_assert_msg(strstr(err.msg, name) && strstr(err.msg, "hwloc cannot"),
		      "%s", err.msg);
	ck_assert_int_eq(weft_file_read(path, TOPO_FILE_LIMIT, &text, &len, &err), 0);
	ck_assert_int_lt(read_any_text(name, text, len, &inv, &err), 0);
	free(text);
	ck_assert_ptr_null(inv);
}

START_TEST(test_xml_that_crashes_hwloc)
{
	ck_assert_uint_ge(each_golden("../topo_crash", ".want", check_crash), 2);
}
END_TEST

/* ---- words -------------------------------------------------------------- */

START_TEST(test_gpu_type)
{
	static const char *const cases[][2] = {
		{ "NVIDIA H100 80GB HBM3", "h100" },
		{ "Tesla V100-SXM2-32GB", "v100" },
		{ "NVIDIA A10G", "a10g" },
		{ "NVIDIA GB200", "gb200" },
		{ "AMD Instinct MI250X", "mi250x" },
		{ "Intel(R) Data Center GPU Max 1550", "max_1550" },
		{ "NVIDIA GeForce RTX 3090", "geforce_rtx_3090" },
		{ "Tesla T4", "t4" },
		{ "", "" },
		{ "(?)", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char type[32];

		weft_gpu_type(cases[i][0], type, sizeof(type));
		ck_assert_str_eq(type, cases[i][1]);
	}
}
END_TEST

START_TEST(test_pci)
{
	static const char *const bad[] = {
		"", "1b", "1b:00", "0000:1b:00", "0000:1b:20.0", "0000:1b:00.8",
		"0000:1b:00.0 ", "0:0:0:0.0", "0000:1bb:00.0", "g:00.0", ":00.0",
		"123456789:00:00.0",
	};
	struct weft_pci pci, other;
	char text[WEFT_PCI_SIZE];

	ck_assert(weft_pci_parse("00000000:1B:00.0", &pci));
	weft_pci_format(&pci, text);
	ck_assert_str_eq(text, "0000:1b:00.0");
	ck_assert(weft_pci_parse("1b:1f.7", &other));
	ck_assert_int_lt(weft_pci_compare(&pci, &other), 0);
	ck_assert(weft_pci_parse("FFFFFFFF:ff:1f.7", &pci));
	weft_pci_format(&pci, text);
	ck_assert_str_eq(text, "ffffffff:ff:1f.7");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!weft_pci_parse(bad[i], &pci), "'%s'", bad[i]);
}
END_TEST

static void check_cpus(int (*parse)(const char *, struct weft_idxset **),
		       const char *text, int want_rc, const char *want)
{
	struct weft_idxset *set = NULL;
	struct weft_buf buf;

	ck_assert_msg(parse(text, &set) == want_rc, "'%s'", text);
	weft_buf_init(&buf, 4096);
	if (set)
		weft_cpulist_format(set, &buf);
	ck_assert_str_eq(weft_buf_str(&buf), want);
	weft_buf_fini(&buf);
	weft_idxset_destroy(set);
}

START_TEST(test_cpus)
{
	check_cpus(weft_cpulist_parse, "0-3,8,10-11", 0, "0-3,8,10-11");
	check_cpus(weft_cpulist_parse, "4095", 0, "4095");
	check_cpus(weft_cpulist_parse, "4096", -ERANGE, "");
	check_cpus(weft_cpulist_parse, "99999999999", -ERANGE, "");
	check_cpus(weft_cpulist_parse, "3-1", -EINVAL, "");
	check_cpus(weft_cpulist_parse, "", -EINVAL, "");
	check_cpus(weft_cpulist_parse, "1,", -EINVAL, "");
	check_cpus(weft_cpulist_parse, "1-", -EINVAL, "");
	check_cpus(weft_cpulist_parse, "N/A", -EINVAL, "");
	check_cpus(weft_cpumask_parse, "00000001,000000ff", 0, "0-7,32");
	check_cpus(weft_cpumask_parse, "F", 0, "0-3");
	check_cpus(weft_cpumask_parse, "0", 0, "");
	check_cpus(weft_cpumask_parse, "1,ff", -EINVAL, "");
	check_cpus(weft_cpumask_parse, ",00000001", -EINVAL, "");
	check_cpus(weft_cpumask_parse, "0x1", -EINVAL, "");
	check_cpus(weft_cpumask_parse, "", -EINVAL, "");
}
END_TEST

/* ---- invariants --------------------------------------------------------- */

START_TEST(test_check_names_the_offender)
{
	struct weft_inventory *inv = weft_inventory_create("json");
	struct weft_err err = WEFT_ERR_INIT;

	inv->gpu_count = 2;
	ck_assert_int_eq(weft_inventory_check(inv, &err), 0);
	inv->link_mbps[0][1] = 5;
	ck_assert_int_eq(weft_inventory_check(inv, &err), -EINVAL);
	ck_assert(strstr(err.msg, "not symmetric"));
	inv->link_mbps[1][0] = 5;
	ck_assert_int_eq(weft_inventory_check(inv, &err), -EINVAL);
	ck_assert(strstr(err.msg, "GPU 1 to 0"));
	inv->path[0][1] = inv->path[1][0] = WEFT_PATH_LINK;
	ck_assert_int_eq(weft_inventory_check(inv, &err), 0);
	inv->path[0][0] = WEFT_PATH_PIX;
	ck_assert_int_eq(weft_inventory_check(inv, &err), -EINVAL);
	ck_assert(strstr(err.msg, "GPU 0 is linked to itself"));
	inv->path[0][0] = WEFT_PATH_SELF;
	inv->gpu[1].numa_idx = 0;
	ck_assert_int_eq(weft_inventory_check(inv, &err), -EINVAL);
	ck_assert(strstr(err.msg, "GPU 1: NUMA node 0"));
	inv->gpu[1].numa_idx = -1;
	inv->gpu_count = WEFT_GPUS_MAX + 1;
	ck_assert_int_eq(weft_inventory_check(inv, &err), -EINVAL);
	inv->gpu_count = 1;
	inv->nic_count = 1;
	inv->nic_path[0][0] = 99;
	ck_assert_int_eq(weft_inventory_check(inv, &err), -EINVAL);
	ck_assert(strstr(err.msg, "NIC 0"));
	weft_inventory_destroy(inv);
	weft_inventory_destroy(NULL);
}
END_TEST

/* ---- real machines ------------------------------------------------------ */

static const char *data_dir(void)
{
	const char *dir = getenv("WEFT_DATA");

	return dir ? dir : SRCDIR "/../shared/data";
}

/* What is known of some of them; the others need only load or say why not. */
static const struct machine_case {
	const char *file;
	int32_t gpu_count;		/* -1: must be refused */
	uint32_t i, j, link_mbps;
	enum weft_path path;
	const char *words;		/* in the note, or in the refusal */
} machines[] = {
	{ "hwloc/hwloc_dgx2_16xV100_nvswitch.v2.xml", 16, 0, 15, 150000, WEFT_PATH_LINK, "" },
	{ "hwloc/hwloc_power8_4xP100_nvlink.v2.xml", 4, 0, 1, 40000, WEFT_PATH_LINK, "" },
	{ "hwloc/hwloc_power8_4xP100_nvlink.v2.xml", 4, 1, 2, 0, WEFT_PATH_SYS, "" },
	{ "hwloc/flux_tuo_MI300A_SPX.xml", 4, 0, 3, 100000, WEFT_PATH_LINK, "" },
	{ "hwloc/flux_tuo_MI300A_TPX.xml", 12, 0, 1, 100000, WEFT_PATH_LINK, "" },
	{ "hwloc/flux_sierra.xml", 4, 0, 2, 0, WEFT_PATH_SYS, "" },
	{ "hwloc/flux_corona.xml", 8, 0, 7, 0, WEFT_PATH_SYS, "" },
	{ "hwloc/aws_p3dn.24xl.xml", 8, 0, 7, 0, WEFT_PATH_PHB, "PCI bus only" },
	{ "hwloc/aws_p5.48xl.xml", 8, 0, 4, 0, WEFT_PATH_SYS, "" },
	{ "hwloc/aws_p5en.48xl.xml", 8, 0, 1, 0, WEFT_PATH_PIX, "" },
	{ "hwloc/pmix_nvml-4gpu.xml", 4, 0, 3, 150000, WEFT_PATH_LINK, "" },
	{ "hwloc/pmix_intel-4gpu.xml", 4, 0, 3, 0, WEFT_PATH_SYS, "" },
	{ "hwloc/pmix_intel-flat-4gpu.xml", 8, 0, 1, 0, WEFT_PATH_PIX, "" },
	{ "hwloc/hwloc_2xEpyc7763.xml", -1, 0, 0, 0, 0, "version 3.0" },
	{ "hwloc/hwloc_dgx_spark_gb10.tar.bz2", -1, 0, 0, 0, 0, "compressed" },
	{ "nccl/elasticflow_topo.xml", 8, 0, 7, 300000, WEFT_PATH_LINK, "" },
	{ "nccl/oci_H100-topology-kubernetes.xml", 8, 3, 4, 450000, WEFT_PATH_LINK, "" },
	{ "nccl/rccl_topo_16p1h.xml", 16, 0, 1, 200000, WEFT_PATH_LINK, "" },
	{ "nccl/rccl_topo_16p1h.xml", 16, 0, 4, 100000, WEFT_PATH_LINK, "" },
	{ "nccl/rccl_topo_8p6l.xml", 8, 0, 5, 0, WEFT_PATH_SYS, "" },
	{ "nccl/rccl_topo_4p_940.xml", 4, 0, 1, 64000, WEFT_PATH_LINK, "" },
	{ "nccl/aws_p4d-24xl-topo.xml", 8, 0, 1, 0, WEFT_PATH_PIX, "PCI tree only" },
	{ "nccl/azure_ndv2-topo.xml", 8, 0, 3, 0, WEFT_PATH_PHB, "PCI tree only" },
	{ "nccl/azure_ncv4-topo.xml", 4, 0, 1, 0, WEFT_PATH_SYS, "back to their own GPU" },
	{ "nccl/azure_ncv4-graph.xml", -1, 0, 0, 0, 0, "NCCL graph" },
	{ "nccl/aws_g5.48xl-topo.xml", -1, 0, 0, 0, 0, "no GPU in it" },
	{ "smi/hived_4xK80.txt", 4, 0, 3, 0, WEFT_PATH_NODE, "" },
	{ "smi/stas00_8xA100_nv12_48c.txt", 8, 0, 7, 300000, WEFT_PATH_LINK, "" },
	{ "smi/stas00_8xH100_nv18_104c.txt", 8, 0, 7, 450000, WEFT_PATH_LINK, "" },
	{ "smi/unattributed/dgxh100_dgx052_12nic.txt", 8, 0, 7, 450000, WEFT_PATH_LINK, "rows of NICs" },
};

START_TEST(test_real_machine)
{
	const struct machine_case *c = &machines[_i];
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;
	char path[PATH_SIZE];
	int rc;

	snprintf(path, sizeof(path), "%s/topo/%s", data_dir(), c->file);
	rc = weft_inventory_read(path, &inv, &err);
	if (rc == -ENOENT)
		return;		/* not at hand: the walk below says so, once */
	if (c->gpu_count < 0) {
		ck_assert_int_lt(rc, 0);
		ck_assert_msg(strstr(err.msg, c->words) != NULL, "%s", err.msg);
		return;
	}
	ck_assert_msg(!rc, "%s", err.msg);
	ck_assert_int_eq(inv->gpu_count, c->gpu_count);
	ck_assert_uint_eq(inv->link_mbps[c->i][c->j], c->link_mbps);
	ck_assert_uint_eq(inv->path[c->i][c->j], c->path);
	ck_assert_msg(strstr(inv->note, c->words) != NULL, "%s: note '%s'",
		      c->file, inv->note);
	weft_inventory_destroy(inv);
}
END_TEST

struct tally {
	unsigned int loaded, refused;
};

static void walk(const char *dir_path, int depth, struct tally *tally)
{
	struct dirent *entry;
	DIR *dir = opendir(dir_path);

	while (dir && (entry = readdir(dir))) {
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_inventory *inv;
		char path[PATH_SIZE];
		int rc;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name);
		if (entry->d_type == DT_DIR && depth < 3) {
			walk(path, depth + 1, tally);
			continue;
		}
		rc = weft_inventory_read(path, &inv, &err);
		if (rc) {
			ck_assert_msg(strstr(err.msg, path) == err.msg,
				      "%s: refused without its name: %s", path,
				      err.msg);
			printf("refused: %s\n", err.msg + strlen(dir_path) + 1);
			tally->refused++;
			continue;
		}
		ck_assert_msg(!weft_inventory_check(inv, &err), "%s: %s", path,
			      err.msg);
		weft_inventory_destroy(inv);
		tally->loaded++;
	}
	if (dir)
		closedir(dir);
}

START_TEST(test_real_machines_load_or_say_why)
{
	struct tally tally = { 0 };
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/topo", data_dir());
	walk(path, 0, &tally);
	if (!tally.loaded && !tally.refused) {
		printf("skipped: no topologies of real machines under %s\n", path);
		return;
	}
	printf("real machines: %u loaded, %u refused\n", tally.loaded,
	       tally.refused);
	ck_assert_uint_gt(tally.loaded, tally.refused * 4);
}
END_TEST

UNIT_MAIN_ROWS("inventory",
	       ONCE(test_gpu_type), ONCE(test_pci), ONCE(test_cpus),
	       ONCE(test_check_names_the_offender), ONCE(test_golden_good),
	       ONCE(test_golden_bad), ONCE(test_xml_that_crashes_hwloc),
	       EACH(test_real_machine, machines),
	       ONCE(test_real_machines_load_or_say_why))
