/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * throttle.h - token buckets, by key, in a table of fixed size
 *
 * A bucket holds up to burst tokens and refills at count per period.  A job
 * that costs more than the whole bucket may go when the bucket is full, and
 * leaves a debt: no job is made impossible by a rate.
 *
 * Time is passed in; a clock that jumps back refills nothing and takes
 * nothing.  Keys are 64-bit hashes of rule and user: two users who collide
 * share a bucket, which happens about once in 2^64 / users^2 sites.
 */
#ifndef WEFT_SUBMIT_THROTTLE_H
#define WEFT_SUBMIT_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

struct weft_rate {
	double count;		/* tokens refilled in a period */
	double period_sec;
	double burst;		/* the bucket's size, >= 1 */
};

struct weft_throttle;

/* Room for capacity buckets (rounded up to a power of two); NULL: no memory. */
struct weft_throttle *weft_throttle_create(uint32_t capacity);
void weft_throttle_destroy(struct weft_throttle *throttle);

/* May amount be taken now?  If not, *ret_wait_sec says how long until it may. */
bool weft_throttle_check(const struct weft_throttle *throttle, uint64_t key,
			 const struct weft_rate *rate, double amount,
			 int64_t now_sec, int64_t *ret_wait_sec);
/* Take it, whether or not it is there. */
void weft_throttle_take(struct weft_throttle *throttle, uint64_t key,
			const struct weft_rate *rate, double amount,
			int64_t now_sec);

#endif
