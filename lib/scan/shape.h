#ifndef GV_SHAPE_H
#define GV_SHAPE_H
/*
 * The plain patterns, which most rules have: runs of N characters of a class,
 * one after the other: "ghp_[0-9A-Za-z]{36}", maybe with a gap
 * before the rest: "ldapsearch [^\n]{0,200}? -w". They are matched by a loop,
 * need no compiling, and cost a tenth of what RE2 does. What is not so plain is
 * RE2's.
 *
 *	r = gv_shape_read(&shape, "dop_v1_[0-9a-f]{64}", false);
 *	if (r == 1 && gv_shape_match(&match, shape, &place, false, false))
 *		len = match.len;
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_SHAPE_ITEMS 128
#define GV_SHAPE_HEAD  24 /* bytes that are compared at once */
#define GV_SHAPE_GAPS  2  /* items of one shape that take as few as they can */

struct gv_shape_item {
	uint64_t set[4]; /* a bit for each byte */
	unsigned min, max;
	unsigned gap; /* takes as few as it can: of those the first is 1 */
};

static inline bool
gv_shape_has(const struct gv_shape_item *item, char ch)
{
	/* in this form a compiler takes one instruction for it */
	return (item->set[(unsigned char)ch / 64] &
		   (uint64_t)1 << ((unsigned char)ch % 64)) != 0;
}

struct gv_shape {
	struct gv_shape *next; /* what else it may be, if it is not this */
	unsigned n;
	unsigned group_from, group_to; /* items of the one group; equal: none */
	bool starts_word, ends_word;   /* \b in front, behind */
	bool shares_gaps;         /* up to its last gap the next is equal */
	unsigned last_gap;        /* that item, which is never the first */
	unsigned reach;           /* bytes that it takes at most */
	char head[GV_SHAPE_HEAD]; /* what its first items can only be */
	unsigned head_len, head_items; /* bytes; items */
	struct gv_shape_item items[GV_SHAPE_ITEMS];
};

/* Read a pattern that is plain, or a choice between such: (?:a|b), (?:a)? and
 * (?:a){2,3} are written out, in the order in which RE2 would try them. 1, and
 * a list to be freed; 0 where it is RE2's; GV_ENOMEM, with the message set. */
int gv_shape_read(struct gv_shape **out, const char *pattern, bool nocase);

/* Free all of a list; NULL-safe. */
void gv_shape_free(struct gv_shape *shape);

/* Read a pattern of RE2's syntax. Whether it is plain: literals, classes, the
 * escapes \d \w \s \D \W \S \. and the like, (…) once and (?:…) never; {n},
 * {n,m}, ? at an item; and where the number of an item varies, nothing of it
 * begins the next one, so that there is one way to match only. But two items
 * may be gaps, {n,m}?, with an item behind that is there in any case. */
bool gv_shape_parse(struct gv_shape *out, const char *pattern, bool nocase);

/* A copy that takes no more room than its items need, to be freed; NULL, with
 * the message set, when out of memory. */
struct gv_shape *gv_shape_copy(const struct gv_shape *shape);

/* Runs of characters that were gone through: where anchors stand in them one
 * behind the other, none is gone through twice. All zero at the beginning of a
 * text. */
#define GV_SHAPE_RUNS   8
#define GV_SHAPE_BARREN 4

struct gv_shape_run {
	const struct gv_shape_item *item;
	size_t from, to;
};

struct gv_shape_runs {
	struct gv_shape_run runs[GV_SHAPE_RUNS];
	/* the same of gaps, those met last: at none of these places begins what
	 * is behind */
	struct gv_shape_run barren[GV_SHAPE_BARREN];
	unsigned oldest;
};

/* Where in a text to match. */
struct gv_shape_place {
	const char *text;
	size_t len;
	size_t at, end; /* from here, and not over this; \b looks behind it */
	struct gv_shape_runs *runs; /* NULL: nothing is remembered */
};

/* What was matched there. */
struct gv_shape_match {
	size_t len;
	size_t group, group_len; /* if the pattern has one */
};

/* Match one of a list at the place, as RE2 would: with `whole` all up to its
 * end, else as many bytes as can be; with `needs_group` none that has no group.
 * False, and *out says nothing, where none does. */
bool gv_shape_match(struct gv_shape_match *out, const struct gv_shape *list,
    const struct gv_shape_place *place, bool needs_group, bool whole);

#endif
