#ifndef GV_ODB_OWN_H
#define GV_ODB_OWN_H
/*
 * Which packs of the repository are git-vault's, by what is in them: every
 * commit is a vault's (its last paragraph has the trailer Vault-Format),
 * at least one is there, and no tag is. Only the repository's own packs, never
 * those of alternates, and none that a file beside it gives to somebody else:
 * .keep, .promisor, .bitmap, or a multi-pack-index that names it.
 *
 *	r = gv_odb_own_list(&own, odb, false);	a first look at each
 *	r = gv_odb_own_check(&own, odb);	all objects of those that remain
 *	gv_odb_own_release(&own);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_odb;
struct gv_odb_pack;

struct gv_odb_own_pack {
	struct gv_odb_pack *pack;  /* borrowed: the database's */
	char name[GV_OID_HEX + 1]; /* pack-<name>.pack */
	uint64_t bytes;            /* of the pack and its index */
	int64_t mtime, mtime_nsec; /* of the pack: when it was last relied on */
	uint32_t objects;
	bool is_cruft; /* has .mtimes: its objects are on their way out */
};

enum gv_odb_own_fate {
	GV_ODB_OWN_STAYS,
	GV_ODB_OWN_YOUNG, /* nothing needs it, but it is too young to go */
	GV_ODB_OWN_GOES,
};

/* An object of the packs that were checked, once however many hold it. */
struct gv_odb_own_object {
	struct gv_oid oid;
	unsigned char type; /* enum gv_otype */
	unsigned char fate; /* enum gv_odb_own_fate, for the caller */
	bool is_named;      /* likewise, false at first */
	bool is_cruft;      /* only cruft packs hold it */
	int64_t mtime;      /* of the youngest pack that holds it; in a cruft
			       pack its own */
};

struct gv_odb_own {
	struct gv_odb_own_pack *packs; /* the smallest first */
	size_t n, cap;
	size_t held; /* packs that look like ours and must be left alone */
	struct gv_odb_own_object *objects; /* sorted by id */
	size_t n_objects, cap_objects;
};

/* Find the packs that look like ours by their first or last object; with
 * `cruft` also those that have .mtimes. What cannot be read is not ours. 0,
 * GV_ERROR or GV_ENOMEM. The caller releases *out either way. */
int gv_odb_own_list(struct gv_odb_own *out, struct gv_odb *odb, bool cruft);

/* Look at the type of every object, and at every commit: packs that are not
 * ours go from the list, the objects of the others are collected. 0,
 * GV_ECORRUPT where a pack is damaged, GV_ENOMEM. */
int gv_odb_own_check(struct gv_odb_own *own, struct gv_odb *odb);

/* The object of that id, or NULL. */
struct gv_odb_own_object *
gv_odb_own_find(const struct gv_odb_own *own, const struct gv_oid *id);

/* Whether each object of that fate stands in the index stem.idx, by its own
 * table: 0, or GV_ECORRUPT naming the first that does not. */
int gv_odb_own_compare(
    const struct gv_odb_own *own, enum gv_odb_own_fate fate, const char *stem);

/* Whether all packs are still there and none was relied on since they were
 * listed. */
bool gv_odb_own_is_same(const struct gv_odb_own *own);

/* Ids of all objects of the repository that are loose or in packs which are
 * not listed. The caller frees them. 0, GV_ENOMEM, GV_ERROR. */
int gv_odb_own_others(struct gv_oid **ids, size_t *n,
    const struct gv_odb_own *own, struct gv_odb *odb);

/* Whether the repository has an object itself, loose or in a pack, whatever
 * alternates have. */
bool gv_odb_own_has(struct gv_odb *odb, const struct gv_oid *oid);

/* The name (40 digits) of a pack of the repository's own folder, or NULL. */
const char *
gv_odb_own_name(const struct gv_odb *odb, const struct gv_odb_pack *pack);

/* Whether the bytes of a commit (NUL behind them) are a vault's. */
bool gv_odb_own_is_commit(const char *commit);

/* Free; NULL-safe, zeroed struct ok. */
void gv_odb_own_release(struct gv_odb_own *own);

#endif
