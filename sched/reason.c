/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reason.c - see reason.h. */
#include "config.h"

#include "sched/reason.h"

static const char *const words[WEFT_REASON_COUNT] = {
	[WEFT_REASON_START] = "Start",
	[WEFT_REASON_CPUS] = "Cpus",
	[WEFT_REASON_GPUS] = "Gpus",
	[WEFT_REASON_MEMORY] = "Memory",
	[WEFT_REASON_NODES] = "Nodes",
	[WEFT_REASON_DOMAIN] = "Domain",
	[WEFT_REASON_SWITCHES] = "Switches",
	[WEFT_REASON_LICENSE] = "License",
	[WEFT_REASON_RESERVATION] = "Reservation",
	[WEFT_REASON_NODES_DOWN] = "NodesDown",
	[WEFT_REASON_PRIORITY] = "Priority",
	[WEFT_REASON_BEGIN] = "BeginTime",
	[WEFT_REASON_ARRAY_LIMIT] = "ArrayLimit",
	[WEFT_REASON_DEADLINE] = "Deadline",
	[WEFT_REASON_NEVER] = "Never",
	[WEFT_REASON_WINDOW] = "Window",
	[WEFT_REASON_NOT_TRIED] = "NotTried",
};

const char *weft_reason_word(enum weft_reason_kind kind)
{
	return (unsigned int)kind < WEFT_REASON_COUNT ? words[kind] : "Unknown";
}
