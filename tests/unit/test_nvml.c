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
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gres/read_impl.h"

static int read_fake(const char *machine, struct weft_inventory **ret_inv,
		     struct weft_err *err)
{
	setenv("FAKE_NVML", machine, 1);
	return read_nvml_from(FAKE_NVML_SO, ret_inv, err);
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
	ck_assert(strstr(inv->note, "GPU 2 is in MIG mode"));
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

START_TEST(test_refusals)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv = NULL;

	ck_assert_int_eq(read_fake("broken", &inv, &err), -ENODEV);
	ck_assert_str_eq(err.msg, "nvml: Driver Not Loaded");
	ck_assert_int_eq(read_fake("none", &inv, &err), -ENODEV);
	ck_assert_str_eq(err.msg, "nvml: no GPU");
	ck_assert_int_eq(read_nvml_from("libnot-there.so", &inv, &err), -ENODEV);
	/* A library that is none of NVIDIA's. */
	ck_assert_int_eq(read_nvml_from("libc.so.6", &inv, &err), -ENOSYS);
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
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_mesh);
	tcase_add_test(tcase, test_switch);
	tcase_add_test(tcase, test_lost_gpu_keeps_its_index);
	tcase_add_test(tcase, test_refusals);
	tcase_add_test(tcase, test_discover_hands_over_the_answer);
	tcase_add_loop_test(tcase, test_discover_outlives_a_driver, 0, 3);
	tcase_add_test(tcase, test_discover_this_machine);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
