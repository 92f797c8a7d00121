#ifndef GV_SEMVER_H
#define GV_SEMVER_H
/*
 * Versions of applications, as semver.org has them, and ranges of versions as
 * npm, Cargo and Helm write them.
 *
 *	gv_semver_read(&v, "v2.3.1-rc.1", 11);
 *	gv_semver_fits(">=2.3 <4 || ^5.1", &v);
 *
 * A pre-release counts as the version that it leads to, unless the range names
 * one itself: 3.0.0-rc.1 is in >=3.0, and not in >=3.0.0-rc.2.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_semver {
	uint64_t numbers[3]; /* 0 where the text has none */
	unsigned n;          /* how many it has */
	const char *pre;     /* of the text; without the '-' */
	size_t pre_len;      /* 0: it is a release */
};

/* Read a version: numbers with dots, at most three, also after a 'v'; then
 * "-PRE" and "+BUILD". false for any other text; *out is undefined then. `p`
 * must live as long as *out. */
bool gv_semver_read(struct gv_semver *out, const char *p, size_t len);

/* Negative, 0, positive: `a` comes before, at, behind `b`. */
int gv_semver_compare(const struct gv_semver *a, const struct gv_semver *b);

/* Whether a text is a range: comparisons (>=2.3, <4, =1.2, ^1.2,
 * ~1.2, 1.2, 1.x,
 * *) with blanks or commas between those that all have to hold, and "||"
 * between ranges of which one has to. */
bool gv_semver_is_range(const char *range);

/* Whether a version is in a range; false for what is no range. */
bool gv_semver_fits(const char *range, const struct gv_semver *v);

/* Whether a version comes before all of a range. */
bool gv_semver_is_below(const char *range, const struct gv_semver *v);

#endif
