/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read_smi.c - the text that "nvidia-smi topo -m" prints
 *
 * A table for people: a line of column names, a row a GPU (and a row a NIC),
 * then legends.  Columns are found by counting words from the left: every
 * cell of the matrix is one word, so tabs, spaces and the terminal's underline
 * codes make no difference.  What follows the matrix (CPU Affinity, NUMA
 * Affinity) may be missing, empty or "N/A", and comes last.
 *
 *           GPU0  GPU1  NIC0  CPU Affinity  NUMA Affinity
 *     GPU0   X    NV12  PIX   0-23          0
 *     GPU1  NV12   X    SYS   24-47         1
 *     NIC0  PIX   SYS    X
 *
 * A row of GPUs too few or too short is a text cut short, and refused: half a
 * matrix would make GPUs look apart that are not.  Missing rows of NICs cost
 * nothing, since the rows of GPUs hold the same words; the note says so.
 *
 * The text counts links and does not say of which generation; one counts as
 * LINK_MBPS, true of NVLink 2, 3 and 4, and the note says so.  PCI addresses
 * and models are not in it either.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gres/read_impl.h"

#define LINK_MBPS 25000
#define LINKS_MAX 64		/* NV64: more in one word is no count of links */
#define COLUMNS_MAX (WEFT_GPUS_MAX + WEFT_NICS_MAX)
#define WORDS_MAX (COLUMNS_MAX + 8)
#define WORD_SIZE 64

/* One line, cut into words. */
struct line {
	uint32_t number;
	uint32_t count;
	char word[WORDS_MAX][WORD_SIZE];
};

struct smi_work {
	const char *name;
	struct weft_inventory *inv;
	struct line line;
	bool header_seen;
	uint32_t column_count;
	bool column_is_nic[COLUMNS_MAX];
	uint32_t column_idx[COLUMNS_MAX];	/* gpu_idx or nic_idx */
	bool gpu_seen[WEFT_GPUS_MAX];
	bool nic_seen[WEFT_NICS_MAX];
	uint32_t links[WEFT_GPUS_MAX][WEFT_GPUS_MAX];
	struct weft_err *err;
};

/* ---- words -------------------------------------------------------------- */

/*
 * Past an escape sequence such as "\033[4m"; text if there is none.  A bare
 * escape character is one too: it must not stand still.
 */
static const char *skip_escape(const char *text)
{
	if (text[0] != '\033')
		return text;
	if (text[1] != '[')
		return text + 1;
	for (text += 2; *text && *text != '\n' && !isalpha((unsigned char)*text);)
		text++;
	return isalpha((unsigned char)*text) ? text + 1 : text;
}

/* Cut the line at *text into words; *text moves past it. */
static void cut_line(const char **text, struct line *line)
{
	const char *at = *text;
	size_t put;

	line->count = 0;
	line->number++;
	while (*at && *at != '\n') {
		const char *past = skip_escape(at);

		if (past != at || isspace((unsigned char)*at)) {
			at = past != at ? past : at + 1;
			continue;
		}
		put = 0;
		while (*at && !isspace((unsigned char)*at) && *at != '\033') {
			if (put + 1 < WORD_SIZE && line->count < WORDS_MAX)
				line->word[line->count][put++] = *at;
			at++;
		}
		if (line->count < WORDS_MAX)
			line->word[line->count++][put] = '\0';
	}
	*text = *at ? at + 1 : at;
}

/* "GPU12" gives 12; false if the word is not a prefix and a number. */
static bool numbered(const char *word, const char *prefix, uint32_t limit,
		     uint32_t *ret_number)
{
	size_t len = strlen(prefix);
	char *end;
	unsigned long number;

	if (strncmp(word, prefix, len) || !isdigit((unsigned char)word[len]))
		return false;
	number = strtoul(word + len, &end, 10);
	if (*end || number >= limit)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* ---- the header --------------------------------------------------------- */

static int take_column(struct smi_work *work, const char *word)
{
	struct weft_inventory *inv = work->inv;
	uint32_t at = work->column_count, gpu_idx;

	if (numbered(word, "GPU", UINT32_MAX, &gpu_idx)) {
		if (gpu_idx != inv->gpu_count || gpu_idx >= WEFT_GPUS_MAX)
			return weft_err_set(work->err, EINVAL,
					    "%s:%u: column %s: expected GPU%u, of at most %d",
					    work->name, work->line.number, word,
					    inv->gpu_count, WEFT_GPUS_MAX);
		work->column_idx[at] = inv->gpu_count++;
	} else {
		if (inv->nic_count == WEFT_NICS_MAX)
			return weft_err_set(work->err, EINVAL,
					    "%s:%u: more than %d NICs",
					    work->name, work->line.number,
					    WEFT_NICS_MAX);
		weft_field_set(inv->nic[inv->nic_count].name,
			       sizeof(inv->nic[0].name), word);
		work->column_is_nic[at] = true;
		work->column_idx[at] = inv->nic_count++;
	}
	work->column_count++;
	return 0;
}

/* The header begins with GPU0 and goes on to "CPU Affinity". */
static int take_header(struct smi_work *work)
{
	for (uint32_t i = 0; i < work->line.count; i++) {
		const char *word = work->line.word[i];
		int rc;

		if (!strcmp(word, "CPU") || !strcmp(word, "NUMA"))
			break;
		rc = take_column(work, word);
		if (rc)
			return rc;
	}
	work->header_seen = true;
	return 0;
}

/* ---- rows --------------------------------------------------------------- */

/* A cell: *ret_links for NV#, else *ret_path. */
static bool parse_cell(const char *word, enum weft_path *ret_path,
		       uint32_t *ret_links)
{
	*ret_links = 0;
	*ret_path = WEFT_PATH_LINK;
	if (numbered(word, "NV", LINKS_MAX + 1, ret_links))
		return *ret_links > 0;
	if (!strcmp(word, "X"))
		*ret_path = WEFT_PATH_SELF;
	else if (!strcmp(word, "SOC"))		/* before 2017 */
		*ret_path = WEFT_PATH_SYS;
	else if (!weft_path_parse(word, ret_path) ||
		 *ret_path < WEFT_PATH_PIX || *ret_path > WEFT_PATH_SYS)
		return false;
	return true;
}

static int take_cell(struct smi_work *work, uint32_t gpu_idx, uint32_t column,
		     const char *word)
{
	struct weft_inventory *inv = work->inv;
	uint32_t other = work->column_idx[column], links;
	bool nic = work->column_is_nic[column];
	enum weft_path path;

	if (!parse_cell(word, &path, &links) ||
	    (path == WEFT_PATH_SELF) != (!nic && other == gpu_idx) ||
	    (nic && links))
		return weft_err_set(work->err, EINVAL,
				    "%s:%u: GPU%u, column %u: '%s': expected %s",
				    work->name, work->line.number, gpu_idx,
				    column + 1, word,
				    !nic && other == gpu_idx ? "X" :
				    "NV and a number, PIX, PXB, PHB, NODE or SYS");
	if (nic) {
		inv->nic_path[gpu_idx][other] = path;
	} else {
		work->links[gpu_idx][other] = links;
		inv->path[gpu_idx][other] = path;
	}
	return 0;
}

/* What stands behind the matrix: CPUs, then the NUMA node. */
static int take_affinity(struct smi_work *work, uint32_t gpu_idx)
{
	struct weft_gpu *gpu = &work->inv->gpu[gpu_idx];
	uint32_t at = 1 + work->column_count, numa;
	int rc;

	if (at >= work->line.count)
		return 0;
	rc = strcmp(work->line.word[at], "N/A") ?
	     weft_cpulist_parse(work->line.word[at], &gpu->pus) : 0;
	if (rc)
		return weft_err_set(work->err, -rc,
				    "%s:%u: CPU Affinity '%s': expected a list of CPUs below %d",
				    work->name, work->line.number,
				    work->line.word[at], WEFT_PUS_MAX);
	if (++at < work->line.count &&
	    numbered(work->line.word[at], "", WEFT_NUMA_MAX, &numa))
		gpu->numa_idx = (int32_t)numa;
	return 0;
}

static int take_gpu_row(struct smi_work *work, uint32_t gpu_idx)
{
	int rc = 0;

	if (work->gpu_seen[gpu_idx])
		return weft_err_set(work->err, EINVAL, "%s:%u: GPU%u again",
				    work->name, work->line.number, gpu_idx);
	if (work->line.count < 1 + work->column_count)
		return weft_err_set(work->err, EINVAL,
				    "%s:%u: GPU%u has %u of %u columns: the text is cut short",
				    work->name, work->line.number, gpu_idx,
				    work->line.count - 1, work->column_count);
	work->gpu_seen[gpu_idx] = true;
	for (uint32_t i = 0; !rc && i < work->column_count; i++)
		rc = take_cell(work, gpu_idx, i, work->line.word[1 + i]);
	return rc ? rc : take_affinity(work, gpu_idx);
}

/* The legend of newer releases: "NIC0: mlx5_0". */
static void take_nic_line(struct smi_work *work)
{
	char *word = work->line.word[0];
	size_t len = strlen(word);
	bool legend = len > 1 && word[len - 1] == ':';

	if (legend)
		word[len - 1] = '\0';
	for (uint32_t i = 0; i < work->column_count; i++) {
		uint32_t nic_idx = work->column_idx[i];
		struct weft_nic *nic = &work->inv->nic[nic_idx];

		if (!work->column_is_nic[i] || strcmp(nic->name, word))
			continue;
		work->nic_seen[nic_idx] = true;
		if (legend && work->line.count == 2)
			weft_field_set(nic->name, sizeof(nic->name),
				       work->line.word[1]);
		return;
	}
}

static int take_line(struct smi_work *work)
{
	uint32_t gpu_idx;

	if (!work->line.count)
		return 0;
	if (!work->header_seen)
		return strcmp(work->line.word[0], "GPU0") ? 0 : take_header(work);
	if (numbered(work->line.word[0], "GPU", work->inv->gpu_count, &gpu_idx))
		return take_gpu_row(work, gpu_idx);
	take_nic_line(work);
	return 0;
}

/* ---- the whole ---------------------------------------------------------- */

static int apply_links(struct smi_work *work)
{
	struct weft_inventory *inv = work->inv;

	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		if (!work->gpu_seen[i])
			return weft_err_set(work->err, EINVAL,
					    "%s: the row of GPU%u is missing: the text is cut short",
					    work->name, i);
		for (uint32_t j = 0; j < i; j++) {
			if (work->links[i][j] != work->links[j][i] ||
			    inv->path[i][j] != inv->path[j][i])
				return weft_err_set(work->err, EINVAL,
						    "%s: the matrix is not symmetric: GPU%u and GPU%u",
						    work->name, i, j);
			read_add_link(inv, i, j,
				      (uint64_t)work->links[i][j] * LINK_MBPS);
			if (work->links[i][j])
				read_note(inv, "the text does not say which NVLink: counted as %d MB/s a link",
					  LINK_MBPS);
		}
	}
	return 0;
}

/* A NIC is in the NUMA node of a GPU that it reaches without leaving it. */
static void place_nic(struct weft_inventory *inv, uint32_t nic_idx)
{
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		if (inv->nic_path[i][nic_idx] <= WEFT_PATH_NODE)
			inv->nic[nic_idx].numa_idx = inv->gpu[i].numa_idx;
}

static void complete_counts(struct smi_work *work)
{
	struct weft_inventory *inv = work->inv;

	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		const struct weft_gpu *gpu = &inv->gpu[i];

		if (gpu->numa_idx >= (int32_t)inv->numa_count)
			inv->numa_count = (uint32_t)gpu->numa_idx + 1;
		if (gpu->pus)
			weft_idxset_foreach(gpu->pus, pu)
				if (pu >= inv->pu_count)
					inv->pu_count = pu + 1;
	}
	for (uint32_t i = 0; i < inv->nic_count; i++) {
		place_nic(inv, i);
		if (!work->nic_seen[i])
			read_note(inv, "cut short in the rows of NICs");
	}
}

static int fill(struct smi_work *work, const char *text)
{
	int rc = 0;

	while (!rc && *text) {
		cut_line(&text, &work->line);
		rc = take_line(work);
	}
	if (!rc && !work->header_seen)
		rc = weft_err_set(work->err, EINVAL,
				  "%s: no matrix: expected a line that begins with GPU0",
				  work->name);
	if (!rc)
		rc = apply_links(work);
	if (!rc)
		complete_counts(work);
	return rc;
}

int read_smi_text(const char *name, const char *text, size_t len,
		  struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct smi_work *work = calloc(1, sizeof(*work));
	struct weft_inventory *inv = weft_inventory_create("smi");
	int rc;

	if (!work || !inv) {
		free(work);
		weft_inventory_destroy(inv);
		return weft_err_set(err, ENOMEM, "%s: out of memory", name);
	}
	work->name = name;
	work->inv = inv;
	work->err = err;
	rc = fill(work, text);
	free(work);
	if (rc) {
		weft_inventory_destroy(inv);
		return rc;
	}
	return read_finish(name, inv, ret_inv, err);
}
