#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# inside.sh - build the tarball and run its tests; see enter.sh.  A test that
# fails does not stop the rest.
set -eu

cd /mnt/work
tar -xf weft-*.tar.gz
rm weft-*.tar.gz
cd weft-*
mkdir b && cd b
../configure -q --with-slurm-source=/mnt/source
jobs=$(nproc)
make -j"$jobs"
rc=0
make -j"$jobs" VERBOSE=1 check || rc=1
make VERBOSE=1 check-slurm || rc=1
exit $rc
