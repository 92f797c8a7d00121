#ifndef GV_CONTENT_H
#define GV_CONTENT_H
/*
 * One path of a snapshot: found, and its bytes or its list of names.
 *
 *	r = gv_content_path(&path, repo, "../a.tf");
 *	r = gv_content_find(&c, repo, &rec, path.p);
 *	r = gv_content_stream(repo, &c, write_it, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_odb;
struct gv_safe;
struct gv_record;
struct gv_repo;

struct gv_content {
	unsigned mode; /* as in a tree */
	struct gv_oid oid;
	bool is_chunked; /* the blob is a pointer to chunks: what it stands for
			    is read instead */
};

/* Append what a path as a person types it means from the top of the working
 * tree: relative to the current directory or, in the working tree, absolute;
 * ".", ".." and doubled slashes are resolved by their names alone; "" is the
 * top. 0, GV_EUSAGE where it leads out of the working tree, GV_ENOMEM. */
int gv_content_path(
    struct gv_buf *out, const struct gv_repo *repo, const char *typed);

/* What stands in an absolute path behind the top of the working tree, to which
 * links may lead; NULL where it is elsewhere. */
const char *gv_content_below(const struct gv_repo *repo, const char *path);

/* Find a path from the top; "" is the top directory. One that the manifest
 * alone has is there with no names. 0; GV_ENOTFOUND with the nearest name in
 * the message, or why it was not stored; GV_ECORRUPT. */
int gv_content_find(struct gv_content *out, struct gv_repo *repo,
    const struct gv_record *rec, const char *path);

/* Give the bytes of a file (of a link: where it points) to fn in pieces.
 * 0, fn's first negative value, GV_ECORRUPT, GV_ENOTFOUND. */
int gv_content_stream(struct gv_repo *repo, const struct gv_content *c,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx);

/* The same with the values that the safe opens in place of what the snapshot
 * withholds of the file. Nothing is given unless all of it can be: GV_ENOKEY
 * where no key opens one of them, GV_ECORRUPT where one is lost. */
int gv_content_stream_clear(struct gv_repo *repo, const struct gv_record *rec,
    const char *path, struct gv_safe *safe,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx);

/* Whether the manifest says of a file with this blob, at this path, that it
 * is kept in chunks: 1, 0, or the reading's failure. Quick where the snapshot
 * has no such blob among its pointers. */
int gv_content_is_chunked(struct gv_odb *odb, const struct gv_record *rec,
    const char *path, const struct gv_oid *oid);

/* Give the names in a directory to fn, in Git's order. As above. */
int gv_content_each(struct gv_repo *repo, const struct gv_content *c,
    int (*fn)(void *ctx, const char *name, size_t len, unsigned mode),
    void *ctx);

#endif
