/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predict.h - how long a job will run, from how long its like ran
 *
 * A second opinion to the time limit: never for a reservation that must hold.
 */
#ifndef WEFT_SCHED_PREDICT_H
#define WEFT_SCHED_PREDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

/* What two jobs are compared by.  A part that is not known is 0. */
struct weft_predict_key {
	uint32_t user_idx;
	uint32_t account_idx;
	uint64_t name_hash;	/* weft_predict_hash() of the job's name */
	double gpus, cpus;	/* of the whole job */
	uint32_t nodes;
	double limit_sec;	/* 0: none known */
};

enum weft_predict_source {
	WEFT_PREDICT_KIND,	/* the user's last jobs of this name and size */
	WEFT_PREDICT_ACCOUNT,	/* the user's last jobs in this account */
	WEFT_PREDICT_LIMIT,	/* the job's own time limit */
	WEFT_PREDICT_NOTHING,	/* no history, no limit: 0 seconds */
	WEFT_PREDICT_SOURCES
};

struct weft_predictor;

/* Remembers about this many kinds (16 bytes each and more); NULL: no memory. */
struct weft_predictor *weft_predictor_create(uint32_t kinds_max);
void weft_predictor_destroy(struct weft_predictor *predictor);

/* A job of this key has ended after running so long (>= 0). */
void weft_predictor_learn(struct weft_predictor *predictor,
			  const struct weft_predict_key *key,
			  double runtime_sec);

/* Expected run time in seconds, at most the limit. ret_source may be NULL. */
double weft_predictor_expect(struct weft_predictor *predictor,
			     const struct weft_predict_key *key,
			     enum weft_predict_source *ret_source);

/*
 * What it knows, to be kept elsewhere: the next kind from *at on (0 at first)
 * into *ret, or false.  Kinds of a set come in the order in which they were met,
 * so a predictor of the same size that takes them in this order is the same.
 */
struct weft_predict_kind {
	uint64_t hash;		/* not 0 */
	float last_sec, before_sec;	/* run times, >= 0 */
	uint32_t count;		/* 1 or 2 of them are known */
};
bool weft_predictor_next(const struct weft_predictor *predictor, uint64_t *at,
			 struct weft_predict_kind *ret);
void weft_predictor_restore(struct weft_predictor *predictor,
			    const struct weft_predict_kind *kind);

/*
 * A job has run elapsed_sec and was expected to run predicted_sec: what to
 * expect now, more than elapsed_sec, at most the limit (0: none).
 */
double weft_predict_correct(double predicted_sec, double elapsed_sec,
			    double limit_sec);

/* Of a name; leading digits and a trailing number (run-17) do not count. */
uint64_t weft_predict_hash(const char *name);

/* ---- how wrong it was -------------------------------------------------- */

#define WEFT_PREDICT_BINS 321	/* eighths of a factor of 2, 2^-20 .. 2^20 */

struct weft_predict_errors {
	uint64_t count, under_count;	/* predicted less than it ran */
	uint64_t within_count;		/* by at most a factor of 2 */
	double accuracy_sum;		/* of smaller / larger */
	double absolute_sum_sec;	/* of |predicted - real| */
	uint64_t source[WEFT_PREDICT_SOURCES];
	uint64_t bin[WEFT_PREDICT_BINS];	/* of predicted / real */
};

/* Both at least a second; less counts as one. */
void weft_predict_errors_add(struct weft_predict_errors *errors,
			     double predicted_sec, double real_sec,
			     enum weft_predict_source source);
/* predicted / real below which the share q of the jobs is; 0 without jobs. */
double weft_predict_errors_quantile(const struct weft_predict_errors *errors,
				    double q);

#endif
