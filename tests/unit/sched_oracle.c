/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sched_oracle.c - see sched_oracle.h */
#include "config.h"

#include "tests/unit/sched_oracle.h"

static bool closed(const struct world *w, const struct weft_shape *s,
		   uint32_t i, int begin, int t)
{
	const struct weft_reservation *r = &w->resv[0];
	bool inside;

	if (!w->node[i].usable && (t < w->node[i].back_sec || t == 0))
		return true;
	if (!w->c.resv_count)
		return false;
	/* In its own it must begin; what is over it is Slurm's to end. */
	if (s->resv_idx == 0)
		t = begin;
	inside = weft_idxset_has(r->nodes, i) && t >= r->start_sec &&
		t < r->end_sec;
	return s->resv_idx == 0 ? !inside : inside;
}

static int gpus_in(const struct world *w, const struct weft_shape *s,
		   uint32_t i, weft_gpuset_t free)
{
	int a = __builtin_popcountll(free & w->node[i].gpus_of_type[0]);
	int b = __builtin_popcountll(free & w->node[i].gpus_of_type[1]);

	if (s->gpu_type_idx == 0)
		return a;
	if (s->gpu_type_idx == 1)
		return b;
	if (a < b)
		a = b;
	/* No type has so many: of all. */
	return a < (int)weft_shape_gpus_most(s) ? __builtin_popcountll(free) : a;
}

/* Units that fit on the node in [t, t + d), -1 if not even a part of the job. */
static int room(const struct world *w, const struct weft_shape *s, uint32_t i,
		int t)
{
	int end = s->limit_sec == UINT32_MAX ? SPAN : t + (int)s->limit_sec;
	int cpus = 1000, mem = 1000, units = 0, gpus;
	weft_gpuset_t free = ~(weft_gpuset_t)0;

	if (!weft_idxset_has(s->nodes, i))
		return -1;
	for (int u = t; u < end && u < SPAN; u++) {
		const struct second *x = &w->at[i][u];

		if (x->whole || (s->exclusive && x->users) ||
		    closed(w, s, i, t, u))
			return -1;
		cpus = x->cpus < cpus ? x->cpus : cpus;
		mem = x->mem < mem ? x->mem : mem;
		free &= x->gpus;
	}
	gpus = gpus_in(w, s, i, free);
	for (units = -1; units < (int)s->unit_count; units++) {
		int n = units + 1;

		if (s->units_per_node_max && n > (int)s->units_per_node_max)
			break;
		if (cpus < (int)(s->per_node.cpus + n * s->per_unit.cpus) ||
		    gpus < (int)(s->per_node.gpus + n * s->per_unit.gpus) ||
		    mem < (int)(s->per_node.mem_mib + n * s->per_unit.mem_mib))
			break;
	}
	return units;
}

/* Nodes of the subset under each vertex v by the given map. */
static uint32_t under(const struct world *w, const uint32_t *map, uint32_t v,
		      unsigned int subset)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->c.node_count; i++)
		n += (subset >> i & 1) && map[i] == v;
	return n;
}

static bool wishes_hold(const struct world *w, const struct weft_shape *s,
			unsigned int subset, bool any_switches)
{
	const struct weft_fabric *f = w->c.fabric;
	uint32_t count = (uint32_t)__builtin_popcount(subset);
	uint32_t groups = 0, runs = 0, leaves = 0, rest = 0;

	for (uint32_t v = 0; v < f->vertex_count; v++) {
		uint32_t n = under(w, f->vertex_of, v, subset);

		groups += n > 0;
		leaves += under(w, f->leaf_of, v, subset) > 0;
		if (s->segment) {
			runs += n / s->segment;
			rest += n % s->segment > 0;
		}
	}
	leaves += under(w, f->leaf_of, UINT32_MAX, subset) > 0;
	if (s->domain == WEFT_DOMAIN_SAME && groups > 1)
		return false;
	if (s->domain == WEFT_DOMAIN_SAME)
		return true;
	if (s->segment)
		return runs == count / s->segment &&
			rest == (count % s->segment > 0);
	return !s->switches_max || any_switches || leaves <= s->switches_max;
}

bool oracle_subset_fits(const struct world *w, const struct weft_shape *s,
			unsigned int subset, int t, bool any_switches)
{
	uint32_t count = (uint32_t)__builtin_popcount(subset);
	int units = 0, one;

	if (count < s->nodes_min || count > s->nodes_max)
		return false;
	for (uint32_t i = 0; i < w->c.node_count; i++) {
		bool in = subset >> i & 1;

		if (s->nodes_required && !in &&
		    weft_idxset_has(s->nodes_required, i))
			return false;
		if (!in)
			continue;
		one = room(w, s, i, t);
		if (one < 0 || (s->unit_count && one <
				(int)s->units_per_node_min))
			return false;
		units += one;
	}
	if (s->unit_count && (units < (int)s->unit_count ||
			      (s->units_per_node_min && count > s->unit_count)))
		return false;
	return wishes_hold(w, s, subset, any_switches);
}

static bool licenses_fit(const struct world *w, const struct weft_shape *s,
			 int t)
{
	int end = s->limit_sec == UINT32_MAX ? SPAN : t + (int)s->limit_sec;

	for (uint32_t k = 0; k < s->license_count; k++)
		for (int u = t; u < end && u < SPAN; u++)
			if (w->licenses[s->license[k].license_idx][u] <
			    (int)s->license[k].count)
				return false;
	return true;
}

static bool fits_at(const struct world *w, const struct weft_job *job, int t)
{
	const struct weft_shape *s = &w->shape[job->shape_idx];

	if (!licenses_fit(w, s, t))
		return false;
	for (unsigned int set = 1; set < 1u << w->c.node_count; set++)
		if (oracle_subset_fits(w, s, set, t, t >= job->switch_wait_until_sec))
			return true;
	return false;
}

bool oracle_possible(const struct world *w, const struct weft_job *job)
{
	struct weft_job one = *job;
	struct world empty = *w;

	one.switch_wait_until_sec = 0;
	empty.c.resv_count = 0;
	for (uint32_t i = 0; i < w->c.node_count; i++) {
		empty.node[i].usable = true;
		for (int t = 0; t < SPAN; t++)
			empty.at[i][t] = (struct second) {
				.cpus = (int)w->node[i].total.cpus,
				.mem = (int)w->node[i].total.mem_mib,
				.gpus = weft_gpus_below(w->node[i].total.gpus),
			};
	}
	for (int l = 0; l < LICENSES; l++)
		for (int t = 0; t < SPAN; t++)
			empty.licenses[l][t] = (int)w->license_total[l];
	return fits_at(&empty, &one, 0);
}

int64_t oracle_earliest(const struct world *w, const struct weft_job *job,
			int last)
{
	for (int t = (int)job->eligible_sec; t <= last; t++)
		if (fits_at(w, job, t))
			return t;
	return WEFT_TIME_NEVER;
}

void oracle_replay(struct world *w, const struct weft_job *job,
		   const struct weft_plan *plan, const struct weft_decision *d)
{
	const struct weft_shape *s = &w->shape[job->shape_idx];
	int64_t end = s->limit_sec == UINT32_MAX ? SPAN :
		d->start_sec + s->limit_sec;
	uint32_t units = 0;
	unsigned int subset = 0;

	for (uint32_t i = 0; i < d->place_count; i++) {
		const struct weft_place *p = &plan->place[d->place_first + i];

		ck_assert(!(subset >> p->node_idx & 1));
		subset |= 1u << p->node_idx;
	}
	ck_assert(oracle_subset_fits(w, s, subset, (int)d->start_sec,
			      d->start_sec >= job->switch_wait_until_sec));
	for (uint32_t i = 0; i < d->place_count; i++) {
		const struct weft_place *p = &plan->place[d->place_first + i];
		struct weft_hold h = {
			.node_idx = p->node_idx,
			.cpus = s->per_node.cpus + p->units * s->per_unit.cpus,
			.mem_mib = s->per_node.mem_mib +
				p->units * s->per_unit.mem_mib,
			.gpus = p->gpus,
			.whole_node = s->exclusive,
		};

		units += p->units;
		ck_assert_int_eq(__builtin_popcountll(p->gpus),
				 s->per_node.gpus + p->units * s->per_unit.gpus);
		ck_assert_int_eq(gpus_in(w, s, p->node_idx, p->gpus),
				 __builtin_popcountll(p->gpus));
		world_take(w, &h, d->start_sec, end);
	}
	ck_assert_uint_eq(units, s->unit_count);
	for (uint32_t k = 0; k < s->license_count; k++)
		for (int64_t t = d->start_sec; t < end && t < SPAN; t++)
			w->licenses[s->license[k].license_idx][t] -=
				(int)s->license[k].count;
}
