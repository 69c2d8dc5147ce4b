/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site_files.c - see site.h: a site's files from its configuration folder
 *
 * gres.conf, topology.yaml or topology.conf, and weft.json are read where they
 * lie beside slurm.conf.  An Include's relative name begins there too; an absolute one
 * that is not there is looked for beside slurm.conf under its last name, for
 * a configuration is often looked at on another machine than its own.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/settings.h"
#include "sched/site_impl.h"

/* The folder with its slash, "" for the present one. */
struct folder {
	char path[PATH_MAX];
};

static int beside(const struct folder *folder, const char *name, char *path,
		  size_t size, struct weft_err *err)
{
	int len = snprintf(path, size, "%s%s", folder->path, name);

	return len < 0 || (size_t)len >= size ?
		weft_err_set(err, ENAMETOOLONG, "%s: path too long", name) : 0;
}

static int read_beside(const struct folder *folder, const char *name,
		       char **ret_text, size_t *ret_len, struct weft_err *err)
{
	char path[PATH_MAX];
	int rc = beside(folder, name, path, sizeof(path), err);

	return rc ? rc : weft_file_read(path, WEFT_SITE_TEXT_MAX, ret_text,
					ret_len, err);
}

static int read_include(void *arg, const char *name, char **ret_text,
			size_t *ret_len, struct weft_err *err)
{
	const char *slash = strrchr(name, '/');
	struct weft_err unused = WEFT_ERR_INIT;
	int rc;

	if (name[0] != '/')
		return read_beside(arg, name, ret_text, ret_len, err);
	rc = weft_file_read(name, WEFT_SITE_TEXT_MAX, ret_text, ret_len, err);
	if (rc == -ENOENT &&
	    !read_beside(arg, slash + 1, ret_text, ret_len, &unused))
		return 0;
	return rc;
}

static int add_gres(struct weft_site *site, struct folder *folder,
		    struct weft_err *err)
{
	const struct weft_site_files files = { read_include, folder };
	char *text;
	size_t len;
	int rc = read_beside(folder, "gres.conf", &text, &len, err);

	if (rc)
		return rc == -ENOENT ? 0 : rc;
	rc = weft_site_add_gres_conf(site, "gres.conf", text, len, &files, err);
	free(text);
	return rc;
}

/* Where both are, Slurm reads topology.yaml. */
static int add_topology(struct weft_site *site, struct folder *folder,
			struct weft_err *err)
{
	char *text;
	size_t len;
	int rc = read_beside(folder, "topology.yaml", &text, &len, err);

	if (rc == 0) {
		rc = weft_levels_read_yaml(&site->levels, "topology.yaml", text,
					   len, err);
		free(text);
		return rc;
	}
	if (rc == -ENOENT)
		rc = read_beside(folder, "topology.conf", &text, &len, err);
	if (rc)
		return rc == -ENOENT ? 0 : rc;
	rc = weft_site_add_topology_conf(site, "topology.conf", text, len, err);
	free(text);
	return rc;
}

static int add_json(struct weft_site *site, struct folder *folder,
		    struct weft_err *err)
{
	struct weft_json *doc;
	char path[PATH_MAX];
	int rc = beside(folder, "weft.json", path, sizeof(path), err);

	if (rc == 0)
		rc = weft_settings_open(path, NULL, &doc, err);
	if (rc)
		return rc == -ENOENT ? 0 : rc;
	rc = weft_site_add_json(site, doc, err);
	weft_json_destroy(doc);
	return rc;
}

static int add_all(struct weft_site *site, const char *path, const char *text,
		   size_t len, struct weft_err *err)
{
	const char *slash = strrchr(path, '/');
	struct folder folder = { "" };
	const struct weft_site_files files = { read_include, &folder };
	const char *name = slash ? slash + 1 : path;
	int rc;

	if (slash)
		snprintf(folder.path, sizeof(folder.path), "%.*s",
			 (int)(slash + 1 - path), path);
	if (!strncmp(text, "NodeName=", 9) && strstr(text, "CPUTot="))
		return weft_site_add_nodes_text(site, name, text, len, err);
	rc = weft_site_add_slurm_conf(site, name, text, len, &files, err);
	if (rc == 0)
		rc = add_gres(site, &folder, err);
	if (rc == 0)
		rc = add_topology(site, &folder, err);
	return rc ? rc : add_json(site, &folder, err);
}

int weft_site_read(const char *path, struct weft_site **ret_site,
		   struct weft_err *err)
{
	struct weft_site *site;
	char *text;
	size_t len;
	int rc = weft_file_read(path, WEFT_SITE_TEXT_MAX, &text, &len, err);

	if (rc)
		return rc;
	site = weft_site_create();
	rc = site ? add_all(site, path, text, len, err) :
		weft_err_set(err, ENOMEM, "%s: no memory", path);
	free(text);
	if (rc == 0 && (rc = weft_site_finish(site, err)))
		weft_err_prefix(err, "%s", path);
	if (rc) {
		weft_site_destroy(site);
		return rc;
	}
	*ret_site = site;
	return 0;
}
