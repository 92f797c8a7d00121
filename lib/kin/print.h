#ifndef GV_PRINT_H
#define GV_PRINT_H
/*
 * Prints of source text, by which copies of code are found: hashes of fifteen
 * tokens in a row, of which those are kept that are the least of sixteen in a
 * row (winnowing). Any run of 30 equal tokens has a print in common. Comments
 * and blanks are no tokens. Pure.
 *
 *	r = gv_prints_of(prints, "lib/db.c", text, len);
 *	… prints[GV_PRINT_KEPT].items[i].hash …
 *	gv_prints_release(&prints[0]); gv_prints_release(&prints[1]);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_PRINT_TOKENS 15 /* in a print */
#define GV_PRINT_WINDOW 16

/* The two ways to look at tokens. */
enum gv_print_stream {
	GV_PRINT_KEPT,    /* as they are */
	GV_PRINT_RENAMED, /* all names are the same, all numbers, all strings */
	GV_PRINT_STREAMS
};

struct gv_print {
	uint64_t hash;
	uint32_t token;       /* the number of its first token */
	uint32_t first, last; /* lines, from 1 */
};

struct gv_prints {
	struct gv_print *items; /* by token */
	size_t n, cap;
	uint32_t tokens; /* of the whole text */
};

/* Whether a path is that of source code, whose tokens are known. */
bool gv_print_is_source(const char *path);

/* A file descends from another one from here on, of 100, of the prints of the
 * smaller one, and with that many in common. */
#define GV_PRINT_DESCENT 40
#define GV_PRINT_LEAST   3

/* Both streams of a text; none of a path that is not source. 0 or GV_ENOMEM. To
 * be released in any case. */
int gv_prints_of(struct gv_prints out[GV_PRINT_STREAMS], const char *path,
    const char *text, size_t len);

/* Free; zeroed ok. */
void gv_prints_release(struct gv_prints *prints);

/* How many of the prints of `a` are in `b`, of 100. Both are sorted by hash for
 * it. */
unsigned gv_prints_alike(struct gv_prints *a, struct gv_prints *b);

/* How many of the prints of the smaller one the other has, too, of 100; 0 where
 * these are less than GV_PRINT_LEAST. Both are sorted by hash for it. */
unsigned gv_prints_shared(struct gv_prints *a, struct gv_prints *b);

#endif
