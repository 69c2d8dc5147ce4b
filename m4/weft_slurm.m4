dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl
dnl WEFT_SLURM - find Slurm: libslurm for the tools, and the configured source
dnl tree of the same release for the plugins.  Slurm checks a plugin's version
dnl to the micro release, so a source that differs from the installed library
dnl is an error here rather than a refusal at three in the morning.
dnl
dnl Sets have_libslurm, have_slurm_source, weft_slurm_release,
dnl weft_slurm_source; substitutes SLURM_CPPFLAGS (public headers),
dnl SLURM_SRC_CPPFLAGS (internal ones), SLURM_LIBS, slurmplugindir; defines
dnl WEFT_SLURM_RELEASE; conditionals HAVE_LIBSLURM, HAVE_SLURM_SOURCE.
AC_DEFUN([WEFT_SLURM], [
AC_ARG_WITH([slurm],
  [AS_HELP_STRING([--with-slurm=PREFIX], [where Slurm is installed @<:@/usr@:>@; no: build without])],
  [], [with_slurm=/usr])
AC_ARG_WITH([slurm-source],
  [AS_HELP_STRING([--with-slurm-source=DIR], [configured Slurm source tree; without it no plugins])],
  [], [with_slurm_source=no])
AC_ARG_WITH([slurm-plugindir],
  [AS_HELP_STRING([--with-slurm-plugindir=DIR], [where Slurm looks for plugins])],
  [], [with_slurm_plugindir=])

have_libslurm=no
have_slurm_source=no
weft_slurm_release=none
weft_slurm_source=none
SLURM_CPPFLAGS=
SLURM_SRC_CPPFLAGS=
SLURM_LIBS=

AS_IF([test "x$with_slurm" != xno], [
  AS_IF([test "x$with_slurm" != x/usr], [
    SLURM_CPPFLAGS="-I$with_slurm/include"
    slurm_ldflags="-L$with_slurm/lib"], [slurm_ldflags=])
  weft_save_CPPFLAGS=$CPPFLAGS
  weft_save_LDFLAGS=$LDFLAGS
  CPPFLAGS="$CPPFLAGS $SLURM_CPPFLAGS"
  LDFLAGS="$LDFLAGS $slurm_ldflags"
  AC_CHECK_HEADER([slurm/slurm.h], [
    AC_CHECK_LIB([slurm], [slurm_load_jobs], [
      have_libslurm=yes
      SLURM_LIBS="$slurm_ldflags -lslurm"
      weft_ver_file=`echo '#include <slurm/slurm_version.h>' | $CC -E $CPPFLAGS - 2>/dev/null |
        sed -n 's/^# 1 "\(.*slurm_version.h\)".*/\1/p' | head -n 1`
      weft_slurm_release=`sed -n 's/^#define SLURM_VERSION_STRING *"\(.*\)".*/\1/p' "$weft_ver_file" 2>/dev/null`
      AS_IF([test -z "$weft_slurm_release"], [
        weft_num=`sed -n 's/^#define SLURM_VERSION_NUMBER *\(0x@<:@0-9a-fA-F@:>@*\).*/\1/p' "$weft_ver_file" 2>/dev/null`
        AS_IF([test -n "$weft_num"], [weft_slurm_release=`printf '%d.%02d.%d' $((weft_num >> 16 & 255)) $((weft_num >> 8 & 255)) $((weft_num & 255))`])])
    ])])
  CPPFLAGS=$weft_save_CPPFLAGS
  LDFLAGS=$weft_save_LDFLAGS
])

AS_IF([test "x$with_slurm_source" != xno && test "x$with_slurm" != xno], [
  AS_IF([test ! -f "$with_slurm_source/config.h"],
    [AC_MSG_ERROR([--with-slurm-source=$with_slurm_source: no config.h there; run ./configure in it first])])
  weft_slurm_source=`cd "$with_slurm_source" && pwd`
  weft_source_release=`sed -n 's/^#define SLURM_VERSION_STRING "\(.*\)".*/\1/p' "$weft_slurm_source/config.h"`
  AS_IF([test "x$weft_slurm_release" = xnone], [weft_slurm_release=$weft_source_release])
  AS_IF([test "x$weft_source_release" != "x$weft_slurm_release"],
    [AC_MSG_ERROR([the Slurm source is $weft_source_release but the installed Slurm is $weft_slurm_release; plugins must match exactly])])
  have_slurm_source=yes
  SLURM_SRC_CPPFLAGS="-I$weft_slurm_source -I$weft_slurm_source/src/common"
])

dnl The plugin directory: as given, else where the installed slurmctld's
dnl sched_builtin.so is, else the usual place under libdir.
AS_IF([test -n "$with_slurm_plugindir"], [slurmplugindir=$with_slurm_plugindir], [
  slurmplugindir='${libdir}/slurm'
  for d in "$with_slurm"/lib/*/slurm-wlm "$with_slurm"/lib/slurm "$with_slurm"/lib64/slurm; do
    AS_IF([test -f "$d/sched_builtin.so"], [slurmplugindir=$d; break])
  done])

AC_DEFINE_UNQUOTED([WEFT_SLURM_RELEASE], ["$weft_slurm_release"], [Slurm release built for])
AC_SUBST([SLURM_CPPFLAGS])
AC_SUBST([SLURM_SRC_CPPFLAGS])
AC_SUBST([slurm_source], [$weft_slurm_source])
AC_SUBST([SLURM_LIBS])
AC_SUBST([slurmplugindir])
AC_SUBST([weft_slurm_source])
AM_CONDITIONAL([HAVE_LIBSLURM], [test "x$have_libslurm" = xyes])
AM_CONDITIONAL([HAVE_SLURM_SOURCE], [test "x$have_slurm_source" = xyes])
AS_IF([test "x$have_libslurm" = xyes],
  [AC_DEFINE([HAVE_LIBSLURM], [1], [the tools may talk to Slurm])])
])
