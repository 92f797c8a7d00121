#ifndef GV_OUT_INTERNAL_H
#define GV_OUT_INTERNAL_H
/*
 * What out.c, out_color.c and out_columns.c share; nobody else includes it.
 */

#include "base/buf.h"
#include "git-vault/front/out.h"

#define GV_OUT_COLOR_MAX 40

struct gv_pager;

struct gv_out_cells {
	const struct gv_out_column *columns;
	size_t n_columns;
	struct gv_out_cell *cells;
	size_t n, cap;
	struct gv_buf text;
};

struct gv_out {
	struct gv_out_opts opts;
	struct gv_buf buf;   /* stdout's, not yet written */
	char *pager_command; /* to start with the first byte; NULL: none */
	struct gv_pager *pager;
	bool fitted;   /* gv_out_is_fitted() */
	bool terminal; /* stdout is one, or a pager before one */
	bool quote_path;
	bool color_out, color_err, color_diff;
	int error;     /* errno of the write that failed, or 0 */
	bool begun;    /* something was written to stdout, */
	char last;     /* and this byte last */
	bool reported; /* gv_out_flush() has said so */
	bool gone;     /* the reader has left */
	bool canceled;
	char colors[GV_OUT_SLOTS][GV_OUT_COLOR_MAX];
	struct gv_out_cells cells;
};

/* Fill in the escape sequences of all slots; `c` may be NULL. */
void gv_out_load_colors(struct gv_out *o, const struct gv_config *c);

/* Whether text on stdout and on stderr is coloured. */
void gv_out_choose_color(struct gv_out *o, const struct gv_config *c);

/* What gv_out_text() and gv_out_path() print, into a buffer. */
void gv_out_make_safe(struct gv_buf *out, const char *text, size_t len);
void gv_out_make_path(
    const struct gv_out *o, struct gv_buf *out, const char *path, size_t len);

/* Append safe text, broken into lines as gv_out_prose() does it. */
void gv_out_add_prose(struct gv_buf *to, const char *text, size_t len,
    size_t columns, size_t used);

/* Append text to a buffer in a slot's colour. */
void gv_out_add_colored(const struct gv_out *o, struct gv_buf *out,
    enum gv_out_slot slot, const char *text, size_t len);

#endif
