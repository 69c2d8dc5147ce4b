/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.c - see report.h
 *
 * Grammar:
 *
 *   report  = "w1" { ";" key "=" list }
 *   list    = item { "." item }
 *   item    = value [ "*" repeat ]
 *   value   = decimal | "-1" | name          (name: [A-Za-z0-9_-] or %XX)
 *
 *   s stamp (hexadecimal)      d domain         h host
 *   g number of GPUs           t their types    m their NUMA nodes
 *   l links, p paths           upper triangles, row by row, without diagonal
 *   c number of NICs           i their names    k their NUMA nodes
 *   v their speeds             x GPU to NIC paths, GPU by GPU
 *   n number of NUMA nodes     u number of processing units
 *
 * The counts g and c come before the lists that they measure; a list must
 * have exactly as many values as they say.  Unknown keys are refused: the
 * first word says the version, and a controller is never older than a node in
 * a way that would make skipping right.
 *
 * Cost: one pass, no allocation but the inventory.  A hostile text is bounded
 * by WEFT_REPORT_LIMIT and by the counts' limits; a repeat beyond what is
 * expected is refused before it is unfolded.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gres/report.h"
#include "lib/hash.h"

/* ---- writing ------------------------------------------------------------ */

static void add_name(struct weft_buf *buf, const char *name)
{
	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		if (isalnum(c) || c == '_' || c == '-')
			weft_buf_add(buf, name, 1);
		else
			weft_buf_addf(buf, "%%%02X", c);
	}
}

/* One list of a report while it is written: folds equal neighbours. */
struct run {
	struct weft_buf *buf;
	int64_t value;
	const char *name;	/* instead of value, if set */
	uint32_t repeat;
	bool first;
};

static void run_flush(struct run *run)
{
	if (!run->repeat)
		return;
	if (!run->first)
		weft_buf_adds(run->buf, ".");
	run->first = false;
	if (run->name)
		add_name(run->buf, run->name);
	else
		weft_buf_addf(run->buf, "%lld", (long long)run->value);
	if (run->repeat > 1)
		weft_buf_addf(run->buf, "*%u", run->repeat);
	run->repeat = 0;
}

static struct run run_begin(struct weft_buf *buf, char key)
{
	weft_buf_addf(buf, ";%c=", key);
	return (struct run){ .buf = buf, .first = true };
}

static void run_number(struct run *run, int64_t value)
{
	if (run->repeat && run->value != value)
		run_flush(run);
	run->value = value;
	run->repeat++;
}

static void run_name(struct run *run, const char *name)
{
	if (run->repeat && strcmp(run->name, name) != 0)
		run_flush(run);
	run->name = name;
	run->repeat++;
}

static void format_gpus(const struct weft_inventory *inv, struct weft_buf *buf)
{
	uint32_t n = inv->gpu_count;
	struct run run;

	weft_buf_addf(buf, ";g=%u", n);
	run = run_begin(buf, 't');
	for (uint32_t i = 0; i < n; i++)
		run_name(&run, inv->gpu[i].type);
	run_flush(&run);
	run = run_begin(buf, 'm');
	for (uint32_t i = 0; i < n; i++)
		run_number(&run, inv->gpu[i].numa_idx);
	run_flush(&run);
	run = run_begin(buf, 'l');
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = i + 1; j < n; j++)
			run_number(&run, inv->link_mbps[i][j]);
	run_flush(&run);
	run = run_begin(buf, 'p');
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = i + 1; j < n; j++)
			run_number(&run, inv->path[i][j]);
	run_flush(&run);
}

static void format_nics(const struct weft_inventory *inv, struct weft_buf *buf)
{
	uint32_t n = inv->nic_count;
	struct run run;

	weft_buf_addf(buf, ";c=%u", n);
	run = run_begin(buf, 'i');
	for (uint32_t i = 0; i < n; i++)
		run_name(&run, inv->nic[i].name);
	run_flush(&run);
	run = run_begin(buf, 'k');
	for (uint32_t i = 0; i < n; i++)
		run_number(&run, inv->nic[i].numa_idx);
	run_flush(&run);
	run = run_begin(buf, 'v');
	for (uint32_t i = 0; i < n; i++)
		run_number(&run, inv->nic[i].speed_mbps);
	run_flush(&run);
	run = run_begin(buf, 'x');
	for (uint32_t g = 0; g < inv->gpu_count; g++)
		for (uint32_t i = 0; i < n; i++)
			run_number(&run, inv->nic_path[g][i]);
	run_flush(&run);
}

static void format_hardware(const struct weft_inventory *inv,
			    struct weft_buf *buf)
{
	weft_buf_addf(buf, ";n=%u;u=%u", inv->numa_count, inv->pu_count);
	format_gpus(inv, buf);
	format_nics(inv, buf);
}

int weft_report_format(const struct weft_inventory *inv, uint64_t stamp,
		       struct weft_buf *buf)
{
	weft_buf_addf(buf, "w1;s=%llx;d=", (unsigned long long)stamp);
	add_name(buf, inv->domain);
	weft_buf_adds(buf, ";h=");
	add_name(buf, inv->host);
	format_hardware(inv, buf);
	return weft_buf_error(buf);
}

uint64_t weft_report_hash(const struct weft_inventory *inv)
{
	struct weft_buf buf;
	uint64_t hash;

	weft_buf_init(&buf, WEFT_REPORT_LIMIT);
	format_hardware(inv, &buf);
	hash = weft_hash_text(WEFT_HASH_INIT, weft_buf_str(&buf));
	weft_buf_fini(&buf);
	return hash;
}

/* ---- reading ------------------------------------------------------------ */

struct reader {
	const char *text, *p;
	struct weft_err *err;
};

static int bad(struct reader *r, const char *expected)
{
	return weft_err_set(r->err, EINVAL,
			    "node report: %s expected at byte %zu", expected,
			    (size_t)(r->p - r->text));
}

static int read_number(struct reader *r, int64_t min, int64_t max, int base,
		       int64_t *ret_value)
{
	char *end;
	long long value;

	if (!isxdigit((unsigned char)*r->p) && *r->p != '-')
		return bad(r, "a number");
	errno = 0;
	value = strtoll(r->p, &end, base);
	if (errno || end == r->p || value < min || value > max)
		return bad(r, "a number in bounds");
	r->p = end;
	*ret_value = value;
	return 0;
}

static int read_name(struct reader *r, char *name, size_t size)
{
	size_t len = 0;

	for (;;) {
		unsigned char c = (unsigned char)*r->p;

		if (c == '%') {
			unsigned int code;

			if (!isxdigit((unsigned char)r->p[1]) ||
			    !isxdigit((unsigned char)r->p[2]) ||
			    sscanf(r->p + 1, "%2x", &code) != 1 || !code)
				return bad(r, "%XX");
			c = (unsigned char)code;
			r->p += 3;
		} else if (isalnum(c) || c == '_' || c == '-') {
			r->p++;
		} else {
			break;
		}
		if (len + 1 >= size)
			return bad(r, "a shorter name");
		name[len++] = (char)c;
	}
	name[len] = '\0';
	return 0;
}

/* "*N" after an item; 1 if it is not there; never more than left. */
static int read_repeat(struct reader *r, uint32_t left, uint32_t *ret_repeat)
{
	int64_t repeat = 1;
	int rc = 0;

	if (!left)
		return bad(r, "the end of the list");
	if (*r->p == '*') {
		r->p++;
		rc = read_number(r, 1, left, 10, &repeat);
	}
	*ret_repeat = (uint32_t)repeat;
	return rc;
}

static int next_item(struct reader *r, uint32_t left)
{
	if (!left)
		return 0;
	if (*r->p != '.')
		return bad(r, "more values");
	r->p++;
	return 0;
}

static int read_numbers(struct reader *r, int64_t *value, uint32_t count,
			int64_t min, int64_t max)
{
	for (uint32_t i = 0; i < count;) {
		uint32_t repeat;
		int64_t v;
		int rc = read_number(r, min, max, 10, &v);

		if (!rc)
			rc = read_repeat(r, count - i, &repeat);
		if (rc)
			return rc;
		while (repeat--)
			value[i++] = v;
		rc = next_item(r, count - i);
		if (rc)
			return rc;
	}
	return 0;
}

/* Names go to name + i * stride, each of size bytes. */
static int read_names(struct reader *r, char *name, size_t stride, size_t size,
		      uint32_t count)
{
	for (uint32_t i = 0; i < count;) {
		char *first = name + i * stride;
		uint32_t repeat;
		int rc = read_name(r, first, size);

		if (!rc)
			rc = read_repeat(r, count - i, &repeat);
		if (rc)
			return rc;
		for (uint32_t k = 1; k < repeat; k++)
			memcpy(name + (i + k) * stride, first, size);
		i += repeat;
		rc = next_item(r, count - i);
		if (rc)
			return rc;
	}
	return 0;
}

#define VALUES_MAX (WEFT_GPUS_MAX * WEFT_NICS_MAX)

static int read_matrices(struct reader *r, char key, struct weft_inventory *inv,
			 int64_t *value)
{
	uint32_t n = inv->gpu_count, at = 0;
	int rc;

	if (key == 'x') {
		rc = read_numbers(r, value, n * inv->nic_count, 0,
				  WEFT_PATH_UNKNOWN);
		for (uint32_t g = 0; !rc && g < n; g++)
			for (uint32_t i = 0; i < inv->nic_count; i++)
				inv->nic_path[g][i] = (uint8_t)value[at++];
		return rc;
	}
	rc = read_numbers(r, value, n * (n ? n - 1 : 0) / 2, 0,
			  key == 'l' ? UINT32_MAX : WEFT_PATH_UNKNOWN);
	for (uint32_t i = 0; !rc && i < n; i++) {
		for (uint32_t j = i + 1; j < n; j++, at++) {
			if (key == 'l')
				inv->link_mbps[i][j] = inv->link_mbps[j][i] =
					(uint32_t)value[at];
			else
				inv->path[i][j] = inv->path[j][i] =
					(uint8_t)value[at];
		}
	}
	return rc;
}

static int read_devices(struct reader *r, char key, struct weft_inventory *inv,
			int64_t *value)
{
	int rc;

	switch (key) {
	case 't':
		return read_names(r, inv->gpu[0].type, sizeof(inv->gpu[0]),
				  sizeof(inv->gpu[0].type), inv->gpu_count);
	case 'i':
		return read_names(r, inv->nic[0].name, sizeof(inv->nic[0]),
				  sizeof(inv->nic[0].name), inv->nic_count);
	case 'm':
		rc = read_numbers(r, value, inv->gpu_count, -1,
				  WEFT_NUMA_MAX - 1);
		for (uint32_t i = 0; !rc && i < inv->gpu_count; i++)
			inv->gpu[i].numa_idx = (int32_t)value[i];
		return rc;
	case 'k':
		rc = read_numbers(r, value, inv->nic_count, -1,
				  WEFT_NUMA_MAX - 1);
		for (uint32_t i = 0; !rc && i < inv->nic_count; i++)
			inv->nic[i].numa_idx = (int32_t)value[i];
		return rc;
	default:
		rc = read_numbers(r, value, inv->nic_count, 0, UINT32_MAX);
		for (uint32_t i = 0; !rc && i < inv->nic_count; i++)
			inv->nic[i].speed_mbps = (uint32_t)value[i];
		return rc;
	}
}

static int read_count(struct reader *r, uint32_t max, uint32_t *ret_count)
{
	int64_t v;
	int rc = read_number(r, 0, max, 10, &v);

	if (!rc)
		*ret_count = (uint32_t)v;
	return rc;
}

static int read_field(struct reader *r, char key, struct weft_inventory *inv,
		      uint64_t *stamp, int64_t *value)
{
	int64_t v;
	int rc;

	switch (key) {
	case 's':
		rc = read_number(r, 0, INT64_MAX, 16, &v);
		if (!rc)
			*stamp = (uint64_t)v;
		return rc;
	case 'd':
		return read_name(r, inv->domain, sizeof(inv->domain));
	case 'h':
		return read_name(r, inv->host, sizeof(inv->host));
	case 'g':
		return read_count(r, WEFT_GPUS_MAX, &inv->gpu_count);
	case 'c':
		return read_count(r, WEFT_NICS_MAX, &inv->nic_count);
	case 'n':
		return read_count(r, WEFT_NUMA_MAX, &inv->numa_count);
	case 'u':
		return read_count(r, WEFT_PUS_MAX, &inv->pu_count);
	case 'l':
	case 'p':
	case 'x':
		return read_matrices(r, key, inv, value);
	case 't':
	case 'm':
	case 'i':
	case 'k':
	case 'v':
		return read_devices(r, key, inv, value);
	default:
		return bad(r, "a key that this version knows");
	}
}

static int read_report(struct reader *r, struct weft_inventory *inv,
		       uint64_t *stamp, int64_t *value)
{
	uint32_t seen = 0;

	if (strncmp(r->p, "w1", 2) != 0)
		return bad(r, "\"w1\"");
	r->p += 2;
	while (*r->p == ';') {
		char key = r->p[1];
		uint32_t bit;
		int rc;

		if (!islower((unsigned char)key) || r->p[2] != '=')
			return bad(r, "key=");
		bit = UINT32_C(1) << (key - 'a');
		if (seen & bit)
			return bad(r, "each key once");
		seen |= bit;
		r->p += 3;
		rc = read_field(r, key, inv, stamp, value);
		if (rc)
			return rc;
	}
	return *r->p ? bad(r, "the end") : 0;
}

int weft_report_parse(const char *text, struct weft_inventory **ret_inv,
		      uint64_t *ret_stamp, struct weft_err *err)
{
	struct reader r = { .text = text, .p = text, .err = err };
	struct weft_inventory *inv;
	uint64_t stamp = 0;
	int64_t *value;
	int rc;

	if (strnlen(text, WEFT_REPORT_LIMIT + 1) > WEFT_REPORT_LIMIT)
		return weft_err_set(err, EFBIG,
				    "node report: over %u bytes",
				    WEFT_REPORT_LIMIT);
	inv = weft_inventory_create("report");
	value = calloc(VALUES_MAX, sizeof(*value));
	if (!inv || !value)
		rc = weft_err_set(err, ENOMEM, "node report: out of memory");
	else
		rc = read_report(&r, inv, &stamp, value);
	if (!rc)
		rc = weft_inventory_check(inv, err);
	free(value);
	if (rc) {
		weft_inventory_destroy(inv);
		return rc;
	}
	*ret_inv = inv;
	if (ret_stamp)
		*ret_stamp = stamp;
	return 0;
}
