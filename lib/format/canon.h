#ifndef GV_CANON_H
#define GV_CANON_H
/*
 * JSON written in one way only: no blanks, keys of a map in the order of their
 * bytes, texts in UTF-8 with no more escapes than there must be, whole numbers.
 * So what says the same is the same bytes, and its digest and its signature are
 * of what it says. What the commands print is another module's.
 *
 *	struct gv_canon c = { .out = &text };
 *	gv_canon_map(&c, NULL);
 *	gv_canon_text(&c, "kind", "good");
 *	gv_canon_end(&c);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;

#define GV_CANON_DEPTH 16

struct gv_canon {
	struct gv_buf *out; /* a failure is kept in it */
	unsigned depth;     /* the rest is private */
	bool comma;
	char closing[GV_CANON_DEPTH];
	const char *last[GV_CANON_DEPTH]; /* the key before, of each level */
};

/* Open a map or a list, and end the innermost. In a map every value has a key,
 * which comes behind those before it and stays until the map's end; in a list,
 * and of the outermost value, it is NULL. */
void gv_canon_map(struct gv_canon *c, const char *key);
void gv_canon_list(struct gv_canon *c, const char *key);
void gv_canon_end(struct gv_canon *c);

/* A text; NULL gives null. Bytes that are not UTF-8 become U+FFFD each. */
void gv_canon_text(struct gv_canon *c, const char *key, const char *text);

/* A number, true or false, null. */
void gv_canon_number(struct gv_canon *c, const char *key, uint64_t number);
void gv_canon_bool(struct gv_canon *c, const char *key, bool value);
void gv_canon_null(struct gv_canon *c, const char *key);

/* Seconds since 1970 as RFC 3339 in UTC. */
void gv_canon_time(struct gv_canon *c, const char *key, int64_t seconds);

#endif
