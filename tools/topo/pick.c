/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick.c - a choice of GPUs, explained
 *
 * The same weft_pick_gpus() that the scheduler calls, with its score spelled
 * out beside the runner-up's, line by line in the order in which they are
 * compared: the first line that differs is the reason.
 */
#include "config.h"

#include <stdio.h>

#include <json-c/json.h>

#include "tools/topo/topo.h"

static void add_set(const char *title, weft_gpuset_t gpus, struct weft_buf *buf)
{
	struct weft_buf list;

	weft_buf_init(&list, 256);
	topo_format_gpus(gpus, &list);
	weft_buf_addf(buf, "  %s %s\n", title, weft_buf_str(&list));
	weft_buf_fini(&list);
}

/* One line of the comparison; marks the first one that decides. */
static void add_line(const char *what, const char *unit, uint64_t mine,
		     uint64_t other, bool compare, bool *decided,
		     struct weft_buf *buf)
{
	char a[24], b[24];

	if (*unit) {
		topo_format_gbps(a, mine);
		topo_format_gbps(b, other);
	} else {
		snprintf(a, sizeof(a), "%llu", (unsigned long long)mine);
		snprintf(b, sizeof(b), "%llu", (unsigned long long)other);
	}
	weft_buf_addf(buf, "  %-34s %8s", what, a);
	if (compare)
		weft_buf_addf(buf, " %10s", b);
	weft_buf_addf(buf, " %s", unit);
	if (compare && mine != other && !*decided) {
		weft_buf_addf(buf, "%s<- decides", *unit ? " " : "");
		*decided = true;
	}
	weft_buf_adds(buf, "\n");
}

static void add_scores(const struct weft_pick *pick, enum weft_pick_goal goal,
		       struct weft_buf *buf)
{
	const struct weft_pick_score *a = &pick->score, *b = &pick->second_score;
	bool two = pick->second != 0, ring = goal == WEFT_PICK_RING;
	bool decided = false;

	weft_buf_addf(buf, "\n  %-34s %8s", "", "choice");
	if (two)
		weft_buf_addf(buf, " %10s", "runner-up");
	weft_buf_adds(buf, "\n");
	if (ring)
		add_line("slowest hop of the best ring", "GB/s", a->ring_mbps,
			 b->ring_mbps, two, &decided, buf);
	add_line("sum over all pairs", "GB/s", a->pairs_mbps, b->pairs_mbps, two,
		 &decided, buf);
	if (!ring)
		add_line("slowest hop of the best ring", "GB/s", a->ring_mbps,
			 b->ring_mbps, two, &decided, buf);
	add_line("what the rest can still offer", "GB/s", a->left_mbps,
		 b->left_mbps, two, &decided, buf);
	add_line("NUMA nodes touched", "", a->numa_spread, b->numa_spread, two,
		 &decided, buf);
	add_line("distance to NICs", "", a->nic_distance, b->nic_distance, two,
		 &decided, buf);
	if (two && !decided)
		weft_buf_adds(buf, "  all equal: the lower indices decide\n");
}

static void add_text(const struct weft_inventory *inv,
		     const struct weft_picker *picker,
		     const struct topo_pick_ask *ask,
		     const struct weft_pick *pick,
		     const struct topo_style *style, struct weft_buf *buf)
{
	struct topo_marks marks = { .chosen = pick->gpus, .busy = ask->busy };
	uint32_t order[WEFT_GPUS_MAX], count;
	char bound[16];

	add_set("choice   ", pick->gpus, buf);
	if (pick->second)
		add_set("runner-up", pick->second, buf);
	count = weft_pick_ring(picker, pick->gpus, order);
	weft_buf_adds(buf, "  as a ring ");
	for (uint32_t i = 0; i < count; i++)
		weft_buf_addf(buf, "%s%u", i ? "-" : "", order[i]);
	weft_buf_adds(buf, "\n");
	add_scores(pick, ask->goal, buf);
	topo_format_gbps(bound, pick->bound_mbps);
	if (pick->exact)
		weft_buf_adds(buf, "\n  Exact: every set of free GPUs was compared.\n\n");
	else
		weft_buf_addf(buf, "\n  Not exact: no set has more than %s GB/s.\n\n",
			      bound);
	topo_matrix(inv, &marks, style, buf);
}

/* ---- JSON --------------------------------------------------------------- */

struct json_object *topo_json_gpus(weft_gpuset_t gpus)
{
	struct json_object *array = json_object_new_array();

	for (int i = 0; i < WEFT_GPUS_MAX; i++)
		if (gpus >> i & 1)
			json_object_array_add(array, json_object_new_int(i));
	return array;
}

static struct json_object *json_choice(weft_gpuset_t gpus,
				       const struct weft_pick_score *score)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "gpus", topo_json_gpus(gpus));
	json_object_object_add(obj, "ring_mbps",
			       json_object_new_uint64(score->ring_mbps));
	json_object_object_add(obj, "pairs_mbps",
			       json_object_new_uint64(score->pairs_mbps));
	json_object_object_add(obj, "left_mbps",
			       json_object_new_uint64(score->left_mbps));
	json_object_object_add(obj, "numa_spread",
			       json_object_new_uint64(score->numa_spread));
	json_object_object_add(obj, "nic_distance",
			       json_object_new_uint64(score->nic_distance));
	return obj;
}

static void add_json(const struct weft_picker *picker,
		     const struct weft_pick *pick, bool fits,
		     struct weft_buf *buf)
{
	struct json_object *root = json_object_new_object();
	struct json_object *ring = json_object_new_array();
	uint32_t order[WEFT_GPUS_MAX];
	uint32_t count = weft_pick_ring(picker, pick->gpus, order);

	for (uint32_t i = 0; i < count; i++)
		json_object_array_add(ring, json_object_new_int((int)order[i]));
	json_object_object_add(root, "fits", json_object_new_boolean(fits));
	json_object_object_add(root, "choice",
			       fits ? json_choice(pick->gpus, &pick->score) : NULL);
	json_object_object_add(root, "runner_up", pick->second ?
			       json_choice(pick->second, &pick->second_score) : NULL);
	json_object_object_add(root, "ring", ring);
	json_object_object_add(root, "exact", json_object_new_boolean(pick->exact));
	json_object_object_add(root, "bound_mbps",
			       json_object_new_uint64(pick->bound_mbps));
	weft_buf_addf(buf, "%s\n", json_object_to_json_string_ext(
		root, JSON_C_TO_STRING_PRETTY));
	json_object_put(root);
}

bool topo_pick(const struct weft_inventory *inv,
	       const struct weft_picker *picker, const struct topo_pick_ask *ask,
	       const struct topo_style *style, struct weft_buf *buf)
{
	struct weft_pick pick;
	bool fits = weft_pick_gpus(picker, ~ask->busy, ask->count, ask->goal,
				   &pick);

	if (ask->json)
		add_json(picker, &pick, fits, buf);
	else if (fits)
		add_text(inv, picker, ask, &pick, style, buf);
	return fits;
}
