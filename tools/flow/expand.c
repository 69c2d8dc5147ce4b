/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expand.c - the value of "${name}" and of a condition, for one unit
 *
 * Expansion is one pass: a value that itself holds "${x}" stays literal, so
 * it always ends and no value can name another.  "$$" is a dollar sign; a
 * dollar before anything else stays as it is.
 *
 * A condition compares: words, quoted texts and "${name}" joined by == != < <=
 * > >= and combined with && || ! and parentheses.  Two numbers compare as
 * numbers, all else as text.  Alone, a value is true unless it is empty, 0,
 * false, no or off.  A "${name}" is one value whatever it holds; it is looked
 * up while the condition is read, never pasted into it.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/nearest.h"
#include "tools/flow/model.h"

#define VALUE_MAX 1024
#define COND_DEPTH 32

const char *weft_flow_lookup(const struct weft_flow *flow,
			     const struct weft_flow_task *task, uint32_t unit,
			     const char *name, char num[16])
{
	uint32_t stride = task->index_count ? task->index_count : 1;

	if (!strncmp(name, "env.", 4))
		return getenv(name + 4);
	if (!strcmp(name, "task"))
		return task->name;
	if (!strcmp(name, "index") && task->index_count) {
		snprintf(num, 16, "%u", task->index[unit % stride]);
		return num;
	}
	unit /= stride;
	for (uint32_t i = task->axis_count; i-- > 0; unit /= task->axes[i].count)
		if (!strcmp(task->axes[i].name, name))
			return task->axes[i].values[unit % task->axes[i].count];
	for (uint32_t i = 0; i < flow->param_count; i++)
		if (!strcmp(flow->params[i].name, name))
			return flow->params[i].value;
	return NULL;
}

static int unknown_name(const struct weft_flow *flow,
			const struct weft_flow_task *task, const char *name,
			struct weft_err *err)
{
	const char *names[64];
	size_t count = 0;
	const char *near;

	for (uint32_t i = 0; i < task->axis_count && count < 32; i++)
		names[count++] = task->axes[i].name;
	for (uint32_t i = 0; i < flow->param_count && count < 62; i++)
		names[count++] = flow->params[i].name;
	names[count++] = "task";
	if (task->index_count)
		names[count++] = "index";
	near = weft_nearest(name, names, count);
	if (!strncmp(name, "env.", 4))
		return weft_err_set(err, EINVAL,
				    "\"${%s}\": no such variable in the environment", name);
	if (!strcmp(name, "index"))
		return weft_err_set(err, EINVAL,
				    "\"${index}\" is known in a task with \"array:\"");
	if (near)
		return weft_err_set(err, EINVAL, "\"${%s}\": no such name; did you mean \"${%s}\"?",
				    name, near);
	return weft_err_set(err, EINVAL,
			    "\"${%s}\": no such param or matrix axis (write $$ for a dollar sign)",
			    name);
}

/* Read "${name}" at p into name; bytes consumed, 0 if it is none, or -errno. */
static int read_name(const char *p, char name[VALUE_MAX], struct weft_err *err)
{
	const char *close;
	size_t len;

	if (p[0] != '$' || p[1] != '{')
		return 0;
	close = strchr(p, '}');
	if (!close)
		return weft_err_set(err, EINVAL, "\"${\" has no \"}\"");
	len = (size_t)(close - p - 2);
	if (!len || len >= VALUE_MAX)
		return weft_err_set(err, EINVAL, "\"${}\" names nothing");
	memcpy(name, p + 2, len);
	name[len] = 0;
	return (int)len + 3;
}

int weft_flow_expand(const struct weft_flow *flow,
		     const struct weft_flow_task *task, uint32_t unit,
		     const char *text, struct weft_buf *out, struct weft_err *err)
{
	char name[VALUE_MAX], num[16];

	while (*text) {
		size_t plain = strcspn(text, "$");
		const char *value;
		int len;

		weft_buf_add(out, text, plain);
		text += plain;
		if (!*text)
			break;
		if (text[1] == '$') {
			weft_buf_adds(out, "$");
			text += 2;
			continue;
		}
		len = read_name(text, name, err);
		if (len < 0)
			return len;
		if (!len) {
			weft_buf_adds(out, "$");
			text++;
			continue;
		}
		value = weft_flow_lookup(flow, task, unit, name, num);
		if (!value)
			return unknown_name(flow, task, name, err);
		weft_buf_adds(out, value);
		text += len;
	}
	if (weft_buf_error(out))
		return weft_err_set(err, -weft_buf_error(out), "the text grows too long");
	return 0;
}

bool weft_flow_varies(const struct weft_flow_task *task, const char *text)
{
	char name[VALUE_MAX];

	if (!text || (!task->axis_count && !task->index_count))
		return false;
	for (; (text = strstr(text, "${")); text++) {
		if (read_name(text, name, NULL) <= 0)
			return false;
		if (!strcmp(name, "index"))
			return true;
		for (uint32_t i = 0; i < task->axis_count; i++)
			if (!strcmp(task->axes[i].name, name))
				return true;
	}
	return false;
}

struct cond {
	const struct weft_flow *flow;
	const struct weft_flow_task *task;
	uint32_t unit;
	const char *p;
	unsigned int depth;
	struct weft_err *err;
};

static void skip_space(struct cond *c)
{
	while (isspace((unsigned char)*c->p))
		c->p++;
}

static bool accept_op(struct cond *c, const char *op)
{
	skip_space(c);
	if (strncmp(c->p, op, strlen(op)))
		return false;
	c->p += strlen(op);
	return true;
}

static int read_quoted(struct cond *c, char value[VALUE_MAX])
{
	char quote = *c->p++;
	const char *close = strchr(c->p, quote);

	if (!close || close - c->p >= VALUE_MAX)
		return weft_err_set(c->err, EINVAL, "when: a quote is not closed");
	memcpy(value, c->p, (size_t)(close - c->p));
	value[close - c->p] = 0;
	c->p = close + 1;
	return 0;
}

static int read_value(struct cond *c, char value[VALUE_MAX])
{
	char name[VALUE_MAX], num[16];
	const char *found;
	size_t len;
	int used;

	skip_space(c);
	if (*c->p == '"' || *c->p == '\'')
		return read_quoted(c, value);
	used = read_name(c->p, name, c->err);
	if (used < 0)
		return used;
	if (used) {
		found = weft_flow_lookup(c->flow, c->task, c->unit, name, num);
		if (!found)
			return unknown_name(c->flow, c->task, name, c->err);
		if (strlen(found) >= VALUE_MAX)
			return weft_err_set(c->err, EINVAL, "when: a value is too long");
		memcpy(value, found, strlen(found) + 1);
		c->p += used;
		return 0;
	}
	len = strcspn(c->p, " \t\r\n=!<>&|()\"'$");
	if (!len || len >= VALUE_MAX)
		return weft_err_set(c->err, EINVAL,
				    *c->p ? "when: expected a value at \"%.40s\"" :
					    "when: a value is missing at the end%.0s",
				    c->p);
	memcpy(value, c->p, len);
	value[len] = 0;
	c->p += len;
	return 0;
}

static int compare(const char *a, const char *b)
{
	char *end_a, *end_b;
	double x = strtod(a, &end_a), y = strtod(b, &end_b);

	if (*a && *b && !*end_a && !*end_b)
		return x < y ? -1 : x > y;
	return strcmp(a, b);
}

static bool truth(const char *value)
{
	return *value && strcmp(value, "0") && strcasecmp(value, "false") &&
	       strcasecmp(value, "no") && strcasecmp(value, "off");
}

static int cond_or(struct cond *c, bool *ret);

static int cond_compare(struct cond *c, bool *ret)
{
	static const char *const ops[] = { "==", "!=", "<=", ">=", "<", ">" };
	char left[VALUE_MAX], right[VALUE_MAX];
	int rc = read_value(c, left), d;

	if (rc)
		return rc;
	for (unsigned int i = 0; i < 6; i++) {
		if (!accept_op(c, ops[i]))
			continue;
		rc = read_value(c, right);
		if (rc)
			return rc;
		d = compare(left, right);
		*ret = i == 0 ? d == 0 : i == 1 ? d != 0 : i == 2 ? d <= 0 :
		       i == 3 ? d >= 0 : i == 4 ? d < 0 : d > 0;
		return 0;
	}
	*ret = truth(left);
	return 0;
}

static int cond_not(struct cond *c, bool *ret)
{
	bool negate = false;
	int rc;

	skip_space(c);
	while (c->p[0] == '!' && c->p[1] != '=') {
		negate = !negate;
		c->p++;
		skip_space(c);
	}
	if (accept_op(c, "(")) {
		if (++c->depth > COND_DEPTH)
			return weft_err_set(c->err, EINVAL, "when: nested too deeply");
		rc = cond_or(c, ret);
		c->depth--;
		if (!rc && !accept_op(c, ")"))
			rc = weft_err_set(c->err, EINVAL, "when: \")\" is missing");
	} else {
		rc = cond_compare(c, ret);
	}
	if (!rc && negate)
		*ret = !*ret;
	return rc;
}

static int cond_and(struct cond *c, bool *ret)
{
	int rc = cond_not(c, ret);

	while (!rc && accept_op(c, "&&")) {
		bool right;

		rc = cond_not(c, &right);
		if (!rc)
			*ret = *ret && right;
	}
	return rc;
}

static int cond_or(struct cond *c, bool *ret)
{
	int rc = cond_and(c, ret);

	while (!rc && accept_op(c, "||")) {
		bool right;

		rc = cond_and(c, &right);
		if (!rc)
			*ret = *ret || right;
	}
	return rc;
}

int weft_flow_when(const struct weft_flow *flow,
		   const struct weft_flow_task *task, uint32_t unit,
		   bool *ret_true, struct weft_err *err)
{
	struct cond c = { flow, task, unit, task->when, 0, err };
	bool value = true;
	int rc;

	if (!task->when) {
		*ret_true = true;
		return 0;
	}
	rc = cond_or(&c, &value);
	if (rc)
		return rc;
	skip_space(&c);
	if (*c.p)
		return weft_err_set(err, EINVAL, "when: expected && or || at \"%.40s\"%s", c.p,
				    *c.p == '=' ? "; to compare write ==" : "");
	*ret_true = value;
	return 0;
}

int weft_flow_unit_name(const struct weft_flow_task *task, uint32_t unit,
			struct weft_buf *out)
{
	uint32_t stride = task->index_count ? task->index_count : 1;
	uint32_t combo = unit / stride, div = 1;

	weft_buf_adds(out, task->name);
	for (uint32_t i = 0; i < task->axis_count; i++)
		div *= task->axes[i].count;
	for (uint32_t i = 0; i < task->axis_count; i++) {
		const struct weft_flow_axis *axis = &task->axes[i];

		div /= axis->count;
		weft_buf_addf(out, "%s%s=%s", i ? "," : "(", axis->name,
			      axis->values[combo / div % axis->count]);
	}
	if (task->axis_count)
		weft_buf_adds(out, ")");
	if (task->index_count)
		weft_buf_addf(out, "[%u]", task->index[unit % stride]);
	return weft_buf_error(out);
}
