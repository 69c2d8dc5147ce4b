/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blend.c - see blend.h
 *
 * Where users say how long their jobs run, the limit tells most; where all ask
 * the same, what their last jobs ran does.  Which of them a site is, and when
 * it changes, is learnt: the logarithm of the run time as a weighted sum of
 * those of the opinions, by least squares, job by job, the older ones counting
 * less (FORGET: of about a thousand jobs).  Logarithms, since run times go over
 * six powers of ten and an order only asks who is shorter.
 *
 * The weights are exact after each job (recursive least squares); spread is the
 * inverse of what was seen of the opinions.  It grows while all jobs are alike,
 * and then one that is not would throw the weights about, so it is bounded.
 *
 * Deterministic; no memory but the weights.  Cost: about 60 operations a job.
 *
 * Sources: recursive least squares with forgetting, any book on adaptive
 * filters (Haykin); run times by regression learnt on the go: Gaussier, Glesser,
 * Reis, Trystram, "Improving Backfilling by using Machine Learning to Predict
 * Running Times", SC'15.
 */
#include "config.h"

#include <math.h>

#include "sched/blend.h"

#define FORGET 0.999
#define SPREAD_FIRST 0.1
#define SPREAD_MAX 10.0
#define MIDDLE 8.0	/* the logarithm of about an hour: keeps sums small */
#define TOP 30.0	/* e to it is longer than any job */

enum { TERMS = WEFT_BLEND_TERMS };

static double middle_log(double sec)
{
	return log(fmax(sec, 1)) - MIDDLE;
}

static void terms_of(const double part[WEFT_BLEND_PARTS], double term[TERMS])
{
	term[0] = 1;
	for (int i = 1; i < TERMS; i++)
		term[i] = middle_log(part[i - 1]);
}

void weft_blend_init(struct weft_blend *blend)
{
	*blend = (struct weft_blend) { .weight = { 0, 1 } };
	for (int i = 0; i < TERMS; i++)
		blend->spread[i][i] = SPREAD_FIRST;
}

double weft_blend_expect(const struct weft_blend *blend,
			 const double part[WEFT_BLEND_PARTS])
{
	double term[TERMS], sum = MIDDLE;

	terms_of(part, term);
	for (int i = 0; i < TERMS; i++)
		sum += blend->weight[i] * term[i];
	return sum > 0 ? exp(fmin(sum, TOP)) : 1;
}

static void bound_spread(struct weft_blend *blend)
{
	for (int i = 0; i < TERMS; i++) {
		double by = blend->spread[i][i] > SPREAD_MAX ?
			sqrt(SPREAD_MAX / blend->spread[i][i]) : 1;

		for (int k = 0; by < 1 && k < TERMS; k++) {
			blend->spread[i][k] *= by;
			blend->spread[k][i] *= by;
		}
	}
}

void weft_blend_learn(struct weft_blend *blend,
		      const double part[WEFT_BLEND_PARTS], double runtime_sec)
{
	double term[TERMS], gain[TERMS] = { 0 }, sum = FORGET;
	double off = middle_log(runtime_sec);

	terms_of(part, term);
	for (int i = 0; i < TERMS; i++) {
		for (int k = 0; k < TERMS; k++)
			gain[i] += blend->spread[i][k] * term[k];
		sum += term[i] * gain[i];
		off -= blend->weight[i] * term[i];
	}
	for (int i = 0; i < TERMS; i++) {
		blend->weight[i] += gain[i] / sum * off;
		for (int k = 0; k < TERMS; k++)
			blend->spread[i][k] = (blend->spread[i][k] -
					       gain[i] * gain[k] / sum) / FORGET;
	}
	bound_spread(blend);
}
