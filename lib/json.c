/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.c - see json.h. */
#include "config.h"

#include "lib/json.h"
