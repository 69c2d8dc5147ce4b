/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sched_world.c - see sched_world.h */
#include "config.h"

#include "tests/unit/sched_world.h"

unsigned int world_dice(struct world *w, unsigned int sides)
{
	return (unsigned int)(unit_random(&w->seed) >> 33) % sides;
}

static const char *const names[NODES] = { "n0", "n1", "n2", "n3", "n4" };

static void make_fabric(struct world *w)
{
	struct weft_fabric_builder *b =
		weft_fabric_builder_create(w->c.node_count);
	struct weft_fabric *f;
	static const char *const leaf[] = { "s0", "s1", "s2" };
	static const char *const domain[] = { "d0", "d1", "d2" };
	unsigned int kind = world_dice(w, 3);

	for (uint32_t i = 0; i < w->c.node_count; i++) {
		if (kind >= 1)
			ck_assert_int_eq(weft_fabric_set_switch(
				b, i, leaf[world_dice(w, 3)], NULL), 0);
		if (kind == 2)
			ck_assert_int_eq(weft_fabric_set_domain(
				b, i, domain[world_dice(w, 3)], NULL), 0);
	}
	ck_assert_int_eq(weft_fabric_builder_finish(b, &f, NULL), 0);
	ck_assert_int_eq(weft_fabric_check(f, NULL), 0);
	weft_fabric_builder_destroy(b);
	w->c.fabric = f;
}

static void make_nodes(struct world *w)
{
	for (uint32_t i = 0; i < w->c.node_count; i++) {
		struct weft_node *n = &w->node[i];
		weft_gpuset_t all;

		n->name = names[i];
		n->total.cpus = 1 + world_dice(w, 6);
		n->total.gpus = world_dice(w, 5);
		n->total.mem_mib = world_dice(w, 8);
		n->usable = world_dice(w, 8) > 0;
		n->back_sec = world_dice(w, 2) ? WEFT_TIME_NEVER : world_dice(w, 12);
		all = ((weft_gpuset_t)1 << n->total.gpus) - 1;
		n->gpus_of_type[0] = all & (weft_gpuset_t)world_dice(w, 16);
		n->gpus_of_type[1] = all & ~n->gpus_of_type[0];
	}
}

void world_take(struct world *w, const struct weft_hold *h, int64_t start,
		int64_t end)
{
	for (int64_t t = start; t < end && t < SPAN; t++) {
		struct second *s = &w->at[h->node_idx][t];

		s->cpus -= (int)h->cpus;
		s->mem -= (int)h->mem_mib;
		s->users++;
		s->whole += h->whole_node;
		ck_assert_msg(!(h->gpus & ~s->gpus), "GPU held twice");
		s->gpus &= ~h->gpus;
		ck_assert_int_ge(s->cpus, 0);
		ck_assert_int_ge(s->mem, 0);
		ck_assert(!s->whole || s->users == 1);
	}
}

static void make_running(struct world *w)
{
	for (uint32_t r = 0; r < 8; r++) {
		uint32_t i = world_dice(w, w->c.node_count);
		struct second *s = &w->at[i][0];
		struct weft_hold *h = &w->hold[w->c.hold_count];
		int64_t end = world_dice(w, 14);
		struct weft_license_use *use =
			&w->use[w->c.license_use_count];

		*h = (struct weft_hold) {
			.node_idx = i,
			.cpus = world_dice(w, (unsigned int)s->cpus + 1),
			.mem_mib = world_dice(w, (unsigned int)s->mem + 1),
			.gpus = s->gpus & (weft_gpuset_t)world_dice(w, 16),
			.whole_node = !s->users && !world_dice(w, 4),
		};
		if (s->whole)
			continue;
		w->running[w->c.running_count] = (struct weft_running) {
			.job_id = 100 + r, .end_sec = end,
			.hold_first = w->c.hold_count, .hold_count = 1,
			.license_first = w->c.license_use_count,
		};
		if (end < 1)
			end = 1;
		if (!world_dice(w, 3)) {
			use->license_idx = world_dice(w, LICENSES);
			use->count = world_dice(w, (unsigned int)w->licenses[
				use->license_idx][0] + 1);
			for (int64_t t = 0; t < end; t++)
				w->licenses[use->license_idx][t] -=
					(int)use->count;
			w->running[w->c.running_count].license_count = 1;
			w->c.license_use_count++;
		}
		w->c.running_count++;
		w->c.hold_count++;
		world_take(w, h, 0, end);
	}
}

static struct weft_idxset *some_nodes(struct world *w, unsigned int sides)
{
	struct weft_idxset *set = weft_idxset_create(w->c.node_count);

	for (uint32_t i = 0; i < w->c.node_count; i++)
		if (!world_dice(w, sides))
			weft_idxset_add(set, i);
	return set;
}

static void make_shape(struct world *w, uint32_t k)
{
	struct weft_shape *s = &w->shape[k];

	*s = (struct weft_shape) {
		.nodes_min = 1 + world_dice(w, 3),
		.per_node = { world_dice(w, 3), world_dice(w, 2) * world_dice(w, 4), world_dice(w, 3) },
		.gpu_type_idx = (int32_t)world_dice(w, 3) - 1,
		.exclusive = !world_dice(w, 6),
		.domain = world_dice(w, 5) ? WEFT_DOMAIN_ANY : WEFT_DOMAIN_SAME,
		.limit_sec = world_dice(w, 20) ? 1 + world_dice(w, 9) : UINT32_MAX,
		.resv_idx = w->c.resv_count && !world_dice(w, 4) ? 0 : -1,
	};
	s->nodes_max = s->nodes_min + (world_dice(w, 2) ? 0 : world_dice(w, 3));
	if (!world_dice(w, 3)) {
		s->per_unit = (struct weft_amount) {
			world_dice(w, 3), world_dice(w, 2), world_dice(w, 2) };
		s->units_per_node_min = world_dice(w, 2);
		s->unit_count = s->nodes_min + world_dice(w, 4);
		s->units_per_node_max = world_dice(w, 2) * (1 + world_dice(w, 3));
	} else if (!world_dice(w, 4)) {
		s->segment = 1 + world_dice(w, 2);
	} else if (!world_dice(w, 4)) {
		s->switches_max = 1 + world_dice(w, 2);
	}
	s->nodes = w->set[2 * k] = some_nodes(w, 6);
	weft_idxset_clear(w->set[2 * k]);
	for (uint32_t i = 0; i < w->c.node_count; i++)
		if (world_dice(w, 6))
			weft_idxset_add(w->set[2 * k], i);
	if (!world_dice(w, 8))
		s->nodes_required = w->set[2 * k + 1] = some_nodes(w, 4);
	if (!world_dice(w, 4)) {
		w->shape_use[k] = (struct weft_license_use) {
			world_dice(w, LICENSES), 1 + world_dice(w, 2) };
		s->license = &w->shape_use[k];
		s->license_count = 1;
	}
}

void world_make(struct world *w, unsigned long long seed)
{
	memset(w, 0, sizeof(*w));
	w->seed = seed * 2654435761u + 88172645463325252ULL;
	w->c = (struct weft_cluster) {
		.node_count = 1 + world_dice(w, NODES), .node = w->node,
		.gpu_type_count = 2, .running = w->running, .hold = w->hold,
		.license_count = LICENSES, .license_total = w->license_total,
		.license_name = w->license_name, .license_use = w->use,
		.resv = w->resv,
	};
	make_fabric(w);
	make_nodes(w);
	for (uint32_t i = 0; i < w->c.node_count; i++)
		for (int t = 0; t < SPAN; t++)
			w->at[i][t] = (struct second) {
				.cpus = (int)w->node[i].total.cpus,
				.mem = (int)w->node[i].total.mem_mib,
				.gpus = ((weft_gpuset_t)1 <<
					 w->node[i].total.gpus) - 1,
			};
	for (uint32_t l = 0; l < LICENSES; l++) {
		w->license_total[l] = world_dice(w, 4);
		w->license_name[l] = "lic";
		for (int t = 0; t < SPAN; t++)
			w->licenses[l][t] = (int)w->license_total[l];
	}
	make_running(w);
	if (!world_dice(w, 3)) {
		w->resv[0] = (struct weft_reservation) { .name = "r" };
		w->resv[0].start_sec = world_dice(w, 10);
		w->resv[0].end_sec = w->resv[0].start_sec + world_dice(w, 20);
		w->resv[0].nodes = w->set[2 * SHAPES] = some_nodes(w, 2);
		w->c.resv_count = 1;
	}
	for (uint32_t k = 0; k < SHAPES; k++)
		make_shape(w, k);
	for (uint32_t j = 0; j < JOBS; j++)
		w->job[j] = (struct weft_job) {
			.job_id = j + 1, .shape_idx = world_dice(w, SHAPES),
			.eligible_sec = world_dice(w, 4) ? 0 : world_dice(w, 12),
			.switch_wait_until_sec = world_dice(w, 12),
			.array_tasks = 1, .array_running_max = UINT32_MAX,
		};
	w->policy = (struct weft_policy) {
		.plan_depth = world_dice(w, JOBS + 2), .window_sec = WINDOW,
	};
}

/*
 * Shapes of one kind: what the planner learns from one it uses for others that
 * ask for as much of each node, and for more of them, or for longer.
 */
void world_make_siblings(struct world *w)
{
	for (uint32_t k = 1; k < SHAPES; k++) {
		struct weft_shape *s = &w->shape[k];
		struct weft_shape own = *s;

		if (!world_dice(w, 4))
			continue;
		*s = w->shape[0];
		s->nodes_min = own.nodes_min;
		s->nodes_max = own.nodes_max;
		s->limit_sec = own.limit_sec;
		s->license = own.license;
		s->license_count = own.license_count;
		if (!s->unit_count && world_dice(w, 2)) {
			s->domain = own.domain;
			s->segment = own.segment;
			s->switches_max = own.switches_max;
		} else if (s->unit_count < s->nodes_min) {
			s->nodes_min = s->unit_count ? 1 : s->nodes_min;
		}
	}
	for (uint32_t j = 0; j < JOBS; j++)
		w->job[j].switch_wait_until_sec = world_dice(w, 2) ? 0 : world_dice(w, 12);
	w->policy.plan_depth = JOBS;
}

void world_fini(struct world *w)
{
	weft_fabric_destroy((struct weft_fabric *)w->c.fabric);
	for (uint32_t i = 0; i < 2 * SHAPES + 1; i++)
		weft_idxset_destroy(w->set[i]);
}

