/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tune_print.c - what a search found, for people and for machines
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "tools/sim/tune.h"

static void put_value(const struct weft_setting *s, double value, char *text,
		      size_t size)
{
	if (s->type == WEFT_SETTING_WORD)
		snprintf(text, size, "\"%s\"", s->words[(int)value]);
	else if (s->type == WEFT_SETTING_BOOL)
		snprintf(text, size, "%s", value != 0 ? "true" : "false");
	else
		snprintf(text, size, "%.10g", value);
}

static bool is_changed(const struct tune *tune, const struct weft_setting *s)
{
	return s && tune_get(&tune->start, s) != tune_get(&tune->best, s);
}

static void print_ratio(const char *label, const struct weft_ratio *r)
{
	printf("  %-34s", label);
	if (r->windows >= 2)
		printf("x %.3f (%.3f..%.3f), %u windows\n", r->mean, r->low,
		       r->high, r->windows);
	else
		puts("too few windows in which somebody waits");
}

static void print_changes(const struct tune *tune)
{
	char from[64], to[64];
	uint32_t changes = 0;

	for (uint32_t i = 0; i < tune_knob_count; i++) {
		const struct weft_setting *s = tune_setting(tune_knobs[i].key);

		if (!is_changed(tune, s))
			continue;
		put_value(s, tune_get(&tune->start, s), from, sizeof(from));
		put_value(s, tune_get(&tune->best, s), to, sizeof(to));
		printf("  %-34s%s -> %s\n", s->key, from, to);
		changes++;
	}
	if (!changes)
		puts("  no change is better than the settings in force");
}

static void print_json_text(const struct tune *tune)
{
	const char *comma = "";
	char text[64];

	printf("\nFor weft.json:\n  { \"sched\": { ");
	for (uint32_t i = 0; i < tune_knob_count; i++) {
		const struct weft_setting *s = tune_setting(tune_knobs[i].key);

		if (!is_changed(tune, s))
			continue;
		put_value(s, tune_get(&tune->best, s), text, sizeof(text));
		printf("%s\"%s\": %s", comma, s->key, text);
		comma = ", ";
	}
	puts(" } }");
}

void tune_print(const struct tune *tune)
{
	printf("%u jobs on %u nodes, %u windows; to be small: %s; %u settings tried\n\n",
	       tune->run.workload->job_count,
	       tune->run.machine->cluster.node_count -
	       tune->run.machine->left_out, tune->windows,
	       tune_objectives[tune->objective].told, tune->tried);
	if (!tune->waiting)
		puts("  nobody waits in the windows that the search may see: there is nothing to\n  search by.  Take another part (--skip-days, --days) or more load (--load).");
	else
		print_changes(tune);
	putchar('\n');
	print_ratio("windows that the search saw", &tune->train);
	print_ratio("windows held out", &tune->held_out);
	if (tune->held_out.windows >= 2 && tune->held_out.mean < 1) {
		if (tune->held_out.high >= 1)
			puts("  (it may be chance: 1 is in the interval)");
		print_json_text(tune);
	} else
		puts("\nNothing is gained where the search did not look: keep the settings.");
}

/* ---- for machines ----------------------------------------------------------- */

static struct json_object *ratio_json(const struct weft_ratio *r)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "mean", json_object_new_double(r->mean));
	json_object_object_add(o, "low", json_object_new_double(r->low));
	json_object_object_add(o, "high", json_object_new_double(r->high));
	json_object_object_add(o, "windows",
			       json_object_new_int64(r->windows));
	return o;
}

static struct json_object *value_json(const struct weft_setting *s,
				      double value)
{
	if (s->type == WEFT_SETTING_WORD)
		return json_object_new_string(s->words[(int)value]);
	if (s->type == WEFT_SETTING_BOOL)
		return json_object_new_boolean(value != 0);
	if (s->type == WEFT_SETTING_U32)
		return json_object_new_int64((int64_t)value);
	return json_object_new_double(value);
}

static struct json_object *settings_json(const struct tune *tune,
					 const struct weft_policy *policy)
{
	struct json_object *o = json_object_new_object();

	for (uint32_t i = 0; i < tune_knob_count; i++) {
		const struct weft_setting *s = tune_setting(tune_knobs[i].key);

		if (is_changed(tune, s))
			json_object_object_add(o, s->key, value_json(s,
					       tune_get(policy, s)));
	}
	return o;
}

static struct json_object *values_json(const struct tune *tune,
				       const double *value)
{
	struct json_object *o = json_object_new_array();

	for (uint32_t i = 0; i < tune->windows; i++)
		json_object_array_add(o, json_object_new_double(value[i]));
	return o;
}

int tune_print_json(const struct tune *tune, struct weft_err *err)
{
	struct json_object *root = json_object_new_object(), *sched;

	json_object_object_add(root, "objective", json_object_new_string(
			       tune_objectives[tune->objective].name));
	json_object_object_add(root, "jobs", json_object_new_int64(
			       tune->run.workload->job_count));
	json_object_object_add(root, "tried",
			       json_object_new_int64(tune->tried));
	json_object_object_add(root, "seen_windows_with_waits",
			       json_object_new_int64(tune->waiting));
	json_object_object_add(root, "gained", json_object_new_boolean(
			       tune->held_out.windows >= 2 &&
			       tune->held_out.mean < 1));
	sched = json_object_new_object();
	json_object_object_add(sched, "sched",
			       settings_json(tune, &tune->best));
	json_object_object_add(root, "settings", sched);
	json_object_object_add(root, "before",
			       settings_json(tune, &tune->start));
	json_object_object_add(root, "seen", ratio_json(&tune->train));
	json_object_object_add(root, "held_out", ratio_json(&tune->held_out));
	json_object_object_add(root, "windows_before",
			       values_json(tune, tune->before));
	json_object_object_add(root, "windows_after",
			       values_json(tune, tune->after));
	return sim_put_json(root, err);
}
