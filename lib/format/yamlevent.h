#ifndef GV_YAMLEVENT_H
#define GV_YAMLEVENT_H
/*
 * Where the nodes of YAML begin and end, as libyaml sees it. libyaml copies
 * what it reads and wipes nothing, so it is for texts without secrets, or for
 * their mask: gv_yamlevent_mask() makes one that has as many bytes as the text.
 * What is plain is read without it.
 *
 *	gv_yamlevent_mask(mask, text, len);
 *	r = gv_yamlevent_each(mask, len, on_event, ctx, &error);
 */

#include <stdbool.h>
#include <stddef.h>

enum gv_yamlevent_kind {
	GV_YAMLEVENT_DOCUMENT, /* one begins */
	GV_YAMLEVENT_SCALAR,
	GV_YAMLEVENT_ALIAS,
	GV_YAMLEVENT_LIST,
	GV_YAMLEVENT_MAP,
	GV_YAMLEVENT_END, /* of the list or map that began last */
};

struct gv_yamlevent {
	enum gv_yamlevent_kind kind;
	size_t at, end; /* with its anchor and tag. A list or map begins only:
			   `end` is behind its bracket or what is before it */
	bool has_anchor, has_tag;
	char style; /* of a scalar '"', '\'', '|', '>'; of a list or map in
		       brackets '['; else 0 */
};

struct gv_yamlevent_error {
	size_t at;
	const char *what; /* static */
};

typedef int gv_yamlevent_fn(void *ctx, const struct gv_yamlevent *event);

/* Write the mask of a text of `len` bytes: each letter, digit and byte beyond
 * ASCII becomes an 'a', but for the digit of "|2". Directives become comments,
 * since their words are gone; so tags name no handle that one would declare. */
void gv_yamlevent_mask(char *mask, const char *text, size_t len);

/* Report each event to fn(), until it returns other than 0. 0; what fn()
 * returned; GV_EREFUSED without a message for what is not YAML, with *error
 * set; GV_ENOMEM. `text` is in ASCII, or offsets count characters. */
int gv_yamlevent_each(const char *text, size_t len, gv_yamlevent_fn *fn,
    void *ctx, struct gv_yamlevent_error *error);

#define GV_YAMLEVENT_OTHER 1 /* the document has more than the plain part */

/* Report the events of one document that has nothing but the plain part of
 * YAML, the bytes from `from` to `to`, without libyaml; no byte is copied, so
 * it may hold secrets. 0; what fn() returned; GV_YAMLEVENT_OTHER; GV_EREFUSED
 * without a message for what libyaml refuses, too. fn() was called with what
 * comes before that. (yamlevent_plain.c) */
int gv_yamlevent_plain(
    const char *text, size_t from, size_t to, gv_yamlevent_fn *fn, void *ctx);

/* gv_yamlevent_each() by libyaml alone. */
int gv_yamlevent_each_library(const char *text, size_t len, gv_yamlevent_fn *fn,
    void *ctx, struct gv_yamlevent_error *error);

#endif
