#ifndef GV_SEEN_H
#define GV_SEEN_H
/*
 * What a snapshot that was just taken saw of the working tree, for who replaces
 * files of it: of what kind each path is, and whether what stands there now is
 * still the very file that the snapshot holds.
 *
 *	r = gv_seen_open(&seen, repo, &rec.commit);
 *	if (gv_seen_kind(seen, path, len) == GV_SEEN_TRACKED) …
 *	gv_seen_close(seen);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct gv_map;
struct gv_oid;
struct gv_repo;
struct gv_seen;

enum gv_seen_kind {
	GV_SEEN_NOTHING, /* or nothing that it holds */
	GV_SEEN_DIR,
	GV_SEEN_REPO,      /* a repository of its own */
	GV_SEEN_TRACKED,   /* a file or link in git's index */
	GV_SEEN_UNTRACKED, /* one that git would add */
	GV_SEEN_IGNORED,   /* one that git ignores */
	GV_SEEN_POINTER,   /* one of git's large-file filter, of which it holds
			      no more than the pointer */
};

/* Open what the snapshot of this commit saw. 0; GV_ENOTFOUND without a message
 * where that is not known, or no longer; GV_ENOMEM. */
int gv_seen_open(struct gv_seen **out, const struct gv_repo *repo,
    const struct gv_oid *commit);
void gv_seen_close(struct gv_seen *seen); /* NULL-safe */

enum gv_seen_kind
gv_seen_kind(const struct gv_seen *seen, const char *path, size_t len);

/* Whether a change of the file since then would show in its stat data: not so
 * where it changed just before it was read. */
bool
gv_seen_is_settled(const struct gv_seen *seen, const char *path, size_t len);

/* Whether a file with these stat data is the one that is held, unchanged. */
bool gv_seen_is_same(const struct gv_seen *seen, const char *path, size_t len,
    const struct stat *st);

/* The inode of a file or folder that is held; NULL for none. */
const uint64_t *
gv_seen_inode(const struct gv_seen *seen, const char *path, size_t len);

/* Whether one of these inodes (the keys) is that of several paths: other names
 * of a file, or one name where case says nothing. */
bool
gv_seen_is_any_twin(const struct gv_seen *seen, const struct gv_map *inodes);

#endif
