/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opinion_state.c - what second opinions have learnt, as bytes (opinion.h)
 *
 * slurmctld is restarted now and then, and what a site's users do is learnt
 * over weeks.  So it is kept in a file, which may come back cut short, from
 * another release, or from anywhere: a reader takes all of it or nothing.
 *
 *   8 bytes	MAGIC, with the version of the format
 *   u32	length of what follows, up to the sum
 *   body	use of the limit; weights; errors of each method; kinds of
 *		users; kinds
 *   u32	CRC-32 of all before
 *
 * Numbers are little-endian, doubles and floats their IEEE bits.  Kinds come in
 * the order in which they were met (predict.h), so a table of the same size
 * forgets after a restart what it would have forgotten without.
 *
 * Bounds: kinds and methods are counted before anything is allocated for
 * them, and a table never grows beyond what its caller allows.
 *
 * Cost: 20 bytes a kind.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

#include "sched/opinion_impl.h"

#define MAGIC "WEFTOPI1"
#define MAGIC_LEN 8
#define KIND_LEN 20
#define KINDS_MAX (1u << 24)

/* ---- writing ---------------------------------------------------------------- */

static void put(struct weft_buf *buf, uint64_t value, int len)
{
	unsigned char bytes[8];

	for (int i = 0; i < len; i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
	weft_buf_add(buf, bytes, (size_t)len);
}

static void put_double(struct weft_buf *buf, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put(buf, bits, 8);
}

static void put_float(struct weft_buf *buf, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put(buf, bits, 4);
}

static void put_errors(struct weft_buf *buf, const struct weft_predict_errors *e)
{
	put(buf, e->count, 8);
	put(buf, e->under_count, 8);
	put(buf, e->within_count, 8);
	put_double(buf, e->accuracy_sum);
	put_double(buf, e->absolute_sum_sec);
	for (int i = 0; i < WEFT_PREDICT_SOURCES; i++)
		put(buf, e->source[i], 8);
	for (int i = 0; i < WEFT_PREDICT_BINS; i++)
		put(buf, e->bin[i], 8);
}

static void put_blend(struct weft_buf *buf, const struct weft_blend *blend)
{
	for (int i = 0; i < WEFT_BLEND_TERMS; i++)
		put_double(buf, blend->weight[i]);
	for (int i = 0; i < WEFT_BLEND_TERMS; i++)
		for (int k = 0; k < WEFT_BLEND_TERMS; k++)
			put_double(buf, blend->spread[i][k]);
}

static void put_kinds(struct weft_buf *buf, const struct weft_predictor *p)
{
	struct weft_predict_kind kind;
	uint64_t at = 0;
	uint32_t count = 0;

	while (weft_predictor_next(p, &at, &kind))
		count++;
	put(buf, count, 4);
	for (at = 0; weft_predictor_next(p, &at, &kind);) {
		put(buf, kind.hash, 8);
		put_float(buf, kind.last_sec);
		put_float(buf, kind.before_sec);
		put(buf, kind.count, 4);
	}
}

int weft_opinions_write(const struct weft_opinions *o, struct weft_buf *buf)
{
	size_t begin = buf->len, body = begin + MAGIC_LEN + 4, len;

	weft_buf_add(buf, MAGIC, MAGIC_LEN);
	put(buf, 0, 4);		/* the length, when it is known */
	put_double(buf, o->use);
	put_blend(buf, &o->blend);
	put(buf, WEFT_PREDICT_METHODS, 4);
	for (int m = 0; m < WEFT_PREDICT_METHODS; m++)
		put_errors(buf, &o->errors[m]);
	put_kinds(buf, o->of_user);
	put_kinds(buf, o->of_kind);
	if (weft_buf_error(buf))
		return weft_buf_error(buf);
	len = buf->len - body;
	for (int i = 0; i < 4; i++)
		buf->data[body - 4 + (size_t)i] = (char)(len >> 8 * i);
	put(buf, crc32(0, (const Bytef *)buf->data + begin,
		       (uInt)(buf->len - begin)), 4);
	return weft_buf_error(buf);
}

/* ---- reading ---------------------------------------------------------------- */

/* What is left to read; once it was too little, all that is read is 0. */
struct source {
	const unsigned char *at;
	size_t left;
	bool cut;
};

static uint64_t take(struct source *s, size_t len)
{
	uint64_t value = 0;

	if (s->left < len) {
		s->cut = true;
		s->left = 0;
		return 0;
	}
	for (size_t i = 0; i < len; i++)
		value |= (uint64_t)s->at[i] << 8 * i;
	s->at += len;
	s->left -= len;
	return value;
}

/* What is not finite is as wrong as too few bytes. */
static double take_signed(struct source *s)
{
	uint64_t bits = take(s, 8);
	double value;

	memcpy(&value, &bits, sizeof(value));
	s->cut = s->cut || !isfinite(value);
	return s->cut ? 0 : value;
}

static double take_double(struct source *s)
{
	double value = take_signed(s);

	s->cut = s->cut || value < 0;
	return s->cut ? 0 : value;
}

static float take_float(struct source *s)
{
	uint32_t bits = (uint32_t)take(s, 4);
	float value;

	memcpy(&value, &bits, sizeof(value));
	s->cut = s->cut || !isfinite(value) || value < 0;
	return s->cut ? 0 : value;
}

static void take_errors(struct source *s, struct weft_predict_errors *e)
{
	uint64_t sum = 0;

	e->count = take(s, 8);
	e->under_count = take(s, 8);
	e->within_count = take(s, 8);
	e->accuracy_sum = take_double(s);
	e->absolute_sum_sec = take_double(s);
	for (int i = 0; i < WEFT_PREDICT_SOURCES; i++)
		e->source[i] = take(s, 8);
	for (int i = 0; i < WEFT_PREDICT_BINS; i++) {
		e->bin[i] = take(s, 8);
		s->cut = s->cut || e->bin[i] > e->count;
		sum += e->bin[i];
	}
	s->cut = s->cut || sum != e->count || e->under_count > sum ||
		e->within_count > sum;
}

static void take_blend(struct source *s, struct weft_blend *blend)
{
	for (int i = 0; i < WEFT_BLEND_TERMS; i++)
		blend->weight[i] = take_signed(s);
	for (int i = 0; i < WEFT_BLEND_TERMS; i++)
		for (int k = 0; k < WEFT_BLEND_TERMS; k++)
			blend->spread[i][k] = take_signed(s);
}

static void take_kinds(struct source *s, struct weft_predictor *p)
{
	uint32_t count = (uint32_t)take(s, 4);

	if (count > KINDS_MAX || (uint64_t)count * KIND_LEN > s->left)
		s->cut = true;
	for (uint32_t i = 0; i < count && !s->cut; i++) {
		struct weft_predict_kind kind = { .hash = take(s, 8) };

		kind.last_sec = take_float(s);
		kind.before_sec = take_float(s);
		kind.count = (uint32_t)take(s, 4);
		if (!kind.hash || kind.count < 1 || kind.count > 2)
			s->cut = true;
		else
			weft_predictor_restore(p, &kind);
	}
}

static int check(const char *bytes, size_t len, struct weft_err *err)
{
	struct source s = { (const unsigned char *)bytes, len, false };
	uint64_t body;
	uint32_t sum;

	if (len < MAGIC_LEN || memcmp(bytes, MAGIC, MAGIC_LEN - 1))
		return weft_err_set(err, EINVAL, "no record of run times");
	if (bytes[MAGIC_LEN - 1] != MAGIC[MAGIC_LEN - 1])
		return weft_err_set(err, EINVAL, "a record of run times of another release");
	take(&s, MAGIC_LEN);
	body = take(&s, 4);
	if (s.cut || s.left != body + 4)
		return weft_err_set(err, EINVAL, "the record of run times is cut short, or too long");
	sum = (uint32_t)crc32(0, (const Bytef *)bytes, (uInt)(len - 4));
	s.at += body;
	s.left -= body;
	if (take(&s, 4) != sum)
		return weft_err_set(err, EINVAL, "the record of run times was changed: its sum is wrong");
	return 0;
}

int weft_opinions_read(const char *bytes, size_t len, uint32_t kinds_max,
		       struct weft_opinions **ret_opinions,
		       struct weft_err *err)
{
	struct weft_opinions *o;
	struct source s;
	int rc = check(bytes, len, err);

	if (rc)
		return rc;
	o = weft_opinions_create(kinds_max);
	if (!o)
		return weft_err_set(err, ENOMEM, "no memory for run times");
	s = (struct source) { (const unsigned char *)bytes + MAGIC_LEN + 4,
			      len - MAGIC_LEN - 8, false };
	o->use = take_double(&s);
	take_blend(&s, &o->blend);
	if (take(&s, 4) != WEFT_PREDICT_METHODS)
		s.cut = true;
	for (int m = 0; m < WEFT_PREDICT_METHODS && !s.cut; m++)
		take_errors(&s, &o->errors[m]);
	take_kinds(&s, o->of_user);
	take_kinds(&s, o->of_kind);
	if (s.cut || s.left || o->use > 1) {
		weft_opinions_destroy(o);
		return weft_err_set(err, EINVAL, "the record of run times makes no sense");
	}
	*ret_opinions = o;
	return 0;
}
