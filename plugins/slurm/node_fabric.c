/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_fabric.c - see node_fabric.h
 *
 * The carrier.  In slurmctld a registration's gres records are unpacked into
 * a list that the next registration replaces; what stays is the node's
 * gres_list.  There _node_config_validate() adds to a GRES without File= each
 * Type that a record names (gres_add_type()), and our record's Type is the
 * report.  It does so only if the count changed since the last registration,
 * which for a GRES of which no node has any is never so again; hence the
 * report is TAKEN: the types are removed and gres_cnt_found is set back to
 * "not yet registered", which makes Slurm look at the next one afresh.  Both
 * releases treat that state alike.  Without this plugin the report simply
 * lies there, as the name of a type of which there are none.
 *
 * Equal hardware is kept once, counted, and found by its hash: 5,000 nodes
 * with one inventory of 60 KB each would be 300 MB.
 *
 * Tools have no other way to slurmctld than a node's fields, so what is known
 * goes into Extra: the domain, the hardware's hash, and on the first node of
 * each kind of hardware the whole report.  A site with one kind of node pays
 * for one report in what squeue and sinfo download, not for 5,000.
 *
 * Pickers take up to 0.2 s of work (16 GPUs) and are made without the lock:
 * weft_node_fabrics_prepare().
 *
 * Nodes are kept by their index in slurmctld's table, with the name beside it
 * to notice when a reconfiguration gave the index to another node.
 *
 * Source: src/{common,interfaces}/gres.c.
 */
#include "plugins/slurm/node_fabric.h"
#include "plugins/slurm/gres_compat.h"

#include "gres/report.h"
#include "lib/hostlist.h"
#include "lib/names.h"

#define NODES_MAX 1000000
#define EXTRA_BEGIN "{\"nvlink_domain\":\""

struct kind {
	uint64_t hash;
	uint32_t use_count;
	struct weft_inventory *inv;
	struct weft_picker *picker;
	char *report;			/* xstrdup; without domain and stamp */
	bool prepared;			/* there was an attempt at a picker */
	bool carried;			/* a node has the report in its Extra */
};

struct entry {
	char *name;			/* xstrdup; NULL: index not used yet */
	char found[64];			/* the domain that the node reported */
	struct kind *kind;
	char *extra;			/* what Extra should be; NULL: nothing */
	bool registered;
	bool live;			/* the node exists, as of this refresh */
	bool carries;			/* its Extra has the kind's report */
	struct weft_node_fabric view;
};

/* weft.json's domains, node by node. */
struct domains {
	uint32_t count;
	char (*name)[64];
	struct weft_names *nodes;
	uint32_t *of_node;		/* [index in nodes] */
};

struct weft_node_fabrics {
	struct entry **entry;		/* [node_ptr->index] */
	uint32_t entry_count, live_count;	/* live: of nodes that exist */
	struct kind **kind;
	uint32_t kind_count;
	struct domains configured;
};

static const struct weft_node_fabric nothing_known;

/* ---- hardware, kept once ------------------------------------------------ */

static void release_kind(struct weft_node_fabrics *f, struct kind *kind)
{
	if (!kind || --kind->use_count)
		return;
	for (uint32_t i = 0; i < f->kind_count; i++) {
		if (f->kind[i] == kind) {
			f->kind[i] = f->kind[--f->kind_count];
			break;
		}
	}
	weft_inventory_destroy(kind->inv);
	weft_picker_destroy(kind->picker);
	xfree(kind->report);
	xfree(kind);
}

/* The report as every node with this hardware could have sent it. */
static char *common_report(struct weft_inventory *inv)
{
	char domain[sizeof(inv->domain)], host[sizeof(inv->host)];
	struct weft_buf buf;
	char *text = NULL;

	memcpy(domain, inv->domain, sizeof(domain));
	memcpy(host, inv->host, sizeof(host));
	inv->domain[0] = inv->host[0] = '\0';
	weft_buf_init(&buf, WEFT_REPORT_LIMIT);
	if (weft_report_format(inv, 0, &buf) == 0)
		text = xstrdup(weft_buf_str(&buf));
	weft_buf_fini(&buf);
	memcpy(inv->domain, domain, sizeof(domain));
	memcpy(inv->host, host, sizeof(host));
	return text;
}

/* Takes over inv, which may be destroyed in favour of an equal one. */
static struct kind *acquire_kind(struct weft_node_fabrics *f,
				 struct weft_inventory *inv)
{
	uint64_t hash = weft_report_hash(inv);
	struct kind *kind;

	for (uint32_t i = 0; i < f->kind_count; i++) {
		if (f->kind[i]->hash == hash) {
			weft_inventory_destroy(inv);
			f->kind[i]->use_count++;
			return f->kind[i];
		}
	}
	kind = xmalloc(sizeof(*kind));
	kind->hash = hash;
	kind->use_count = 1;
	kind->inv = inv;
	kind->report = common_report(inv);
	xrecalloc(f->kind, f->kind_count + 1, sizeof(*f->kind));
	f->kind[f->kind_count++] = kind;
	return kind;
}

/* ---- configured domains ------------------------------------------------- */

static void free_domains(struct domains *domains)
{
	weft_names_destroy(domains->nodes);
	xfree(domains->name);
	xfree(domains->of_node);
	memset(domains, 0, sizeof(*domains));
}

static int add_node(void *arg, const char *node)
{
	struct domains *domains = arg;
	uint32_t at;
	int is_new, rc = weft_names_add(domains->nodes, node, &at, &is_new);

	if (rc || !is_new)
		return rc;
	xrecalloc(domains->of_node, at + 1, sizeof(uint32_t));
	domains->of_node[at] = domains->count - 1;
	return 0;
}

static int add_domain(struct domains *domains,
		      const struct weft_level_group *group)
{
	xrecalloc(domains->name, domains->count + 1, sizeof(*domains->name));
	snprintf(domains->name[domains->count++], sizeof(*domains->name), "%s",
		 group->name);
	return weft_hostlist_each(group->nodes, NODES_MAX, add_node, domains,
				  NULL);
}

int weft_node_fabrics_configure(struct weft_node_fabrics *fabrics,
				const struct weft_levels *levels,
				struct weft_err *err)
{
	struct domains domains = { .nodes = weft_names_create(NODES_MAX) };
	int rc = domains.nodes ? 0 : -ENOMEM;

	for (uint32_t i = 0; !rc && i < levels->count; i++)
		if (levels->group[i].by == WEFT_SAID_BY_SITE &&
		    levels->group[i].is_domain)
			rc = add_domain(&domains, &levels->group[i]);
	if (rc) {
		free_domains(&domains);
		return weft_err_set(err, -rc,
				    "fabric.domains: too many nodes, or no memory");
	}
	free_domains(&fabrics->configured);
	fabrics->configured = domains;
	return 0;
}

static const char *configured_domain(const struct weft_node_fabrics *f,
				     const char *node)
{
	uint32_t at;

	if (!f->configured.nodes)
		return NULL;
	at = weft_names_find(f->configured.nodes, node);
	return at == UINT32_MAX ?
		       NULL :
		       f->configured.name[f->configured.of_node[at]];
}

/* ---- nodes -------------------------------------------------------------- */

static void free_entry(struct weft_node_fabrics *f, struct entry *entry)
{
	if (!entry)
		return;
	release_kind(f, entry->kind);
	xfree(entry->name);
	xfree(entry->extra);
	xfree(entry);
}

struct weft_node_fabrics *weft_node_fabrics_create(void)
{
	return xmalloc(sizeof(struct weft_node_fabrics));
}

void weft_node_fabrics_destroy(struct weft_node_fabrics *fabrics)
{
	if (!fabrics)
		return;
	for (uint32_t i = 0; i < fabrics->entry_count; i++)
		free_entry(fabrics, fabrics->entry[i]);
	free_domains(&fabrics->configured);
	xfree(fabrics->entry);
	xfree(fabrics->kind);
	xfree(fabrics);
}

/* The entry of a node, made afresh if its index had another's. */
static struct entry *find_entry(struct weft_node_fabrics *f,
				const node_record_t *node_ptr)
{
	uint32_t idx = node_ptr->index;
	struct entry *entry;

	if (idx >= f->entry_count) {
		xrecalloc(f->entry, idx + 64, sizeof(*f->entry));
		f->entry_count = idx + 64;
	}
	entry = f->entry[idx];
	if (entry && !xstrcmp(entry->name, node_ptr->name))
		return entry;
	free_entry(f, entry);
	entry = f->entry[idx] = xmalloc(sizeof(*entry));
	entry->name = xstrdup(node_ptr->name);
	return entry;
}

/* The report that lies in the node's record, for the caller to xfree(). */
static char *take_report(node_record_t *node_ptr)
{
	uint32_t plugin_id = gres_build_id((char *)"nvlink");
	gres_state_t *state;
	gres_node_state_t *ns;
	char *report = NULL;

	if (!node_ptr->gres_list)
		return NULL;
	state = list_find_first(node_ptr->gres_list, gres_find_id, &plugin_id);
	ns = state ? state->gres_data : NULL;
	if (!ns || ns->gres_cnt_config || !ns->type_cnt)
		return NULL;
	for (uint16_t i = 0; i < ns->type_cnt; i++) {
		xfree(report);		/* the last is the newest */
		report = ns->type_name[i];
		ns->type_name[i] = NULL;
	}
	ns->type_cnt = 0;
	xfree(ns->type_name);
	xfree(ns->type_id);
	xfree(ns->type_cnt_alloc);
	xfree(ns->type_cnt_avail);
	ns->gres_cnt_found = NO_VAL64;
	return report;
}

static bool read_report(struct weft_node_fabrics *f, struct entry *entry,
			const char *report)
{
	struct weft_inventory *inv;
	struct weft_err err = WEFT_ERR_INIT;
	struct kind *old = entry->kind;

	if (weft_report_parse(report, &inv, NULL, &err)) {
		error("gres/nvlink: node %s: %s", entry->name, err.msg);
		return false;
	}
	snprintf(entry->found, sizeof(entry->found), "%s", inv->domain);
	entry->kind = acquire_kind(f, inv);
	release_kind(f, old);
	entry->view.inv = entry->kind->inv;
	entry->view.picker = entry->kind->picker;
	entry->view.hash = entry->kind->hash;
	return entry->kind != old;
}

/* ---- what tools see ------------------------------------------------------ */

static bool fits_json(const char *text)
{
	for (const char *p = text; *p; p++)
		if (*p == '"' || *p == '\\' || (unsigned char)*p < ' ')
			return false;
	return true;
}

static void compose_extra(struct entry *entry)
{
	const struct kind *kind = entry->kind;
	bool hardware = kind && kind->inv->gpu_count;

	xfree(entry->extra);
	if (!fits_json(entry->view.domain) ||
	    (!entry->view.domain[0] && !hardware))
		return;
	entry->extra = xstrdup_printf(EXTRA_BEGIN "%s\"", entry->view.domain);
	if (hardware)
		xstrfmtcat(entry->extra, ",\"hardware\":\"%016"PRIx64"\"",
			   kind->hash);
	if (hardware && entry->carries)
		xstrfmtcat(entry->extra, ",\"report\":\"%s\"", kind->report);
	xstrcat(entry->extra, "}");
}

/* Choose the first node of each kind to carry its report; write every text. */
static void compose_extras(struct weft_node_fabrics *f)
{
	struct entry *entry;

	for (uint32_t i = 0; i < f->kind_count; i++)
		f->kind[i]->carried = !f->kind[i]->report;
	for (uint32_t i = 0; i < f->entry_count; i++) {
		entry = f->entry[i];
		if (!entry)
			continue;
		entry->carries = entry->live && entry->kind &&
			!entry->kind->carried;
		if (entry->carries)
			entry->kind->carried = true;
		compose_extra(entry);
	}
}

/* A site that has something else in the field keeps it. */
static void publish(node_record_t *node_ptr, const struct entry *entry)
{
	if (!xstrcmp(node_ptr->extra, entry->extra))
		return;
	if (node_ptr->extra && node_ptr->extra[0] &&
	    xstrncmp(node_ptr->extra, EXTRA_BEGIN, strlen(EXTRA_BEGIN)))
		return;
	xfree(node_ptr->extra);
	node_ptr->extra = xstrdup(entry->extra);
	last_node_update = time(NULL);
}

static bool refresh_node(struct weft_node_fabrics *f, node_record_t *node_ptr)
{
	struct entry *entry = find_entry(f, node_ptr);
	char *report = take_report(node_ptr);
	const char *domain;
	bool changed = false;

	if (report)
		changed = read_report(f, entry, report);
	xfree(report);
	domain = configured_domain(f, entry->name);
	if (!domain)
		domain = entry->found;
	if (xstrcmp(entry->view.domain, domain)) {
		snprintf(entry->view.domain, sizeof(entry->view.domain), "%s",
			 domain);
		changed = true;
	}
	entry->registered |= entry->kind || domain[0];
	entry->live = true;
	return changed;
}

bool weft_node_fabrics_refresh(struct weft_node_fabrics *fabrics)
{
	node_record_t *node_ptr;
	uint32_t live_count = 0;
	bool changed = false;

	for (uint32_t i = 0; i < fabrics->entry_count; i++)
		if (fabrics->entry[i])
			fabrics->entry[i]->live = false;
	for (int i = 0; (node_ptr = next_node(&i)); i++, live_count++)
		changed |= refresh_node(fabrics, node_ptr);
	if (changed || live_count != fabrics->live_count)
		compose_extras(fabrics);
	fabrics->live_count = live_count;
	for (int i = 0; (node_ptr = next_node(&i)); i++) {
		const struct entry *entry = find_entry(fabrics, node_ptr);

		if (entry->registered)	/* else: what an earlier run left stays */
			publish(node_ptr, entry);
	}
	return changed;
}

bool weft_node_fabrics_unprepared(const struct weft_node_fabrics *fabrics)
{
	for (uint32_t i = 0; i < fabrics->kind_count; i++)
		if (!fabrics->kind[i]->prepared)
			return true;
	return false;
}

void weft_node_fabrics_prepare(struct weft_node_fabrics *fabrics)
{
	for (uint32_t i = 0; i < fabrics->kind_count; i++) {
		struct kind *kind = fabrics->kind[i];

		if (!kind->prepared)
			kind->picker = weft_picker_create(kind->inv);
		kind->prepared = true;
	}
	for (uint32_t i = 0; i < fabrics->entry_count; i++)
		if (fabrics->entry[i] && fabrics->entry[i]->kind)
			fabrics->entry[i]->view.picker =
				fabrics->entry[i]->kind->picker;
}

const struct weft_node_fabric *
weft_node_fabrics_get(const struct weft_node_fabrics *fabrics,
		      const node_record_t *node_ptr)
{
	const struct entry *entry;

	if (!fabrics || node_ptr->index >= fabrics->entry_count)
		return &nothing_known;
	entry = fabrics->entry[node_ptr->index];
	if (!entry || xstrcmp(entry->name, node_ptr->name))
		return &nothing_known;
	return &entry->view;
}
