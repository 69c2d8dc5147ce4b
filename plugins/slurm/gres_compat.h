/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gres_compat.h - a gres plugin's side of Slurm, one spelling a release
 *
 * Adds to compat.h what plugins/gres/ needs: the symbols that one release
 * wants and another does not know, packing of strings, host lists, whether
 * Links= helps that release's own choice of GPUs, and whether it takes a part
 * of a socket for a GPU's cores.
 */
#ifndef WEFT_PLUGINS_SLURM_GRES_COMPAT_H
#define WEFT_PLUGINS_SLURM_GRES_COMPAT_H

#include "plugins/slurm/compat.h"

#include "src/common/hostlist.h"
#include "src/common/pack.h"

/*
 * From 24.05 on select/cons_tres sorts candidates by the FEWEST links
 * (gres_select_filter.c), so that giving them makes it pick the worst pair.
 */
#define WEFT_SLURM_LINKS_HELP \
	(SLURM_VERSION_NUMBER < SLURM_VERSION_NUM(24, 5, 0))

/*
 * Later releases take a node out of service (INVAL) whose GPU is given a part
 * of a socket's cores: they place GPUs and cores by whole sockets
 * (_check_core_range_matches_sock() in src/interfaces/gres.c of 24.11).
 */
#define WEFT_SLURM_WHOLE_SOCKETS \
	(SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0))

/*
 * The rest of the table that src/{common,interfaces}/gres.c looks up.  A
 * missing symbol is fatal; none of these has work to do for a GRES of which
 * nothing is ever allocated.
 */
#if SLURM_VERSION_NUMBER < SLURM_VERSION_NUM(23, 2, 0)
#define WEFT_SLURM_GRES_IDLE_SYMBOLS                                           \
	extern int gres_p_get_job_info(gres_job_state_t *js, uint32_t node,    \
				       enum gres_job_data_type type,           \
				       void *data);                            \
	extern int gres_p_get_step_info(gres_step_state_t *ss, uint32_t node,  \
					enum gres_step_data_type type,         \
					void *data);                           \
	extern gres_epilog_info_t *                                            \
	gres_p_epilog_build_env(gres_job_state_t *js);                         \
	extern void gres_p_epilog_set_env(char ***env, gres_epilog_info_t *ei, \
					  int node_inx);                       \
	int gres_p_get_job_info(gres_job_state_t *js, uint32_t node,           \
				enum gres_job_data_type type, void *data)      \
	{                                                                      \
		return EINVAL;                                                 \
	}                                                                      \
	int gres_p_get_step_info(gres_step_state_t *ss, uint32_t node,         \
				 enum gres_step_data_type type, void *data)    \
	{                                                                      \
		return EINVAL;                                                 \
	}                                                                      \
	gres_epilog_info_t *gres_p_epilog_build_env(gres_job_state_t *js)      \
	{                                                                      \
		return NULL;                                                   \
	}                                                                      \
	void gres_p_epilog_set_env(char ***env, gres_epilog_info_t *ei,        \
				   int node_inx)                               \
	{                                                                      \
	}
#else
#define WEFT_SLURM_GRES_IDLE_SYMBOLS                                           \
	extern gres_prep_t *gres_p_prep_build_env(gres_job_state_t *js);       \
	extern void gres_p_prep_set_env(char ***env, gres_prep_t *prep,        \
					int node_inx);                         \
	gres_prep_t *gres_p_prep_build_env(gres_job_state_t *js)               \
	{                                                                      \
		return NULL;                                                   \
	}                                                                      \
	void gres_p_prep_set_env(char ***env, gres_prep_t *prep, int node_inx) \
	{                                                                      \
	}
#endif

/* An xmalloc()ed string off the buffer; false if there is none. */
static inline bool weft_slurm_unpackstr(char **ret_text, buf_t *buffer)
{
	uint32_t size;

	return unpackstr_xmalloc_chooser(ret_text, &size, buffer) ==
	       SLURM_SUCCESS;
}

/* Host lists: a pointer type until 22.05, a struct from 23.02 on. */
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0)
typedef hostlist_t *weft_slurm_hostlist;
#else
typedef hostlist_t weft_slurm_hostlist;
#endif

#endif
