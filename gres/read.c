/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read.c - a topology file of any form, told apart by what it begins with
 *
 *   {                      our stored form
 *   <... <topology         hwloc
 *   <... <system           NCCL's topology
 *   a line with GPU0 first "nvidia-smi topo -m"
 *
 * What people hand over by mistake gets its own message: NCCL's graph file,
 * an archive, an empty file.
 *
 * hwloc's XML goes to a child process (discover.c), whoever asks: no caller of
 * this file has hwloc parse foreign bytes in its own.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gres/read_impl.h"
#include "lib/file.h"

static const char *skip_space(const char *text)
{
	if (!strncmp(text, "\xef\xbb\xbf", 3))	/* byte order mark */
		text += 3;
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

int read_any_text(const char *name, const char *text, size_t len,
		  struct weft_inventory **ret_inv, struct weft_err *err)
{
	const char *first = skip_space(text);

	if (!*first)
		return weft_err_set(err, EINVAL, "%s: empty", name);
	if (*first == '{' || (first[0] == '/' && strchr("/*", first[1])))
		return read_json_text(name, text, len, ret_inv, err);
	if (*first == '<' && strstr(first, "<topology"))
		return read_hwloc_guarded(name, text, len, ret_inv, err);
	if (*first == '<')
		return read_nccl_text(name, text, len, ret_inv, err);
	if (!strncmp(first, "BZh", 3) || !strncmp(first, "\x1f\x8b", 2) ||
	    !strncmp(first, "\xfd""7zXZ", 5))
		return weft_err_set(err, EINVAL,
				    "%s: compressed: unpack it first", name);
	if (strstr(first, "GPU0"))
		return read_smi_text(name, text, len, ret_inv, err);
	return weft_err_set(err, EINVAL,
			    "%s: not a topology: expected hwloc XML, NCCL topology XML, the text of \"nvidia-smi topo -m\", or Weft's JSON",
			    name);
}

int weft_inventory_read(const char *path, struct weft_inventory **ret_inv,
			struct weft_err *err)
{
	char *text;
	size_t len;
	int rc = weft_file_read(path, TOPO_FILE_LIMIT, &text, &len, err);

	if (rc)
		return rc;
	rc = read_any_text(path, text, len, ret_inv, err);
	free(text);
	return rc;
}
