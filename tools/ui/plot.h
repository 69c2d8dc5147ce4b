/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plot.h - plots as SVG inside a page of html.h
 *
 * A plot is begun with its size and the ranges of its axes, drawn into in the
 * units of the data, and ended.  What lies outside the ranges is cut off at
 * the frame.
 */
#ifndef WEFT_TOOLS_UI_PLOT_H
#define WEFT_TOOLS_UI_PLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

enum weft_axis {
	WEFT_AXIS_NUMBER,
	WEFT_AXIS_PERCENT,	/* 1 is 100 % */
	WEFT_AXIS_SPAN,		/* seconds */
	WEFT_AXIS_SPAN_LOG,	/* seconds, at least one, each decade as long */
	WEFT_AXIS_NONE,		/* no marks: the drawer's own */
};

struct weft_plot {
	const char *label;	/* for those who cannot see it */
	double width, height;	/* of the frame, in pixels */
	double x_min, x_max, y_min, y_max;
	enum weft_axis x_axis, y_axis;
	struct weft_buf *out;	/* set by begin */
};

void weft_plot_begin(struct weft_plot *plot, struct weft_buf *out);
void weft_plot_end(struct weft_plot *plot);

double weft_plot_x(const struct weft_plot *plot, double x);	/* pixels */
double weft_plot_y(const struct weft_plot *plot, double y);

/* A line through count points, in colour c0 .. c7. */
void weft_plot_line(const struct weft_plot *plot, uint32_t colour,
		    const double *x, const double *y, uint32_t count);

/* The box from low to high with its middle, and whiskers to least and most. */
struct weft_plot_box {
	double least, low, middle, high, most;
};
void weft_plot_box(const struct weft_plot *plot, uint32_t colour, double x,
		   double width, const struct weft_plot_box *box);

/*
 * A rectangle in the data's units with what is shown when one points at it
 * (NULL: nothing); class_name is its colour, opacity 0 .. 1.
 */
void weft_plot_rect(const struct weft_plot *plot, const char *class_name,
		    double opacity, double x0, double x1, double y0, double y1,
		    const char *told);

/* Text left of the frame at y, or below it at x. */
void weft_plot_left(const struct weft_plot *plot, double y, const char *text);
void weft_plot_below(const struct weft_plot *plot, double x, const char *text);

#endif
