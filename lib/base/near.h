#ifndef GV_NEAR_H
#define GV_NEAR_H
/*
 * The name that was probably meant by a mistyped one, for "did you mean '…'?".
 * A name is near if at most two edits lead to it; one edit, if the typed word
 * has fewer than four bytes.
 *
 *	struct gv_near near = gv_near_to("prdo", 4);
 *	gv_near_add(&near, "prod", 4);
 *	if (near.name)
 *		…
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_near {
	const char *name; /* the nearest so far, borrowed; NULL: none is near */
	size_t name_len;
	size_t least; /* only names with fewer edits are nearer; 1: none is */
	/* private */
	const char *typed;
	size_t len;
};

/* Begin a search. `typed` is borrowed. */
struct gv_near gv_near_to(const char *typed, size_t len);

/* The same where up to `most` edits may lead to a name. */
struct gv_near gv_near_within(const char *typed, size_t len, size_t most);

/* Compare one more name. Whether it is the nearest so far; of several that are
 * equally near the first stays. The typed word itself is not near. `name` is
 * borrowed if it is. */
bool gv_near_add(struct gv_near *near, const char *name, size_t len);

#endif
