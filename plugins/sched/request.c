/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.c - how many of what, out of the twenty options that say so
 *
 * A request becomes "nodes min..max, so much on each, so much a unit, so many
 * units" (sched/job.h).  The unit is the task, or the GPU where GPUs are
 * counted for the whole job.  A request for exactly one node is folded into
 * "so much on this node".
 *
 * What cannot be said that way is not bent until it fits: the job goes to
 * Slurm's select in its turn.  For some of it the rest still says what the job
 * needs at the least, so that it can hold nodes (shape->left): other GRES than
 * gpu, several GPU types at once, GPUs a socket, GPUs that do not divide by the
 * tasks, nodes shared by one user only, contiguous nodes, core specialization.
 * Where CPUs are shared (OverSubscribe) not even that is known: -ENOTSUP.
 *
 * Memory: 0 means all of a node's memory to select/cons_tres, so such a job
 * needs a node on which nobody holds memory.
 *
 * Source: src/plugins/select/cons_tres/job_test.c and src/common/gres.c of
 * Slurm for the meaning of each field.
 */
#include "plugins/sched/shape.h"
#include "plugins/sched/wishes.h"

struct gpu_request {
	uint32_t per_node, per_task, per_job;
	uint32_t tasks_per_gpu;		/* 0: not said */
	uint32_t cpus_per_gpu;
	uint64_t mem_per_gpu;
	int32_t type_idx;
};

static uint32_t type_of(const struct weft_snapshot *snap, const char *name)
{
	for (uint32_t i = 0; i < snap->cluster.gpu_type_count; i++)
		if (!xstrcmp(snap->cluster.gpu_type[i], name))
			return i;
	return UINT32_MAX;
}

static bool given16(uint16_t n)
{
	return n && n != NO_VAL16;
}

static int read_type(const struct weft_snapshot *snap, const gres_job_state_t *js,
		     struct gpu_request *gpu)
{
	uint32_t type;

	if (!js->type_name)
		return 0;
	type = type_of(snap, js->type_name);
	if (type == UINT32_MAX)
		return -ENOTSUP;
	gpu->type_idx = (int32_t)type;
	return 0;
}

/* *part: more is asked than *gpu says. */
static int read_gpus(const struct weft_snapshot *snap, job_record_t *job_ptr,
		     struct gpu_request *gpu, bool *part)
{
	struct xlist *list = job_ptr->gres_list_req;
	uint32_t entries = 0;
	gres_state_t *state;
	gres_job_state_t *js;

	*gpu = (struct gpu_request) { .type_idx = -1 };
	if (!list || !list_count(list))
		return 0;
	state = weft_snapshot_find_gpu(list, &entries);
	*part = *part || entries > 1 || list_count(list) > (int)entries;
	if (!state)
		return 0;
	js = state->gres_data;
	if (js->gres_per_node > WEFT_GPUS_MAX || js->gres_per_socket > WEFT_GPUS_MAX ||
	    js->gres_per_task > WEFT_GPUS_MAX || js->gres_per_job > UINT32_MAX)
		return -ENOTSUP;
	*part = *part || js->gres_per_socket;
	gpu->per_node = MAX((uint32_t)js->gres_per_node, (uint32_t)js->gres_per_socket);
	gpu->per_task = (uint32_t)js->gres_per_task;
	/*
	 * One of the three says how many, the others agree with it: Slurm makes
	 * sure when it takes the job, and itself fills in the job's total from
	 * the tasks'.  The nodes' number is the plainest.
	 */
	if (gpu->per_node)
		gpu->per_task = 0;
	gpu->per_job = gpu->per_node || gpu->per_task ? 0 :
		(uint32_t)js->gres_per_job;
	gpu->tasks_per_gpu = given16(js->ntasks_per_gres) ? js->ntasks_per_gres : 0;
	gpu->cpus_per_gpu = js->cpus_per_gres ? js->cpus_per_gres :
		js->def_cpus_per_gres;
	gpu->mem_per_gpu = js->mem_per_gres ? js->mem_per_gres :
		js->def_mem_per_gres;
	return read_type(snap, js, gpu);
}

static void read_node_counts(const job_record_t *job_ptr,
			     uint32_t node_count, struct weft_shape *shape)
{
	const part_record_t *part = job_ptr->part_ptr;
	uint32_t max = job_ptr->details->max_nodes;

	shape->nodes_min = MAX(job_ptr->details->min_nodes, part->min_nodes);
	shape->nodes_min = MAX(shape->nodes_min, 1);
	if (job_ptr->details->req_node_bitmap)	/* all of them, and perhaps more */
		shape->nodes_min = MAX(shape->nodes_min, (uint32_t)
			bit_set_count(job_ptr->details->req_node_bitmap));
	shape->nodes_max = max ? MIN(max, part->max_nodes) : part->max_nodes;
	shape->nodes_max = MIN(shape->nodes_max, node_count);
	shape->nodes_max = MAX(shape->nodes_max, shape->nodes_min);
}

/* -N0: a job without nodes, to make or remove a burst buffer. */
static bool without_nodes(const weft_slurm_details_t *details)
{
	return details->min_nodes == 0 && details->max_nodes == 0;
}

/* What free CPUs and GPUs are says nothing about such a job. */
static bool is_unknown(const job_record_t *job_ptr)
{
	const weft_slurm_details_t *d = job_ptr->details;
	const part_record_t *part = job_ptr->part_ptr;
	uint16_t share = part->max_share & ~SHARED_FORCE;

	return without_nodes(d) || d->expanding_jobid ||
		((part->max_share & SHARED_FORCE) && share > 1) ||
		(share > 1 && d->share_res == 1);
}

/* The nodes must suit in a way that no shape tells. */
static bool is_choosy(const weft_slurm_details_t *d)
{
	return weft_slurm_is_shared_by_some(d->whole_node) ||
		given16(d->contiguous) ||
		(d->core_spec && d->core_spec != NO_VAL16);
}

/* CPUs of one task, whole cores if cores are what select hands out. */
static uint32_t cpus_per_task(const job_record_t *job_ptr)
{
	uint32_t cpus = job_ptr->details->cpus_per_task;

	return given16((uint16_t)cpus) ? cpus : 1;
}

static uint64_t node_mem(const job_record_t *job_ptr, uint16_t cr_type,
			 uint64_t *ret_per_cpu)
{
	uint64_t mem = job_ptr->details->pn_min_memory;

	*ret_per_cpu = 0;
	if (!(cr_type & CR_MEMORY))
		return 0;
	if (mem & MEM_PER_CPU) {
		*ret_per_cpu = mem & ~MEM_PER_CPU;
		return 0;
	}
	return mem;
}

/* All the memory of the smallest node of the partition. */
static uint64_t whole_node_mem(const struct weft_snapshot *snap,
			       const part_record_t *part)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < snap->cluster.node_count; i++)
		if (bit_test(part->node_bitmap, i))
			least = MIN(least, snap->cluster.node[i].total.mem_mib);
	return least == UINT64_MAX ? 0 : least;
}

/* a + b * c, or the largest number: what is too much must not become little. */
static uint32_t sum32(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t sum = (uint64_t)b * c + a;	/* at most UINT64_MAX - UINT32_MAX */

	return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

static uint64_t sum64(uint64_t a, uint64_t b, uint32_t c)
{
	uint64_t sum;

	return __builtin_mul_overflow(b, c, &sum) ||
		__builtin_add_overflow(a, sum, &sum) ? UINT64_MAX : sum;
}

/* One node: no units, everything on it. */
static void fold(struct weft_shape *s)
{
	s->per_node.cpus = sum32(s->per_node.cpus, s->per_unit.cpus,
				 s->unit_count);
	s->per_node.gpus = sum32(s->per_node.gpus, s->per_unit.gpus,
				 s->unit_count);
	s->per_node.mem_mib = sum64(s->per_node.mem_mib, s->per_unit.mem_mib,
				    s->unit_count);
	s->per_unit = (struct weft_amount) { 0 };
	s->unit_count = s->units_per_node_max = s->units_per_node_min = 0;
}

/* The unit is a GPU with so many tasks on it. */
static void gpu_units(const job_record_t *job_ptr, const struct gpu_request *gpu,
		      uint32_t tasks, struct weft_shape *s)
{
	s->unit_count = gpu->per_job;
	s->per_unit.gpus = 1;
	s->per_unit.cpus = job_ptr->details->overcommit ? 0 :
		sum32(0, tasks, cpus_per_task(job_ptr));
	if (given16(job_ptr->details->ntasks_per_node) && tasks)
		s->units_per_node_max =
			MAX(job_ptr->details->ntasks_per_node / tasks, 1);
	s->units_per_node_min = 1;
	s->nodes_max = MIN(s->nodes_max, MAX(s->nodes_min, gpu->per_job));
}

/* The unit is a task. */
static void task_units(const job_record_t *job_ptr,
		       const struct gpu_request *gpu, struct weft_shape *s)
{
	uint32_t tasks = MAX(job_ptr->details->num_tasks, 1);
	uint32_t least = s->nodes_min;

	s->left = s->left || (gpu->per_job && gpu->per_job % tasks);
	s->unit_count = MAX(tasks, least);
	s->per_unit.cpus = job_ptr->details->overcommit ? 0 :
		cpus_per_task(job_ptr);
	s->per_unit.gpus = gpu->per_task +
		(gpu->per_job ? gpu->per_job / tasks : 0);
	s->units_per_node_min = tasks >= least;
	if (given16(job_ptr->details->ntasks_per_node))
		s->units_per_node_max = job_ptr->details->ntasks_per_node;
	s->nodes_max = MIN(s->nodes_max, MAX(s->unit_count, least));
}

/*
 * --cpus-per-gpu: the tasks run on the CPUs that come with the GPUs.  Where
 * these are counted by the node, only what the tasks want beyond them counts,
 * known if there is one node; on several, select knows how tasks are spread.
 */
static void gpu_cpus(const job_record_t *job_ptr,
		     const struct gpu_request *gpu, struct weft_shape *s)
{
	uint32_t tasks_cpus;

	if (!gpu->cpus_per_gpu)
		return;
	s->per_unit.cpus = MAX(s->per_unit.cpus,
			       sum32(0, gpu->cpus_per_gpu, s->per_unit.gpus));
	if (!s->per_node.gpus)
		return;
	tasks_cpus = s->nodes_max == 1 && !job_ptr->details->overcommit ?
		sum32(0, s->per_unit.cpus, s->unit_count) : 0;
	s->per_unit.cpus = 0;
	s->per_node.cpus = MAX(tasks_cpus, sum32(s->per_node.cpus,
			       gpu->cpus_per_gpu, s->per_node.gpus));
}

int weft_request_read(const struct weft_snapshot *snap, job_record_t *job_ptr,
		      struct weft_shape *s)
{
	uint16_t cr_type = job_ptr->part_ptr->cr_type ?
		job_ptr->part_ptr->cr_type : slurm_conf.select_type_param;
	struct gpu_request gpu;
	uint64_t mem_per_cpu, mem;
	uint32_t gpus, floor;

	s->left = is_choosy(job_ptr->details);
	if (is_unknown(job_ptr) || read_gpus(snap, job_ptr, &gpu, &s->left))
		return -ENOTSUP;
	read_node_counts(job_ptr, snap->cluster.node_count, s);
	s->gpu_type_idx = gpu.type_idx;
	s->steer_gpus = true;
	s->per_node.gpus = gpu.per_node;
	mem = node_mem(job_ptr, cr_type, &mem_per_cpu);
	if (gpu.per_job && gpu.tasks_per_gpu) {
		gpu_units(job_ptr, &gpu, gpu.tasks_per_gpu, s);
	} else if (gpu.per_job && job_ptr->details->num_tasks <= 1) {
		/* Each node needs its one task's CPUs. */
		gpu_units(job_ptr, &gpu, 0, s);
		s->per_node.cpus = gpu.cpus_per_gpu ? 0 :
			cpus_per_task(job_ptr);
	} else {
		task_units(job_ptr, &gpu, s);
	}
	gpu_cpus(job_ptr, &gpu, s);
	gpus = s->per_unit.gpus;
	s->per_unit.mem_mib = sum64(0, mem_per_cpu, s->per_unit.cpus);
	s->per_node.mem_mib = sum64(mem, mem_per_cpu, s->per_node.cpus);
	if ((cr_type & CR_MEMORY) && gpu.mem_per_gpu) {
		s->per_unit.mem_mib = sum64(0, gpu.mem_per_gpu, gpus);
		s->per_node.mem_mib = sum64(0, gpu.mem_per_gpu,
					    s->per_node.gpus);
	} else if ((cr_type & CR_MEMORY) && !mem && !mem_per_cpu) {
		s->per_node.mem_mib = whole_node_mem(snap, job_ptr->part_ptr);
	}
	if (s->nodes_max == 1)
		fold(s);
	if (s->per_node.gpus > WEFT_GPUS_MAX || s->per_unit.gpus > WEFT_GPUS_MAX)
		return -ENOTSUP;
	/* --mincpus and the total that cpus-per-task alone does not explain */
	floor = job_ptr->details->pn_min_cpus;
	if (s->nodes_max == 1 && !job_ptr->details->overcommit)
		floor = MAX(floor, job_ptr->details->min_cpus);
	if (s->unit_count == 0)
		s->per_node.cpus = MAX(s->per_node.cpus, floor);
	return 0;
}

void weft_request_wishes(const job_record_t *job_ptr, struct weft_shape *shape)
{
	struct weft_wish wish;

	weft_wishes_of(job_ptr, &wish);
	shape->segment = weft_slurm_segment(job_ptr);
	if (wish.segment && wish.segment <= WEFT_SEGMENT_MAX)
		shape->segment = wish.segment;
	if (wish.same_domain)
		shape->domain = WEFT_DOMAIN_SAME;
	shape->switches_max = job_ptr->req_switch;
}
