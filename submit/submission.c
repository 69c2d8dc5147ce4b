/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * submission.c - what a request comes to: GPUs, CPUs, hours, array tasks
 *
 * A user may ask GPUs for the job, a node, a task or a socket.  The total is
 * the job's if given, else a node's times the fewest nodes, else a task's
 * times the tasks, else a socket's times the nodes (one socket a node is the
 * least there can be).  Sums saturate: a hostile 4294967295 x 4294967295 is
 * "very many", not a small number.
 *
 * The grammar of GPU lists is Slurm's: items between commas, each with an
 * optional "gres:" or "gres/", a name, an optional type, an optional count
 * with k, m or g after it.
 */
#include "config.h"

#include <string.h>

#include "submit/submission.h"

static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product) || product >= WEFT_UNLIMITED)
		return WEFT_UNLIMITED - 1;
	return product;
}

void weft_submission_init(struct weft_submission *sub)
{
	for (int i = 0; i < WEFT_FIELD_COUNT; i++) {
		if (weft_field_is_text(i))
			sub->value[i].text = NULL;
		else
			sub->value[i].num = WEFT_UNSET;
	}
	sub->env = NULL;
	sub->env_count = 0;
	sub->gpu_type[0] = '\0';
}

void weft_submission_copy(struct weft_submission *to,
			  const struct weft_submission *from)
{
	*to = *from;
	if (from->value[WEFT_F_GPU_TYPE].text == from->gpu_type)
		to->value[WEFT_F_GPU_TYPE].text = to->gpu_type;
}

bool weft_submission_has(const struct weft_submission *sub, int field)
{
	if (weft_field_is_text(field))
		return sub->value[field].text != NULL;
	return sub->value[field].num != WEFT_UNSET;
}

weft_fieldset_t weft_submission_diff(const struct weft_submission *a,
			      const struct weft_submission *b)
{
	weft_fieldset_t diff = 0;

	for (int i = 0; i < WEFT_FIELD_COUNT; i++) {
		const char *s = a->value[i].text, *t = b->value[i].text;

		if (!weft_field_is_text(i)) {
			if (a->value[i].num != b->value[i].num)
				diff |= WEFT_FIELD_BIT(i);
		} else if (s != t && (!s || !t || strcmp(s, t) != 0)) {
			diff |= WEFT_FIELD_BIT(i);
		}
	}
	return diff;
}

const char *weft_submission_env(const struct weft_submission *sub,
				const char *name)
{
	size_t len = strlen(name);

	for (uint32_t i = 0; i < sub->env_count; i++)
		if (strncmp(sub->env[i], name, len) == 0 && sub->env[i][len] == '=')
			return sub->env[i] + len + 1;
	return NULL;
}

/* A count with k, m or g; false if the text up to end is none. */
static bool read_count(const char *at, const char *end, uint64_t *ret)
{
	uint64_t n = 0;

	if (at == end || *at < '0' || *at > '9')
		return false;
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		n = n * 10 + (uint64_t)(*at - '0');
		if (n > WEFT_COUNT_MAX)
			return false;
	}
	if (at < end) {
		const char *unit = strchr("kmg", *at | 0x20);

		if (!unit || at + 1 != end)
			return false;
		n <<= 10 * (unit - "kmg" + 1);
	}
	*ret = n;
	return true;
}

static void keep_type(const char *at, const char *end, char *type, size_t size)
{
	size_t len = end - at;

	if (!type || *type || len >= size)
		return;
	memcpy(type, at, len);
	type[len] = '\0';
}

static uint64_t gpus_of_item(const char *at, const char *end, char *type,
			     size_t type_size)
{
	const char *mark;
	uint64_t count = 1;

	if (end - at > 5 && (memcmp(at, "gres:", 5) == 0 || memcmp(at, "gres/", 5) == 0))
		at += 5;
	if (end - at < 3 || memcmp(at, "gpu", 3) != 0)
		return 0;
	at += 3;
	if (at == end)
		return 1;
	if (*at != ':' && *at != '=')
		return 0;
	at++;
	if (read_count(at, end, &count))
		return count;
	for (mark = at; mark < end && *mark != ':' && *mark != '='; mark++)
		;
	if (mark == end && at < end && *at >= '0' && *at <= '9')
		return 0;	/* meant as a count */
	keep_type(at, mark, type, type_size);
	if (mark == end)
		return 1;
	return read_count(mark + 1, end, &count) ? count : 0;
}

uint64_t weft_gpus_parse(const char *text, char *type, size_t type_size)
{
	uint64_t sum = 0;
	const char *end;

	for (; text && *text; text = *end ? end + 1 : end) {
		end = text + strcspn(text, ",;");
		sum += gpus_of_item(text, end, type, type_size);
		if (sum > WEFT_COUNT_MAX)
			sum = WEFT_COUNT_MAX;
	}
	return sum;
}

static const char *read_number(const char *at, uint64_t *ret)
{
	const char *end = at + strspn(at, "0123456789");

	return read_count(at, end, ret) ? end : NULL;
}

uint64_t weft_array_count(const char *text)
{
	uint64_t sum = 0, first, last, step;

	while (text && *text && *text != '%') {
		text = read_number(text, &first);
		if (!text)
			return 1;
		last = first;
		step = 1;
		if (*text == '-')
			text = read_number(text + 1, &last);
		if (text && *text == ':')
			text = read_number(text + 1, &step);
		if (!text || last < first || !step)
			return 1;
		sum += (last - first) / step + 1;
		if (*text == ',')
			text++;
		else if (*text && *text != '%')
			return 1;
	}
	return sum ? sum : 1;
}

static uint64_t count_dependencies(const char *text)
{
	uint64_t count = 0;

	for (; text && *text; text++)
		count += *text == ':';
	return count;
}

static void derive_gpus(struct weft_submission *sub)
{
	union weft_value *v = sub->value;
	uint64_t nodes = v[WEFT_F_NODES].num == WEFT_UNSET ? 1 : v[WEFT_F_NODES].num;
	uint64_t tasks = v[WEFT_F_TASKS].num == WEFT_UNSET ? nodes : v[WEFT_F_TASKS].num;
	char *type = sub->gpu_type;
	uint64_t job, node, task, socket, total;

	type[0] = '\0';
	job = weft_gpus_parse(v[WEFT_F_TRES_PER_JOB].text, type, sizeof(sub->gpu_type));
	node = weft_gpus_parse(v[WEFT_F_GRES].text, type, sizeof(sub->gpu_type));
	task = weft_gpus_parse(v[WEFT_F_TRES_PER_TASK].text, type, sizeof(sub->gpu_type));
	socket = weft_gpus_parse(v[WEFT_F_TRES_PER_SOCKET].text, type,
				 sizeof(sub->gpu_type));
	if (!nodes)
		nodes = 1;
	total = job ? job : node ? times(node, nodes) : task ? times(task, tasks) :
		times(socket, nodes);
	v[WEFT_F_GPUS].num = total;
	v[WEFT_F_GPUS_PER_NODE].num = node ? node : total / nodes + !!(total % nodes);
	v[WEFT_F_GPU_TYPE].text = type[0] ? type : NULL;
}

static void derive_cpus(struct weft_submission *sub)
{
	union weft_value *v = sub->value;
	uint64_t nodes = v[WEFT_F_NODES].num, tasks = v[WEFT_F_TASKS].num, cpus;

	if (nodes == WEFT_UNSET || !nodes)
		nodes = 1;
	if (tasks == WEFT_UNSET)
		tasks = v[WEFT_F_TASKS_PER_NODE].num == WEFT_UNSET ? nodes :
			times(nodes, v[WEFT_F_TASKS_PER_NODE].num);
	if (v[WEFT_F_CPUS_PER_TASK].num != WEFT_UNSET)
		cpus = times(tasks, v[WEFT_F_CPUS_PER_TASK].num);
	else if (v[WEFT_F_CPUS_PER_GPU].num != WEFT_UNSET && v[WEFT_F_GPUS].num)
		cpus = times(v[WEFT_F_GPUS].num, v[WEFT_F_CPUS_PER_GPU].num);
	else
		cpus = tasks;
	v[WEFT_F_CPUS].num = cpus;
	v[WEFT_F_CPUS_PER_NODE].num = cpus / nodes + !!(cpus % nodes);
	v[WEFT_F_CPUS_EVEN].num = cpus % nodes == 0;
}

void weft_submission_derive(struct weft_submission *sub)
{
	union weft_value *v = sub->value;
	uint64_t hours;

	derive_gpus(sub);
	derive_cpus(sub);
	v[WEFT_F_ARRAY_TASKS].num = weft_array_count(v[WEFT_F_ARRAY].text);
	v[WEFT_F_DEPENDENCIES].num = count_dependencies(v[WEFT_F_DEPENDENCY].text);
	if (v[WEFT_F_TIME].num == WEFT_UNSET) {
		v[WEFT_F_GPU_HOURS].num = v[WEFT_F_GPUS].num ? WEFT_UNSET : 0;
	} else {
		hours = times(v[WEFT_F_GPUS].num, v[WEFT_F_TIME].num);
		v[WEFT_F_GPU_HOURS].num = times(hours, v[WEFT_F_ARRAY_TASKS].num) / 60;
	}
}
