/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_sched_plan.c - the planner against an oracle that knows no cleverness
 *
 * Thousands of small random clusters and queues.  The oracle keeps, for each
 * node and each second, what is free, and tries every second and every
 * subset of nodes.  Jobs are replayed in order: each must start at exactly
 * the second that the oracle finds, in places that are free, and every wish
 * must hold for the places chosen.
 */
#include "config.h"

#include "tests/unit/sched_world.h"
#include "tests/unit/starts_only.h"
#include "tests/unit/torture.h"
#include "tests/unit/unit.h"

/* ---- the oracle --------------------------------------------------------- */

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

static bool subset_fits(const struct world *w, const struct weft_shape *s,
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
		if (subset_fits(w, s, set, t, t >= job->switch_wait_until_sec))
			return true;
	return false;
}

/* Nobody is there, all nodes are up, nothing is reserved: would it start? */
static bool is_possible(const struct world *w, const struct weft_job *job)
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

static int64_t earliest(const struct world *w, const struct weft_job *job,
			int last)
{
	for (int t = (int)job->eligible_sec; t <= last; t++)
		if (fits_at(w, job, t))
			return t;
	return WEFT_TIME_NEVER;
}

/* The plan's places are right; put them into the oracle's world. */
static void replay(struct world *w, const struct weft_job *job,
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
	ck_assert(subset_fits(w, s, subset, (int)d->start_sec,
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

static void check_plan(struct world *w, const struct weft_plan *plan,
		       unsigned long long seed)
{
	uint32_t turn[JOBS], taken = 0;

	ck_assert_int_eq(weft_policy_order(&w->policy, w->shape, w->job, JOBS,
					   w->c.now_sec, turn), 0);
	for (uint32_t i = 0; i < JOBS; i++) {
		uint32_t j = turn[i];
		const struct weft_decision *d = &plan->decision[j];
		int last = taken < w->policy.plan_depth ? WINDOW : 0;
		int64_t want = earliest(w, &w->job[j], last);

		if (want == 0 && w->shape[w->job[j].shape_idx].left) {
			/* What is known of it fits: somebody else's turn. */
			ck_assert_int_eq(d->reason.kind, WEFT_REASON_SELECT);
			ck_assert_uint_eq(d->place_count, 0);
			taken++;
			continue;
		}
		ck_assert_msg(d->start_sec == want,
			      "seed %llu job %u: starts at %lld, oracle %lld",
			      seed, j, (long long)d->start_sec,
			      (long long)want);
		if (w->shape[w->job[j].shape_idx].left && want == WEFT_TIME_NEVER)
			ck_assert(d->reason.kind == WEFT_REASON_SELECT ||
				  (d->reason.kind == WEFT_REASON_BEGIN &&
				   w->job[j].eligible_sec > 0));
		taken += want != WEFT_TIME_NEVER || is_possible(w, &w->job[j]);
		ck_assert_int_eq(d->reason.kind == WEFT_REASON_START,
				 want == 0);
		if (want != WEFT_TIME_NEVER)
			replay(w, &w->job[j], plan, d);
	}
}

static int run(struct world *w, struct weft_plan **ret_plan)
{
	struct weft_err err = WEFT_ERR_INIT;
	int rc = weft_plan_run(&w->c, &w->policy, w->shape, SHAPES, w->job,
			       JOBS, NULL, NULL, ret_plan, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return rc;
}

#define CASES 6000

static void try_seed(struct world *w, unsigned long long seed,
		     enum weft_order order, bool siblings)
{
	struct weft_plan *plan;

	world_make(w, seed);
	if (siblings)
		world_make_siblings(w);
	w->policy.order = order;
	w->policy.wait_max_sec = seed % 3 ? 0 : 4;
	ck_assert_int_eq(run(w, &plan), 0);
	check_plan(w, plan, seed);
	check_starts_only(&w->c, &w->policy, w->shape, SHAPES, w->job, JOBS,
			  plan);
	weft_plan_destroy(plan);
	w->policy.hold_sec = 1 + (uint32_t)(seed % 8);
	ck_assert_int_eq(run(w, &plan), 0);
	check_starts_only(&w->c, &w->policy, w->shape, SHAPES, w->job, JOBS,
			  plan);
	weft_plan_destroy(plan);
	world_fini(w);
}

/* WEFT_ORACLE_FIRST and WEFT_ORACLE_CASES widen the search for a mistake. */
static unsigned long long from_env(const char *name, unsigned long long unset)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : unset;
}

START_TEST(test_oracle)
{
	struct world *w = malloc(sizeof(*w));
	unsigned long long first = from_env("WEFT_ORACLE_FIRST", 1);
	unsigned long long cases = from_env("WEFT_ORACLE_CASES", CASES);

	for (unsigned long long i = 0; i < cases; i++)
		try_seed(w, first + i, i % 3 == 2 ? WEFT_ORDER_SHORTEST :
			 WEFT_ORDER_PRIORITY, false);
	free(w);
}
END_TEST

START_TEST(test_siblings)
{
	struct world *w = malloc(sizeof(*w));
	unsigned long long first = from_env("WEFT_ORACLE_FIRST", 1);
	unsigned long long cases = from_env("WEFT_ORACLE_CASES", CASES);

	for (unsigned long long i = 0; i < cases; i++)
		try_seed(w, first + i, WEFT_ORDER_PRIORITY, true);
	free(w);
}
END_TEST

/* Jobs that somebody else places hold a place while a part of them must wait. */
START_TEST(test_left)
{
	struct world *w = malloc(sizeof(*w));
	struct weft_plan *plan;

	for (unsigned long long seed = 1; seed <= 2000; seed++) {
		world_make(w, seed);
		for (uint32_t i = 0; i < SHAPES; i++)
			w->shape[i].left = (seed + i) % 3 == 0;
		ck_assert_int_eq(run(w, &plan), 0);
		check_plan(w, plan, seed);
		check_starts_only(&w->c, &w->policy, w->shape, SHAPES, w->job,
				  JOBS, plan);
		weft_plan_destroy(plan);
		world_fini(w);
	}
	free(w);
}
END_TEST

/*
 * Seeds that once found a mistake.
 * 34215: two leaf switches wanted and two nodes named; the largest leaves were
 * taken, which did not hold the named nodes, and the job waited for nothing.
 * 110922: one unit and two nodes named, of which each must hold a unit.
 */
START_TEST(test_found_before)
{
	static const unsigned long long seeds[] = { 34215, 110922 };
	struct world *w = malloc(sizeof(*w));

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		try_seed(w, seeds[i], WEFT_ORDER_PRIORITY, false);
	free(w);
}
END_TEST

static int plan_and_free(void *arg)
{
	struct world *w = arg;
	struct weft_plan *plan;
	int rc = weft_plan_run(&w->c, &w->policy, w->shape, SHAPES, w->job,
			       JOBS, NULL, NULL, &plan, NULL);

	if (rc == 0)
		weft_plan_destroy(plan);
	return rc;
}

START_TEST(test_no_memory)
{
	struct world *w = malloc(sizeof(*w));

	for (unsigned long long seed = 1; seed <= 20; seed++) {
		world_make(w, seed);
		torture_check(plan_and_free, w);
		world_fini(w);
	}
	free(w);
}
END_TEST

UNIT_MAIN("sched_plan", test_oracle, test_siblings, test_left, test_found_before,
	  test_no_memory)
