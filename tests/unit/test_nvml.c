/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_nvml.c - NVML's reader and discovery, with a library that plays NVML
 *
 * fake_nvml.c is built as a loadable module beside this program; FAKE_NVML_SO
 * (set at build time) says where.  Discovery is tested with children that
 * answer, die, and never answer.
 */
#include "config.h"

#include <dlfcn.h>
#include <check.h>
#include <json-c/json.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gres/read_impl.h"

static const char *slice_table = "/nonexistent/mig-minors";

static int read_fake(const char *machine, struct weft_inventory **ret_inv,
		     struct weft_err *err)
{
	setenv("FAKE_NVML", machine, 1);
	return read_nvml_from(FAKE_NVML_SO, slice_table, ret_inv, err);
}

START_TEST(test_mesh)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;

	ck_assert_msg(!read_fake("mesh", &inv, &err), "%s", err.msg);
	ck_assert_uint_eq(inv->gpu_count, 4);
	ck_assert_uint_eq(inv->link_mbps[0][1], 50000);
	ck_assert_uint_eq(inv->link_mbps[3][0], 50000);
	ck_assert_uint_eq(inv->link_mbps[0][2], 0);
	ck_assert_uint_eq(inv->path[0][2], WEFT_PATH_SYS);
	ck_assert_str_eq(inv->gpu[2].type, "h100");
	ck_assert_str_eq(inv->gpu[2].uuid, "GPU-00000002");
	ck_assert_uint_eq(inv->gpu[2].mem_mib, 81920);
	ck_assert_uint_eq(inv->gpu[2].pci.bus, 0x12);
	ck_assert(weft_idxset_has(inv->gpu[2].pus, 4));
	ck_assert(!weft_idxset_has(inv->gpu[2].pus, 3));
	ck_assert_uint_eq(inv->pu_count, 8);
	ck_assert_str_eq(inv->domain, "");
	ck_assert(strstr(inv->note, "GPU 2 is in MIG mode without a slice"));
	ck_assert(inv->gpu[2].mig);
	ck_assert_int_eq(inv->gpu[3].dev_minor, -1);	/* the driver refused */
	ck_assert_uint_eq(weft_gpu_minor(inv, 3), 3);
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_switch)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;

	ck_assert_msg(!read_fake("switch", &inv, &err), "%s", err.msg);
	ck_assert_uint_eq(inv->gpu_count, 3);
	for (uint32_t i = 0; i < 3; i++)
		for (uint32_t j = 0; j < i; j++)
			ck_assert_uint_eq(inv->link_mbps[i][j], 100000);
	ck_assert_str_eq(inv->domain, "abababababababababababababababab.7");
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_lost_gpu_keeps_its_index)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;

	ck_assert_msg(!read_fake("lost", &inv, &err), "%s", err.msg);
	ck_assert_uint_eq(inv->gpu_count, 3);
	ck_assert_str_eq(inv->gpu[1].uuid, "");
	ck_assert_str_eq(inv->gpu[2].uuid, "GPU-00000002");
	ck_assert_uint_eq(inv->link_mbps[0][1], 0);
	ck_assert(strstr(inv->note, "GPU 1 does not answer: GPU is lost"));
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_minor_is_not_the_index)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;

	ck_assert_msg(!read_fake("minor", &inv, &err), "%s", err.msg);
	ck_assert_str_eq(inv->gpu[0].uuid, "GPU-00000000");
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(weft_gpu_minor(inv, i), 2 - i);
		ck_assert_uint_eq(weft_gpu_of_minor(inv, i), 2 - i);
	}
	ck_assert_uint_eq(weft_gpu_of_minor(inv, 3), 3);	/* none */
	weft_inventory_destroy(inv);
}
END_TEST

static void write_slice_table(char path[64])
{
	/* gpu1 is minor 1: the same GPU 1, for 2 - 1 is 1. */
	static const char text[] = "config 1\nmonitor 2\n"
		"gpu0/gi7/access 9\ngpu1/gi2/access 75\n"
		"gpu1/gi2/ci0/access 76\ngpu1/gi7/access 120\n"
		"gpu1/gi7/ci0/access 121\ngpu1/gi70/access 7\n";
	int fd = mkstemp(memcpy(path, "/tmp/weft-minors-XXXXXX", sizeof("/tmp/weft-minors-XXXXXX")));

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
}

/* Also through the stored form and back. */
START_TEST(test_slices)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *seen, *inv;
	const struct weft_gpu *gpu;
	char path[64];
	const char *text;
	struct json_object *json;

	write_slice_table(path);
	slice_table = path;
	ck_assert_msg(!read_fake("mig", &seen, &err), "%s", err.msg);
	unlink(path);
	json = weft_inventory_to_json(seen);
	text = json_object_to_json_string(json);
	ck_assert_msg(!read_json_text("again", text, strlen(text), &inv, &err),
		      "%s", err.msg);
	json_object_put(json);
	ck_assert_uint_eq(inv->gpu_count, 3);
	ck_assert_int_eq(inv->gpu[0].dev_minor, 2);
	gpu = &inv->gpu[1];
	ck_assert(gpu->mig && !inv->gpu[0].mig);
	ck_assert_uint_eq(gpu->slice_count, 2);
	ck_assert_str_eq(gpu->slice[0].profile, "1g.10gb");
	ck_assert_str_eq(gpu->slice[0].uuid, "MIG-00000064");
	ck_assert_uint_eq(gpu->slice[0].gpu_instance, 7);
	ck_assert_uint_eq(gpu->slice[0].gpu_cap, 120);
	ck_assert_uint_eq(gpu->slice[0].compute_cap, 121);
	ck_assert_uint_eq(gpu->slice[0].mem_mib, 10240);
	ck_assert_str_eq(gpu->slice[1].profile, "3g.40gb");
	ck_assert_uint_eq(gpu->slice[1].gpu_cap, 75);
	ck_assert_uint_eq(gpu->slice[1].compute_cap, 76);
	ck_assert_msg(strstr(inv->note, "slice 4 of GPU 1 does not answer: GPU is lost") != NULL,
		      "note '%s'", inv->note);
	weft_inventory_destroy(inv);
	weft_inventory_destroy(seen);
}
END_TEST

START_TEST(test_slices_without_a_table)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;

	ck_assert_msg(!read_fake("mig", &inv, &err), "%s", err.msg);
	ck_assert_uint_eq(inv->gpu[1].slice_count, 2);
	ck_assert_uint_eq(inv->gpu[1].slice[0].gpu_cap, 0);
	weft_inventory_destroy(inv);
	ck_assert_msg(!read_fake("oldmig", &inv, &err), "%s", err.msg);
	ck_assert_uint_eq(inv->gpu[1].slice_count, 0);
	ck_assert(strstr(inv->note, "does not tell its slices"));
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_refusals)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv = NULL;

	ck_assert_int_eq(read_fake("broken", &inv, &err), -EIO);
	ck_assert_str_eq(err.msg, "nvml: Driver Not Loaded");
	ck_assert_int_eq(read_fake("none", &inv, &err), -ENODEV);
	ck_assert_str_eq(err.msg, "nvml: no GPU");
	ck_assert_int_eq(read_nvml_from("libnot-there.so", slice_table, &inv, &err), -ENODEV);
	/* A library that is none of NVIDIA's. */
	ck_assert_int_eq(read_nvml_from("libc.so.6", slice_table, &inv, &err), -ENOSYS);
	ck_assert(strstr(err.msg, "nvmlInit_v2"));
	ck_assert_ptr_null(inv);
}
END_TEST

/* ---- discovery ---------------------------------------------------------- */

static int ask_switch(void *arg, struct weft_inventory **ret_inv,
		    struct weft_err *err)
{
	return read_fake("switch", ret_inv, err);
}

static int ask_hang(void *arg, struct weft_inventory **ret_inv,
		    struct weft_err *err)
{
	return read_fake("hang", ret_inv, err);
}

static int ask_stuck(void *arg, struct weft_inventory **ret_inv,
		     struct weft_err *err)
{
	return read_fake("stuck", ret_inv, err);
}

static int ask_killed(void *arg, struct weft_inventory **ret_inv,
		    struct weft_err *err)
{
	return kill(getpid(), SIGKILL);
}

static int ask_refused(void *arg, struct weft_inventory **ret_inv,
		    struct weft_err *err)
{
	return weft_err_set(err, EIO, "no such luck");
}

START_TEST(test_discover_hands_over_the_answer)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;

	ck_assert_msg(!discover_with(ask_switch, 20000, &inv, &err), "%s", err.msg);
	ck_assert_str_eq(inv->source, "nvml");
	ck_assert_uint_eq(inv->gpu_count, 3);
	ck_assert_uint_eq(inv->link_mbps[0][2], 100000);
	ck_assert_str_eq(inv->domain, "abababababababababababababababab.7");
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_discover_outlives_a_driver)
{
	static const struct {
		discover_ask_fn ask;
		const char *words;
	} cases[] = {
		{ ask_hang, "did not answer within 200 ms: GPUs as on the PCI bus" },
		{ ask_stuck, "did not answer within 200 ms: GPUs as on the PCI bus" },
		{ ask_killed, "ended without an answer" },
		{ ask_refused, "no such luck" },
	};
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	ck_assert_msg(!discover_with(cases[_i].ask, 200, &inv, &err), "%s", err.msg);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ck_assert_str_eq(inv->source, "hwloc");
	ck_assert_msg(strstr(inv->note, cases[_i].words) != NULL, "note '%s'",
		      inv->note);
	ck_assert_int_lt(to.tv_sec - from.tv_sec, 60);	/* hang: for ever */
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_discover_this_machine)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;

	ck_assert_msg(!weft_inventory_discover(&inv, &err), "%s", err.msg);
	ck_assert_uint_gt(inv->pu_count, 0);
	ck_assert_uint_gt(inv->numa_count, 0);
	weft_inventory_destroy(inv);
}
END_TEST

/*
 * libhwloc unloads its pci plugin, and with it libpciaccess, whose leaks then
 * have no name to be told from ours by (tests/lsan.supp).
 */
static void keep_names_of_leaks(void)
{
	dlopen("libpciaccess.so.0", RTLD_LAZY | RTLD_NODELETE);
}

int main(void)
{
	Suite *suite = suite_create("nvml");
	TCase *tcase = tcase_create("nvml");
	SRunner *runner = srunner_create(suite);
	int failed;

	keep_names_of_leaks();
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, test_mesh);
	tcase_add_test(tcase, test_switch);
	tcase_add_test(tcase, test_lost_gpu_keeps_its_index);
	tcase_add_test(tcase, test_minor_is_not_the_index);
	tcase_add_test(tcase, test_slices);
	tcase_add_test(tcase, test_slices_without_a_table);
	tcase_add_test(tcase, test_refusals);
	tcase_add_test(tcase, test_discover_hands_over_the_answer);
	tcase_add_loop_test(tcase, test_discover_outlives_a_driver, 0, 4);
	tcase_add_test(tcase, test_discover_this_machine);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
