/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opinion.h - second opinions on how long jobs run, and how good they are
 *
 * Several methods learn side by side from the jobs that end; one of them is
 * asked for the order of jobs (struct weft_job.predicted_sec).  None is ever
 * used for a reservation that must hold: those go by the limit.
 */
#ifndef WEFT_SCHED_OPINION_H
#define WEFT_SCHED_OPINION_H

#include "lib/buf.h"
#include "lib/err.h"
#include "sched/predict.h"

enum weft_predict_method {
	WEFT_PREDICT_OFF,	/* the limit */
	WEFT_PREDICT_USER,	/* the user's last two jobs (Tsafrir 2007) */
	WEFT_PREDICT_LIKE,	/* the user's last two of this name and size */
	WEFT_PREDICT_BLEND,	/* the limit and both, as each was worth lately */
	WEFT_PREDICT_METHODS
};
extern const char *const weft_predict_method_words[];	/* ends with NULL */

struct weft_opinions;

/* What each method said of a job; 0: nothing (no history and no limit). */
struct weft_opinion {
	float sec[WEFT_PREDICT_METHODS];
	uint8_t source;		/* enum weft_predict_source of LIKE */
};

/* Memory is bounded: about 100 bytes a kind.  NULL: no memory. */
struct weft_opinions *weft_opinions_create(uint32_t kinds_max);
void weft_opinions_destroy(struct weft_opinions *opinions);

void weft_opinions_ask(struct weft_opinions *opinions,
		       const struct weft_predict_key *key,
		       struct weft_opinion *ret_opinion);
/* What one method says, in seconds; OFF says 0, for the order needs none. */
double weft_opinions_expect(struct weft_opinions *opinions,
			    enum weft_predict_method method,
			    const struct weft_predict_key *key);

/* A job ended after so long; then is what was said of it. */
void weft_opinions_learn(struct weft_opinions *opinions,
			 const struct weft_predict_key *key,
			 const struct weft_opinion *then, double runtime_sec);

/*
 * What was learnt, as bytes for a file, and back: from bytes of any origin.
 * write: 0, -ENOMEM or -EFBIG of the buffer.  read: 0 and opinions for the
 * caller to destroy; -EINVAL with what is wrong; -ENOMEM.
 */
int weft_opinions_write(const struct weft_opinions *opinions,
			struct weft_buf *buf);
int weft_opinions_read(const char *bytes, size_t len, uint32_t kinds_max,
		       struct weft_opinions **ret_opinions,
		       struct weft_err *err);

const struct weft_predict_errors *
weft_opinions_errors(const struct weft_opinions *opinions,
		     enum weft_predict_method method);

#endif
