/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device.h - the small words of device descriptions
 *
 * How a PCI address, a set of CPUs, a kind of path and a GPU's type are
 * written and read.  Every reader of topologies shares them, so that the same
 * machine seen through two sources comes out with the same words.
 */
#ifndef WEFT_GRES_DEVICE_H
#define WEFT_GRES_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "gres/inventory.h"
#include "lib/buf.h"

/* "SELF", "LINK", "PIX", ... "UNKNOWN": nvidia-smi's words where it has one. */
const char *weft_path_word(enum weft_path path);
bool weft_path_parse(const char *word, enum weft_path *ret_path);

#define WEFT_PCI_SIZE 20	/* "ffffffff:ff:1f.7" and its NUL */

/*
 * "0000:1b:00.0", also with a domain of 8 digits (NVML) or none at all.
 * The text must end there.  False leaves *ret_pci untouched.
 */
bool weft_pci_parse(const char *text, struct weft_pci *ret_pci);
/* "" if the address is not known. */
void weft_pci_format(const struct weft_pci *pci, char text[WEFT_PCI_SIZE]);
/* Order on the bus; unknown addresses come last and are equal. */
int weft_pci_compare(const struct weft_pci *a, const struct weft_pci *b);

/*
 * CPUs as a list ("0-3,8") or as the hexadecimal words of Linux and NCCL
 * ("000000ff,ffff0000").  A new set of WEFT_PUS_MAX is the caller's.  -EINVAL
 * for text that is neither; -ERANGE for a CPU past the limit; -ENOMEM.
 */
int weft_cpulist_parse(const char *text, struct weft_idxset **ret_set);
int weft_cpumask_parse(const char *text, struct weft_idxset **ret_set);
void weft_cpulist_format(const struct weft_idxset *set, struct weft_buf *buf);

/*
 * The word a site would put behind "gpu:": "NVIDIA H100 80GB HBM3" gives
 * "h100", "Tesla V100-SXM2-32GB" gives "v100".  A model without such a word
 * gives itself in lower case with '_' for what a GRES type may not hold.
 */
void weft_gpu_type(const char *model, char *type, size_t size);

/* Copy text into a field of a fixed size: cut at its end, printable only. */
void weft_field_set(char *field, size_t size, const char *text);

#endif
