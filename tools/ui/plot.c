/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plot.c - see plot.h
 *
 * The frame stands LEFT from the left and TOP from the top of the drawing;
 * marks stand at round values (1, 2, 5 times a power of 10; for times the
 * usual parts of minutes, hours and days), about five on an axis.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "tools/ui/html.h"
#include "tools/ui/plot.h"

#define LEFT 86
#define TOP 8
#define RIGHT 16
#define BOTTOM 24
#define MARKS 5

static double clip(double value, double low, double high)
{
	return !(value > low) ? low : value > high ? high : value;
}

static double part_of(double value, double min, double max, enum weft_axis axis)
{
	if (axis == WEFT_AXIS_SPAN_LOG) {
		value = log10(value > 1 ? value : 1);
		min = log10(min > 1 ? min : 1);
		max = log10(max > 1 ? max : 1);
	}
	return max > min ? clip((value - min) / (max - min), 0, 1) : 0;
}

double weft_plot_x(const struct weft_plot *p, double x)
{
	return LEFT + p->width * part_of(x, p->x_min, p->x_max, p->x_axis);
}

double weft_plot_y(const struct weft_plot *p, double y)
{
	return TOP + p->height *
		(1 - part_of(y, p->y_min, p->y_max, p->y_axis));
}

/* The distance between marks. */
static double step_of(double range, enum weft_axis axis)
{
	static const double times[] = {
		1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800,
		21600, 43200, 86400, 172800, 432000, 864000, 1728000, 4320000,
		8640000,
	};
	double rough = range / MARKS, power;

	if (!(range > 0))
		return 1;
	if (axis == WEFT_AXIS_SPAN)
		for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
			if (times[i] >= rough)
				return times[i];
	power = pow(10, floor(log10(rough)));
	return rough <= power ? power : rough <= 2 * power ? 2 * power :
		rough <= 5 * power ? 5 * power : 10 * power;
}

static void put_value(struct weft_buf *out, double value, enum weft_axis axis)
{
	if (axis == WEFT_AXIS_PERCENT)
		weft_buf_addf(out, "%.4g %%", value * 100);
	else if (axis == WEFT_AXIS_NUMBER)
		weft_buf_addf(out, "%.9g", value);
	else if (value == 0)
		weft_buf_adds(out, "0");
	else if (fabs(value) < 60)
		weft_buf_addf(out, "%.4g s", value);
	else if (fabs(value) < 3600)
		weft_buf_addf(out, "%.4g min", value / 60);
	else if (fabs(value) < 86400)
		weft_buf_addf(out, "%.4g h", value / 3600);
	else
		weft_buf_addf(out, "%.4g d", value / 86400);
}

static void mark_x(const struct weft_plot *p, double value)
{
	double x = weft_plot_x(p, value);

	weft_buf_addf(p->out, "<line class=\"g\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%.1f\"/><text class=\"t\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
		      x, x, TOP, TOP + p->height, x, TOP + p->height + 15);
	put_value(p->out, value, p->x_axis);
	weft_buf_adds(p->out, "</text>\n");
}

static void mark_y(const struct weft_plot *p, double value)
{
	double y = weft_plot_y(p, value);

	weft_buf_addf(p->out, "<line class=\"g\" x1=\"%d\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"t\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
		      LEFT, LEFT + p->width, y, y, LEFT - 6, y + 4);
	put_value(p->out, value, p->y_axis);
	weft_buf_adds(p->out, "</text>\n");
}

static void mark_axis(const struct weft_plot *p, double min, double max,
		      enum weft_axis axis,
		      void (*mark)(const struct weft_plot *, double))
{
	static const double decades[] = { 1, 10, 60, 600, 3600, 21600, 86400,
					  604800, 2592000, 31536000 };
	double step;

	if (axis == WEFT_AXIS_NONE)
		return;
	if (axis == WEFT_AXIS_SPAN_LOG) {
		for (size_t i = 0; i < sizeof(decades) / sizeof(double); i++)
			if (decades[i] >= min && decades[i] <= max)
				mark(p, decades[i]);
		return;
	}
	step = step_of(max - min, axis);
	for (double v = ceil(min / step) * step; v <= max + step * 1e-6;
	     v += step)
		mark(p, v);
}

void weft_plot_begin(struct weft_plot *p, struct weft_buf *out)
{
	p->out = out;
	weft_buf_adds(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"");
	weft_html_text(out, p->label);
	weft_buf_addf(out, "\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\">\n",
		      LEFT + p->width + RIGHT, TOP + p->height + BOTTOM,
		      LEFT + p->width + RIGHT);
	mark_axis(p, p->x_min, p->x_max, p->x_axis, mark_x);
	mark_axis(p, p->y_min, p->y_max, p->y_axis, mark_y);
}

void weft_plot_end(struct weft_plot *p)
{
	weft_buf_adds(p->out, "</svg>\n");
}

void weft_plot_line(const struct weft_plot *p, uint32_t colour,
		    const double *x, const double *y, uint32_t count)
{
	weft_buf_addf(p->out, "<polyline class=\"n c%u\" points=\"",
		      colour % WEFT_HTML_COLOURS);
	for (uint32_t i = 0; i < count; i++)
		weft_buf_addf(p->out, "%.1f,%.1f ", weft_plot_x(p, x[i]),
			      weft_plot_y(p, y[i]));
	weft_buf_adds(p->out, "\"/>\n");
}

void weft_plot_box(const struct weft_plot *p, uint32_t colour, double x,
		   double width, const struct weft_plot_box *box)
{
	double left = weft_plot_x(p, x), right = weft_plot_x(p, x + width);
	double middle = weft_plot_y(p, box->middle);
	double high = weft_plot_y(p, box->high), low = weft_plot_y(p, box->low);

	weft_buf_addf(p->out, "<g><title>");
	weft_html_span(p->out, box->least);
	weft_buf_adds(p->out, " | ");
	weft_html_span(p->out, box->low);
	weft_buf_adds(p->out, " | ");
	weft_html_span(p->out, box->middle);
	weft_buf_adds(p->out, " | ");
	weft_html_span(p->out, box->high);
	weft_buf_adds(p->out, " | ");
	weft_html_span(p->out, box->most);
	weft_buf_addf(p->out, "</title><line class=\"n c%u\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
		      colour % WEFT_HTML_COLOURS, (left + right) / 2,
		      (left + right) / 2, weft_plot_y(p, box->most),
		      weft_plot_y(p, box->least));
	weft_buf_addf(p->out, "<rect class=\"c%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		      colour % WEFT_HTML_COLOURS, left, high, right - left,
		      low - high < 2 ? 2 : low - high);
	weft_buf_addf(p->out, "<line class=\"m\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/></g>\n",
		      left, right, middle, middle);
}

void weft_plot_rect(const struct weft_plot *p, const char *class_name,
		    double opacity, double x0, double x1, double y0, double y1,
		    const char *told)
{
	double x = weft_plot_x(p, x0), y = weft_plot_y(p, y1);

	weft_buf_addf(p->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"",
		      class_name, x, y, weft_plot_x(p, x1) - x,
		      weft_plot_y(p, y0) - y);
	if (opacity < 1)
		weft_buf_addf(p->out, " fill-opacity=\"%.2f\"", opacity);
	if (!told) {
		weft_buf_adds(p->out, "/>\n");
		return;
	}
	weft_buf_adds(p->out, "><title>");
	weft_html_text(p->out, told);
	weft_buf_adds(p->out, "</title></rect>\n");
}

void weft_plot_left(const struct weft_plot *p, double y, const char *text)
{
	weft_buf_addf(p->out, "<text class=\"t\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
		      LEFT - 6, weft_plot_y(p, y) + 4);
	weft_html_text(p->out, text);
	weft_buf_adds(p->out, "</text>\n");
}

void weft_plot_below(const struct weft_plot *p, double x, const char *text)
{
	weft_buf_addf(p->out, "<text class=\"t\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
		      weft_plot_x(p, x), TOP + p->height + 15);
	weft_html_text(p->out, text);
	weft_buf_adds(p->out, "</text>\n");
}
