#ifndef GV_MARK_H
#define GV_MARK_H
/*
 * What is said of snapshots after they were taken: pins and tags, in the tree
 * of the ref refs/vault/marks. The snapshots' commits never change.
 *
 *	r = gv_marks_load(&marks, odb, &tip);
 *	r = gv_mark_apply(&marks, &rec);
 *	r = gv_mark_pin(repo, ids, n, "before the audit", now);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "repo/oid.h"
#include "vault/ledger.h"

struct gv_buf;
struct gv_record;
struct gv_repo;

struct gv_marks {
	struct gv_odb *odb;
	struct gv_ledger ledger;
	struct gv_oid pinned_tree, tags_tree;
	struct gv_map pinned, tags; /* from id to the blob's gv_oid */
	struct gv_arena arena;
};

#define GV_MARKS_INIT                                                          \
	{                                                                      \
		.pinned = GV_MAP_INIT, .tags = GV_MAP_INIT,                    \
		.arena = GV_ARENA_INIT                                         \
	}

/* Read which snapshots have marks: three trees, whatever their number. `tip`
 * is the commit of the ref, NULL for none. 0; GV_ECORRUPT with `out` empty. */
int gv_marks_load(
    struct gv_marks *out, struct gv_odb *odb, const struct gv_oid *tip);

/* Whether the pins and tags of the repository can be read, for who shows what a
 * record says of them: 0; GV_ECORRUPT with the sentence; a failure. */
int gv_mark_look(struct gv_repo *repo);

/* Free; NULL-safe. */
void gv_marks_release(struct gv_marks *marks);

/* Whether the snapshot of that id is pinned. */
bool gv_mark_is_pinned(const struct gv_marks *marks, const char *id);

/* Set what a record was marked with: pin, added tags. Thread safe. 0 or a
 * failure; a damaged mark is GV_ECORRUPT, the record says so, and what can be
 * read is set all the same. */
int gv_mark_apply(const struct gv_marks *marks, struct gv_record *rec);

/* Append the sentence of a record that says so, and a newline. */
void gv_mark_tell(struct gv_buf *damaged, const struct gv_record *rec);

/* Whether the text can be a tag: one word without blanks or control
 * characters. */
bool gv_mark_is_tag(const char *text);

/* Pin the snapshots of these ids, all or none; one that is pinned already
 * keeps its time unless there is a new reason. `why` may be NULL. 0,
 * GV_ELOCKED, or a failure. */
int gv_mark_pin(struct gv_repo *repo, const char *const *ids, size_t n,
    const char *why, int64_t now);

/* Unpin them. Those that are not pinned stay as they are. */
int gv_mark_unpin(
    struct gv_repo *repo, const char *const *ids, size_t n, int64_t now);

struct gv_mark_tags {
	const char *id;
	const char *const *tags;
	size_t n;
	bool remove; /* these, rather than add them */
};

/* Add tags to a snapshot, or take added ones away. */
int
gv_mark_tag(struct gv_repo *repo, const struct gv_mark_tags *what, int64_t now);

/* Write into an edit that all marks of these ids are gone, since they are
 * deleted: 1, with the step of the ref, or 0 where there are none. */
int gv_mark_forget(struct gv_ledger_edit *edit, const struct gv_marks *marks,
    const char *const *ids, size_t n);

/* A snapshot that comes back, and the blob of the tags that it had. */
struct gv_mark_tagged {
	const char *id;
	struct gv_oid tags;
};

/* Write into an edit that these have their tags again, unless they have some. 0
 * or a failure. */
int gv_mark_recall(struct gv_ledger_edit *edit, const struct gv_marks *marks,
    const struct gv_mark_tagged *tagged, size_t n);

/* Read the bytes of a pin: its time and its reason, which is malloc'd or NULL.
 * 0, GV_ECORRUPT or GV_ENOMEM. */
int gv_mark_parse_pin(int64_t *time, char **why, const void *data, size_t len);

/* Whether the bytes of an entry of a folder of the ref, "pinned" or "tags", can
 * be read as what they are there for. */
bool gv_mark_is_said(const char *folder, const void *data, size_t len);

#endif
