/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostlist.c - names of nodes as Slurm writes them: "gpu[01-04,09],login"
 *
 * Names that differ only in the digits at their end, written with the same
 * number of digits, share a bracket.  Sorting by prefix, width and number puts
 * them side by side; n log n for n names.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/topo/topo.h"

#define DIGITS_MAX 9

struct host {
	const char *name;
	size_t prefix_len;
	uint32_t width;		/* digits at the end; 0: none */
	uint32_t number;
};

static struct host split(const char *name)
{
	size_t len = strlen(name), at = len;
	struct host host = { .name = name };

	while (at && len - at < DIGITS_MAX && isdigit((unsigned char)name[at - 1]))
		at--;
	host.prefix_len = at;
	host.width = (uint32_t)(len - at);
	if (host.width)
		host.number = (uint32_t)strtoul(name + at, NULL, 10);
	return host;
}

static bool same_prefix(const struct host *a, const struct host *b)
{
	return a->width == b->width && a->prefix_len == b->prefix_len &&
	       !strncmp(a->name, b->name, a->prefix_len);
}

static int compare_hosts(const void *a_ptr, const void *b_ptr)
{
	const struct host *a = a_ptr, *b = b_ptr;
	size_t len = a->prefix_len < b->prefix_len ? a->prefix_len : b->prefix_len;
	int differ = strncmp(a->name, b->name, len);

	if (differ)
		return differ;
	if (a->prefix_len != b->prefix_len)
		return a->prefix_len < b->prefix_len ? -1 : 1;
	if (a->width != b->width)
		return a->width < b->width ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* hosts[first] and what shares its bracket; returns the one after. */
static uint32_t add_group(const struct host *hosts, uint32_t first,
			  uint32_t count, struct weft_buf *buf)
{
	const struct host *head = &hosts[first];
	uint32_t end = first + 1;
	const char *comma = "";

	while (end < count && head->width && same_prefix(head, &hosts[end]))
		end++;
	weft_buf_add(buf, head->name, head->prefix_len);
	if (end == first + 1) {
		weft_buf_adds(buf, head->name + head->prefix_len);
		return end;
	}
	weft_buf_adds(buf, "[");
	for (uint32_t i = first, last; i < end; i = last + 1) {
		for (last = i; last + 1 < end; last++)
			if (hosts[last + 1].number > hosts[last].number + 1)
				break;
		weft_buf_addf(buf, "%s%0*u", comma, (int)head->width,
			      hosts[i].number);
		if (hosts[last].number > hosts[i].number)
			weft_buf_addf(buf, "-%0*u", (int)head->width,
				      hosts[last].number);
		comma = ",";
	}
	weft_buf_adds(buf, "]");
	return end;
}

int topo_hostlist(const char *const *names, uint32_t count, struct weft_buf *buf)
{
	struct host *hosts = calloc(count ? count : 1, sizeof(*hosts));
	uint32_t kept = 0;

	if (!hosts)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		hosts[i] = split(names[i]);
	qsort(hosts, count, sizeof(*hosts), compare_hosts);
	for (uint32_t i = 0; i < count; i++)
		if (!kept || compare_hosts(&hosts[kept - 1], &hosts[i]))
			hosts[kept++] = hosts[i];
	for (uint32_t i = 0; i < kept;) {
		if (i)
			weft_buf_adds(buf, ",");
		i = add_group(hosts, i, kept, buf);
	}
	free(hosts);
	return 0;
}
