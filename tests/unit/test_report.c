/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_report.c - a node's report survives the journey, and nothing else does
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gres/report.h"
#include "tests/unit/unit.h"

static uint32_t seed;

static uint32_t next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(seed >> 8) * below) >> 24);
}

/* Any inventory that the check allows. */
static struct weft_inventory *random_inventory(void)
{
	static const char *const names[] = { "h100", "a100-sxm4", "mi300a",
					     "", "odd name;=.*%" };
	struct weft_inventory *inv = weft_inventory_create("test");
	uint32_t linked = next_random(3);

	inv->gpu_count = next_random(WEFT_GPUS_MAX + 1);
	inv->nic_count = next_random(12);
	inv->numa_count = 1 + next_random(8);
	inv->pu_count = next_random(WEFT_PUS_MAX + 1);
	snprintf(inv->domain, sizeof(inv->domain), "%s",
		 names[next_random(5)]);
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		snprintf(inv->gpu[i].type, sizeof(inv->gpu[i].type), "%s",
			 names[next_random(3)]);
		inv->gpu[i].numa_idx = (int32_t)next_random(inv->numa_count);
		for (uint32_t j = 0; j < i; j++) {
			uint32_t mbps = linked ? next_random(2) * 25000 *
						 (1 + next_random(18)) : 0;

			inv->link_mbps[i][j] = inv->link_mbps[j][i] = mbps;
			inv->path[i][j] = inv->path[j][i] =
				mbps ? WEFT_PATH_LINK :
				       (uint8_t)(WEFT_PATH_PIX + next_random(5));
		}
		for (uint32_t k = 0; k < inv->nic_count; k++)
			inv->nic_path[i][k] =
				(uint8_t)(WEFT_PATH_PIX + next_random(6));
	}
	for (uint32_t k = 0; k < inv->nic_count; k++) {
		snprintf(inv->nic[k].name, sizeof(inv->nic[k].name),
			 "mlx5_%u", k);
		inv->nic[k].numa_idx = (int32_t)next_random(inv->numa_count);
		inv->nic[k].speed_mbps = next_random(2) * 400000;
	}
	return inv;
}

static void assert_same(const struct weft_inventory *a,
			const struct weft_inventory *b)
{
	ck_assert_str_eq(a->domain, b->domain);
	ck_assert_uint_eq(a->gpu_count, b->gpu_count);
	ck_assert_uint_eq(a->nic_count, b->nic_count);
	ck_assert_uint_eq(a->numa_count, b->numa_count);
	ck_assert_uint_eq(a->pu_count, b->pu_count);
	ck_assert_mem_eq(a->link_mbps, b->link_mbps, sizeof(a->link_mbps));
	ck_assert_mem_eq(a->path, b->path, sizeof(a->path));
	ck_assert_mem_eq(a->nic_path, b->nic_path, sizeof(a->nic_path));
	for (uint32_t i = 0; i < a->gpu_count; i++) {
		ck_assert_str_eq(a->gpu[i].type, b->gpu[i].type);
		ck_assert_int_eq(a->gpu[i].numa_idx, b->gpu[i].numa_idx);
	}
	for (uint32_t i = 0; i < a->nic_count; i++) {
		ck_assert_str_eq(a->nic[i].name, b->nic[i].name);
		ck_assert_uint_eq(a->nic[i].speed_mbps, b->nic[i].speed_mbps);
	}
}

START_TEST(test_roundtrip)
{
	struct weft_inventory *inv, *back = NULL;
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_buf buf;
	uint64_t stamp = 0;

	seed = (uint32_t)_i + 1;
	inv = random_inventory();
	ck_assert_msg(weft_inventory_check(inv, &err) == 0, "%s", err.msg);
	weft_buf_init(&buf, WEFT_REPORT_LIMIT);
	ck_assert_int_eq(weft_report_format(inv, 0x1234567890, &buf), 0);
	/* What Slurm cuts its strings at must not be in it. */
	ck_assert_ptr_null(strpbrk(weft_buf_str(&buf), " ,:()\n\t\"'"));
	ck_assert_msg(weft_report_parse(weft_buf_str(&buf), &back, &stamp,
					&err) == 0, "%s", err.msg);
	ck_assert_uint_eq(stamp, 0x1234567890);
	assert_same(inv, back);
	ck_assert_uint_eq(weft_report_hash(inv), weft_report_hash(back));
	weft_buf_fini(&buf);
	weft_inventory_destroy(inv);
	weft_inventory_destroy(back);
}
END_TEST

START_TEST(test_hash_tells_hardware)
{
	struct weft_inventory *inv;
	uint64_t hash;

	seed = 7;
	inv = random_inventory();
	inv->gpu_count = 4;
	hash = weft_report_hash(inv);
	snprintf(inv->domain, sizeof(inv->domain), "other");
	ck_assert_uint_eq(weft_report_hash(inv), hash);
	inv->link_mbps[1][2] += 1;
	ck_assert_uint_ne(weft_report_hash(inv), hash);
	weft_inventory_destroy(inv);
}
END_TEST

static const char *const bad_reports[] = {
	"", "w2;g=1", "w1;", "w1;g", "w1;g=", "w1;g=65", "w1;g=-1",
	"w1;g=99999999999999999999", "w1;z=1", "w1;g=1;g=1",
	"w1;g=2;m=0", "w1;g=2;m=0.0.0", "w1;g=2;m=0*3", "w1;g=2;m=0*0",
	"w1;g=2;m=64*2", "w1;g=2;l=-1", "w1;g=2;l=4294967296", "w1;g=2;p=9",
	"w1;g=1;t=a%", "w1;g=1;t=a%0", "w1;g=1;t=a%00", "w1;g=1;t=a b",
	"w1;g=1;t=a*2", "w1;m=0;g=1", "w1;s=xyz", "w1;g=1 ",
	"w1;c=1;i=0123456789012345678901234567890123",
	"w1;d=0123456789012345678901234567890123456789012345678901234567890123456",
};

START_TEST(test_bad)
{
	struct weft_inventory *inv = NULL;
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_int_lt(weft_report_parse(bad_reports[_i], &inv, NULL, &err),
			 0);
	ck_assert_ptr_null(inv);
	ck_assert_msg(err.msg[0], "%s: no message", bad_reports[_i]);
}
END_TEST

/* Cut or altered anywhere, a report is read or refused, never worse. */
START_TEST(test_damaged)
{
	struct weft_inventory *inv, *back;
	struct weft_buf buf;
	char *text;
	size_t len;

	seed = (uint32_t)_i + 100;
	inv = random_inventory();
	weft_buf_init(&buf, WEFT_REPORT_LIMIT);
	weft_report_format(inv, 1, &buf);
	len = buf.len;
	text = weft_buf_steal(&buf);
	for (int k = 0; k < 300; k++) {
		size_t at = next_random((uint32_t)len);
		char was = text[at];

		text[at] = "\0;=.*%-0a9"[next_random(10)];
		back = NULL;
		if (weft_report_parse(text, &back, NULL, NULL) == 0) {
			ck_assert_int_eq(weft_inventory_check(back, NULL), 0);
			weft_inventory_destroy(back);
		} else {
			ck_assert_ptr_null(back);
		}
		text[at] = was;
	}
	free(text);
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_huge)
{
	size_t len = WEFT_REPORT_LIMIT + 10;
	char *text = malloc(len + 1);
	struct weft_inventory *inv = NULL;

	memset(text, '0', len);
	memcpy(text, "w1;u=", 5);
	text[len] = '\0';
	ck_assert_int_eq(weft_report_parse(text, &inv, NULL, NULL), -EFBIG);
	free(text);
}
END_TEST

UNIT_MAIN_ROWS("report",
	       TIMES(test_roundtrip, 200), ONCE(test_hash_tells_hardware),
	       EACH(test_bad, bad_reports), TIMES(test_damaged, 20), ONCE(test_huge))
