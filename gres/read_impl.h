/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read_impl.h - what the readers share; nobody outside gres/read_*.c needs it
 */
#ifndef WEFT_GRES_READ_IMPL_H
#define WEFT_GRES_READ_IMPL_H

#include "gres/device.h"
#include "gres/inventory.h"

#define TOPO_FILE_LIMIT (8u << 20)	/* bytes; the largest real one has 0.3 MB */

/*
 * The readers of text in memory: name is for messages, text[len] is NUL.
 * hwloc can crash on malformed XML: read_hwloc_text() is for a child process.
 */
int read_hwloc_text(const char *name, const char *text, size_t len,
		    struct weft_inventory **ret_inv, struct weft_err *err);
int read_nccl_text(const char *name, const char *text, size_t len,
		   struct weft_inventory **ret_inv, struct weft_err *err);
int read_smi_text(const char *name, const char *text, size_t len,
		  struct weft_inventory **ret_inv, struct weft_err *err);
int read_json_text(const char *name, const char *text, size_t len,
		   struct weft_inventory **ret_inv, struct weft_err *err);
/* Whichever of them it is, by its first bytes; hwloc's is read guarded. */
int read_any_text(const char *name, const char *text, size_t len,
		  struct weft_inventory **ret_inv, struct weft_err *err);

/* The version of the stored form; a higher one is refused. */
#define READ_FORM_VERSION 1

/* NVML from this library, capabilities from this table (for tests). */
int read_nvml_from(const char *library, const char *slice_table,
		   struct weft_inventory **ret_inv, struct weft_err *err);

/* This machine, drivers asked: may hang. */
int read_hwloc_live(struct weft_inventory **ret_inv, struct weft_err *err);
/* This machine without asking any driver: sysfs only, so it cannot hang. */
int read_hwloc_no_driver(struct weft_inventory **ret_inv, struct weft_err *err);

/*
 * discover.c with another way to ask in the child (for tests): hangs, dies,
 * or answers.
 */
typedef int (*discover_ask_fn)(void *arg, struct weft_inventory **ret_inv,
			       struct weft_err *err);
/*
 * ask_child.c: what ask_fn answers in a child process.  -ETIMEDOUT, -EIO if
 * the child could not or did not say (its message, if it had one).
 */
int read_ask_child(discover_ask_fn ask_fn, void *arg, unsigned int limit_msec,
		   struct weft_inventory **ret_inv, struct weft_err *err);
int discover_with(discover_ask_fn ask_fn, unsigned int limit_msec,
		  struct weft_inventory **ret_inv, struct weft_err *err);

/*
 * read_hwloc_text() in a child process: malformed XML can crash hwloc, and
 * must not take the caller with it.
 */
int read_hwloc_guarded(const char *name, const char *text, size_t len,
		       struct weft_inventory **ret_inv, struct weft_err *err);

/* MB/s of one NVLink, one direction, by NVLink's version; 0 if unknown. */
uint32_t read_nvlink_mbps(unsigned int version);

/* Add a sentence to inv->note, "; " between them; cut when it is full. */
void read_note(struct weft_inventory *inv, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A link of mbps each way between i and j, added to what is there (parallel
 * links), with the path set to match; i == j and 0 are ignored.
 */
void read_add_link(struct weft_inventory *inv, uint32_t i, uint32_t j,
		   uint64_t mbps);

/*
 * Every GPU that reaches the switch fabric with reach_mbps[i] > 0 gets with
 * every other one what the narrower of the two can carry: the fabric itself
 * does not block.  Pairs with a direct link keep it.
 */
void read_close_over_switches(struct weft_inventory *inv,
			      const uint64_t reach_mbps[WEFT_GPUS_MAX]);

/*
 * The end of every reader: check, then hand over; on failure the inventory is
 * destroyed and the message begins with name.
 */
int read_finish(const char *name, struct weft_inventory *inv,
		struct weft_inventory **ret_inv, struct weft_err *err);

#endif
