/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site_constraint.c - see weft_site_match() in site.h
 *
 * A constraint is features joined by & (or a comma) and |, from left to right,
 * neither before the other, with parentheses; ! negates.
 * (slurmctld/job_scheduler.c, build_feature_list(), and node_scheduler.c,
 * find_feature_nodes(), of Slurm 22.05.)
 *
 * What a constraint says of the nodes together is not a set of nodes: counts
 * ("a*2&b*4") and "all of one kind" ("[a|b]").  Any node that could be one of
 * them matches then: counted features by |, and the caller is told.
 *
 * Cost: O(nodes * length).
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "sched/site.h"

#define DEPTH_MAX 16
#define NAME_SIZE 256

struct reader {
	const char *at;
	const struct weft_site_node *node;
	uint32_t depth;
	bool simplified;	/* brackets or counts */
	const char *fault;	/* NULL: none */
};

static bool read_expression(struct reader *r, bool *ret_counted);

static bool read_group(struct reader *r)
{
	char close = *r->at++ == '(' ? ')' : ']';
	bool counted = false, value;

	r->simplified = r->simplified || close == ']';
	if (++r->depth > DEPTH_MAX) {
		r->fault = "too many parentheses";
		return false;
	}
	value = read_expression(r, &counted);
	r->depth--;
	if (!r->fault && *r->at++ != close)
		r->fault = "a parenthesis is not closed";
	return value;
}

static bool read_name(struct reader *r)
{
	size_t len = strcspn(r->at, "&|,()[]*!");
	char name[NAME_SIZE];

	if (!len || len >= sizeof(name)) {
		r->fault = len ? "a name is too long" : "a name is missing";
		return false;
	}
	memcpy(name, r->at, len);
	name[len] = '\0';
	r->at += len;
	return weft_site_has_feature(r->node, name);
}

/* One feature or group, with its count. */
static bool read_term(struct reader *r, bool *ret_counted)
{
	bool no = false, value;

	for (; *r->at == '!'; r->at++)
		no = !no;
	value = *r->at == '(' || *r->at == '[' ? read_group(r) : read_name(r);
	if (!r->fault && *r->at == '*') {
		if (!isdigit((unsigned char)*++r->at))
			r->fault = "a number is missing after *";
		r->at += strspn(r->at, "0123456789");
		*ret_counted = r->simplified = true;
	}
	return value != no;
}

static bool read_expression(struct reader *r, bool *ret_counted)
{
	bool value = read_term(r, ret_counted);

	while (!r->fault && *r->at && strchr("&|,", *r->at)) {
		char op = *r->at++;
		bool counted = false, next = read_term(r, &counted);

		if (op == '|' || counted || *ret_counted)
			value = value || next;
		else
			value = value && next;
		*ret_counted = *ret_counted || counted;
	}
	return value;
}

int weft_site_match(const struct weft_site *site, const char *constraint,
		    struct weft_idxset *ret_nodes, bool *ret_simplified,
		    struct weft_err *err)
{
	*ret_simplified = false;
	weft_idxset_clear(ret_nodes);
	for (uint32_t i = 0; i < site->node_count; i++) {
		struct reader r = { .at = constraint, .node = &site->node[i] };
		bool counted = false, value = read_expression(&r, &counted);

		if (!r.fault && *r.at)
			r.fault = "something is left behind it";
		if (r.fault)
			return weft_err_set(err, EINVAL, "constraint \"%.60s\": %s",
					    constraint, r.fault);
		*ret_simplified = r.simplified;
		if (value)
			weft_idxset_add(ret_nodes, i);
	}
	return 0;
}
