#ifndef GV_XMLTAG_H
#define GV_XMLTAG_H
/*
 * The tags of an XML text, one after the other, with their attributes and the
 * text behind them: enough for what a tool prints for programs. It is no
 * checker: what is not well-formed ends the reading. Only the five entities of
 * XML itself and numbers are known.
 *
 *	gv_xmltag_init(&x, text, len);
 *	while ((r = gv_xmltag_next(&x)) > 0)
 *		if (gv_xmltag_is(&x, "entry") &&
 *		    gv_xmltag_get(&path, &x, "path"))
 *			...
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

struct gv_xmltag {
	const char *p, *end; /* what is not read yet */
	/* of the tag at hand; all borrowed from the text */
	const char *name;
	size_t name_len;
	const char *attributes;
	size_t attributes_len;
	const char *text; /* up to the next tag, with its entities */
	size_t text_len;
	bool is_end; /* </name> */
};

void gv_xmltag_init(struct gv_xmltag *x, const char *text, size_t len);

/* The next tag; comments, declarations and instructions are passed over. 1; 0
 * at the end; GV_ECORRUPT. */
int gv_xmltag_next(struct gv_xmltag *x);

/* Whether it begins an element of that name. */
bool gv_xmltag_is(const struct gv_xmltag *x, const char *name);

/* Append the value of an attribute; false where it has none of that name, or an
 * entity in it is unknown. */
bool
gv_xmltag_get(struct gv_buf *out, const struct gv_xmltag *x, const char *name);

/* The same of the text behind the tag. */
bool gv_xmltag_text(struct gv_buf *out, const struct gv_xmltag *x);

#endif
