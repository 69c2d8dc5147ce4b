/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predict.c - see predict.h: the average of the last two like jobs
 *
 * People run the same thing again, so the user's last two jobs tell more
 * than the limit, which most never change from the partition's largest.  The
 * paper takes the user's last two jobs of any kind; here first those of the
 * same name and size, then those in the same account, then the limit.  A
 * prediction never exceeds the limit, at which Slurm ends the job.
 *
 * When a job outlives its prediction, it is raised in steps that grow from a
 * minute to days, as the paper does, instead of to the limit at once.
 *
 * Memory is bounded: a table of sets of 8 places, each with the last two run
 * times; in a full set the kind not met longest gives way.  64-bit hashes
 * stand for keys: of a million kinds, two share one with a chance of 3e-8,
 * and then share their average.  No clock and no chance: the same jobs in the
 * same order give the same predictions.
 *
 * Sizes are compared by their powers of 2, so 8 and 9 GPUs are of one kind.
 *
 * Cost: two probes of 8 places a job.
 *
 * Source: Tsafrir, Etsion, Feitelson, "Backfilling Using System-Generated
 * Predictions Rather than User Runtime Estimates", IEEE TPDS 18(6), 2007.
 */
#include "config.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "sched/predict.h"

#define WAYS 8
#define SETS_MAX (1u << 20)
#define BINS_PER_DOUBLING 8
#define MIDDLE_BIN (WEFT_PREDICT_BINS / 2)

/* The last two run times of a kind; times are 0 while there are none. */
struct kind {
	uint64_t hash;		/* 0: an empty place */
	uint64_t met;		/* the tick it was met last */
	float last_sec, before_sec;
	uint32_t count;		/* 0, 1, 2: how many of them are known */
};

struct weft_predictor {
	uint32_t set_count;	/* a power of 2 */
	uint64_t tick;
	struct kind kind[];
};

struct weft_predictor *weft_predictor_create(uint32_t kinds_max)
{
	struct weft_predictor *p;
	uint32_t sets = 1;

	while (sets < SETS_MAX && sets * WAYS < kinds_max)
		sets *= 2;
	p = calloc(1, sizeof(*p) + (size_t)sets * WAYS * sizeof(p->kind[0]));
	if (p)
		p->set_count = sets;
	return p;
}

void weft_predictor_destroy(struct weft_predictor *predictor)
{
	free(predictor);
}

/* 0 for nothing, else 1 + the power of 2 at or below. */
static uint64_t size_class(double amount)
{
	if (!(amount > 0))
		return 0;
	if (amount < 1)
		return 1;
	return amount >= 1e18 ? 64 : 2 + (uint64_t)log2(amount);
}

static uint64_t hash_kind(const struct weft_predict_key *key)
{
	uint64_t hash = weft_hash_word(1, key->user_idx);

	hash = weft_hash_word(hash, key->name_hash);
	hash = weft_hash_word(hash, size_class(key->gpus));
	hash = weft_hash_word(hash, size_class(key->nodes));
	/* CPUs follow GPUs on a GPU node: they tell nothing more. */
	hash = weft_hash_word(hash, key->gpus > 0 ? 0 : size_class(key->cpus));
	return hash | 1;
}

static uint64_t hash_account(const struct weft_predict_key *key)
{
	return weft_hash_word(weft_hash_word(2, key->user_idx), key->account_idx) | 1;
}

static struct kind *find_kind(struct weft_predictor *p, uint64_t hash)
{
	uint64_t set = (hash >> 8) & (p->set_count - 1);

	for (int i = 0; i < WAYS; i++)
		if (p->kind[set * WAYS + i].hash == hash)
			return &p->kind[set * WAYS + i];
	return NULL;
}

/* The kind's place, or the one of its set that was not met longest, emptied. */
static struct kind *need_kind(struct weft_predictor *p, uint64_t hash)
{
	uint64_t set = (hash >> 8) & (p->set_count - 1);
	struct kind *found = find_kind(p, hash);

	if (found)
		return found;
	found = &p->kind[set * WAYS];
	for (int i = 1; i < WAYS; i++)
		if (p->kind[set * WAYS + i].met < found->met)
			found = &p->kind[set * WAYS + i];
	*found = (struct kind) { .hash = hash };
	return found;
}

static void learn(struct weft_predictor *p, uint64_t hash, double runtime_sec)
{
	struct kind *kind = need_kind(p, hash);

	kind->met = ++p->tick;
	kind->before_sec = kind->last_sec;
	kind->last_sec = (float)runtime_sec;
	if (kind->count < 2)
		kind->count++;
}

void weft_predictor_learn(struct weft_predictor *predictor,
			  const struct weft_predict_key *key,
			  double runtime_sec)
{
	if (!(runtime_sec >= 0) || runtime_sec > 1e12)
		return;
	learn(predictor, hash_kind(key), runtime_sec);
	learn(predictor, hash_account(key), runtime_sec);
}

static double average(struct weft_predictor *p, struct kind *kind)
{
	kind->met = ++p->tick;
	return kind->count == 1 ? kind->last_sec :
		((double)kind->last_sec + kind->before_sec) / 2;
}

double weft_predictor_expect(struct weft_predictor *predictor,
			     const struct weft_predict_key *key,
			     enum weft_predict_source *ret_source)
{
	enum weft_predict_source source = WEFT_PREDICT_KIND;
	struct kind *kind = find_kind(predictor, hash_kind(key));
	double sec;

	if (!kind) {
		source = WEFT_PREDICT_ACCOUNT;
		kind = find_kind(predictor, hash_account(key));
	}
	if (kind) {
		sec = average(predictor, kind);
		if (sec < 1)
			sec = 1;
		if (key->limit_sec > 0 && sec > key->limit_sec)
			sec = key->limit_sec;
	} else {
		source = key->limit_sec > 0 ? WEFT_PREDICT_LIMIT :
			WEFT_PREDICT_NOTHING;
		sec = key->limit_sec > 0 ? key->limit_sec : 0;
	}
	if (ret_source)
		*ret_source = source;
	return sec;
}

/* ---- kept elsewhere ------------------------------------------------------ */

/* *at is a set, and behind it the place in the order of its ticks. */
bool weft_predictor_next(const struct weft_predictor *p, uint64_t *at,
			 struct weft_predict_kind *ret)
{
	for (; *at < (uint64_t)p->set_count * WAYS; ++*at) {
		const struct kind *set = &p->kind[*at / WAYS * WAYS];

		for (int i = 0; i < WAYS; i++) {
			uint64_t older = 0;

			for (int k = 0; k < WAYS; k++)
				older += set[k].met < set[i].met ||
					(set[k].met == set[i].met && k < i);
			if (older != *at % WAYS || !set[i].count)
				continue;
			*ret = (struct weft_predict_kind) {
				set[i].hash, set[i].last_sec,
				set[i].before_sec, set[i].count };
			++*at;
			return true;
		}
	}
	return false;
}

void weft_predictor_restore(struct weft_predictor *p,
			    const struct weft_predict_kind *kind)
{
	struct kind *to = need_kind(p, kind->hash);

	*to = (struct kind) {
		.hash = kind->hash, .met = ++p->tick,
		.last_sec = kind->last_sec, .before_sec = kind->before_sec,
		.count = kind->count,
	};
}

double weft_predict_correct(double predicted_sec, double elapsed_sec,
			    double limit_sec)
{
	static const double step_sec[] = {
		60, 300, 900, 1800, 3600, 7200, 18000, 36000, 72000, 180000,
		360000,
	};
	double sec = predicted_sec > 0 ? predicted_sec : 0;

	for (size_t i = 0; sec <= elapsed_sec &&
	     i < sizeof(step_sec) / sizeof(step_sec[0]); i++)
		sec += step_sec[i];
	if (sec <= elapsed_sec)
		sec = elapsed_sec * 2;
	if (limit_sec > 0 && sec > limit_sec)
		sec = limit_sec > elapsed_sec ? limit_sec : elapsed_sec + 1;
	return sec;
}

uint64_t weft_predict_hash(const char *name)
{
	size_t len = strlen(name);
	uint64_t hash = 3;

	while (len && (isdigit((unsigned char)name[len - 1]) ||
		       name[len - 1] == '-' || name[len - 1] == '_' ||
		       name[len - 1] == '.'))
		len--;
	while (len && isdigit((unsigned char)*name)) {
		name++;
		len--;
	}
	for (size_t i = 0; i < len; i++)
		hash = weft_hash_word(hash, (unsigned char)name[i]);
	return hash;
}

/* ---- how wrong it was -------------------------------------------------- */

void weft_predict_errors_add(struct weft_predict_errors *errors,
			     double predicted_sec, double real_sec,
			     enum weft_predict_source source)
{
	double p = predicted_sec > 1 ? predicted_sec : 1;
	double r = real_sec > 1 ? real_sec : 1;
	double place = round(log2(p / r) * BINS_PER_DOUBLING);

	errors->count++;
	errors->under_count += p < r;
	errors->within_count += p <= 2 * r && r <= 2 * p;
	errors->accuracy_sum += p < r ? p / r : r / p;
	errors->absolute_sum_sec += fabs(p - r);
	errors->source[source]++;
	if (place < -MIDDLE_BIN)
		place = -MIDDLE_BIN;
	if (place > MIDDLE_BIN)
		place = MIDDLE_BIN;
	errors->bin[MIDDLE_BIN + (int)place]++;
}

double weft_predict_errors_quantile(const struct weft_predict_errors *errors,
				    double q)
{
	double below = 0, wanted = q * (double)errors->count;

	if (!errors->count)
		return 0;
	for (int i = 0; i < WEFT_PREDICT_BINS; i++) {
		below += (double)errors->bin[i];
		if (below >= wanted && below > 0)
			return exp2((double)(i - MIDDLE_BIN) /
				    BINS_PER_DOUBLING);
	}
	return exp2((double)MIDDLE_BIN / BINS_PER_DOUBLING);
}
