/* SPDX-License-Identifier: GPL-2.0-or-later */
/* opinion_impl.h - what opinion.c (learning) and opinion_state.c (keeping) share */
#ifndef WEFT_SCHED_OPINION_IMPL_H
#define WEFT_SCHED_OPINION_IMPL_H

#include "sched/blend.h"
#include "sched/opinion.h"

struct weft_opinions {
	struct weft_predictor *of_user, *of_kind;
	struct weft_blend blend;	/* of the limit and these two */
	double use;		/* of the limit, lately; 0: no job ended yet */
	struct weft_predict_errors errors[WEFT_PREDICT_METHODS];
};

#endif
