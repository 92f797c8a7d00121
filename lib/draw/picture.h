#ifndef GV_PICTURE_H
#define GV_PICTURE_H
/*
 * Boxes and arrows as SVG, or as a page of HTML that holds the same picture, a
 * list of what is in the boxes, and a script to look around. Both are one file
 * that loads nothing. Texts may be of anyone: they are escaped here, and
 * characters that do not show are made visible.
 *
 *	struct gv_picture p = { .title = "what", .boxes = boxes, … };
 *
 *	r = gv_picture_place(&p);
 *	r = gv_picture_html(&out, &p);
 *	gv_picture_release(&p);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "draw/layout.h"

struct gv_buf;

/* Bytes that stay the caller's. */
struct gv_picture_text {
	const char *p;
	size_t len;
};

/* Append text of anyone for XML and HTML, between tags or quotes: characters
 * that do not show, or turn the direction of text, are made visible. */
void gv_picture_add_text(struct gv_buf *out, struct gv_picture_text text);

enum gv_picture_style {
	GV_PICTURE_PLAIN,
	GV_PICTURE_FOLDED,   /* stands for several things */
	GV_PICTURE_OUTSIDE,  /* of a box: not of this repository */
	GV_PICTURE_MISSING,  /* of a box or an arrow: it is not there */
	GV_PICTURE_COMPUTED, /* not sure */
};

#define GV_PICTURE_TINTS 8 /* different colours of groups */

struct gv_picture_box {
	struct gv_picture_text title, above; /* above: where it is */
	struct gv_picture_text note;         /* what it is, in a word */
	struct gv_picture_text alert;        /* what is wrong with it */
	struct gv_picture_text group;        /* len 0: of none */
	uint32_t tint;                       /* of the group */
	enum gv_picture_style style;
	const struct gv_picture_text *lines; /* what is in it */
	uint32_t n_lines, more;              /* and how much is not listed */
};

struct gv_picture_arrow {
	uint32_t from, to; /* boxes */
	uint32_t count;    /* 1: no number is drawn */
	enum gv_picture_style style;
	struct gv_picture_text kinds; /* words with blanks between */
	struct gv_picture_text says;  /* the same, with numbers */
};

/* A name of a colour, or of a kind of arrow ("tf" of tf.module). */
struct gv_picture_key {
	struct gv_picture_text name;
	uint32_t tint, count;
};

struct gv_picture {
	struct gv_picture_text title, summary; /* lines above it */
	const struct gv_picture_box *boxes;
	uint32_t n_boxes;
	const struct gv_picture_arrow *arrows;
	uint32_t n_arrows;
	const struct gv_picture_key *groups, *kinds;
	uint32_t n_groups, n_kinds;
	struct gv_layout layout; /* private */
};

/* Find the places of all boxes and arrows. 0 or GV_ENOMEM. */
int gv_picture_place(struct gv_picture *p);

/* Append a file of SVG, or of HTML. 0 or GV_ENOMEM. */
int gv_picture_svg(struct gv_buf *out, const struct gv_picture *p);
int gv_picture_html(struct gv_buf *out, const struct gv_picture *p);

/* Free the places; zeroed ok. */
void gv_picture_release(struct gv_picture *p);

#endif
