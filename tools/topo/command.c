/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.c - `weft topo`: read, ask, print
 *
 *   weft topo show [FILE]              the machine in the terminal
 *   weft topo pick --gpus N [FILE]     which GPUs a job would get, and why
 *   weft topo gres-conf [FILE...]      gres.conf
 *   weft topo topology-conf [NAME=FILE...]  topology.conf or topology.yaml
 *
 * No FILE is this machine; --node NAME is a node as slurmctld knows it,
 * --cluster all of them, and so is topology-conf without files.  What was asked for goes to stdout, everything else
 * to stderr; exit codes as everywhere: 0 done, 1 failed, 2 usage, 3 the answer
 * is no (too few GPUs free).
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/file.h"
#include "tools/topo/topo.h"

#define OUTPUT_LIMIT (16u << 20)

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_NO };

struct topo_options {
	bool json, svg, links, no_color, help, cluster;
	uint32_t gpus;
	weft_gpuset_t busy;
	enum weft_pick_goal goal;
	enum topo_form form;
	const char *node;
	topo_load_fn load;
};

static const char help_text[] =
"usage: weft topo show [--json | --svg] [FILE | --node NAME | --cluster]\n"
"       weft topo pick --gpus N [--busy LIST] [--goal ring|all] [--json]\n"
"                      [FILE | --node NAME]\n"
"       weft topo gres-conf [--node NAME] [--links] [FILE | NAME=FILE ...]\n"
"       weft topo topology-conf [--form tree|block|yaml|yaml-tree]\n"
"                               [NAME=FILE ...]\n"
"\n"
"FILE is a topology: hwloc XML, NCCL's topology XML, the text of\n"
"\"nvidia-smi topo -m\", or what \"weft topo show --json\" wrote.  Without one,\n"
"this machine is looked at.  topology-conf without files asks slurmctld.\n"
"\n"
"  --json         the inventory, or the choice, as JSON\n"
"  --svg          the machine, or the cluster, as a drawing\n"
"  --gpus N       how many GPUs the job wants\n"
"  --busy LIST    GPUs that are taken, such as 0,4-5\n"
"  --goal WORD    ring (the default) or all: what the bandwidth is wanted for\n"
"  --node NAME    show, pick: the node as slurmctld knows it, with its busy GPUs;\n"
"                 gres-conf: put NodeName=NAME before each line\n"
"  --cluster      all NVLink domains and nodes, and each kind of node once\n"
"  --links        with Links=: for Slurm before 24.05 only\n"
"  --form WORD    tree (the default) or block (Slurm 23.11 on) of topology.conf;\n"
"                 yaml: topology.yaml (25.05 on) with blocks, yaml-tree: with a tree\n"
"  --no-color     no colours, also when writing to a terminal\n";

static int complain(const char *text, const char *word)
{
	fprintf(stderr, "weft topo: %s%s\nTry \"weft topo --help\".\n", text, word);
	return EXIT_USAGE;
}

static int fail(const struct weft_err *err)
{
	fprintf(stderr, "weft topo: %s\n", err->msg);
	return EXIT_FAILED;
}

/* Print and release what was gathered. */
static int finish(struct weft_buf *buf, int code)
{
	bool ok = !weft_buf_error(buf) &&
		  fputs(weft_buf_str(buf), stdout) >= 0 && !fflush(stdout);

	weft_buf_fini(buf);
	if (ok)
		return code;
	fprintf(stderr, "weft topo: cannot write the output\n");
	return EXIT_FAILED;
}

/* ---- options ------------------------------------------------------------ */

static bool parse_count(const char *text, uint32_t *ret_count)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || count > WEFT_GPUS_MAX)
		return false;
	*ret_count = (uint32_t)count;
	return true;
}

static bool parse_word(const char *word, const char *const *words, int *ret)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(word, words[i])) {
			*ret = i;
			return true;
		}
	return false;
}

static int take_option(int option, struct topo_options *options)
{
	static const char *const goals[] = { "ring", "all", NULL };
	static const char *const forms[] = { "tree", "block", "yaml", "yaml-tree", NULL };
	int word = 0;

	switch (option) {
	case 'j':
		options->json = true;
		return 0;
	case 's':
		options->svg = true;
		return 0;
	case 'l':
		options->links = true;
		return 0;
	case 'c':
		options->no_color = true;
		return 0;
	case 'h':
		options->help = true;
		return 0;
	case 'C':
		options->cluster = true;
		return 0;
	case 'N':
		options->node = optarg;
		return 0;
	case 'g':
		return parse_count(optarg, &options->gpus) ? 0 :
		       complain("--gpus wants a number from 0 to 64, not ", optarg);
	case 'b':
		return topo_parse_gpus(optarg, &options->busy) ? 0 :
		       complain("--busy wants a list of GPUs such as 0,4-5, not ",
				optarg);
	case 'o':
		if (!parse_word(optarg, goals, &word))
			return complain("--goal wants ring or all, not ", optarg);
		options->goal = word;
		return 0;
	case 'f':
		if (!parse_word(optarg, forms, &word))
			return complain("--form wants tree, block, yaml or yaml-tree, not ",
					optarg);
		options->form = word;
		return 0;
	default:
		return complain("see the usage", "");
	}
}

static int parse_options(int argc, char **argv, struct topo_options *options)
{
	static const struct option table[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "svg", no_argument, NULL, 's' },
		{ "links", no_argument, NULL, 'l' },
		{ "no-color", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "node", required_argument, NULL, 'N' },
		{ "cluster", no_argument, NULL, 'C' },
		{ "gpus", required_argument, NULL, 'g' },
		{ "busy", required_argument, NULL, 'b' },
		{ "goal", required_argument, NULL, 'o' },
		{ "form", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	int option, rc = 0;

	options->gpus = UINT32_MAX;
	optind = 0;
	while (!rc && (option = getopt_long(argc, argv, "h", table, NULL)) != -1)
		rc = take_option(option, options);
	return rc;
}

/* Of the terminal; COLUMNS says it where there is none. */
static uint32_t terminal_width(void)
{
	const char *text = getenv("COLUMNS");
	unsigned long width = text ? strtoul(text, NULL, 10) : 0;
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return width >= 20 && width <= 10000 ? (uint32_t)width : 100;
}

static struct topo_style style_of(const struct topo_options *options)
{
	const char *no_color = getenv("NO_COLOR");

	return (struct topo_style){
		.width = terminal_width(),
		.color = !options->no_color && isatty(STDOUT_FILENO) &&
			 !(no_color && *no_color),
		.unicode = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
}

/* ---- show and pick ------------------------------------------------------ */

static int load(const char *path, struct weft_inventory **ret_inv,
		struct weft_err *err)
{
	return path ? weft_inventory_read(path, ret_inv, err)
		    : weft_inventory_discover(ret_inv, err);
}

static int ask_slurm(const struct topo_options *options,
		     struct topo_cluster **ret_cluster, struct weft_err *err)
{
	if (!options->load)
		return weft_err_set(err, ENOTSUP,
				    "this weft was built without libslurm: it cannot ask slurmctld");
	return options->load(ret_cluster, err);
}

/* The node that --node names: its inventory, with its own name and domain. */
static int load_node(const struct topo_options *options,
		     struct weft_inventory **ret_inv, weft_gpuset_t *ret_busy,
		     struct weft_err *err)
{
	struct topo_cluster *cluster;
	const struct topo_cluster_node *node;
	int rc = ask_slurm(options, &cluster, err);

	if (rc)
		return rc;
	node = topo_cluster_find(cluster, options->node);
	if (!node) {
		rc = weft_err_set(err, ENOENT, "there is no node %s",
				  options->node);
	} else if (node->hardware_idx == TOPO_HARDWARE_UNKNOWN) {
		rc = weft_err_set(err, ENOENT,
				  "%s has not told slurmctld its hardware: that needs gres/nvlink on the node and sched/weft",
				  options->node);
	} else {
		struct topo_hardware *hw = &cluster->hardware[node->hardware_idx];

		*ret_inv = hw->inv;
		hw->inv = NULL;
		*ret_busy |= node->busy;
		snprintf((*ret_inv)->host, sizeof((*ret_inv)->host), "%s",
			 node->name);
		snprintf((*ret_inv)->domain, sizeof((*ret_inv)->domain), "%s",
			 node->domain);
	}
	topo_cluster_destroy(cluster);
	return rc;
}

static int load_one(const struct topo_options *options, const char *path,
		    struct weft_inventory **ret_inv, weft_gpuset_t *ret_busy,
		    struct weft_err *err)
{
	return options->node ? load_node(options, ret_inv, ret_busy, err) :
			       load(path, ret_inv, err);
}

static int run_show_cluster(const struct topo_options *options)
{
	struct topo_style style = style_of(options);
	struct weft_err err = WEFT_ERR_INIT;
	struct topo_cluster *cluster;
	struct weft_buf buf;
	int rc;

	if (ask_slurm(options, &cluster, &err))
		return fail(&err);
	weft_buf_init(&buf, OUTPUT_LIMIT);
	rc = options->svg ? topo_cluster_svg(cluster, &buf) :
	     topo_cluster_show(cluster, options->json, &style, &buf);
	topo_cluster_destroy(cluster);
	if (rc)
		fprintf(stderr, "weft topo: out of memory\n");
	return finish(&buf, rc ? EXIT_FAILED : EXIT_DONE);
}

/* One machine is shown: a file, --node, or this one; 0 if that is clear. */
static int check_one(const struct topo_options *options, const char *verb,
		     int argc, char **argv)
{
	if (argc > 1) {
		fprintf(stderr, "weft topo: %s takes one file, and there is also %s\n",
			verb, argv[1]);
		return EXIT_USAGE;
	}
	if (argc && (options->node || options->cluster))
		return complain("--node and --cluster take no file, and there is ",
				argv[0]);
	if (options->node && options->cluster)
		return complain("--node or --cluster, not both", "");
	return 0;
}

static int run_show(const struct topo_options *options, int argc, char **argv)
{
	const char *path = argc ? argv[0] : options->node;
	struct topo_style style = style_of(options);
	struct weft_err err = WEFT_ERR_INIT;
	weft_gpuset_t busy = 0;
	struct weft_inventory *inv;
	struct weft_buf buf;
	int rc = check_one(options, "show", argc, argv);

	if (rc)
		return rc;
	if (options->cluster)
		return run_show_cluster(options);
	if (load_one(options, path, &inv, &busy, &err))
		return fail(&err);
	weft_buf_init(&buf, OUTPUT_LIMIT);
	if (options->json) {
		struct json_object *root = weft_inventory_to_json(inv);

		weft_buf_addf(&buf, "%s\n", json_object_to_json_string_ext(
			root, JSON_C_TO_STRING_SPACED |
			JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(root);
	} else if (options->svg) {
		topo_svg(inv, path ? path : "this machine", &buf);
	} else {
		topo_show(inv, path ? path : "this machine", &style, &buf);
	}
	weft_inventory_destroy(inv);
	return finish(&buf, EXIT_DONE);
}

static int run_pick(const struct topo_options *options, int argc, char **argv)
{
	const char *path = argc ? argv[0] : NULL;
	struct topo_style style = style_of(options);
	struct topo_pick_ask ask = {
		.count = options->gpus, .busy = options->busy,
		.goal = options->goal, .json = options->json,
	};
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;
	struct weft_picker *picker;
	struct weft_buf buf;
	bool fits;
	int rc = check_one(options, "pick", argc, argv);

	if (rc)
		return rc;
	if (options->gpus == UINT32_MAX)
		return complain("pick needs --gpus N", "");
	if (options->cluster)
		return complain("--cluster is for show", "");
	if (load_one(options, path, &inv, &ask.busy, &err))
		return fail(&err);
	picker = weft_picker_create(inv);
	weft_buf_init(&buf, OUTPUT_LIMIT);
	fits = picker && topo_pick(inv, picker, &ask, &style, &buf);
	if (!picker)
		fprintf(stderr, "weft topo: out of memory\n");
	else if (!fits)
		fprintf(stderr, "weft topo: %u GPUs are asked for, but of %u only %u are free\n",
			ask.count, inv->gpu_count,
			inv->gpu_count - (uint32_t)__builtin_popcountll(
				ask.busy & (inv->gpu_count >= 64 ? ~UINT64_C(0) :
				(UINT64_C(1) << inv->gpu_count) - 1)));
	weft_inventory_destroy(inv);
	weft_picker_destroy(picker);
	return finish(&buf, fits ? EXIT_DONE : picker ? EXIT_NO : EXIT_FAILED);
}

/* ---- files for Slurm ---------------------------------------------------- */

/* "node7=FILE": the name is cut off and returned; NULL if there is none. */
static const char *take_name(char *word, char **ret_path)
{
	char *equals = strchr(word, '=');

	*ret_path = word;
	if (!equals || memchr(word, '/', (size_t)(equals - word)))
		return NULL;
	*equals = '\0';
	*ret_path = equals + 1;
	return word;
}

static int run_gres_conf(const struct topo_options *options, int argc, char **argv)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_inventory *inv;
	struct weft_buf buf;

	weft_buf_init(&buf, OUTPUT_LIMIT);
	for (int i = 0; i < (argc ? argc : 1); i++) {
		const char *node = options->node;
		char *path = NULL;

		if (argc) {
			const char *name = take_name(argv[i], &path);

			node = name ? name : node;
		}
		if (load(path, &inv, &err)) {
			weft_buf_fini(&buf);
			return fail(&err);
		}
		if (!inv->gpu_count)
			fprintf(stderr, "weft topo: %s: no GPUs\n",
				path ? path : "this machine");
		topo_gres_conf(inv, node, options->links, &buf);
		weft_inventory_destroy(inv);
	}
	return finish(&buf, EXIT_DONE);
}

/* The NVLink domains that the files tell of; domains[i] is one allocation. */
static int read_domains(int argc, char **argv, struct topo_node *nodes,
			char (*domains)[64], struct weft_err *err)
{
	for (int i = 0; i < argc; i++) {
		struct weft_inventory *inv;
		char *path;
		int rc;

		nodes[i].name = take_name(argv[i], &path);
		rc = weft_inventory_read(path, &inv, err);
		if (rc)
			return rc;
		snprintf(domains[i], sizeof(domains[i]), "%s", inv->domain);
		nodes[i].domain = domains[i];
		weft_inventory_destroy(inv);
	}
	return 0;
}

static int run_topology_conf(const struct topo_options *options, int argc,
			     char **argv)
{
	struct topo_node *nodes = calloc((size_t)argc + 1, sizeof(*nodes));
	char (*domains)[64] = calloc((size_t)argc + 1, sizeof(*domains));
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_buf buf;
	int rc = nodes && domains ? 0 : weft_err_set(&err, ENOMEM, "out of memory");

	weft_buf_init(&buf, OUTPUT_LIMIT);
	if (!rc)
		rc = read_domains(argc, argv, nodes, domains, &err);
	if (!rc)
		rc = topo_topology_conf(nodes, (uint32_t)argc, options->form, &buf,
					&err);
	free(nodes);
	free(domains);
	if (!rc)
		return finish(&buf, EXIT_DONE);
	weft_buf_fini(&buf);
	return fail(&err);
}

/* The same of what slurmctld knows, for nodes with GPUs or a domain. */
static int run_topology_of_cluster(const struct topo_options *options)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct topo_cluster *cluster;
	struct topo_node *nodes;
	struct weft_buf buf;
	uint32_t count = 0;
	int rc = ask_slurm(options, &cluster, &err);

	if (rc)
		return fail(&err);
	weft_buf_init(&buf, OUTPUT_LIMIT);
	nodes = calloc(cluster->node_count + 1, sizeof(*nodes));
	for (uint32_t i = 0; nodes && i < cluster->node_count; i++)
		nodes[count++] = (struct topo_node){
			.name = cluster->node[i].name,
			.domain = cluster->node[i].domain,
		};
	rc = nodes ? topo_topology_conf(nodes, count, options->form, &buf, &err) :
		     weft_err_set(&err, ENOMEM, "out of memory");
	free(nodes);
	topo_cluster_destroy(cluster);
	if (!rc)
		return finish(&buf, EXIT_DONE);
	weft_buf_fini(&buf);
	return fail(&err);
}

static int check_named(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!strchr(argv[i], '=') || *argv[i] == '=')
			return complain("topology-conf wants NAME=FILE, not ", argv[i]);
	return 0;
}

/* ---- the command -------------------------------------------------------- */

int topo_command(int argc, char **argv, topo_load_fn ask)
{
	struct topo_options options = { .load = ask };
	int rc = parse_options(argc, argv, &options);
	const char *verb;

	if (rc)
		return rc;
	if (options.help) {
		fputs(help_text, stdout);
		return EXIT_DONE;
	}
	if (optind >= argc)
		return complain("what? show, pick, gres-conf or topology-conf", "");
	verb = argv[optind++];
	argc -= optind;
	argv += optind;
	if (!strcmp(verb, "show"))
		return run_show(&options, argc, argv);
	if (!strcmp(verb, "pick"))
		return run_pick(&options, argc, argv);
	if (!strcmp(verb, "gres-conf"))
		return run_gres_conf(&options, argc, argv);
	if (strcmp(verb, "topology-conf"))
		return complain("show, pick, gres-conf or topology-conf, not ", verb);
	if (!argc)
		return run_topology_of_cluster(&options);
	rc = check_named(argc, argv);
	return rc ? rc : run_topology_conf(&options, argc, argv);
}
