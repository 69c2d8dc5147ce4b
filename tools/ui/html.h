/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html.h - one file that a browser shows without a network
 *
 * HTML and well-formed XML at once: no script, no font, nothing fetched.
 * Light or dark as the reader's system is.  Colours by class: c0 .. c7 for
 * things compared, told apart by the colour-blind; s0 .. s5 from small to
 * large; d (done) and f (failed).
 */
#ifndef WEFT_TOOLS_UI_HTML_H
#define WEFT_TOOLS_UI_HTML_H

#include <stdint.h>

#include "lib/buf.h"

#define WEFT_HTML_COLOURS 8
#define WEFT_HTML_SHADES 6

/* From the doctype to the heading, and the end.  title may be any text. */
void weft_html_begin(struct weft_buf *out, const char *title);
void weft_html_end(struct weft_buf *out);

/*
 * Text that somebody else wrote: marks of XML are escaped, and what XML cannot
 * hold (control characters, broken UTF-8) is replaced by U+FFFD.
 */
void weft_html_text(struct weft_buf *out, const char *text);

/* <TAG CLASS>text</TAG>; class NULL: none. */
void weft_html_element(struct weft_buf *out, const char *tag,
		       const char *class_name, const char *text);

/* "names: " with a square of its colour before each. */
void weft_html_legend(struct weft_buf *out, const char *const *names,
		      uint32_t count, char class_letter);

/* A time in seconds as people say it: "85 s", "12.5 min", "3.2 h", "4.0 d". */
void weft_html_span(struct weft_buf *out, double sec);

#endif
