/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reason.c - see reason.h: one record as a word, as a sentence, as JSON
 */
#include "config.h"

#include <errno.h>

#include <json-c/json_object.h>

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
};

const char *weft_reason_word(enum weft_reason_kind kind)
{
	return (unsigned int)kind < WEFT_REASON_COUNT ? words[kind] : "Unknown";
}

static void add_sentence(const struct weft_reason *r,
			 const struct weft_cluster *c, struct weft_buf *buf)
{
	switch (r->kind) {
	case WEFT_REASON_START:
		weft_buf_adds(buf, "starts now");
		break;
	case WEFT_REASON_CPUS:
		weft_buf_addf(buf, "needs %u CPUs in the right places, %u are free",
			      r->wanted, r->available);
		break;
	case WEFT_REASON_GPUS:
		weft_buf_addf(buf, "needs %u GPUs, %u are free on nodes it may use",
			      r->wanted, r->available);
		break;
	case WEFT_REASON_MEMORY:
		weft_buf_addf(buf, "needs memory on %u nodes, %u have enough free",
			      r->wanted, r->available);
		break;
	case WEFT_REASON_NODES:
		weft_buf_addf(buf, "needs %u nodes at the same time, %u are free enough",
			      r->wanted, r->available);
		break;
	case WEFT_REASON_DOMAIN:
		weft_buf_addf(buf, "%u nodes are free, but not inside NVLink domains as asked",
			      r->wanted);
		break;
	case WEFT_REASON_SWITCHES:
		weft_buf_addf(buf, "%u nodes are free, but under more than %u switches",
			      r->wanted, r->available);
		break;
	case WEFT_REASON_LICENSE:
		weft_buf_addf(buf, "needs %u of licence %s, %u are free", r->wanted,
			      c && r->detail_idx >= 0 ?
				      c->license_name[r->detail_idx] : "?",
			      r->available);
		break;
	case WEFT_REASON_RESERVATION:
		weft_buf_addf(buf, "its nodes are kept by reservation %s",
			      c && r->detail_idx >= 0 ?
				      c->resv[r->detail_idx].name : "?");
		break;
	case WEFT_REASON_NODES_DOWN:
		weft_buf_addf(buf, "needs %u nodes, only %u that could hold it are up",
			      r->wanted, r->available);
		break;
	case WEFT_REASON_PRIORITY:
		weft_buf_adds(buf, "jobs before it have a right to the resources");
		break;
	case WEFT_REASON_BEGIN:
		weft_buf_adds(buf, "its begin time has not come");
		break;
	case WEFT_REASON_ARRAY_LIMIT:
		weft_buf_adds(buf, "its array runs as many tasks as it allows");
		break;
	case WEFT_REASON_DEADLINE:
		weft_buf_adds(buf, "it cannot end before its deadline");
		break;
	case WEFT_REASON_NEVER:
		weft_buf_addf(buf, "no state of this cluster can hold it: needs %u nodes, %u could hold a part",
			      r->wanted, r->available);
		break;
	case WEFT_REASON_WINDOW:
		weft_buf_adds(buf, "it finds no place within the planning window");
		break;
	case WEFT_REASON_NOT_TRIED:
	case WEFT_REASON_COUNT:
		weft_buf_adds(buf, "it was not looked at in this cycle");
		break;
	}
}

int weft_reason_format(const struct weft_reason *reason,
		       const struct weft_cluster *cluster,
		       const struct weft_plan *plan, struct weft_buf *buf)
{
	add_sentence(reason, cluster, buf);
	for (uint32_t i = 0; plan && i < reason->blocker_count; i++)
		weft_buf_addf(buf, "%s %u", i ? "," : "; waits for the end of job",
			      plan->blocker[reason->blocker_first + i].job_id);
	if (reason->line_place)
		weft_buf_addf(buf, "; %u in line", reason->line_place);
	return weft_buf_error(buf);
}

struct json_object *weft_reason_to_json(const struct weft_reason *reason,
					const struct weft_cluster *cluster,
					const struct weft_plan *plan)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	struct weft_buf text;

	if (!o || !list) {
		json_object_put(o);
		json_object_put(list);
		return NULL;
	}
	weft_buf_init(&text, 4096);
	weft_reason_format(reason, cluster, plan, &text);
	json_object_object_add(o, "reason",
		json_object_new_string(weft_reason_word(reason->kind)));
	json_object_object_add(o, "text",
		json_object_new_string(weft_buf_str(&text)));
	weft_buf_fini(&text);
	json_object_object_add(o, "wanted",
			       json_object_new_int64(reason->wanted));
	json_object_object_add(o, "available",
			       json_object_new_int64(reason->available));
	json_object_object_add(o, "line_place",
			       json_object_new_int64(reason->line_place));
	for (uint32_t i = 0; plan && i < reason->blocker_count; i++) {
		const struct weft_blocker *b =
			&plan->blocker[reason->blocker_first + i];
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "job_id",
				       json_object_new_int64(b->job_id));
		json_object_object_add(one, "until",
				       json_object_new_int64(b->until_sec));
		json_object_array_add(list, one);
	}
	json_object_object_add(o, "waits_for", list);
	return o;
}
