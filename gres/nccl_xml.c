/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nccl_xml.c - the words of NCCL's topology XML, for devices and wires alike
 *
 * An attribute is there and of the wanted form, or it is not there at all: a
 * reader decides what that means.  Every text has a bound.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gres/read_nccl.h"

bool nccl_get_text(xmlNode *node, const char *key, char *text, size_t size)
{
	xmlChar *value = xmlGetProp(node, BAD_CAST key);
	bool fits = value && strlen((const char *)value) < size;

	if (fits)
		snprintf(text, size, "%s", (const char *)value);
	xmlFree(value);
	return fits;
}

/* A number in decimal or 0x form, at most max. */
bool nccl_get_number(xmlNode *node, const char *key, unsigned long max,
		       uint32_t *ret_number)
{
	char text[32], *end;
	unsigned long number;

	if (!nccl_get_text(node, key, text, sizeof(text)) ||
	    *text == '-' || *text == '\0')
		return false;
	number = strtoul(text, &end, 0);
	if (*end || number > max)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

bool nccl_is_element(const xmlNode *node, const char *name)
{
	return node && node->type == XML_ELEMENT_NODE &&
	       !strcmp((const char *)node->name, name);
}

bool nccl_get_address(xmlNode *node, const char *key, struct weft_pci *ret_pci)
{
	char text[32];

	return nccl_get_text(node, key, text, sizeof(text)) &&
	       weft_pci_parse(text, ret_pci);
}

bool nccl_is_gpu_class(uint32_t class)
{
	return class >> 8 == 0x0302 || class >> 8 == 0x0380 ||
	       class >> 8 == 0x0300 || class >> 8 == 0x1200;
}
