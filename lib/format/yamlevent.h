#ifndef GV_YAMLEVENT_H
#define GV_YAMLEVENT_H
/*
 * Where the nodes of YAML begin and end, as libyaml sees it. libyaml copies
 * what it reads and wipes nothing, so it is for texts without secrets, or for
 * their mask: gv_yamlevent_mask() makes one that has as many bytes as the text.
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

#endif
