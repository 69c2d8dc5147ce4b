/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.c - `weft sandbox VERB`: options in, messages out
 *
 * Each verb has its table of options; all share --name and --dir, which say
 * which sandbox is meant.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "lib/options.h"
#include "tools/sandbox/command.h"
#include "tools/sandbox/sandbox.h"
#include "tools/ui/help.h"
#include "tools/ui/json_out.h"

enum { DONE = 0, FAILED = 1, USAGE = 2, NO = 3 };

struct verb {
	const char *name, *operands, *summary;
	int (*run)(const struct verb *verb, int argc, char **argv);
};

/* What the options of any verb may set. */
struct request {
	const char *name, *dir;
	const char *gpu_type, *topology, *plugin_dir;
	struct weft_sandbox sandbox;
	int plugins;		/* index of on_off */
	bool slurmdbd, keep, json, follow;
};

static const char *const on_off[] = { "off", "on", NULL };

#define COMMON(r)                                                              \
	{ "name", 0, WEFT_OPTION_TEXT, &(r)->name, .arg = "NAME",              \
	  .help = "which sandbox (default)" },                                 \
	{ "dir", 0, WEFT_OPTION_TEXT, &(r)->dir, .arg = "DIR",                 \
	  .help = "the sandbox in this directory instead of the named one" }

static int fail(const struct weft_err *err)
{
	fprintf(stderr, "weft sandbox: %s\n", err->msg);
	return FAILED;
}

static int usage(const char *verb, const char *message)
{
	fprintf(stderr, "weft sandbox %s: %s\nTry \"weft sandbox %s --help\".\n",
		verb, message, verb);
	return USAGE;
}

/*
 * Parse argv; true if the verb is to run, else *ret_code is the answer.  The
 * sandbox's directory is set from --name and --dir.
 */
static bool parse(const struct verb *verb, struct request *r,
		  const struct weft_option *options, int argc, char **argv,
		  int *ret_first, int *ret_code)
{
	struct weft_err err = WEFT_ERR_INIT;
	bool help;

	if (weft_options_parse(options, argc, argv, ret_first, &help, &err)) {
		*ret_code = usage(verb->name, err.msg);
		return false;
	}
	if (help) {
		printf("usage: weft sandbox %s [OPTION...]%s\n\n%s\n",
		       verb->name, verb->operands, verb->summary);
		weft_help_print(options);
		*ret_code = DONE;
		return false;
	}
	if (!verb->operands[0] && *ret_first < argc) {
		weft_err_set(&err, EINVAL, "what is \"%s\"?", argv[*ret_first]);
		*ret_code = usage(verb->name, err.msg);
		return false;
	}
	if (weft_sandbox_set_dir(&r->sandbox, r->dir, r->name, &err)) {
		*ret_code = usage(verb->name, err.msg);
		return false;
	}
	return true;
}

static struct request *new_request(void)
{
	struct request *r = calloc(1, sizeof(*r));

	if (!r) {
		fprintf(stderr, "weft sandbox: out of memory\n");
		return NULL;
	}
	r->name = "default";
	r->dir = getenv("WEFT_SANDBOX");
	r->plugins = 1;
	return r;
}

/* ---- start ------------------------------------------------------------------- */

static int add_topology(struct weft_sandbox *s, const char *path,
			struct weft_err *err)
{
	char *full;

	if (s->topology_count == WEFT_SANDBOX_TOPOLOGIES_MAX)
		return weft_err_set(err, E2BIG, "more than %d topologies",
				    WEFT_SANDBOX_TOPOLOGIES_MAX);
	full = realpath(path, NULL);
	if (!full)
		return weft_err_sys(err, errno, "--topology %s", path);
	snprintf(s->topology[s->topology_count++], sizeof(s->topology[0]), "%s",
		 full);
	free(full);
	return 0;
}

/* --topology a.xml,b.xml and every operand after the options. */
static int read_topologies(struct request *r, char **operands,
			   struct weft_err *err)
{
	char path[PATH_MAX];
	const char *at = r->topology;
	int rc = 0;

	while (at && *at && !rc) {
		snprintf(path, sizeof(path), "%.*s", (int)strcspn(at, ","), at);
		rc = add_topology(&r->sandbox, path, err);
		at += strcspn(at, ",");
		at += *at == ',';
	}
	for (; *operands && !rc; operands++)
		rc = add_topology(&r->sandbox, *operands, err);
	return rc;
}

static int finish_start(struct request *r, struct weft_err *err)
{
	struct weft_sandbox *s = &r->sandbox;

	s->plugins = r->plugins;
	s->slurmdbd = r->slurmdbd;
	snprintf(s->gpu_type, sizeof(s->gpu_type), "%s", r->gpu_type);
	if (s->gpu_type[strspn(s->gpu_type, "abcdefghijklmnopqrstuvwxyz"
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")])
		return weft_err_set(err, EINVAL,
			"--gpu-type %s: expected letters, digits, - _ and .",
			s->gpu_type);
	if (s->domains > s->nodes)
		return weft_err_set(err, EINVAL,
			"--domains %u: more than the %u nodes", s->domains,
			s->nodes);
	if (r->plugin_dir) {
		char *full = realpath(r->plugin_dir, NULL);

		if (!full)
			return weft_err_sys(err, errno, "--plugin-dir %s",
					    r->plugin_dir);
		snprintf(s->plugin_dir, sizeof(s->plugin_dir), "%s", full);
		free(full);
	}
	if (!s->cpus)
		s->cpus = s->gpus > 4 ? 4 * s->gpus : 16;
	return 0;
}

static int do_start(const struct verb *verb, struct request *r, int argc,
		    char **argv)
{
	struct weft_sandbox *s = &r->sandbox;
	struct weft_err err = WEFT_ERR_INIT;
	const struct weft_option options[] = {
		COMMON(r),
		{ "nodes", 'N', WEFT_OPTION_UINT, &s->nodes, 1,
		  WEFT_SANDBOX_NODES_MAX, .arg = "N", .help = "nodes, each a real slurmd (4)" },
		{ "gpus", 'G', WEFT_OPTION_UINT, &s->gpus, 0, 64, .arg = "N",
		  .help = "emulated GPUs of each node (8)" },
		{ "gpu-type", 0, WEFT_OPTION_TEXT, &r->gpu_type, .arg = "TYPE",
		  .help = "their type in Slurm (h100)" },
		{ "cpus", 'c', WEFT_OPTION_UINT, &s->cpus, 1, 4096, .arg = "N",
		  .help = "CPUs of each node (4 a GPU)" },
		{ "memory", 0, WEFT_OPTION_UINT, &s->memory_mib, 100, 100000000,
		  .arg = "MIB", .help = "memory of each node (64000)" },
		{ "domains", 0, WEFT_OPTION_UINT, &s->domains, 0, 4096,
		  .arg = "N", .help = "NVLink domains that the nodes are split into, in order (0: none)" },
		{ "topology", 0, WEFT_OPTION_TEXT, &r->topology, .arg = "FILE,...",
		  .help = "stored machine topologies, given to the nodes in turn; more may follow as operands" },
		{ "partition", 0, WEFT_OPTION_TEXT, &s->partition, .arg = "TEXT",
		  .help = "a further partition, as after PartitionName= in slurm.conf" },
		{ "slurmdbd", 0, WEFT_OPTION_FLAG, &r->slurmdbd,
		  .help = "accounting: a private MariaDB and slurmdbd" },
		{ "conf-extra", 0, WEFT_OPTION_TEXT, &s->conf_extra, .arg = "FILE",
		  .help = "lines to append to slurm.conf" },
		{ "plugins", 0, WEFT_OPTION_WORD, &r->plugins, .words = on_off,
		  .arg = "on|off", .help = "off: stock Slurm, for comparing (on)" },
		{ "plugin-dir", 0, WEFT_OPTION_TEXT, &r->plugin_dir, .arg = "DIR",
		  .help = "where Weft's plugins are, if not beside weft" },
		{ NULL }
	};
	int first, code;

	s->nodes = 4;
	s->gpus = 8;
	s->memory_mib = 64000;
	r->gpu_type = "h100";
	if (r->dir)
		r->dir = NULL;	/* a new one is not the one we are inside of */
	if (!parse(verb, r, options, argc, argv, &first, &code))
		return code;
	if (finish_start(r, &err) || read_topologies(r, argv + first, &err))
		return usage(verb->name, err.msg);
	if (weft_sandbox_start(s, &err)) {
		fail(&err);
		if (strstr(err.msg, "is there already"))
			return FAILED;
		fprintf(stderr, "The logs stay in %s/log; \"weft sandbox stop%s%s\" removes them.\n",
			s->dir, r->dir ? " --dir " : " --name ",
			r->dir ? s->dir : s->name);
		return FAILED;
	}
	printf("%s: Slurm %s, %u nodes with %u GPUs, %s\n", s->dir, s->release,
	       s->nodes, s->gpus, s->plugins ? "Weft's plugins" : "stock plugins");
	return DONE;
}

static int verb_start(const struct verb *verb, int argc, char **argv)
{
	struct request *r = new_request();
	int code = r ? do_start(verb, r, argc, argv) : FAILED;

	free(r);
	return code;
}

/* ---- the other verbs ----------------------------------------------------------- */

/* Parse the options, find the sandbox, and call the rest with both. */
static int with_sandbox(const struct verb *verb, int argc, char **argv,
			int (*rest)(struct request *r, char **operands))
{
	struct request *r = new_request();
	struct weft_err err = WEFT_ERR_INIT;
	const struct weft_option options[] = {
		COMMON(r),
		{ "keep", 0, WEFT_OPTION_FLAG, &r->keep,
		  .help = "stop: leave the directory with its logs" },
		{ "json", 0, WEFT_OPTION_FLAG, &r->json,
		  .help = "status: for machines" },
		{ "follow", 'f', WEFT_OPTION_FLAG, &r->follow,
		  .help = "logs: go on as the log grows" },
		{ NULL }
	};
	int first, code = FAILED;

	if (r && parse(verb, r, options, argc, argv, &first, &code))
		code = weft_sandbox_read_state(&r->sandbox, &err) ?
			fail(&err) : rest(r, argv + first);
	free(r);
	return code;
}

static int rest_stop(struct request *r, char **operands)
{
	struct weft_err err = WEFT_ERR_INIT;

	return weft_sandbox_stop(&r->sandbox, r->keep, &err) ? fail(&err) : DONE;
}

static int verb_stop(const struct verb *verb, int argc, char **argv)
{
	return with_sandbox(verb, argc, argv, rest_stop);
}

static int rest_restart(struct request *r, char **operands)
{
	struct weft_err err = WEFT_ERR_INIT;

	if (!operands[0] || operands[1])
		return usage("restart", "expected one daemon: slurmctld, slurmd.node0 ...");
	return weft_sandbox_restart(&r->sandbox, operands[0], &err) ?
		fail(&err) : DONE;
}

static int verb_restart(const struct verb *verb, int argc, char **argv)
{
	return with_sandbox(verb, argc, argv, rest_restart);
}

static int rest_exec(struct request *r, char **operands)
{
	if (!operands[0])
		return usage("exec", "no command to run");
	weft_sandbox_setenv(&r->sandbox);
	execvp(operands[0], operands);
	fprintf(stderr, "weft sandbox: %s: %s\n", operands[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}

static int verb_exec(const struct verb *verb, int argc, char **argv)
{
	return with_sandbox(verb, argc, argv, rest_exec);
}

static int rest_logs(struct request *r, char **operands)
{
	const char *daemon = operands[0] ? operands[0] : "slurmctld";
	char path[PATH_MAX];
	char tail[] = "tail", count[] = "-n+1", follow[] = "-f";
	char *argv[] = { tail, count, path, r->follow ? follow : NULL, NULL };

	if (strchr(daemon, '/'))
		return usage("logs", "a daemon's name has no /");
	weft_sandbox_path(&r->sandbox, path, sizeof(path), "log/%s.log", daemon);
	if (access(path, R_OK) < 0)
		weft_sandbox_path(&r->sandbox, path, sizeof(path), "log/%s.out",
				  daemon);
	if (access(path, R_OK) < 0) {
		fprintf(stderr, "weft sandbox: no log of %s; there are slurmctld, slurmd.node0, munged, ...\n",
			daemon);
		return FAILED;
	}
	execvp(argv[0], argv);
	fprintf(stderr, "weft sandbox: tail: %s\n", strerror(errno));
	return FAILED;
}

static int verb_logs(const struct verb *verb, int argc, char **argv)
{
	return with_sandbox(verb, argc, argv, rest_logs);
}

static void print_json(const struct weft_sandbox *s, int up,
		       const struct weft_sandbox_proc *procs, uint32_t count)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_object_object_add(o, "name", json_object_new_string(s->name));
	json_object_object_add(o, "dir", json_object_new_string(s->dir));
	json_object_object_add(o, "release", json_object_new_string(s->release));
	json_object_object_add(o, "plugins", json_object_new_boolean(s->plugins));
	json_object_object_add(o, "nodes", json_object_new_int64(s->nodes));
	json_object_object_add(o, "nodes_up", json_object_new_int64(up));
	json_object_object_add(o, "gpus", json_object_new_int64(s->gpus));
	json_object_object_add(o, "port", json_object_new_int64(s->port));
	for (uint32_t i = 0; i < count; i++) {
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "name",
				       json_object_new_string(procs[i].name));
		json_object_object_add(one, "pid",
				       json_object_new_int64(procs[i].pid));
		json_object_object_add(one, "running",
				       json_object_new_boolean(procs[i].running));
		json_object_array_add(list, one);
	}
	json_object_object_add(o, "processes", list);
	weft_print_json(stdout, o);
}

static int rest_status(struct request *r, char **operands)
{
	const struct weft_sandbox *s = &r->sandbox;
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_sandbox_proc *procs;
	uint32_t count, running = 0;
	int up;

	if (weft_sandbox_list_procs(s, &procs, &count, &err))
		return fail(&err);
	up = weft_sandbox_count_up(s);
	for (uint32_t i = 0; i < count; i++)
		running += procs[i].running;
	if (r->json) {
		print_json(s, up > 0 ? up : 0, procs, count);
	} else {
		printf("%-12s %s\n%-12s %s, %s\n%-12s %d of %u up, %u GPUs each\n%-12s %u of %u run\n",
		       s->name, s->dir, "Slurm", s->release,
		       s->plugins ? "Weft's plugins" : "stock plugins", "nodes",
		       up > 0 ? up : 0, s->nodes, s->gpus, "processes", running,
		       count);
		for (uint32_t i = 0; i < count; i++)
			if (!procs[i].running)
				printf("%-12s %s (pid %d) has ended\n", "",
				       procs[i].name, (int)procs[i].pid);
	}
	free(procs);
	return up == (int)s->nodes && running == count ? DONE : NO;
}

static int verb_status(const struct verb *verb, int argc, char **argv)
{
	return with_sandbox(verb, argc, argv, rest_status);
}

static int verb_list(const struct verb *verb, int argc, char **argv)
{
	struct weft_err err = WEFT_ERR_INIT;
	char home[PATH_MAX / 8];
	struct dirent *entry;
	DIR *d;

	if (argc > 1)
		return argv[1][0] == '-' ? puts("usage: weft sandbox list"), DONE :
					   usage("list", "takes no operand");
	if (weft_sandbox_home(home, sizeof(home), &err))
		return fail(&err);
	d = opendir(home);
	while (d && (entry = readdir(d))) {
		struct weft_sandbox *s = calloc(1, sizeof(*s));

		if (s && entry->d_name[0] != '.' &&
		    !weft_sandbox_set_dir(s, NULL, entry->d_name, NULL) &&
		    !weft_sandbox_read_state(s, NULL))
			printf("%-16s Slurm %-8s %4u nodes  %s\n", s->name,
			       s->release, s->nodes, s->dir);
		free(s);
	}
	if (d)
		closedir(d);
	return DONE;
}

static const struct verb verbs[] = {
	{ "start", " [TOPOLOGY...]", "Start a private Slurm and wait until every node is idle.", verb_start },
	{ "stop", "", "End everything that start began, and remove its directory.", verb_stop },
	{ "restart", " DAEMON", "End slurmctld or slurmd.nodeN, also a crashed one, and start it anew.", verb_restart },
	{ "status", "", "Say what runs; exit code 3 if something does not.", verb_status },
	{ "exec", " -- COMMAND...", "Run a command against the sandbox: exec -- squeue", verb_exec },
	{ "logs", " [DAEMON]", "Show a daemon's log: slurmctld, slurmd.node0, munged ...", verb_logs },
	{ "list", "", "List your sandboxes.", verb_list },
};

static void print_help(FILE *out)
{
	fputs("usage: weft sandbox VERB [OPTION...]\n\n", out);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
	fputs("\n\"weft sandbox VERB --help\" has the options.\n", out);
}

int sandbox_command(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return USAGE;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(&verbs[i], argc - 1, argv + 1);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return DONE;
	}
	fprintf(stderr, "weft sandbox: no verb \"%s\"\n", argv[1]);
	print_help(stderr);
	return USAGE;
}
