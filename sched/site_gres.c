/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site_gres.c - see site.h: how many GPUs of which type a node has
 *
 * slurm.conf's Gres= (and `scontrol show nodes`) says "gpu:TYPE:COUNT", type
 * and count optional; it alone makes Slurm give a node GPUs.  gres.conf adds
 * types where Gres= names none, and must agree in number where it tells one:
 * a disagreement is noted, and Gres= counts, as in Slurm.
 *
 * Source: Slurm, src/common/gres.c (_validate_gres_config, _get_gres_cnt) and
 * gres.conf(5).
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/hostlist.h"
#include "sched/site_impl.h"

#define ITEM_MAX 256
#define DEPTH_MAX 4

int weft_site_add_gpus(struct weft_site *site, struct weft_site_node *node,
		       const char *type, uint32_t count, struct weft_err *err)
{
	weft_gpuset_t more;
	uint32_t idx;
	int rc;

	if (count > WEFT_GPUS_MAX - node->gpus)
		return weft_err_set(err, EINVAL, "%s: at most %d GPUs a node",
				    node->name, WEFT_GPUS_MAX);
	more = weft_gpus_below(node->gpus + count) &
		~weft_gpus_below(node->gpus);
	if (type) {
		rc = weft_names_add(site->gpu_types, type, &idx, NULL);
		if (rc)
			return weft_err_set(err, rc == -ENOSPC ? E2BIG : -rc,
					    "more than %d types of GPU, or no memory",
					    WEFT_GPU_TYPES_MAX);
		node->gpus_of_type[idx] |= more;
	} else {
		node->gpus_untyped += count;
	}
	node->gpus += count;
	return 0;
}

/* "8", "2K" */
static bool read_count(const char *text, uint64_t *ret_count)
{
	char digits[24];
	size_t len = strspn(text, "0123456789");
	uint64_t unit = 1;

	if (!len || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (text[len] && text[len + 1])
		return false;
	switch (toupper((unsigned char)text[len])) {
	case '\0':
		break;
	case 'K':
		unit = 1024;
		break;
	case 'M':
		unit = 1024 * 1024;
		break;
	default:
		return false;
	}
	if (!weft_site_read_number(digits, 1000000, ret_count))
		return false;
	*ret_count *= unit;
	return true;
}

/* One item of a Gres list, "gpu:h100:8", without "(S:0-1)". */
static int add_item(struct weft_site *site, struct weft_site_node *node,
		    char *item, struct weft_err *err)
{
	char *part[4] = { NULL };
	const char *type = NULL;
	uint64_t count = 1;
	int parts = 0;

	for (char *p = item; p && parts < 4; parts++) {
		part[parts] = p;
		p = strchr(p, ':');
		if (p)
			*p++ = '\0';
	}
	if (strcasecmp(part[0], "gpu"))
		return 0;
	for (int i = 1; i < parts; i++) {
		if (!strcasecmp(part[i], "no_consume"))
			continue;
		if (i == parts - 1 && read_count(part[i], &count))
			continue;
		if (type || !*part[i])
			return weft_err_set(err, EINVAL,
					    "%s: Gres: gpu:TYPE:COUNT expected at \"%s\"",
					    node->name, part[i]);
		type = part[i];
	}
	if (count > WEFT_GPUS_MAX)
		return weft_err_set(err, EINVAL, "%s: at most %d GPUs a node",
				    node->name, WEFT_GPUS_MAX);
	return weft_site_add_gpus(site, node, type, (uint32_t)count, err);
}

int weft_site_set_gres(struct weft_site *site, struct weft_site_node *node,
		       const char *gres, struct weft_err *err)
{
	char item[ITEM_MAX];
	int rc = 0;

	node->gpus = node->gpus_untyped = 0;
	memset(node->gpus_of_type, 0, sizeof(node->gpus_of_type));
	while (rc == 0 && *gres) {
		size_t len = 0;

		for (; *gres && *gres != ','; gres++) {
			if (*gres == '(') {	/* to which sockets: no matter */
				gres += strcspn(gres, ")");
				if (*gres)
					continue;
				break;
			}
			if (len < sizeof(item) - 1)
				item[len++] = *gres;
		}
		item[len] = '\0';
		if (*gres)
			gres++;
		if (len)
			rc = add_item(site, node, item, err);
	}
	return rc;
}

/* ---- gres.conf ----------------------------------------------------------- */

/* What gres.conf says of each node's GPUs, until the file's end. */
struct told {
	struct weft_site *site;
	struct told_node {
		uint32_t count;		/* of all types */
		uint32_t of_type[WEFT_GPU_TYPES_MAX];
	} *node;
	struct weft_conf_lines *lines;
	uint32_t type_idx;	/* of the present line, UINT32_MAX: none */
	uint32_t count;		/* of the present line */
	struct weft_err *err;
};

static int count_one(void *arg, const char *name)
{
	(void)name;
	++*(uint32_t *)arg;
	return 0;
}

static int read_line(struct told *told)
{
	const char *count = weft_conf_lines_get(told->lines, "Count");
	const char *file = weft_conf_lines_get(told->lines, "File");
	const char *type = weft_conf_lines_get(told->lines, "Type");
	uint64_t number = 1;
	int rc;

	if (!file)
		file = weft_conf_lines_get(told->lines, "MultipleFiles");
	told->count = 0;
	if (count && !read_count(count, &number))
		return weft_conf_lines_complain(told->lines, told->err, EINVAL,
						"Count: a number expected");
	if (number > WEFT_GPUS_MAX)
		return weft_conf_lines_complain(told->lines, told->err, EINVAL,
						"at most %d GPUs a node",
						WEFT_GPUS_MAX);
	told->count = (uint32_t)number;
	if (file && !count) {
		struct weft_err why = WEFT_ERR_INIT;

		told->count = 0;
		rc = weft_hostlist_each(file, WEFT_GPUS_MAX, count_one,
					&told->count, &why);
		if (rc)
			return weft_conf_lines_complain(told->lines, told->err,
							EINVAL, "File: %s",
							why.msg);
	}
	told->type_idx = UINT32_MAX;
	rc = type ? weft_names_add(told->site->gpu_types, type,
				   &told->type_idx, NULL) : 0;
	if (rc)
		return weft_conf_lines_complain(told->lines, told->err, -rc,
						"more than %d types of GPU, or no memory",
						WEFT_GPU_TYPES_MAX);
	return 0;
}

static void tell_node(struct told *told, uint32_t idx)
{
	struct told_node *to = &told->node[idx];

	if (to->count < WEFT_GPUS_MAX * 2u)
		to->count += told->count;
	if (told->type_idx != UINT32_MAX &&
	    to->of_type[told->type_idx] < WEFT_GPUS_MAX)
		to->of_type[told->type_idx] += told->count;
}

static int tell_name(void *arg, const char *name)
{
	struct told *told = arg;
	uint32_t idx = weft_site_find_node(told->site, name);

	if (idx != UINT32_MAX)
		tell_node(told, idx);
	return 0;
}

static int tell(struct told *told, const struct weft_site_files *files,
		int depth);

static int tell_include(struct told *told, const char *name,
			const struct weft_site_files *files, int depth)
{
	struct weft_conf_lines inner, *outer = told->lines;
	char *text;
	size_t len;
	int rc;

	if (!files || depth >= DEPTH_MAX)
		return weft_conf_lines_complain(outer, told->err, EINVAL,
						"Include %s: %s", name, files ?
						"nested too deep" :
						"other files are not read here");
	rc = files->read(files->arg, name, &text, &len, told->err);
	if (rc) {
		weft_err_prefix(told->err, "%s:%u", outer->name, outer->line);
		return rc;
	}
	weft_conf_lines_init(&inner, name, text, len);
	told->lines = &inner;
	rc = tell(told, files, depth + 1);
	told->lines = outer;
	weft_conf_lines_fini(&inner);
	free(text);
	return rc;
}

static int tell_line(struct told *told, const struct weft_site_files *files,
		     int depth)
{
	const char *include = weft_conf_lines_get(told->lines, "Include");
	const char *name = weft_conf_lines_get(told->lines, "Name");
	const char *nodes = weft_conf_lines_get(told->lines, "NodeName");
	struct weft_err why = WEFT_ERR_INIT;
	int rc;

	if (include)
		return tell_include(told, include, files, depth);
	if (!name || strcasecmp(name, "gpu"))
		return 0;
	rc = read_line(told);
	if (rc)
		return rc;
	if (!nodes) {
		for (uint32_t i = 0; i < told->site->node_count; i++)
			tell_node(told, i);
		return 0;
	}
	rc = weft_hostlist_each(nodes, WEFT_SITE_NODES_MAX, tell_name, told,
				&why);
	return rc ? weft_conf_lines_complain(told->lines, told->err, -rc,
					     "NodeName: %s", why.msg) : 0;
}

static int tell(struct told *told, const struct weft_site_files *files,
		int depth)
{
	int rc = weft_conf_lines_next(told->lines, told->err);

	while (rc == 1) {
		rc = tell_line(told, files, depth);
		if (rc == 0)
			rc = weft_conf_lines_next(told->lines, told->err);
	}
	return rc;
}

/* Types for a node whose Gres= named none; what differs goes to the notes. */
static int settle(struct told *told, uint32_t idx, const char *name,
		  uint32_t *differ)
{
	struct weft_site_node *node = &told->site->node[idx];
	const struct told_node *said = &told->node[idx];
	uint32_t count = node->gpus;
	int rc = 0;

	if (!count || !said->count)
		return 0;
	if (said->count != count && !(*differ)++)
		weft_site_note(told->site,
			       "%s: %u GPUs for %s, where slurm.conf has %u: that counts",
			       name, said->count, node->name, count);
	if (node->gpus_untyped != count)
		return 0;
	node->gpus = node->gpus_untyped = 0;
	for (uint32_t t = 0; rc == 0 && t < WEFT_GPU_TYPES_MAX; t++) {
		uint32_t of_type = said->of_type[t];

		if (of_type > count - node->gpus)
			of_type = count - node->gpus;
		if (of_type)
			rc = weft_site_add_gpus(told->site, node,
						weft_names_get(told->site->gpu_types, t),
						of_type, told->err);
	}
	if (rc == 0 && node->gpus < count)
		rc = weft_site_add_gpus(told->site, node, NULL,
					count - node->gpus, told->err);
	return rc;
}

int weft_site_add_gres_conf(struct weft_site *site, const char *name,
			    const char *text, size_t len,
			    const struct weft_site_files *files,
			    struct weft_err *err)
{
	struct weft_conf_lines lines;
	struct told told = { .site = site, .lines = &lines, .err = err };
	uint32_t differ = 0;
	int rc;

	told.node = calloc((size_t)site->node_count + 1, sizeof(*told.node));
	if (!told.node)
		return weft_err_set(err, ENOMEM, "%s: no memory", name);
	weft_conf_lines_init(&lines, name, text, len);
	rc = tell(&told, files, 0);
	for (uint32_t i = 0; rc == 0 && i < site->node_count; i++)
		rc = settle(&told, i, name, &differ);
	if (differ > 1)
		weft_site_note(site, "%s: so for %u nodes", name, differ);
	weft_conf_lines_fini(&lines);
	free(told.node);
	return rc;
}
