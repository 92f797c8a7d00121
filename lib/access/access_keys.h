#ifndef GV_ACCESS_KEYS_H
#define GV_ACCESS_KEYS_H
/*
 * Which keys of a configuration file differ between two of its texts. A pure
 * function of both and of the file's name. Values are compared as they are
 * written, so a value in other quotes is another one; comments and the order of
 * keys are not looked at.
 *
 *	r = gv_access_keys_find(&change, &arena, &old, &new);
 *	if (change.reads == GV_ACCESS_KEYS)
 *		… change.keys …
 */

#include <stddef.h>

struct gv_access_change;
struct gv_arena;

/* Larger files are not read: any key of theirs may have changed. */
#define GV_ACCESS_KEYS_MOST ((size_t)16 * 1024 * 1024)

struct gv_access_text {
	const char *p; /* NULL: there is no such file, so it has no keys */
	size_t len;
};

/* Set reads, keys, n_keys and with `key` (NULL: no) sums of a change, whose
 * path is set. Keys go into the arena. UNREAD where a text is damaged, or may
 * mean different things to different programs: a key that is twice in a map,
 * tags of YAML. 0 or GV_ENOMEM. */
int gv_access_keys_find(struct gv_access_change *change, struct gv_arena *arena,
    const unsigned char *key, const struct gv_access_text *old,
    const struct gv_access_text *now);

#endif
