/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * throttle.c - see throttle.h
 *
 * An open-addressed table that never grows: a key lives in one of WAYS slots
 * from its hash on.  A full bucket is the same as no bucket, so slots whose
 * bucket has refilled are free to reuse, and an idle user costs nothing.  When
 * all WAYS slots are in use, the fullest of them is forgotten: the error is in
 * the user's favour, and bounded by one burst.
 *
 * Cost: WAYS slots looked at for each check or take; 40 bytes a bucket.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "submit/throttle.h"

#define WAYS 16

struct bucket {
	uint64_t key;		/* 0: empty */
	int64_t at_sec;		/* when tokens was true */
	double tokens;		/* may be a debt */
	double per_sec, burst;
};

struct weft_throttle {
	uint32_t mask;
	struct bucket bucket[];
};

struct weft_throttle *weft_throttle_create(uint32_t capacity)
{
	struct weft_throttle *throttle;
	uint32_t size = WAYS;

	while (size < capacity && size < (1u << 24))
		size *= 2;
	throttle = calloc(1, sizeof(*throttle) + size * sizeof(struct bucket));
	if (throttle)
		throttle->mask = size - 1;
	return throttle;
}

void weft_throttle_destroy(struct weft_throttle *throttle)
{
	free(throttle);
}

static double tokens_at(const struct bucket *b, int64_t now_sec)
{
	double tokens = b->tokens;

	if (now_sec > b->at_sec)
		tokens += (double)(now_sec - b->at_sec) * b->per_sec;
	return fmin(tokens, b->burst);
}

static const struct bucket *find(const struct weft_throttle *throttle, uint64_t key)
{
	for (uint32_t i = 0; i < WAYS; i++) {
		const struct bucket *b =
			&throttle->bucket[(key + i) & throttle->mask];
		if (b->key == key)
			return b;
	}
	return NULL;
}

bool weft_throttle_check(const struct weft_throttle *throttle, uint64_t key,
			 const struct weft_rate *rate, double amount,
			 int64_t now_sec, int64_t *ret_wait_sec)
{
	const struct bucket *b = find(throttle, key ? key : 1);
	double need = fmin(amount, rate->burst);
	double tokens = b ? fmin(tokens_at(b, now_sec), rate->burst) : rate->burst;
	double per_sec = rate->count / rate->period_sec;

	/* A hair of rounding must not cost a user a second. */
	if (tokens + 1e-6 >= need)
		return true;
	*ret_wait_sec = (int64_t)fmin(ceil((need - tokens) / per_sec), 1e9);
	return false;
}

/* The slot of key: its own, a free or refilled one, or the fullest's. */
static struct bucket *claim(struct weft_throttle *throttle, uint64_t key,
			    int64_t now_sec)
{
	struct bucket *best = NULL;
	double best_share = -INFINITY, share;

	for (uint32_t i = 0; i < WAYS; i++) {
		struct bucket *b = &throttle->bucket[(key + i) & throttle->mask];

		if (b->key == key)
			return b;
		share = b->key ? tokens_at(b, now_sec) / b->burst : INFINITY;
		if (share > best_share) {
			best_share = share;
			best = b;
		}
	}
	best->key = 0;
	return best;
}

void weft_throttle_take(struct weft_throttle *throttle, uint64_t key,
			const struct weft_rate *rate, double amount,
			int64_t now_sec)
{
	struct bucket *b;

	key = key ? key : 1;
	b = claim(throttle, key, now_sec);
	if (!b->key)
		*b = (struct bucket){ .key = key, .at_sec = now_sec,
				      .tokens = rate->burst };
	b->burst = rate->burst;
	b->tokens = tokens_at(b, now_sec);
	b->per_sec = rate->count / rate->period_sec;
	if (now_sec > b->at_sec)
		b->at_sec = now_sec;
	b->tokens -= amount;
}
