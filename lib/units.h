/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * units.h - times and sizes as people write them for Slurm
 */
#ifndef WEFT_LIB_UNITS_H
#define WEFT_LIB_UNITS_H

#include <stdint.h>

#define WEFT_UNITS_SEC_MAX INT32_MAX	/* 68 years: what Slurm's int holds */
#define WEFT_UNITS_MIB_MAX (UINT64_C(1) << 43)	/* 2^63 bytes */
#define WEFT_UNITS_UNLIMITED UINT64_MAX

/*
 * A length of time: minutes, minutes:seconds, hours:minutes:seconds, days-,
 * days-hours, days-hours:minutes, days-hours:minutes:seconds; or "unlimited",
 * "infinite" or "-1", which give WEFT_UNITS_UNLIMITED.  0; -EINVAL if it is
 * none, -ERANGE if it is longer than WEFT_UNITS_SEC_MAX; *ret is untouched
 * then.
 */
int weft_units_parse_sec(const char *text, uint64_t *ret_sec);
/* The same in minutes, rounded up. */
int weft_units_parse_min(const char *text, uint64_t *ret_min);

/*
 * A size in MiB: digits, then nothing or one of K (rounded up), M, G, T, then
 * nothing or B; both in either case.  0, -EINVAL, or -ERANGE past
 * WEFT_UNITS_MIB_MAX.
 */
int weft_units_parse_mib(const char *text, uint64_t *ret_mib);

#endif
