/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * act.c - apply the rules to one job
 *
 * Rules go in order; each sees the job as the rules before it left it, with
 * the worked-out fields made anew after every change.  The first rejection or
 * "accept" ends the walk.
 *
 * Updates (scontrol update) are held to the same rules, with one thing to get
 * right: a user must be able to mend or shorten a job that an older or laxer
 * rule let in.  So a rule concerns an update only if it looks at or sets a
 * field that the update changes, and "default" never fills in what the update
 * leaves alone.
 *
 * Buckets are only looked at on the way and charged at the end, so that a job
 * which a later rule rejects costs its user nothing.  Rates and limits do not
 * concern updates: nothing new is submitted.
 *
 * A limit counts what the queue holds for the same user (account, ...), asked
 * from Slurm itself: it is right after a restart and needs no bookkeeping.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/hash.h"
#include "submit/rules_impl.h"

enum step { STEP_ON, STEP_DONE };

struct work {
	const struct weft_rules *rules;
	const struct weft_circumstance *c;
	struct weft_submission *sub;
	struct weft_submission asked;
	struct weft_verdict *v;
	const struct weft_rule *rule;
};

static void trace(const struct work *w, const char *verb, int field,
		  const char *more)
{
	if (w->c->trace)
		weft_buf_addf(w->c->trace, "%s: %s%s%s%s%s\n", w->rule->name, verb,
			      field >= 0 ? " " : "",
			      field >= 0 ? weft_fields[field].key : "",
			      *more ? " " : "", more);
}

/* ---- messages ---------------------------------------------------------- */

static void facts_of(const struct work *w, struct weft_facts *facts)
{
	*facts = (struct weft_facts){ .rule = w->rule->name, .sub = w->sub,
				      .asked = &w->asked };
}

static void add_line(struct work *w, const char *prefix, const char *text)
{
	struct weft_verdict *v = w->v;
	size_t room = sizeof(v->message) - v->message_len;
	int len;

	if (room < 2)
		return;
	len = snprintf(v->message + v->message_len, room, "%s%s%s (rule %s)",
		       v->message_len ? "\n" : "", prefix, text, w->rule->name);
	v->message_len += len < 0 ? 0 : (size_t)len < room ? (size_t)len : room - 1;
}

static void say(struct work *w, const char *prefix, const struct weft_act *act,
		const struct weft_facts *facts)
{
	char text[WEFT_MESSAGE_SIZE / 2];

	weft_template_write(&act->text, facts, text, sizeof(text));
	add_line(w, prefix, text);
}

static enum step reject(struct work *w)
{
	w->v->rejected = true;
	w->v->rule_idx = (int32_t)(w->rule - w->rules->rule);
	trace(w, "rejects", -1, "");
	return STEP_DONE;
}

/* ---- changing fields --------------------------------------------------- */

static void note_change(struct work *w, int field, union weft_value before,
			const char *verb)
{
	struct weft_verdict *v = w->v;
	char was[48];

	v->changed |= WEFT_FIELD_BIT(field);
	if (v->change_count < WEFT_CHANGES_MAX)
		v->change[v->change_count++] = (struct weft_change) {
			(uint32_t)(w->rule - w->rules->rule), field, before,
			w->sub->value[field] };
	weft_submission_derive(w->sub);
	if (!w->c->trace)
		return;
	if (weft_field_is_text(field))
		trace(w, verb, field, w->sub->value[field].text);
	else
		trace(w, verb, field,
		      weft_field_format(field, w->sub->value[field].num, was, sizeof(was)));
}

static void set_number(struct work *w, int field, uint64_t num, const char *verb)
{
	union weft_value before = w->sub->value[field];

	if (before.num == num)
		return;
	w->sub->value[field].num = num;
	note_change(w, field, before, verb);
}

/* Put a text into the verdict's scratch; NULL if there is no room. */
static const char *keep(struct work *w, const char *text)
{
	struct weft_verdict *v = w->v;
	size_t size = strlen(text) + 1;
	char *at = v->scratch + v->scratch_len;

	if (size > sizeof(v->scratch) - v->scratch_len)
		return NULL;
	memcpy(at, text, size);
	v->scratch_len += size;
	return at;
}

static void set_text(struct work *w, int field, const char *text, const char *verb)
{
	union weft_value before = w->sub->value[field];
	const char *kept;

	if (before.text && strcmp(before.text, text) == 0)
		return;
	kept = keep(w, text);
	if (!kept)
		return;
	w->sub->value[field].text = kept;
	note_change(w, field, before, verb);
}

static void act_set(struct work *w, const struct weft_act *act)
{
	const char *verb = act->kind == WEFT_ACT_DEFAULT ? "defaults" : "sets";
	struct weft_facts facts;
	char text[1024];

	if (!act->has_text) {
		set_number(w, act->field, act->num, verb);
		return;
	}
	facts_of(w, &facts);
	weft_template_write(&act->text, &facts, text, sizeof(text));
	set_text(w, act->field, text, verb);
}

static void act_bound(struct work *w, const struct weft_act *act)
{
	uint64_t num = w->sub->value[act->field].num;

	if (num == WEFT_UNSET)
		return;
	if (act->kind == WEFT_ACT_CAP && num > act->num)
		set_number(w, act->field, act->num, "caps");
	if (act->kind == WEFT_ACT_FLOOR && num < act->num)
		set_number(w, act->field, act->num, "raises");
}

static void act_multiply(struct work *w, const struct weft_act *act)
{
	uint64_t by = w->sub->value[act->by].num, product;

	if (by == WEFT_UNSET || by == WEFT_UNLIMITED)
		return;
	if (__builtin_mul_overflow(by, act->num, &product) || product > WEFT_COUNT_MAX)
		product = WEFT_COUNT_MAX;
	set_number(w, act->field, product, "multiplies");
}

/* "a" -> "a&b"; an expression is put in brackets where Slurm needs them. */
static void act_add_feature(struct work *w, const struct weft_act *act)
{
	const char *now = w->sub->value[act->field].text;
	struct weft_facts facts;
	char feature[256], text[4096];
	size_t len;
	const char *at;

	facts_of(w, &facts);
	len = weft_template_write(&act->text, &facts, feature, sizeof(feature));
	if (!now || !*now) {
		set_text(w, act->field, feature, "adds");
		return;
	}
	for (at = now; (at = strstr(at, feature)); at += len ? len : 1)
		if ((at == now || strchr(",&|()[]", at[-1])) &&
		    (!at[len] || strchr(",&|()[]", at[len])))
			return;
	if (snprintf(text, sizeof(text), strchr(now, '|') ? "(%s)&%s" : "%s&%s",
		     now, feature) < (int)sizeof(text))
		set_text(w, act->field, text, "adds");
}

/* ---- rates and limits -------------------------------------------------- */

static double asked_amount(const struct weft_submission *sub, int what)
{
	uint64_t tasks = sub->value[WEFT_F_ARRAY_TASKS].num;
	uint64_t gpus = sub->value[WEFT_F_GPUS].num;
	uint64_t hours = sub->value[WEFT_F_GPU_HOURS].num;

	switch (what) {
	case WEFT_METRIC_GPUS:
		return (double)gpus * (double)tasks;
	case WEFT_METRIC_ARRAY_TASKS:
		return (double)tasks;
	case WEFT_METRIC_GPU_HOURS:
		return hours >= WEFT_UNLIMITED ? 0 : (double)hours;
	default:
		return 1;
	}
}

static void describe_per(const struct work *w, weft_fieldset_t per, char *out, size_t size)
{
	char value[80];
	size_t len = 0;

	snprintf(out, size, "all users together");
	for (int field = 0; field < WEFT_FIELD_COUNT && len < size; field++) {
		const char *text = w->sub->value[field].text;

		if (!(per & WEFT_FIELD_BIT(field)))
			continue;
		weft_text_clean(value, sizeof(value), text ? text : "(default)");
		len += snprintf(out + len, size - len, "%s%s %s", len ? ", " : "",
				weft_fields[field].key, value);
	}
}

static enum step reject_rate(struct work *w, const struct weft_act *act, double amount,
			     int64_t wait_sec)
{
	struct weft_facts facts;
	char per[256], text[512];

	facts_of(w, &facts);
	facts.limit = act->rate.count;
	facts.used = amount;
	facts.wait_sec = wait_sec;
	if (act->has_text) {
		say(w, "", act, &facts);
		return reject(w);
	}
	describe_per(w, act->per, per, sizeof(per));
	snprintf(text, sizeof(text),
		 "too fast: %s may submit %.10g %s every %.10g min; try again in %lld s",
		 per, act->rate.count,
		 act->what == WEFT_METRIC_JOBS ? "jobs" : weft_metric_names[act->what],
		 act->rate.period_sec / 60, (long long)wait_sec);
	add_line(w, "", text);
	return reject(w);
}

static enum step act_throttle(struct work *w, const struct weft_act *act)
{
	double amount = asked_amount(w->sub, act->what);
	struct weft_verdict *v = w->v;
	uint64_t key = act->key;
	int64_t wait_sec;

	if (!w->c->throttle || w->c->changing)
		return STEP_ON;
	for (int field = 0; field < WEFT_FIELD_COUNT; field++)
		if (act->per & WEFT_FIELD_BIT(field))
			key = weft_hash_text(key, w->sub->value[field].text);
	if (!weft_throttle_check(w->c->throttle, key, &act->rate, amount,
				 w->c->now_sec, &wait_sec))
		return reject_rate(w, act, amount, wait_sec);
	if (v->charge_count < WEFT_CHARGES_MAX)
		v->charge[v->charge_count++] =
			(struct weft_charge){ key, amount, act->rate };
	return STEP_ON;
}

static double used_amount(const struct weft_usage *usage, int what)
{
	const uint64_t *const field[WEFT_METRIC_COUNT] = {
		[WEFT_METRIC_JOBS] = &usage->jobs,
		[WEFT_METRIC_PENDING] = &usage->pending_jobs,
		[WEFT_METRIC_RUNNING] = &usage->running_jobs,
		[WEFT_METRIC_GPUS] = &usage->gpus,
		[WEFT_METRIC_ARRAY_TASKS] = &usage->array_tasks,
		[WEFT_METRIC_GPU_HOURS] = &usage->gpu_hours,
	};

	return (double)*field[what];
}

static enum step act_limit(struct work *w, const struct weft_act *act)
{
	double asked = asked_amount(w->sub, act->what);
	struct weft_usage usage = { 0 };
	struct weft_facts facts;
	char per[256], text[512];

	if (!w->c->usage || w->c->changing)
		return STEP_ON;
	if (act->what == WEFT_METRIC_JOBS || act->what == WEFT_METRIC_PENDING)
		asked = asked_amount(w->sub, WEFT_METRIC_ARRAY_TASKS);
	if (w->c->usage(w->c->usage_arg, act->per, act->per_rule ?
			(uint32_t)(w->rule - w->rules->rule) : WEFT_RULES_ANY,
			w->sub, &usage))
		return STEP_ON;
	facts_of(w, &facts);
	facts.limit = act->rate.count;
	facts.used = used_amount(&usage, act->what);
	if (facts.used + asked <= facts.limit)
		return STEP_ON;
	if (act->has_text) {
		say(w, "", act, &facts);
		return reject(w);
	}
	describe_per(w, act->per, per, sizeof(per));
	snprintf(text, sizeof(text),
		 "over the limit of %.10g %s for %s: %.10g in the queue, %.10g asked; wait for some to end, or ask for less",
		 facts.limit, weft_metric_names[act->what], per, facts.used, asked);
	add_line(w, "", text);
	return reject(w);
}

/* ---- the walk ---------------------------------------------------------- */

static enum step one_act(struct work *w, const struct weft_act *act)
{
	struct weft_facts facts;

	switch (act->kind) {
	case WEFT_ACT_REJECT:
		facts_of(w, &facts);
		say(w, "", act, &facts);
		return reject(w);
	case WEFT_ACT_WARN:
		facts_of(w, &facts);
		say(w, "note: ", act, &facts);
		return STEP_ON;
	case WEFT_ACT_ACCEPT:
		trace(w, "accepts", -1, "");
		return STEP_DONE;
	case WEFT_ACT_DEFAULT:
		if (!w->c->changing && !weft_submission_has(w->sub, act->field))
			act_set(w, act);
		return STEP_ON;
	case WEFT_ACT_SET:
		act_set(w, act);
		return STEP_ON;
	case WEFT_ACT_CAP:
	case WEFT_ACT_FLOOR:
		act_bound(w, act);
		return STEP_ON;
	case WEFT_ACT_MULTIPLY:
		act_multiply(w, act);
		return STEP_ON;
	case WEFT_ACT_ADD_FEATURE:
		act_add_feature(w, act);
		return STEP_ON;
	case WEFT_ACT_THROTTLE:
		return act_throttle(w, act);
	case WEFT_ACT_LIMIT:
		return act_limit(w, act);
	}
	return STEP_ON;
}

static enum step one_rule(struct work *w)
{
	const struct weft_rule *rule = w->rule;

	if (w->c->changing && !(rule->fields & *w->c->changing))
		return STEP_ON;
	if (!weft_match_test(w->rules, rule->match, w->sub))
		return STEP_ON;
	w->v->applied++;
	trace(w, "matches", -1, "");
	for (uint32_t i = 0; i < rule->act_count; i++)
		if (one_act(w, &w->rules->act[rule->act_first + i]) == STEP_DONE)
			return STEP_DONE;
	return STEP_ON;
}

static void charge(const struct work *w)
{
	for (uint32_t i = 0; i < w->v->charge_count; i++) {
		const struct weft_charge *c = &w->v->charge[i];

		weft_throttle_take(w->c->throttle, c->key, &c->rate, c->amount,
				   w->c->now_sec);
	}
}

static void verdict_init(struct weft_verdict *v)
{
	v->rejected = v->exempt = false;
	v->rule_idx = -1;
	v->changed = 0;
	v->applied = v->charge_count = v->change_count = 0;
	v->message[0] = '\0';
	v->message_len = v->scratch_len = 0;
}

void weft_rules_apply(const struct weft_rules *rules,
		      const struct weft_circumstance *c,
		      struct weft_submission *sub, struct weft_verdict *verdict)
{
	struct work w = { .rules = rules, .c = c, .sub = sub, .v = verdict };

	verdict_init(verdict);
	if (rules->has_exempt && weft_match_test(rules, rules->exempt, sub)) {
		verdict->exempt = true;
		if (c->trace)
			weft_buf_adds(c->trace, "exempt: no rule is looked at\n");
		return;
	}
	weft_submission_copy(&w.asked, sub);
	for (uint32_t i = 0; i < rules->rule_count; i++) {
		w.rule = &rules->rule[i];
		if (one_rule(&w) == STEP_DONE)
			break;
	}
	if (!verdict->rejected)
		charge(&w);
}
