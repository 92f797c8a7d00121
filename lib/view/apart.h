#ifndef GV_APART_H
#define GV_APART_H
/*
 * The paths in which two snapshots may differ, by their trees and the layers of
 * their manifests alone: what they share is never read. So the work is that of
 * the changes between them, however many files there are. The result has
 * all paths that differ, and some more whose entries only the whole manifest
 * explains (other names of a file, nested repositories, paths not stored).
 *
 *	r = gv_apart_find(&apart, odb, &from, &to);
 *	p = gv_apart_get(&apart, path, len);
 *	gv_apart_release(&apart);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"
#include "repo/oid.h"

struct gv_manifest;
struct gv_manifest_text;
struct gv_odb;
struct gv_record;

struct gv_apart_path {
	const char *path;
	size_t len;
	bool differs; /* in the trees; where it does not … */
	bool from; /* … these say nothing: a file, link or repository … */
	bool to;   /* … is in the one, and in the other */
	bool is_other; /* both have it, with other bytes */
};

struct gv_apart {
	struct gv_apart_path **paths; /* in no order */
	size_t n, cap;
	bool is_sparse; /* `to` has files that were not checked out */
	/* private */
	struct gv_map by_path; /* and the folders around, as no path */
	struct gv_arena arena;
	struct gv_manifest_text *lines[2]; /* of both */
};

#define GV_APART_INIT                                                          \
	{                                                                      \
		.by_path = GV_MAP_INIT, .arena = GV_ARENA_INIT                 \
	}

/* Compare them; `odb` must outlive *out. 0; GV_EREFUSED without a message where
 * it cannot be told this way, for want of a manifest; or a reading's failure.
 * *out is to be released in any case. */
int gv_apart_find(struct gv_apart *out, struct gv_odb *odb,
    const struct gv_record *from, const struct gv_record *to);
void gv_apart_release(struct gv_apart *apart);

/* Whether both have the same in one path, as far as that is found without the
 * manifest's base: *is stays false where it is not. 0 or a reading's failure.
 */
int
gv_apart_is_alike(bool *is, struct gv_odb *odb, const struct gv_record *from,
    const struct gv_record *to, const char *path, size_t len);

/* The path, or NULL where both have the same there. */
const struct gv_apart_path *
gv_apart_get(const struct gv_apart *apart, const char *path, size_t len);

/* Whether it is one of those, or a directory around one, or the top. */
bool
gv_apart_is_on_way(const struct gv_apart *apart, const char *path, size_t len);

/* The two snapshots. */
enum gv_apart_side { GV_APART_FROM, GV_APART_TO };

/* The manifest of one, of those paths alone. As gv_manifest_load(). */
int gv_apart_manifest(struct gv_manifest **out, const struct gv_apart *apart,
    enum gv_apart_side side);

/* Take a path for one that differs though the two do not. 0 or GV_ENOMEM. */
int gv_apart_add(struct gv_apart *apart, const char *path, size_t len);

/* Put lines that came since on top of the manifest of `to`, once, and take
 * their paths; the text must outlive *apart. 0; GV_ECORRUPT; GV_ENOMEM. */
int gv_apart_overlay(struct gv_apart *apart, const char *text, size_t len);

#endif
