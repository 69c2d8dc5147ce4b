/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site_nodes.c - see site.h: what `scontrol show nodes` prints
 *
 * A node begins with NodeName=; the words Key=Value after it, on the same
 * line or the next ones, are its own.  Reason= is free text and ends a line.
 * The domain that gres/nvlink publishes in Extra ({"nvlink_domain":"d0"}) is
 * taken as said by the node.  Partitions= gives the partitions, whose limits
 * this text does not have.
 *
 * Source: Slurm, src/api/node_info.c (slurm_sprint_node_table).
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/site_impl.h"

#define EXTRA_BEGIN "{\"nvlink_domain\":\""

struct nodes_text {
	struct weft_site *site;
	struct weft_site_node *node;
	const char *name;
	unsigned int line;
	struct weft_err *err;
};

static int complain(const struct nodes_text *t, const char *word)
{
	return weft_err_set(t->err, EINVAL, "%s:%u: unexpected: %.60s", t->name,
			    t->line, word);
}

static int begin_node(struct nodes_text *t, const char *name)
{
	struct weft_err why = WEFT_ERR_INIT;
	int rc = *name ? weft_site_new_node(t->site, name, &t->node, &why) :
		weft_err_set(&why, EINVAL, "a node without a name");

	return rc ? weft_err_set(t->err, -rc, "%s:%u: %s", t->name, t->line,
				 why.msg) : 0;
}

static int set_count(struct nodes_text *t, const char *word, const char *value,
		     uint32_t *ret_count)
{
	uint64_t number;

	if (!weft_site_read_number(value, UINT32_MAX - 1, &number))
		return complain(t, word);
	*ret_count = (uint32_t)number;
	return 0;
}

static int set_text(struct nodes_text *t, const char *value, char **ret_text)
{
	char *copy;

	if (!strcmp(value, "(null)"))
		return 0;
	copy = strdup(value);
	if (!copy)
		return weft_err_set(t->err, ENOMEM, "%s: no memory", t->name);
	free(*ret_text);
	*ret_text = copy;
	return 0;
}

static int set_domain(struct nodes_text *t, const char *value)
{
	size_t begin = strlen(EXTRA_BEGIN);
	char domain[64];
	struct weft_level_group group = {
		.by = WEFT_SAID_BY_NODE, .is_domain = true, .name = domain,
		.nodes = (char *)t->node->name,
	};
	struct weft_err why = WEFT_ERR_INIT;
	size_t len;
	int rc;

	if (strncmp(value, EXTRA_BEGIN, begin))
		return 0;
	len = strcspn(value + begin, "\"");
	if (!len || len >= sizeof(domain))
		return 0;
	memcpy(domain, value + begin, len);
	domain[len] = '\0';
	rc = weft_levels_add(&t->site->levels, &group, &why);
	return rc ? weft_err_set(t->err, -rc, "%s:%u: %s", t->name, t->line,
				 why.msg) : 0;
}

static int set_gres(struct nodes_text *t, const char *value)
{
	struct weft_err why = WEFT_ERR_INIT;
	int rc;

	if (!strcmp(value, "(null)"))
		return 0;
	rc = weft_site_set_gres(t->site, t->node, value, &why);
	return rc ? weft_err_set(t->err, -rc, "%s:%u: %s", t->name, t->line,
				 why.msg) : 0;
}

/* One word "key=value"; keys that do not matter are passed over. */
static int take_word(struct nodes_text *t, const char *word)
{
	const char *value = strchr(word, '=');
	struct weft_site_node *n = t->node;
	size_t len = value ? (size_t)(value - word) : 0;

	value++;
#define IS(key) (len == sizeof(key) - 1 && !memcmp(word, key, len))
	if (IS("NodeName"))
		return begin_node(t, value);
	if (IS("CPUTot"))
		return set_count(t, word, value, &n->cpus);
	if (IS("Sockets"))
		return set_count(t, word, value, &n->sockets);
	if (IS("CoresPerSocket"))
		return set_count(t, word, value, &n->cores_per_socket);
	if (IS("ThreadsPerCore"))
		return set_count(t, word, value, &n->threads_per_core);
	if (IS("Weight"))
		return set_count(t, word, value, &n->weight);
	if (IS("RealMemory"))
		return weft_site_read_memory(value, &n->mem_mib) ? 0 :
			complain(t, word);
	if (IS("AvailableFeatures"))
		return set_text(t, value, &n->features);
	if (IS("Partitions"))
		return set_text(t, value, &n->partitions);
	if (IS("Gres"))
		return set_gres(t, value);
	if (IS("Extra"))
		return set_domain(t, value);
	if (IS("State"))
		n->usable = weft_site_is_usable(value);
#undef IS
	return 0;
}

static int take_line(struct nodes_text *t, char *p)
{
	int rc = 0;

	while (rc == 0) {
		char *word, *end;

		while (isspace((unsigned char)*p))
			p++;
		if (!*p)
			break;
		word = end = p;
		while (*end && !isspace((unsigned char)*end))
			end++;
		p = *end ? end + 1 : end;
		*end = '\0';
		if (!strncmp(word, "Reason=", 7))
			break;
		if (!t->node && strncmp(word, "NodeName=", 9))
			return complain(t, word);
		if (strchr(word, '='))
			rc = take_word(t, word);
	}
	return rc;
}

int weft_site_add_nodes_text(struct weft_site *site, const char *name,
			     const char *text, size_t len,
			     struct weft_err *err)
{
	struct nodes_text t = { .site = site, .name = name, .err = err };
	const char *at = text, *end = text + len, *stop;
	struct weft_buf line;
	int rc = 0;

	weft_buf_init(&line, WEFT_CONF_LINE_MAX);
	while (rc == 0 && at < end) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		t.line++;
		weft_buf_clear(&line);
		weft_buf_add(&line, at, (size_t)(stop - at));
		at = stop < end ? stop + 1 : end;
		rc = weft_buf_error(&line);
		if (rc)
			weft_err_set(err, -rc, "%s:%u: a line of more than %u bytes",
				     name, t.line, WEFT_CONF_LINE_MAX);
		else if (line.len && memchr(line.data, '\0', line.len))
			rc = weft_err_set(err, EINVAL,
					  "%s:%u: not text: a zero byte", name,
					  t.line);
		else if (line.len)
			rc = take_line(&t, line.data);
	}
	weft_buf_fini(&line);
	return rc;
}
