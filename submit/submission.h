/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * submission.h - a job as it is asked for, before Slurm knows it
 *
 * One list names every field: its key in weft.json, its type and whether a
 * rule may change it.  The compiler of rules, the matcher, the message
 * templates, the bridge to Slurm and the manual all go by that list, and a
 * value lives in value[WEFT_F_...], so reading a field is one load.
 *
 * What a user did not ask is unset: WEFT_UNSET for numbers, NULL for text.
 * Texts are borrowed: from Slurm's request, from the compiled rules, or from
 * the verdict's scratch space.
 *
 * There are several ways to ask for GPUs; the raw ones are fields of their
 * own (gres, tres_per_*), and weft_submission_derive() makes gpus,
 * gpus_per_node, gpu_type and the other fields marked "worked out" from them.
 */
#ifndef WEFT_SUBMIT_SUBMISSION_H
#define WEFT_SUBMIT_SUBMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

#define WEFT_UNSET UINT64_MAX
#define WEFT_UNLIMITED (UINT64_MAX - 1)
#define WEFT_COUNT_MAX UINT64_C(4294967293)	/* the largest that Slurm's 32 bits take */

enum weft_field_type {
	WEFT_TYPE_TEXT,
	WEFT_TYPE_LIST,		/* text, items between ',' '&' or '|' */
	WEFT_TYPE_COUNT,
	WEFT_TYPE_MIB,
	WEFT_TYPE_MINUTES,	/* may be WEFT_UNLIMITED */
	WEFT_TYPE_BOOL,		/* 0 or 1 */
};

/* X(name, key, type, a rule may set it, help) */
#define WEFT_SUBMISSION_FIELDS(X)                                              \
	X(USER, "user", TEXT, false, "login name of the job's user")           \
	X(UID, "uid", COUNT, false, "numeric user id")                         \
	X(REQUESTER, "requester", TEXT, false, "login name of who submits or updates: the user, or an admin") \
	X(GROUPS, "groups", LIST, false, "names of the user's groups")         \
	X(ACCOUNT, "account", TEXT, true, "account, as asked")                 \
	X(PARTITION, "partition", LIST, true, "partitions, as asked")          \
	X(QOS, "qos", TEXT, true, "quality of service, as asked")              \
	X(RESERVATION, "reservation", LIST, true, "reservation")               \
	X(NAME, "name", TEXT, true, "job name")                                \
	X(COMMENT, "comment", TEXT, true, "the user's comment")                \
	X(WCKEY, "wckey", TEXT, true, "workload characterization key")         \
	X(FEATURES, "features", LIST, true, "--constraint")                    \
	X(PREFER, "prefer", LIST, true, "--prefer")                            \
	X(NODELIST, "nodelist", TEXT, true, "nodes required by name")          \
	X(EXCLUDE, "exclude", TEXT, true, "nodes excluded by name")            \
	X(LICENSES, "licenses", LIST, true, "licences")                        \
	X(GRES, "gres", TEXT, true, "--gres and --gpus-per-node, as Slurm holds them") \
	X(TRES_PER_JOB, "tres_per_job", TEXT, true, "--gpus, as Slurm holds it") \
	X(TRES_PER_TASK, "tres_per_task", TEXT, true, "--gpus-per-task, as Slurm holds it") \
	X(TRES_PER_SOCKET, "tres_per_socket", TEXT, true, "--gpus-per-socket, as Slurm holds it") \
	X(DEPENDENCY, "dependency", TEXT, true, "--dependency")                \
	X(WORK_DIR, "work_dir", TEXT, true, "working directory")               \
	X(SCRIPT, "script", TEXT, false, "the batch script's text")            \
	X(SUBMIT_LINE, "submit_line", TEXT, false, "the command as typed")     \
	X(ARRAY, "array", TEXT, false, "--array")                              \
	X(STD_OUT, "std_out", TEXT, true, "--output")                          \
	X(STD_ERR, "std_err", TEXT, true, "--error")                           \
	X(MAIL_USER, "mail_user", TEXT, true, "--mail-user")                   \
	X(CLUSTERS, "clusters", LIST, false, "--clusters")                     \
	X(BURST_BUFFER, "burst_buffer", TEXT, false, "burst buffer text")      \
	X(CONTAINER, "container", TEXT, true, "OCI bundle")                    \
	X(NETWORK, "network", TEXT, true, "--network")                         \
	X(BATCH_FEATURES, "batch_features", LIST, true, "--batch")                 \
	X(CLUSTER_FEATURES, "cluster_features", LIST, false, "--cluster-constraint") \
	X(MCS_LABEL, "mcs_label", TEXT, true, "--mcs-label")                   \
	X(ACCTG_FREQ, "acctg_freq", TEXT, true, "--acctg-freq")                \
	X(STD_IN, "std_in", TEXT, true, "--input")                             \
	X(TRES_BIND, "tres_bind", TEXT, true, "--gpu-bind, as Slurm holds it") \
	X(TRES_FREQ, "tres_freq", TEXT, true, "--gpu-freq, as Slurm holds it") \
	X(GPU_TYPE, "gpu_type", TEXT, false, "type of GPU asked, worked out")  \
	X(NODES, "nodes", COUNT, true, "fewest nodes")                         \
	X(NODES_MAX, "nodes_max", COUNT, true, "most nodes")                   \
	X(TASKS, "tasks", COUNT, true, "--ntasks")                             \
	X(TASKS_PER_NODE, "tasks_per_node", COUNT, true, "--ntasks-per-node")  \
	X(CPUS_PER_TASK, "cpus_per_task", COUNT, true, "--cpus-per-task")      \
	X(CPUS, "cpus", COUNT, false, "CPUs in all, worked out")               \
	X(CPUS_PER_NODE, "cpus_per_node", COUNT, false, "CPUs a node, rounded up, worked out") \
	X(CPUS_EVEN, "cpus_even", BOOL, false, "every node gets as many CPUs, worked out") \
	X(CPUS_PER_GPU, "cpus_per_gpu", COUNT, true, "--cpus-per-gpu")         \
	X(MEM_PER_NODE, "mem_per_node", MIB, true, "--mem")                    \
	X(MEM_PER_CPU, "mem_per_cpu", MIB, true, "--mem-per-cpu")              \
	X(MEM_PER_GPU, "mem_per_gpu", MIB, true, "--mem-per-gpu")              \
	X(GPUS, "gpus", COUNT, false, "GPUs in all, worked out")               \
	X(GPUS_PER_NODE, "gpus_per_node", COUNT, false, "GPUs a node, rounded up, worked out") \
	X(GPU_HOURS, "gpu_hours", COUNT, false, "GPUs x time limit x array tasks, worked out") \
	X(TIME, "time", MINUTES, true, "time limit")                           \
	X(TIME_MIN, "time_min", MINUTES, true, "--time-min")                   \
	X(ARRAY_TASKS, "array_tasks", COUNT, false, "tasks of the array; 1: no array") \
	X(DEPENDENCIES, "dependencies", COUNT, false, "jobs named in --dependency, worked out") \
	X(ARGS, "args", COUNT, false, "arguments of the script")               \
	X(ARG_BYTES, "arg_bytes", COUNT, false, "their length, a blank after each") \
	X(SCRIPT_BYTES, "script_bytes", COUNT, false, "length of the script") \
	X(TMP_DISK, "tmp", MIB, true, "--tmp")                                 \
	X(PRIORITY, "priority", COUNT, false, "--priority; 0: held")           \
	X(SWITCHES, "switches", COUNT, true, "--switches")                     \
	X(TASKS_PER_SOCKET, "tasks_per_socket", COUNT, true, "--ntasks-per-socket") \
	X(TASKS_PER_CORE, "tasks_per_core", COUNT, true, "--ntasks-per-core")  \
	X(TASKS_PER_GPU, "tasks_per_gpu", COUNT, false, "--ntasks-per-gpu")    \
	X(MIN_CPUS_NODE, "mincpus", COUNT, true, "--mincpus")                  \
	X(SOCKETS, "sockets_per_node", COUNT, true, "--sockets-per-node")      \
	X(CORES, "cores_per_socket", COUNT, true, "--cores-per-socket")        \
	X(THREADS, "threads_per_core", COUNT, true, "--threads-per-core")      \
	X(BEGIN_IN, "begin_in", MINUTES, true, "--begin, from the moment of submission") \
	X(DEADLINE_IN, "deadline_in", MINUTES, false, "--deadline, from the moment of submission") \
	X(NICE_BY, "nice", COUNT, true, "--nice, if it lowers the priority")   \
	X(NICE_RAISE, "nice_raise", COUNT, false, "--nice=-N, which raises the priority: N") \
	X(SIGNAL, "signal", COUNT, true, "--signal: the signal's number")      \
	X(SIGNAL_TIME, "signal_time", COUNT, true, "--signal: seconds before the end") \
	X(DELAY_BOOT, "delay_boot", COUNT, true, "--delay-boot, seconds")      \
	X(WAIT_ALL_NODES, "wait_all_nodes", BOOL, true, "--wait-all-nodes")    \
	X(NO_KILL, "no_kill", BOOL, false, "--no-kill")                        \
	X(IMMEDIATE, "immediate", BOOL, false, "--immediate")                  \
	X(BATCH, "batch", BOOL, false, "it has a script: sbatch")              \
	X(EXCLUSIVE, "exclusive", BOOL, true, "--exclusive")                   \
	X(REQUEUE, "requeue", BOOL, true, "--requeue or --no-requeue")         \
	X(REBOOT, "reboot", BOOL, true, "--reboot")                            \
	X(CONTIGUOUS, "contiguous", BOOL, true, "--contiguous")                \
	X(OVERCOMMIT, "overcommit", BOOL, false, "--overcommit")               \
	X(MODIFY, "modify", BOOL, false, "an update of a job, not a new one")

enum weft_field {
#define X(name, key, type, set, help) WEFT_F_##name,
	WEFT_SUBMISSION_FIELDS(X)
#undef X
	WEFT_FIELD_COUNT
};

/* A set of fields; two machine words. */
__extension__ typedef unsigned __int128 weft_fieldset_t;

_Static_assert(WEFT_FIELD_COUNT <= 128, "a set of fields is one weft_fieldset_t");

#define WEFT_FIELD_BIT(field) ((weft_fieldset_t)1 << (field))

struct weft_field_info {
	const char *key;
	enum weft_field_type type;
	bool settable;
	const char *help;
};

/* Indexed by enum weft_field. */
extern const struct weft_field_info weft_fields[WEFT_FIELD_COUNT];

/* By key; -1: no such field. */
int weft_field_find(const char *key);

static inline bool weft_field_is_text(int field)
{
	return weft_fields[field].type <= WEFT_TYPE_LIST;
}

union weft_value {
	uint64_t num;
	const char *text;
};

#define WEFT_GPU_TYPE_SIZE 64

struct weft_submission {
	union weft_value value[WEFT_FIELD_COUNT];
	char *const *env;		/* "NAME=value", env_count of them */
	uint32_t env_count;
	char gpu_type[WEFT_GPU_TYPE_SIZE];	/* where value[GPU_TYPE] points */
};

/* Everything unset. */
void weft_submission_init(struct weft_submission *sub);
/* Texts are shared, all but gpu_type. */
void weft_submission_copy(struct weft_submission *to,
			  const struct weft_submission *from);
/* Fill the fields that are worked out; call after the others are set. */
void weft_submission_derive(struct weft_submission *sub);
/* The fields whose values differ, as a set of WEFT_FIELD_BIT(). */
weft_fieldset_t weft_submission_diff(const struct weft_submission *a,
			      const struct weft_submission *b);

bool weft_submission_has(const struct weft_submission *sub, int field);
/* The value of an environment variable, NULL if it is not there. */
const char *weft_submission_env(const struct weft_submission *sub,
				const char *name);

/*
 * Sum of the GPUs in a TRES or GRES list: "gres:gpu:h100:4", "gres/gpu=2",
 * "gpu:2,nvme:1".  Unreadable counts are left to Slurm to refuse and count as
 * none.  The first type named goes to type[], if it is empty.
 */
uint64_t weft_gpus_parse(const char *text, char *type, size_t type_size);
/* Tasks of "0-9:2,12%4": 1 for NULL or what does not read. */
uint64_t weft_array_count(const char *text);

/* Read a number in the field's unit: "16G", "1-12:00:00", "unlimited", "8". */
bool weft_field_parse(int field, const char *text, uint64_t *ret_num);
/* The value as people write it: "1-00:00:00", "64G"; "none" if unset. */
const char *weft_field_format(int field, uint64_t num, char *out, size_t size);

#endif
