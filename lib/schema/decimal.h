#ifndef GV_DECIMAL_H
#define GV_DECIMAL_H
/*
 * Decimal numbers of any size, exactly: read from their text, compared,
 * divided. 0.1 is a tenth here, 1.0 is a whole number, and 1e308 is no more
 * trouble than
 * 1. No memory is allocated: the digits stay in the caller's text.
 *
 *	gv_decimal_read(&a, "19.99", 5);
 *	gv_decimal_read(&b, "0.01", 4);
 *	is_multiple = gv_decimal_is_multiple(&a, &b) == 1;
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_DECIMAL_OWN 24 /* bytes of any int64_t as text */

/* The value is 0.DIGITS times ten to the power of `point`; the digits begin and
 * end with one other than 0. Not to be copied: they may lie in `own`. */
struct gv_decimal {
	const char *digits; /* with a '.' among them, perhaps */
	size_t len;         /* of that span; 0: the number is 0 */
	size_t n;           /* digits in it */
	int64_t point;
	bool is_negative;
	bool is_infinite;
	bool is_nan;
	char own[GV_DECIMAL_OWN];
};

/* Read a number: a sign, digits, a fraction, an exponent; also ".5", "5." and
 * the ".inf" and ".nan" of YAML in any case. false for any other text; *out is
 * undefined then. `p` must live as long as *out. */
bool gv_decimal_read(struct gv_decimal *out, const char *p, size_t len);

/* The same of an integer. */
void gv_decimal_set(struct gv_decimal *out, int64_t value);

/* Below, equal, above: negative, 0, positive. What is not a number is above
 * all. */
int gv_decimal_compare(const struct gv_decimal *a, const struct gv_decimal *b);

/* Whether it has no fraction: also 1.0 and 1e3. */
bool gv_decimal_is_whole(const struct gv_decimal *a);

/* Whether it is a whole number of 64 bits, which *out becomes. */
bool gv_decimal_fits(const struct gv_decimal *a, int64_t *out);

/* Whether `a` is a whole multiple of `b`, which is not 0: 1 or 0. GV_EREFUSED
 * without a message if both have too many digits to find out in a moment. */
int
gv_decimal_is_multiple(const struct gv_decimal *a, const struct gv_decimal *b);

/* Equal numbers have equal hashes, however they are written. */
uint64_t gv_decimal_hash(const struct gv_decimal *a);

#endif
