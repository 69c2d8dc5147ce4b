/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device.c - see device.h
 *
 * Nothing here allocates but the CPU sets.  The GRES type is the only place
 * with a judgement in it: sites write "gpu:h100", vendors write sentences, so
 * the first word that looks like a model number (up to three capital letters,
 * then digits, then up to two letters) is taken for the type.  Words such as
 * "HBM3" or "SXM2" look the same, yet never stand before the model number.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gres/device.h"

static const char *const path_words[] = {
	[WEFT_PATH_SELF] = "SELF",	[WEFT_PATH_LINK] = "LINK",
	[WEFT_PATH_PIX] = "PIX",	[WEFT_PATH_PXB] = "PXB",
	[WEFT_PATH_PHB] = "PHB",	[WEFT_PATH_NODE] = "NODE",
	[WEFT_PATH_SYS] = "SYS",	[WEFT_PATH_UNKNOWN] = "UNKNOWN",
};

const char *weft_path_word(enum weft_path path)
{
	if ((unsigned int)path > WEFT_PATH_UNKNOWN)
		path = WEFT_PATH_UNKNOWN;
	return path_words[path];
}

bool weft_path_parse(const char *word, enum weft_path *ret_path)
{
	for (int i = 0; i <= WEFT_PATH_UNKNOWN; i++)
		if (!strcmp(word, path_words[i])) {
			*ret_path = i;
			return true;
		}
	return false;
}

/* ---- PCI addresses ------------------------------------------------------ */

/* Up to max_digits hexadecimal digits at *text; false if there is none. */
static bool take_hex(const char **text, int max_digits, uint32_t *ret_value)
{
	uint32_t value = 0;
	int digits = 0;

	for (; isxdigit((unsigned char)**text) && digits < max_digits; digits++) {
		char c = tolower((unsigned char)**text);

		value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		(*text)++;
	}
	*ret_value = value;
	return digits > 0;
}

bool weft_pci_parse(const char *text, struct weft_pci *ret_pci)
{
	uint32_t part[3], func, count = 0;

	do {
		if (count == 3 || !take_hex(&text, 8, &part[count++]))
			return false;
	} while (*text == ':' && text++);
	if (count < 2 || *text++ != '.' || !take_hex(&text, 1, &func) || *text)
		return false;
	if (part[count - 2] > 0xff || part[count - 1] > 0x1f || func > 7)
		return false;
	*ret_pci = (struct weft_pci){
		.domain = count == 3 ? part[0] : 0,
		.bus = part[count - 2],
		.dev = part[count - 1],
		.func = func,
		.known = true,
	};
	return true;
}

void weft_pci_format(const struct weft_pci *pci, char text[WEFT_PCI_SIZE])
{
	if (!pci->known)
		text[0] = '\0';
	else
		snprintf(text, WEFT_PCI_SIZE, "%04x:%02x:%02x.%x", pci->domain,
			 pci->bus, pci->dev & 0x1f, pci->func & 7);
}

int weft_pci_compare(const struct weft_pci *a, const struct weft_pci *b)
{
	uint64_t x = (uint64_t)a->domain << 32 | a->bus << 16 | a->dev << 8 | a->func;
	uint64_t y = (uint64_t)b->domain << 32 | b->bus << 16 | b->dev << 8 | b->func;

	if (!a->known || !b->known)
		return (int)b->known - (int)a->known;
	return x < y ? -1 : x > y;
}

/* ---- sets of CPUs ------------------------------------------------------- */

/* A decimal number at *text that is a CPU; 0, -EINVAL or -ERANGE. */
static int take_cpu(const char **text, uint32_t *ret_cpu)
{
	uint32_t cpu = 0;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	for (; isdigit((unsigned char)**text); (*text)++) {
		cpu = cpu * 10 + (uint32_t)(**text - '0');
		if (cpu >= WEFT_PUS_MAX)
			return -ERANGE;
	}
	*ret_cpu = cpu;
	return 0;
}

static int fill_from_list(const char *text, struct weft_idxset *set)
{
	uint32_t first, last;
	int rc;

	for (;;) {
		rc = take_cpu(&text, &first);
		if (rc)
			return rc;
		last = first;
		if (*text == '-') {
			text++;
			rc = take_cpu(&text, &last);
			if (rc)
				return rc;
		}
		if (last < first)
			return -EINVAL;
		for (; first <= last; first++)
			weft_idxset_add(set, first);
		if (!*text)
			return 0;
		if (*text++ != ',')
			return -EINVAL;
	}
}

int weft_cpulist_parse(const char *text, struct weft_idxset **ret_set)
{
	struct weft_idxset *set = weft_idxset_create(WEFT_PUS_MAX);
	int rc = set ? fill_from_list(text, set) : -ENOMEM;

	if (rc)
		weft_idxset_destroy(set);
	else
		*ret_set = set;
	return rc;
}

/* Words of 32 bits, the lowest last: read from the end, digit by digit. */
static int fill_from_mask(const char *text, struct weft_idxset *set)
{
	size_t pos = strlen(text);
	uint32_t bit = 0;

	if (!pos)
		return -EINVAL;
	while (pos-- > 0) {
		unsigned char c = tolower((unsigned char)text[pos]);
		uint32_t digit;

		if (c == ',') {
			if (bit % 32 || !pos)
				return -EINVAL;
			continue;
		}
		if (!isxdigit(c))
			return -EINVAL;
		digit = (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		for (uint32_t i = 0; i < 4; i++, bit++) {
			if (!(digit >> i & 1))
				continue;
			if (bit >= WEFT_PUS_MAX)
				return -ERANGE;
			weft_idxset_add(set, bit);
		}
	}
	return 0;
}

int weft_cpumask_parse(const char *text, struct weft_idxset **ret_set)
{
	struct weft_idxset *set = weft_idxset_create(WEFT_PUS_MAX);
	int rc = set ? fill_from_mask(text, set) : -ENOMEM;

	if (rc)
		weft_idxset_destroy(set);
	else
		*ret_set = set;
	return rc;
}

void weft_cpulist_format(const struct weft_idxset *set, struct weft_buf *buf)
{
	const char *comma = "";
	uint32_t first, last;

	for (first = weft_idxset_next(set, 0); first < set->size;
	     first = weft_idxset_next(set, last + 1)) {
		last = first;
		while (last + 1 < set->size && weft_idxset_has(set, last + 1))
			last++;
		if (first == last)
			weft_buf_addf(buf, "%s%u", comma, first);
		else
			weft_buf_addf(buf, "%s%u-%u", comma, first, last);
		comma = ",";
	}
}

/* ---- words -------------------------------------------------------------- */

/* The length of a model number at text ("H100", "GB200", "A10G"), or 0. */
static size_t model_number(const char *text)
{
	size_t len = 0, letters, digits, tail;

	while (isupper((unsigned char)text[len]))
		len++;
	letters = len;
	while (isdigit((unsigned char)text[len]))
		len++;
	digits = len - letters;
	while (isalpha((unsigned char)text[len]))
		len++;
	tail = len - letters - digits;
	if (letters < 1 || letters > 3 || digits < 1 || digits > 4 || tail > 2)
		return 0;
	return isalnum((unsigned char)text[len]) ? 0 : len;
}

/* Past the vendor's words in front, which name no model. */
static const char *skip_vendor(const char *model)
{
	static const char *const words[] = {
		"NVIDIA ", "AMD ", "Intel(R) ", "Intel ", "Data Center ", "GPU ",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(model, words[i], strlen(words[i])))
			model += strlen(words[i]);
	return model;
}

void weft_gpu_type(const char *model, char *type, size_t size)
{
	const char *from = skip_vendor(model);
	size_t len = strlen(from), put = 0;

	for (size_t i = 0; model[i]; i++) {
		if (i && isalnum((unsigned char)model[i - 1]))
			continue;
		if (model_number(model + i)) {
			from = model + i;
			len = model_number(from);
			break;
		}
	}
	for (size_t i = 0; i < len && put + 1 < size; i++) {
		unsigned char c = tolower((unsigned char)from[i]);
		bool fine = isalnum(c) || c == '-' || c == '.';

		if (fine || (put && type[put - 1] != '_'))
			type[put++] = fine ? c : '_';
	}
	while (put && type[put - 1] == '_')
		put--;
	if (size)
		type[put] = '\0';
}

void weft_field_set(char *field, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	for (size_t i = 0; i < len; i++)
		field[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ?
			   '?' : text[i];
	field[len] = '\0';
}
