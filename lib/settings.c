/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.c - see settings.h. */
#include "config.h"

#include "lib/settings.h"
