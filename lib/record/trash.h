#ifndef GV_TRASH_H
#define GV_TRASH_H
/*
 * The trash: snapshots that were deleted, by this clone or by others, until
 * they expire. A deletion is one ref below refs/vault-trash/, whatever the
 * number of snapshots, so that it costs no more than one; its commit has their
 * commits for parents and lists their ids. The trash is this clone's alone: no
 * push and no bundle contains it. What is in it keeps its objects and its
 * sealed values.
 *
 *	r = gv_trash_load(&trash, repo, NULL);
 *	r = gv_trash_find(&item, &trash, "20261120T071244Z-1a2b3c4d");
 *	gv_trash_release(&trash);
 *
 *	r = gv_trash_add(&edit, &how, items, n);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "repo/oid.h"

#define GV_TRASH_KEY "vault.trashexpire"

/* How long a snapshot stays, in seconds, where nothing is configured. */
#define GV_TRASH_AGE ((int64_t)30 * 86400)

struct gv_buf;
struct gv_repo;

/* One deletion. */
struct gv_trash_batch {
	char *ref;
	struct gv_oid tip, tree;
	int64_t time; /* when this clone took it in */
	char *what;   /* "delete", "prune" or "sync" */
	char *remote; /* where sync learned of it; or NULL */
	char *reason; /* or NULL */
	char *who;    /* "Name <mail>", who ran the command */
};

struct gv_trash_item {
	const char *id;
	struct gv_oid commit;
	const char *who; /* who deleted it, where others did; or NULL */
	const struct gv_trash_batch *batch;
	bool is_live; /* a snapshot of that id exists again */
};

struct gv_trash {
	struct gv_trash_batch *batches;
	size_t n_batches;
	struct gv_trash_item *items; /* the newest id first; one an id */
	size_t n, cap;
	struct gv_map by_id;
	struct gv_arena arena;
};

/* Read the trash. A deletion that cannot be read is left out, and its sentence
 * appended to `damaged` (may be NULL). 0 or a failure. */
int gv_trash_load(
    struct gv_trash *out, struct gv_repo *repo, struct gv_buf *damaged);

/* Free; NULL-safe, zeroed ok. */
void gv_trash_release(struct gv_trash *trash);

/* Find a snapshot by its id, the beginning of it, the digits that it ends with,
 * or its ref. 0; GV_ENOTFOUND; GV_EREFUSED where several are meant. */
int gv_trash_find(const struct gv_trash_item **out,
    const struct gv_trash *trash, const char *id);

/* Report that the text names a snapshot in the trash, if it does: GV_ENOTFOUND
 * then, with the command that brings it back; 0 where it names none, or the
 * trash cannot be read. */
int gv_trash_say_deleted(struct gv_repo *repo, const char *text);

/* How long snapshots stay, by vault.trashExpire: INT64_MAX for "never". 0, or
 * GV_EREFUSED for a value that is no duration. */
int gv_trash_expiry(int64_t *seconds, const struct gv_repo *repo);

/* The tags that a snapshot had: the blob of them, or zero. 0 or a failure. */
int gv_trash_tags(
    struct gv_oid *out, struct gv_repo *repo, const struct gv_trash_item *item);

#endif
