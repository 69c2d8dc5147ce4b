/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blend.h - one opinion made of several, by what each was worth so far
 */
#ifndef WEFT_SCHED_BLEND_H
#define WEFT_SCHED_BLEND_H

#define WEFT_BLEND_PARTS 3	/* opinions that are weighed */
#define WEFT_BLEND_TERMS (WEFT_BLEND_PARTS + 1)	/* and a constant */

struct weft_blend {
	double weight[WEFT_BLEND_TERMS];
	double spread[WEFT_BLEND_TERMS][WEFT_BLEND_TERMS];	/* of the weights */
};

/* Nothing was learnt: it says what the first part says. */
void weft_blend_init(struct weft_blend *blend);

/* Of opinions in seconds, each > 0: seconds, at least 1. */
double weft_blend_expect(const struct weft_blend *blend,
			 const double part[WEFT_BLEND_PARTS]);
/* These were the opinions, and it ran so long. */
void weft_blend_learn(struct weft_blend *blend,
		      const double part[WEFT_BLEND_PARTS], double runtime_sec);

#endif
