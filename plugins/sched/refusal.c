/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refusal.c - see refusal.h
 *
 * One slot a hash of the job id: a collision forgets the older job, which
 * costs it one more attempt.  5 s, then twice as long each time, at most 320.
 */
#include "plugins/sched/refusal.h"

#define FIRST_SEC 5
#define DOUBLINGS_MAX 6

static uint32_t slot_of(uint32_t job_id)
{
	return job_id * UINT32_C(2654435761) >> 22 & (WEFT_REFUSALS_MAX - 1);
}

void weft_refusals_add(struct weft_refusals *refusals, uint32_t job_id,
		       time_t now)
{
	struct weft_refusal *r = &refusals->slot[slot_of(job_id)];

	if (r->job_id != job_id)
		*r = (struct weft_refusal) { .job_id = job_id };
	r->until_sec = now + (FIRST_SEC << r->times);
	if (r->times < DOUBLINGS_MAX)
		r->times++;
}

bool weft_refusals_has(const struct weft_refusals *refusals, uint32_t job_id,
		       time_t now)
{
	const struct weft_refusal *r = &refusals->slot[slot_of(job_id)];

	return r->job_id == job_id && now < r->until_sec;
}
