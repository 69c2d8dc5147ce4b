/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy_live.h - what `weft policy` asks of a running slurmctld */
#ifndef WEFT_TOOLS_WEFT_POLICY_LIVE_H
#define WEFT_TOOLS_WEFT_POLICY_LIVE_H

/* argv[0] is the verb; an enum weft_exit. */
int weft_policy_status(int argc, char **argv);
int weft_policy_explain(int argc, char **argv);

#endif
