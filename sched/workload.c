/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * workload.c - see workload.h
 *
 * Shapes are interned in a hash table, since a plan's cost grows with the
 * number of different shapes.  A drawn limit depends on the seed and the
 * job's own id only, so leaving out other jobs changes nothing for it.
 *
 * The ratios of run time to limit are those of 14,958 jobs on Theta (Argonne):
 * 16 quantile bands, interpolated; half of the jobs use less than a third of
 * what they ask.  The limit is rounded up to what people write: quarters of
 * an hour below 4 hours, then whole hours, then half days from 2 days on.  That users' limits are far
 * too long and come in few round values is known: Tsafrir, Etsion, Feitelson,
 * "Modeling User Runtime Estimates", JSSPP 2005.
 *
 * Cost: O(1) a job, O(n log n) once to sort.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "sched/workload.h"

#define JOBS_MAX (1u << 28)
#define LIMIT_MAX_SEC (366 * 86400)
#define NO_SHAPE UINT32_MAX
#define SPREAD_TRIES 64	/* more nodes of less, where nodes are unlike */

/*
 * A set of nodes, the most that one of them has, and the least.  GPUs are
 * those of the type.
 */
struct extent {
	const struct weft_idxset *nodes;
	int32_t gpu_type_idx;	/* -1: any */
	struct weft_amount largest;
	uint32_t cpus_least;
	double cpus_per_gpu;	/* of the nodes with GPUs, the least */
	bool even;		/* all have the same */
};

struct weft_workload_builder {
	const struct weft_machine *machine;
	struct weft_workload_settings settings;
	struct extent *extent;		/* the first is of all nodes */
	uint32_t extent_count;
	struct weft_workload *workload;
	struct weft_idxset *all;
	uint32_t job_cap, shape_cap;
	uint32_t *slot;			/* hash table of shape indices */
	uint32_t slot_count;		/* a power of two */
	double first_sec;
	bool any;
};

static const double ratio_quantile[] = {
	0.0004, 0.011, 0.0167, 0.031, 0.0598, 0.0949, 0.1625, 0.2472, 0.3427,
	0.4604, 0.6277, 0.7711, 0.9361, 1, 1, 1, 1,
};

static uint64_t mix64(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static double uniform_of(uint64_t seed, const char *id)
{
	uint64_t hash = mix64(seed);

	for (; *id; id++)
		hash = mix64(hash ^ (unsigned char)*id);
	return (double)(hash >> 11) / 9007199254740992.0;
}

static uint32_t round_up(double sec)
{
	uint32_t unit = sec <= 4 * 3600 ? 900 : sec <= 2 * 86400 ? 3600 : 43200;

	if (sec > LIMIT_MAX_SEC)
		return LIMIT_MAX_SEC;
	return (uint32_t)ceil(sec / unit) * unit;
}

static uint32_t draw_limit(const struct weft_workload_settings *settings,
			   const struct weft_trace_job *job)
{
	static const uint32_t hours[] = { 1, 4, 12, 24, 48, 168, 336, 720 };
	const uint32_t bands = sizeof(ratio_quantile) / sizeof(double) - 1;
	double at, ratio;
	uint32_t band;

	if (settings->limits == WEFT_LIMITS_ROUND) {
		for (size_t i = 0; i < sizeof(hours) / sizeof(*hours); i++)
			if (job->runtime_sec <= hours[i] * 3600.0)
				return hours[i] * 3600;
		return round_up(job->runtime_sec);
	}
	at = uniform_of(settings->seed, job->id) * bands;
	band = (uint32_t)at;
	ratio = ratio_quantile[band] + (at - band) *
		(ratio_quantile[band + 1] - ratio_quantile[band]);
	/* A second's job with a day's limit is as long as such limits get. */
	at = job->runtime_sec / ratio;
	if (at > 7 * 86400 && at > job->runtime_sec * 4)
		at = fmax(7 * 86400, job->runtime_sec * 4);
	return round_up(at > 60 ? at : 60);
}

static void raise(struct weft_amount *to, const struct weft_amount *has)
{
	to->cpus = has->cpus > to->cpus ? has->cpus : to->cpus;
	to->gpus = has->gpus > to->gpus ? has->gpus : to->gpus;
	to->mem_mib = has->mem_mib > to->mem_mib ? has->mem_mib : to->mem_mib;
}

static void lower(struct extent *e, const struct weft_amount *has)
{
	e->even = e->even && has->cpus == e->largest.cpus &&
		has->gpus == e->largest.gpus;
	if (!has->cpus)		/* not up */
		return;
	if (has->cpus < e->cpus_least)
		e->cpus_least = has->cpus;
	if (has->gpus && (double)has->cpus / has->gpus < e->cpus_per_gpu)
		e->cpus_per_gpu = (double)has->cpus / has->gpus;
}

static struct weft_amount amount_of(const struct weft_workload_builder *b,
				    uint32_t node_idx, int32_t gpu_type_idx)
{
	const struct weft_node *node = &b->machine->cluster.node[node_idx];
	struct weft_amount has = node->total;

	if (gpu_type_idx >= 0)
		has.gpus = weft_bits_count(node->gpus_of_type[gpu_type_idx] &
					   weft_gpus_below(has.gpus));
	return has;
}

/* Sites have few such sets; each is looked at once.  NULL: no memory. */
static const struct extent *find_extent(struct weft_workload_builder *b,
					const struct weft_idxset *nodes,
					int32_t gpu_type_idx)
{
	struct weft_amount has;
	struct extent *e;

	for (uint32_t i = 0; i < b->extent_count; i++)
		if (b->extent[i].nodes == nodes &&
		    b->extent[i].gpu_type_idx == gpu_type_idx)
			return &b->extent[i];
	e = realloc(b->extent, (b->extent_count + 1) * sizeof(*e));
	if (!e)
		return NULL;
	b->extent = e;
	e += b->extent_count++;
	*e = (struct extent) { .nodes = nodes, .gpu_type_idx = gpu_type_idx,
			       .even = true };
	weft_idxset_foreach(nodes, i) {
		has = amount_of(b, i, gpu_type_idx);
		raise(&e->largest, &has);
	}
	e->cpus_least = e->largest.cpus;
	e->cpus_per_gpu = e->largest.cpus;
	weft_idxset_foreach(nodes, i) {
		has = amount_of(b, i, gpu_type_idx);
		lower(e, &has);
	}
	return e;
}

struct weft_workload_builder *
weft_workload_builder_create(const struct weft_machine *machine,
			     const struct weft_workload_settings *settings)
{
	struct weft_workload_builder *b = calloc(1, sizeof(*b));
	const struct weft_cluster *c = &machine->cluster;

	if (!b)
		return NULL;
	b->machine = machine;
	b->settings = *settings;
	b->slot_count = 1024;
	b->slot = malloc(b->slot_count * sizeof(*b->slot));
	b->workload = calloc(1, sizeof(*b->workload));
	b->all = weft_idxset_create(c->node_count);
	if (b->slot)
		memset(b->slot, 0xff, b->slot_count * sizeof(*b->slot));
	if (b->all)
		weft_idxset_fill(b->all);
	if (!b->slot || !b->workload || !b->all || !find_extent(b, b->all, -1)) {
		weft_workload_builder_destroy(b);
		return NULL;
	}
	return b;
}

void weft_workload_builder_destroy(struct weft_workload_builder *b)
{
	if (!b)
		return;
	weft_workload_destroy(b->workload);
	weft_idxset_destroy(b->all);
	free(b->extent);
	free(b->slot);
	free(b);
}

/* The set of all nodes is the workload's to free. */
void weft_workload_destroy(struct weft_workload *w)
{
	if (!w)
		return;
	weft_idxset_destroy(w->all);
	free(w->shape);
	free(w->partition);
	free(w->job);
	free(w);
}

/* ---- shapes -------------------------------------------------------------- */

static bool same_shape(const struct weft_shape *a, const struct weft_shape *b)
{
	return a->nodes == b->nodes && a->gpu_type_idx == b->gpu_type_idx &&
		a->nodes_min == b->nodes_min && a->limit_sec == b->limit_sec &&
		a->per_node.cpus == b->per_node.cpus &&
		a->per_node.gpus == b->per_node.gpus &&
		a->per_node.mem_mib == b->per_node.mem_mib;
}

static uint32_t *find_slot(const struct weft_workload_builder *b,
			   const struct weft_shape *s)
{
	uint64_t hash = mix64(s->limit_sec | (uint64_t)s->nodes_min << 32);
	uint32_t at;

	hash = mix64(hash ^ s->per_node.mem_mib);
	hash = mix64(hash ^ s->per_node.cpus ^ (uint64_t)s->per_node.gpus << 32);
	for (at = (uint32_t)hash;; at++) {
		uint32_t *slot = &b->slot[at & (b->slot_count - 1)];

		if (*slot == NO_SHAPE ||
		    same_shape(&b->workload->shape[*slot], s))
			return slot;
	}
}

static int widen(struct weft_workload_builder *b)
{
	uint32_t count = b->slot_count * 2;
	uint32_t *more = malloc(count * sizeof(*more));

	if (!more)
		return -ENOMEM;
	free(b->slot);
	b->slot = more;
	b->slot_count = count;
	memset(more, 0xff, count * sizeof(*more));
	for (uint32_t i = 0; i < b->workload->shape_count; i++)
		*find_slot(b, &b->workload->shape[i]) = i;
	return 0;
}

static int grow_shapes(struct weft_workload_builder *b)
{
	struct weft_workload *w = b->workload;
	uint32_t cap = b->shape_cap ? b->shape_cap * 2 : 64;
	void *more;

	if (w->shape_count < b->shape_cap)
		return 0;
	more = realloc(w->shape, cap * sizeof(*w->shape));
	if (!more)
		return -ENOMEM;
	w->shape = more;
	more = realloc(w->partition, cap * sizeof(*w->partition));
	if (!more)
		return -ENOMEM;
	w->partition = more;
	b->shape_cap = cap;
	return 0;
}

static int intern(struct weft_workload_builder *b, const struct weft_shape *s,
		  const struct weft_idxset *partition, uint32_t *ret_idx)
{
	struct weft_workload *w = b->workload;
	uint32_t *slot;

	if (w->shape_count * 2 >= b->slot_count && widen(b))
		return -ENOMEM;
	slot = find_slot(b, s);
	if (*slot == NO_SHAPE) {
		if (grow_shapes(b))
			return -ENOMEM;
		*slot = w->shape_count++;
		w->shape[*slot] = *s;
		w->partition[*slot] = partition;
	}
	*ret_idx = *slot;
	return 0;
}

/* ---- one job ------------------------------------------------------------- */

static uint32_t divide_up(double amount, uint32_t by)
{
	double each = ceil(amount / by);

	return each < UINT32_MAX ? (uint32_t)each : UINT32_MAX;
}

static uint32_t fewest_nodes(const struct extent *e, double gpus, double cpus)
{
	uint32_t n = 1, more;

	if (gpus > 0 && e->largest.gpus)
		n = divide_up(gpus, e->largest.gpus);
	if (cpus > 0 && e->largest.cpus) {
		more = divide_up(cpus, e->largest.cpus);
		n = more > n ? more : n;
	}
	return n ? n : 1;
}

static bool is_held(const struct weft_workload_builder *b,
		    const struct weft_shape *s)
{
	uint32_t n = 0;

	weft_idxset_foreach(s->nodes, i) {
		struct weft_amount has = amount_of(b, i, s->gpu_type_idx);

		n += has.cpus && has.cpus >= s->per_node.cpus &&
			has.gpus >= s->per_node.gpus &&
			has.mem_mib >= s->per_node.mem_mib;
		if (n >= s->nodes_min)
			return true;
	}
	return false;
}

/* The job on n nodes, the same on each. */
static void spread(const struct extent *e, const struct weft_trace_job *job,
		   uint32_t n, struct weft_shape *s)
{
	double cpus = job->cpus;

	s->nodes_min = s->nodes_max = n;
	s->per_node.gpus = divide_up(ceil(job->gpus), n);
	s->per_node.cpus = divide_up(cpus, n);
	s->per_node.mem_mib = job->mem_mib / n;
	if (!s->per_node.cpus && s->per_node.gpus && e->largest.gpus)
		s->per_node.cpus = (uint32_t)(s->per_node.gpus *
					      e->cpus_per_gpu + 1e-9);
	else if (!s->per_node.cpus)
		s->per_node.cpus = e->cpus_least;	/* whole nodes */
	if (s->per_node.mem_mib > e->largest.mem_mib)
		s->per_node.mem_mib = e->largest.mem_mib;
}

/* False: the empty machine cannot hold it. */
static bool shape_of(struct weft_workload_builder *b, const struct extent *e,
		     const struct weft_trace_job *job, struct weft_shape *s)
{
	struct weft_workload_report *report = &b->workload->report;
	uint32_t n = job->nodes ? job->nodes :
		fewest_nodes(e, ceil(job->gpus), job->cpus);
	uint32_t most = e->even || job->nodes ? n : n + SPREAD_TRIES;

	if (n > b->machine->cluster.node_count)
		return false;
	*s = (struct weft_shape) {
		.resv_idx = -1, .steer_gpus = true,
		.gpu_type_idx = job->gpus > 0 ? e->gpu_type_idx : -1,
		.nodes = e->nodes,
	};
	do
		spread(e, job, n, s);
	while (!is_held(b, s) && n++ < most);
	if (n > most)
		return false;
	report->rounded += s->per_node.gpus ?
		s->per_node.gpus * (double)n > job->gpus :
		job->cpus && s->per_node.cpus * (double)n > job->cpus;
	report->memory_cut += job->mem_mib / n > s->per_node.mem_mib;
	return true;
}

static uint32_t limit_of(struct weft_workload_builder *b,
			 const struct weft_workload_where *where,
			 const struct weft_trace_job *job)
{
	double sec = job->limit_sec;

	if (!(sec > 0))
		sec = where->limit_sec;
	if (sec > 0)
		return (uint32_t)fmax(60, fmin(sec, LIMIT_MAX_SEC));
	b->workload->report.limit_drawn++;
	return draw_limit(&b->settings, job);
}

static int keep(struct weft_workload_builder *b,
		const struct weft_trace_job *job, const struct weft_shape *s,
		const struct weft_idxset *partition, double submit)
{
	struct weft_workload *w = b->workload;
	uint32_t cap = b->job_cap ? b->job_cap * 2 : 1024, shape_idx;
	struct weft_workload_job *more;

	if (w->job_count == b->job_cap) {
		more = realloc(w->job, (size_t)cap * sizeof(*more));
		if (!more)
			return -ENOMEM;
		w->job = more;
		b->job_cap = cap;
	}
	if (intern(b, s, partition, &shape_idx))
		return -ENOMEM;
	w->job[w->job_count++] = (struct weft_workload_job) {
		.submit_sec = (int64_t)submit,
		.runtime_sec = (uint32_t)fmax(1, fmin(ceil(job->runtime_sec),
						      s->limit_sec)),
		.patience_sec = UINT32_MAX,
		.shape_idx = shape_idx,
		.user_idx = job->user_idx,
		.group_idx = job->group_idx,
		.id_idx = job->id_idx,
		.name_hash = job->name_hash,
	};
	w->report.kept++;
	return 0;
}

static bool is_outside(const struct weft_workload_builder *b, double submit)
{
	return submit < (double)b->settings.from_sec ||
		submit >= (double)b->settings.until_sec;
}

static void leave_out(uint64_t *counter, char example[32],
		      const struct weft_trace_job *job)
{
	if (!(*counter)++)
		memcpy(example, job->id, sizeof(job->id));
}

int weft_workload_add(struct weft_workload_builder *b,
		      const struct weft_trace_job *job, struct weft_err *err)
{
	struct weft_workload_report *report = &b->workload->report;
	const struct weft_workload_settings *settings = &b->settings;
	const struct weft_workload_where any = { .nodes = b->all,
		.partition = b->all, .gpu_type_idx = -1 }, *where = NULL;
	const struct extent *e;
	double submit = job->submit_sec;
	struct weft_shape shape;

	report->seen++;
	if (is_outside(b, submit)) {
		report->outside++;
		return 0;
	}
	if (b->workload->job_count == JOBS_MAX)
		return weft_err_set(err, EOVERFLOW, "more than %u jobs", JOBS_MAX);
	if (settings->where && settings->where(settings->where_arg, job, &where))
		return weft_err_set(err, ENOMEM, "no memory for partitions");
	where = where ? where : &any;
	if (!weft_idxset_count(where->nodes)) {
		leave_out(&report->nowhere, report->nowhere_example, job);
		return 0;
	}
	e = find_extent(b, where->nodes, where->gpu_type_idx);
	if (!e)
		return weft_err_set(err, ENOMEM, "no memory for partitions");
	if (!shape_of(b, e, job, &shape)) {
		leave_out(&report->too_large, report->too_large_example, job);
		return 0;
	}
	shape.limit_sec = limit_of(b, where, job);
	report->limit_passed += job->runtime_sec > shape.limit_sec;
	if (!b->any)
		b->first_sec = submit;
	b->any = true;
	if (settings->load > 0)
		submit = b->first_sec + (submit - b->first_sec) /
			settings->load;
	if (keep(b, job, &shape, where->partition, submit))
		return weft_err_set(err, ENOMEM, "no memory for %u jobs",
				    b->workload->job_count + 1);
	return 0;
}

static int by_submit(const void *a, const void *b)
{
	const struct weft_workload_job *x = a, *y = b;

	if (x->submit_sec != y->submit_sec)
		return x->submit_sec < y->submit_sec ? -1 : 1;
	return x->patience_sec < y->patience_sec ? -1 :
		x->patience_sec > y->patience_sec;
}

/* qsort is not stable: the order of the file rides in patience_sec. */
static void sort_jobs(struct weft_workload *w)
{
	for (uint32_t i = 0; i < w->job_count; i++)
		w->job[i].patience_sec = i;
	qsort(w->job, w->job_count, sizeof(*w->job), by_submit);
	for (uint32_t i = 0; i < w->job_count; i++)
		w->job[i].patience_sec = UINT32_MAX;
}

const struct weft_workload_report *
weft_workload_builder_report(const struct weft_workload_builder *b)
{
	return &b->workload->report;
}

int weft_workload_finish(struct weft_workload_builder *b,
			 struct weft_workload **ret_workload,
			 struct weft_err *err)
{
	struct weft_workload *w = b->workload;

	if (!w->job_count)
		return weft_err_set(err, EINVAL,
				    "no job of the trace can be simulated");
	sort_jobs(w);
	w->all = b->all;
	b->all = NULL;
	b->workload = NULL;
	*ret_workload = w;
	return 0;
}

uint32_t weft_workload_size(const struct weft_workload *w, uint32_t job_idx)
{
	const struct weft_shape *s = &w->shape[w->job[job_idx].shape_idx];

	return s->nodes_min * (s->per_node.gpus ? s->per_node.gpus :
			       s->per_node.cpus);
}
