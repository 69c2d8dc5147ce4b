# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh - the main job on real input, in under a minute

run_demo()
{
	ui_plan "$BUILD_STEPS"
	build_all
	if [ ! -x "$build/weft" ]; then
		die "this tree has no weft command yet, so there is no sandbox to show Weft in; ./run check works"
	fi
}
