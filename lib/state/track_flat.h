#ifndef GV_TRACK_FLAT_H
#define GV_TRACK_FLAT_H
/*
 * A JSON value as the list of what stands at its ends: texts, numbers, and
 * lists and maps that are empty, each with the way that leads there. What
 * stands too deep is given as one end, whatever it is, and so is a value whose
 * ways would be far longer than it is. Nothing is decoded.
 *
 *	r = gv_track_flat_read(&flat, &paths, "tags", text, len);
 *	for (i = 0; i < flat.n; i++) … paths.p + flat.list[i].path
 *	gv_track_flat_release(&flat);
 */

#include <stddef.h>

struct gv_secret;

struct gv_track_flat_end {
	size_t path, path_len; /* where it stands: tags.Name, list[0]["a b"] */
	const char *p;         /* as it stands, with its quotes */
	size_t len;
};

struct gv_track_flat {
	struct gv_track_flat_end *list; /* in order */
	size_t n, cap;
};

/* Read a value, in the place of what the list has; zeroed before the first. The
 * ways begin with `name` and are appended to *paths, a NUL behind each. 0;
 * GV_EREFUSED without a message for what is no JSON; GV_ENOMEM. */
int gv_track_flat_read(struct gv_track_flat *out, struct gv_secret *paths,
    const char *name, const char *value, size_t len);

/* Zeroed ok. */
void gv_track_flat_release(struct gv_track_flat *flat);

#endif
