/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opinion.c - see opinion.h
 *
 * The method "user" is a predictor of its own that is told nothing of a job
 * but its user: then the last jobs "of this kind" are the user's last.  What
 * the paper does besides, raising the prediction of a job that outlives it, is
 * for backfilling behind predicted ends, which Weft never does.
 *
 * A user of whom nothing is known is taken to use as much of the limit as the
 * jobs that ended lately did.  Were it the limit itself, as in the paper, whoever
 * is new would go behind all whose times are known, and would never become
 * known on a machine that is always full.
 *
 * The method "blend" weighs limit and both others by what they were worth
 * lately (blend.c): it is the one to take where it is not known which of them
 * tells more (docs/design/0081).
 *
 * A second opinion is asked when a job's turn in the queue is decided, so it
 * knows all that ended until then; errors are of what was said last, at the
 * start.
 *
 * Cost: two probes a job and method.
 *
 * Source: see predict.c.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "sched/opinion_impl.h"

#define USE_MEMORY 32	/* jobs that the latest use is the mean of, about */

const char *const weft_predict_method_words[] = {
	"off", "user", "like", "blend", NULL
};

struct weft_opinions *weft_opinions_create(uint32_t kinds_max)
{
	struct weft_opinions *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->of_user = weft_predictor_create(kinds_max / 4 + 1);
	o->of_kind = weft_predictor_create(kinds_max);
	weft_blend_init(&o->blend);
	if (!o->of_user || !o->of_kind) {
		weft_opinions_destroy(o);
		return NULL;
	}
	return o;
}

void weft_opinions_destroy(struct weft_opinions *o)
{
	if (!o)
		return;
	weft_predictor_destroy(o->of_user);
	weft_predictor_destroy(o->of_kind);
	free(o);
}

static struct weft_predict_key user_key(const struct weft_predict_key *key)
{
	return (struct weft_predict_key) {
		.user_idx = key->user_idx, .limit_sec = key->limit_sec };
}

static double expect(const struct weft_opinions *o,
		     struct weft_predictor *predictor,
		     const struct weft_predict_key *key,
		     enum weft_predict_source *ret_source)
{
	double sec = weft_predictor_expect(predictor, key, ret_source);

	if (*ret_source == WEFT_PREDICT_LIMIT && o->use > 0)
		sec = fmax(1, sec * o->use);
	return sec;
}

static void note_use(struct weft_opinions *o, double limit_sec, double sec)
{
	double use = limit_sec > 0 ? fmin(1, fmax(1e-6, sec / limit_sec)) : 0;

	if (use > 0)
		o->use = o->use > 0 ? o->use + (use - o->use) / USE_MEMORY : use;
}

/* The limit and both, into one; 0 where none of them says anything. */
static double blend(const struct weft_opinions *o, double limit_sec,
		    double user_sec, double like_sec)
{
	const double part[WEFT_BLEND_PARTS] = {
		limit_sec > 0 ? limit_sec : like_sec, user_sec, like_sec };
	double sec;

	if (!(user_sec > 0) || !(like_sec > 0))
		return 0;
	sec = weft_blend_expect(&o->blend, part);
	return limit_sec > 0 ? fmin(sec, limit_sec) : sec;
}

double weft_opinions_expect(struct weft_opinions *o,
			    enum weft_predict_method method,
			    const struct weft_predict_key *key)
{
	struct weft_predict_key user = user_key(key);
	enum weft_predict_source source;

	switch (method) {
	case WEFT_PREDICT_USER:
		return expect(o, o->of_user, &user, &source);
	case WEFT_PREDICT_LIKE:
		return expect(o, o->of_kind, key, &source);
	case WEFT_PREDICT_BLEND:
		return blend(o, key->limit_sec,
			     expect(o, o->of_user, &user, &source),
			     expect(o, o->of_kind, key, &source));
	default:
		return 0;
	}
}

void weft_opinions_ask(struct weft_opinions *o,
		       const struct weft_predict_key *key,
		       struct weft_opinion *ret)
{
	struct weft_predict_key user = user_key(key);
	enum weft_predict_source source;

	ret->sec[WEFT_PREDICT_OFF] = (float)key->limit_sec;
	ret->sec[WEFT_PREDICT_USER] =
		(float)expect(o, o->of_user, &user, &source);
	ret->sec[WEFT_PREDICT_LIKE] =
		(float)expect(o, o->of_kind, key, &source);
	ret->sec[WEFT_PREDICT_BLEND] =
		(float)blend(o, key->limit_sec, ret->sec[WEFT_PREDICT_USER],
			     ret->sec[WEFT_PREDICT_LIKE]);
	ret->source = (uint8_t)source;
}

static void learn_blend(struct weft_opinions *o, const struct weft_opinion *then,
			double runtime_sec)
{
	double like = then->sec[WEFT_PREDICT_LIKE];
	double limit = then->sec[WEFT_PREDICT_OFF];
	const double part[WEFT_BLEND_PARTS] = {
		limit > 0 ? limit : like, then->sec[WEFT_PREDICT_USER], like };

	if (part[1] > 0 && part[2] > 0 && runtime_sec >= 0)
		weft_blend_learn(&o->blend, part, runtime_sec);
}

void weft_opinions_learn(struct weft_opinions *o,
			 const struct weft_predict_key *key,
			 const struct weft_opinion *then, double runtime_sec)
{
	struct weft_predict_key user = user_key(key);

	for (int m = 0; m < WEFT_PREDICT_METHODS; m++)
		if (then->sec[m] > 0)
			weft_predict_errors_add(&o->errors[m], then->sec[m],
						runtime_sec,
						m == WEFT_PREDICT_LIKE ?
						then->source :
						WEFT_PREDICT_LIMIT);
	learn_blend(o, then, runtime_sec);
	note_use(o, key->limit_sec, runtime_sec);
	weft_predictor_learn(o->of_user, &user, runtime_sec);
	weft_predictor_learn(o->of_kind, key, runtime_sec);
}

const struct weft_predict_errors *
weft_opinions_errors(const struct weft_opinions *o,
		     enum weft_predict_method method)
{
	return &o->errors[method];
}
