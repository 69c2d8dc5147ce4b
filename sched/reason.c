/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reason.c - see reason.h: one record, said as a word, a sentence, and JSON
 *
 * Words are stable, for machines match them; sentences may be improved.
 */
#include "config.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "lib/json.h"
#include "sched/plan.h"
#include "sched/reason.h"

static const char *const words[WEFT_REASON_COUNT] = {
	[WEFT_REASON_START] = "Start",
	[WEFT_REASON_CPUS] = "Cpus",
	[WEFT_REASON_GPUS] = "Gpus",
	[WEFT_REASON_MEMORY] = "Memory",
	[WEFT_REASON_NODES] = "Nodes",
	[WEFT_REASON_DOMAIN] = "Domain",
	[WEFT_REASON_SWITCHES] = "Switches",
	[WEFT_REASON_LICENSE] = "License",
	[WEFT_REASON_RESERVATION] = "Reservation",
	[WEFT_REASON_NODES_DOWN] = "NodesDown",
	[WEFT_REASON_PRIORITY] = "Priority",
	[WEFT_REASON_BEGIN] = "BeginTime",
	[WEFT_REASON_ARRAY_LIMIT] = "ArrayLimit",
	[WEFT_REASON_DEADLINE] = "Deadline",
	[WEFT_REASON_NEVER] = "Never",
	[WEFT_REASON_WINDOW] = "Window",
	[WEFT_REASON_NOT_TRIED] = "NotTried",
	[WEFT_REASON_SELECT] = "Select",
	[WEFT_REASON_PARTS] = "Parts",
};

const char *weft_reason_word(enum weft_reason_kind kind)
{
	return (unsigned int)kind < WEFT_REASON_COUNT ? words[kind] : "Unknown";
}

/* Enough in all, and yet it waits for just that. */
static const char *spread(const struct weft_reason *r)
{
	return r->available >= r->wanted ?
		", but too few of them have enough each" : "";
}

/* available 1: of that part itself. */
static int add_parts(const struct weft_reason *r, struct weft_buf *buf)
{
	if (!r->wanted)
		return weft_buf_adds(buf, "waits for another part of the same job, "
				     "which may not start yet");
	if (r->available)
		return weft_buf_adds(buf, "would fit, but not on other nodes than "
				     "the rest of the same job");
	return weft_buf_addf(buf, "waits to start together with job %u, "
			     "the part of the same job that fits last", r->wanted);
}

/* What is wanted and what there is, for kinds that count something. */
static int add_what(const struct weft_reason *r, const struct weft_cluster *c,
		    struct weft_buf *buf)
{
	const char *name = "";

	if (r->detail_idx >= 0 && r->kind == WEFT_REASON_LICENSE &&
	    (uint32_t)r->detail_idx < c->license_count)
		name = c->license_name[r->detail_idx];
	if (r->detail_idx >= 0 && r->kind == WEFT_REASON_RESERVATION &&
	    (uint32_t)r->detail_idx < c->resv_count)
		name = c->resv[r->detail_idx].name;
	switch (r->kind) {
	case WEFT_REASON_START:
		return weft_buf_adds(buf, "starts now");
	case WEFT_REASON_CPUS:
		return weft_buf_addf(buf, "waits for CPUs: wants %u, %u are free on its nodes%s",
				     r->wanted, r->available, spread(r));
	case WEFT_REASON_GPUS:
		return weft_buf_addf(buf, "waits for GPUs: wants %u, %u are free on its nodes%s",
				     r->wanted, r->available, spread(r));
	case WEFT_REASON_MEMORY:
		return weft_buf_addf(buf, "waits for memory: wants %u MiB, %u MiB are free on its nodes%s",
				     r->wanted, r->available, spread(r));
	case WEFT_REASON_NODES:
		return weft_buf_addf(buf, "waits for nodes: wants %u, %u are free at the same time",
				     r->wanted, r->available);
	case WEFT_REASON_DOMAIN:
		return weft_buf_addf(buf, "waits for a place in the NVLink domains: %u nodes are free, "
				     "but no %u of them lie together as asked",
				     r->available, r->wanted);
	case WEFT_REASON_SWITCHES:
		return weft_buf_addf(buf, "waits for few switches: %u nodes are free, "
				     "but no %u of them under as few as asked",
				     r->available, r->wanted);
	case WEFT_REASON_LICENSE:
		return weft_buf_addf(buf, "waits for licences %s: wants %u, %u are free",
				     name, r->wanted, r->available);
	case WEFT_REASON_RESERVATION:
		return weft_buf_addf(buf, "waits for reservation %s", name);
	case WEFT_REASON_NODES_DOWN:
		return weft_buf_addf(buf, "waits for nodes that are down or drained: wants %u, %u are up",
				     r->wanted, r->available);
	case WEFT_REASON_PRIORITY:
		return weft_buf_adds(buf, "would fit now, but would delay jobs before it");
	case WEFT_REASON_BEGIN:
		return weft_buf_adds(buf, "waits for its begin time");
	case WEFT_REASON_ARRAY_LIMIT:
		return weft_buf_adds(buf, "as many tasks of its array run as may run at once");
	case WEFT_REASON_DEADLINE:
		return weft_buf_adds(buf, "cannot end before its deadline");
	case WEFT_REASON_NEVER:
		return weft_buf_addf(buf, "cannot run here: wants %u nodes, %u could ever hold it",
				     r->wanted, r->available);
	case WEFT_REASON_WINDOW:
		return weft_buf_adds(buf, "has no place within the planning window");
	case WEFT_REASON_NOT_TRIED:
		return weft_buf_adds(buf, "was not looked at in this cycle");
	case WEFT_REASON_SELECT:
		return weft_buf_adds(buf, "asks for what only Slurm's own select can place: "
				     "it is offered to it in its turn, and no start can be told");
	case WEFT_REASON_PARTS:
		return add_parts(r, buf);
	default:
		return weft_buf_adds(buf, "waits");
	}
}

static bool has_blockers(const struct weft_reason *r,
			 const struct weft_plan *plan)
{
	return plan && r->blocker_count &&
		r->blocker_first <= plan->blocker_count &&
		r->blocker_count <= plan->blocker_count - r->blocker_first;
}

int weft_reason_format(const struct weft_reason *reason,
		       const struct weft_cluster *cluster,
		       const struct weft_plan *plan, struct weft_buf *buf)
{
	add_what(reason, cluster, buf);
	if (has_blockers(reason, plan)) {
		const struct weft_blocker *b =
			&plan->blocker[reason->blocker_first];

		weft_buf_addf(buf, "; until job%s",
			      reason->blocker_count > 1 ? "s" : "");
		for (uint32_t i = 0; i < reason->blocker_count; i++)
			weft_buf_addf(buf, "%s %u", i ? "," : "", b[i].job_id);
		weft_buf_addf(buf, " end%s",
			      reason->blocker_count > 1 ? "" : "s");
	}
	if (reason->line_place)
		weft_buf_addf(buf, "; place %u in line", reason->line_place);
	return weft_buf_error(buf);
}

static struct json_object *blockers_to_json(const struct weft_blocker *b,
					    uint32_t count)
{
	struct json_object *list = json_object_new_array(), *one;

	for (uint32_t i = 0; list && i < count; i++) {
		one = json_object_new_object();
		if (one && weft_json_put(one, "job", json_object_new_int64(b[i].job_id)) &&
		    weft_json_put(one, "until", json_object_new_int64(b[i].until_sec)) &&
		    json_object_array_add(list, one) == 0)
			continue;
		json_object_put(one);
		json_object_put(list);
		return NULL;
	}
	return list;
}

#define TEXT_LIMIT 1024

struct json_object *weft_reason_to_json(const struct weft_reason *r,
					const struct weft_cluster *cluster,
					const struct weft_plan *plan)
{
	struct json_object *o = json_object_new_object();
	struct weft_buf text;
	bool ok;

	weft_buf_init(&text, TEXT_LIMIT);
	ok = o && weft_reason_format(r, cluster, plan, &text) == 0 &&
		weft_json_put(o, "reason",
		    json_object_new_string(weft_reason_word(r->kind))) &&
		weft_json_put(o, "wanted", json_object_new_int64(r->wanted)) &&
		weft_json_put(o, "available", json_object_new_int64(r->available)) &&
		weft_json_put(o, "place", json_object_new_int64(r->line_place)) &&
		weft_json_put(o, "text", json_object_new_string(weft_buf_str(&text)));
	if (ok && has_blockers(r, plan))
		ok = weft_json_put(o, "waits_for",
			 blockers_to_json(&plan->blocker[r->blocker_first],
					  r->blocker_count));
	weft_buf_fini(&text);
	if (ok)
		return o;
	json_object_put(o);
	return NULL;
}
