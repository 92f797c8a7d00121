#ifndef GV_ZIP_H
#define GV_ZIP_H
/*
 * Reads the directory of a zip file, a large one (zip64) too, that is held
 * whole. What members hold is not unpacked, and a name is only a name.
 *
 *	if (gv_zip_is(data, len))
 *		r = gv_zip_each(data, len, on_entry, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

#define GV_ZIP_STORED   0 /* methods */
#define GV_ZIP_DEFLATED 8

struct gv_zip_entry {
	const char *name; /* no NUL behind it */
	size_t name_len;
	const void *packed;
	size_t len;
	unsigned method;
	bool is_encrypted;
};

/* Not 0 ends it. */
typedef int (*gv_zip_fn)(void *ctx, const struct gv_zip_entry *entry);

/* Whether it begins as one. */
bool gv_zip_is(const void *data, size_t len);

/* Every member that its directory names, but for directories; and behind these
 * what it does not name: members all the same, and comments, what stands
 * between members or at the end, as members without a name. 0; what `fn`
 * returned; GV_ENOMEM; GV_ECORRUPT without a message where it has no directory,
 * or, after all others, where some member is not where it should be, or one
 * that is not named does not say how long it is. */
int gv_zip_each(const void *data, size_t len, gv_zip_fn fn, void *ctx);

#endif
