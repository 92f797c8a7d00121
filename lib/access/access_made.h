#ifndef GV_ACCESS_MADE_H
#define GV_ACCESS_MADE_H
/*
 * Which values are made of others: in a set with `template: true` the value
 * "db-${size}" changes with the key `size`, so who may not change the one may
 * not change the other either.
 *
 *	r = gv_access_uses_add(&uses, path, &text, "${", "}");
 *	r = gv_access_made_find(&change, &arena, &uses);
 *	… change.made, change.n_made
 *
 * Pure, and on the safe side: of a name with a name in it, what is written
 * before that counts, and of a text that cannot be read nothing is known.
 */

#include <stdbool.h>
#include <stddef.h>

#include "access/access_keys.h"
#include "base/arena.h"

struct gv_access_change;

/* A name in the value of a key. */
struct gv_access_use {
	const char *key;
	const char *name; /* "": it may be any */
};

struct gv_access_uses {
	struct gv_access_use *items;
	size_t n, cap;
	bool is_unread; /* some of a layer could not be read */
	struct gv_arena arena;
};

#define GV_ACCESS_USES_INIT                                                    \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Add the names in the values of a layer; open and close NULL: "${" and "}". 0
 * or GV_ENOMEM. */
int gv_access_uses_add(struct gv_access_uses *out, const char *path,
    const struct gv_access_text *text, const char *open, const char *close);

void gv_access_uses_release(struct gv_access_uses *uses);

/* Set `made` of a change to the keys whose values are made of its keys, also
 * through others; they go into the arena. Where that is not known, it is
 * UNREAD. 0 or GV_ENOMEM. */
int gv_access_made_find(struct gv_access_change *change, struct gv_arena *arena,
    const struct gv_access_uses *uses);

#endif
