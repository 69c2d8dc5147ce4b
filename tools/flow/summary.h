/* SPDX-License-Identifier: GPL-2.0-or-later */
/* summary.h - how a run ended, on stderr */
#ifndef WEFT_FLOW_SUMMARY_H
#define WEFT_FLOW_SUMMARY_H

#include "tools/flow/run.h"

void weft_flow_summary(const struct weft_run *run);

#endif
