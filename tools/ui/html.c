/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html.c - see html.h
 *
 * Characters that XML 1.0 may hold: its section 2.2, "Characters".
 */
#include "config.h"

#include <math.h>

#include "tools/ui/html.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
	"<meta charset=\"utf-8\"/>\n"
	"<meta name=\"viewport\" content=\"width=device-width\"/>\n"
	"<meta name=\"color-scheme\" content=\"light dark\"/>\n"
	"<link rel=\"icon\" href=\"data:,\"/>\n<title>";

static const char style[] =
	"</title>\n<style>\n"
	":root { --ink: #1f2328; --dim: #59636e; --line: #d8dee4; --back: #fff; --soft: #f4f6f8;\n"
	"  --c0: #2c7fb8; --c1: #d95f0e; --c2: #1b8a5a; --c3: #7570b3; --c4: #b3366f; --c5: #8c6d1f; --c6: #666; --c7: #0aa;\n"
	"  --s0: #9ecae1; --s1: #6baed6; --s2: #3182bd; --s3: #fdae6b; --s4: #e6550d; --s5: #8c2d04;\n"
	"  --heat: #2c7fb8 }\n"
	"@media (prefers-color-scheme: dark) {\n"
	":root { --ink: #e6edf3; --dim: #9aa4af; --line: #3a424b; --back: #14181d; --soft: #1f252c;\n"
	"  --c0: #6baed6; --c1: #fd9d57; --c2: #5fd0a0; --c3: #b3abf0; --c4: #f08cb8; --c5: #d9bd6a; --c6: #aaa; --c7: #5dd;\n"
	"  --s0: #2a5d7c; --s1: #3f86b0; --s2: #7cc0ea; --s3: #a8652a; --s4: #ee8a4a; --s5: #ffc9a3;\n"
	"  --heat: #7cc0ea } }\n"
	"body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 64em; padding: 0 1em; color: var(--ink); background: var(--back) }\n"
	"h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em } h3 { font-size: 1em; color: var(--dim) }\n"
	"table { border-collapse: collapse; margin: 1em 0 } .wide { overflow-x: auto }\n"
	"td, th { padding: .2em .8em; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }\n"
	"td:first-child, th:first-child, td.l, th.l { text-align: left } td small { color: var(--dim) }\n"
	"code { background: var(--soft); padding: .1em .3em } .dim { color: var(--dim) }\n"
	".key { list-style: none; padding: 0; margin: .4em 0 } .key li { display: inline-block; margin-right: 1.4em }\n"
	".key svg { width: .8em; height: .8em; margin-right: .4em }\n"
	"svg { max-width: 100%; height: auto } .t { font: 11px system-ui, sans-serif; fill: var(--dim) }\n"
	".g { stroke: var(--line); stroke-width: 1 } .b { fill: var(--soft) } .h { fill: var(--heat) }\n"
	".n { fill: none; stroke-width: 1.6 } .m { stroke: var(--back); stroke-width: 1.5 }\n"
	".d, .c0 { fill: var(--c0) } .f, .c1 { fill: var(--c1) } .c2 { fill: var(--c2) } .c3 { fill: var(--c3) }\n"
	".c4 { fill: var(--c4) } .c5 { fill: var(--c5) } .c6 { fill: var(--c6) } .c7 { fill: var(--c7) }\n"
	".n.c0 { fill: none; stroke: var(--c0) } .n.c1 { fill: none; stroke: var(--c1) }\n"
	".n.c2 { fill: none; stroke: var(--c2) } .n.c3 { fill: none; stroke: var(--c3) }\n"
	".n.c4 { fill: none; stroke: var(--c4) } .n.c5 { fill: none; stroke: var(--c5) }\n"
	".n.c6 { fill: none; stroke: var(--c6) } .n.c7 { fill: none; stroke: var(--c7) }\n"
	".s0 { fill: var(--s0) } .s1 { fill: var(--s1) } .s2 { fill: var(--s2) }\n"
	".s3 { fill: var(--s3) } .s4 { fill: var(--s4) } .s5 { fill: var(--s5) }\n"
	"svg [class^=s] { stroke: var(--back); stroke-width: .4 }\n"
	"</style>\n</head>\n<body>\n";

/* How many bytes of text are one character that XML may hold; 0: none. */
static size_t sound(const unsigned char *p)
{
	size_t len = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 :
		*p >= 0xe0 && *p < 0xf0 ? 3 :
		*p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	if (len == 1)
		return (*p >= 0x20 && *p != 0x7f) || *p == '\t' || *p == '\n';
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f) ||
	    (*p == 0xef && p[1] == 0xbf && p[2] >= 0xbe) ||
	    (*p == 0xc2 && p[1] < 0xa0))
		return 0;
	return len;
}

void weft_html_text(struct weft_buf *out, const char *text)
{
	while (*text) {
		size_t len = sound((const unsigned char *)text);

		if (!len)
			weft_buf_adds(out, "\xef\xbf\xbd");
		else if (*text == '&')
			weft_buf_adds(out, "&amp;");
		else if (*text == '<')
			weft_buf_adds(out, "&lt;");
		else if (*text == '>')
			weft_buf_adds(out, "&gt;");
		else if (*text == '"')
			weft_buf_adds(out, "&quot;");
		else
			weft_buf_add(out, text, len);
		text += len ? len : 1;
	}
}

void weft_html_begin(struct weft_buf *out, const char *title)
{
	weft_buf_adds(out, head);
	weft_html_text(out, title);
	weft_buf_adds(out, style);
	weft_html_element(out, "h1", NULL, title);
}

void weft_html_end(struct weft_buf *out)
{
	weft_buf_adds(out, "</body>\n</html>\n");
}

void weft_html_element(struct weft_buf *out, const char *tag,
		       const char *class_name, const char *text)
{
	weft_buf_addf(out, "<%s", tag);
	if (class_name)
		weft_buf_addf(out, " class=\"%s\"", class_name);
	weft_buf_adds(out, ">");
	weft_html_text(out, text);
	weft_buf_addf(out, "</%s>\n", tag);
}

void weft_html_legend(struct weft_buf *out, const char *const *names,
		      uint32_t count, char class_letter)
{
	weft_buf_adds(out, "<ul class=\"key\">\n");
	for (uint32_t i = 0; i < count; i++) {
		weft_buf_addf(out, "<li><svg viewBox=\"0 0 10 10\"><rect class=\"%c%u\" width=\"10\" height=\"10\"/></svg>",
			      class_letter, i);
		weft_html_text(out, names[i]);
		weft_buf_adds(out, "</li>\n");
	}
	weft_buf_adds(out, "</ul>\n");
}

void weft_html_span(struct weft_buf *out, double sec)
{
	double s = fabs(sec);

	if (s < 120)
		weft_buf_addf(out, "%.3g s", sec);
	else if (s < 7200)
		weft_buf_addf(out, "%.1f min", sec / 60);
	else if (s < 2 * 86400)
		weft_buf_addf(out, "%.1f h", sec / 3600);
	else
		weft_buf_addf(out, "%.1f d", sec / 86400);
}
