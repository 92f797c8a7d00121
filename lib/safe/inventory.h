#ifndef GV_INVENTORY_H
#define GV_INVENTORY_H
/*
 * What sealed values there are: those that snapshots withhold and those that
 * refs/vault/secrets/<scope> holds, with the places of each in the newest
 * snapshot that has it, and what was said of it since. Nothing is opened. How
 * values are opened is for safe.h.
 *
 *	r = gv_inventory_load(&inv, repo, NULL);
 *	for (i = 0; i < inv.n; i++)
 *		show(&inv.values[i]);
 *	r = gv_inventory_find(&value, &inv, "3f8a");
 *	gv_inventory_release(&inv);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "record/record_id.h"
#include "safe/lifecycle.h"
#include "seal/withheld.h"

struct gv_repo;

#define GV_INVENTORY_PREFIX 4 /* digits that name a value at the least */

struct gv_inventory_place {
	const char *path; /* as in tree/, index/ or meta/ */
	size_t path_len;
	const char *rule;
	uint64_t at, len; /* of the placeholder */
	enum gv_withheld_kind kind;
	bool is_staged; /* in index/, not in tree/ */
	bool is_meta;   /* in meta/: a hook, a side of a conflict */
};

struct gv_inventory_value {
	struct gv_digest id;
	const char *scope;
	struct gv_oid object; /* what the scope has, else what a line names */
	bool is_kept;         /* refs/vault/secrets/<scope> has it */
	bool is_tree;         /* … in chunks */
	bool is_used;         /* a snapshot withholds it */
	unsigned unique;      /* digits that name it, 8 or more */
	/* in the newest snapshot that has it, in the order of paths */
	struct gv_inventory_place *places;
	size_t n_places, cap_places;
	uint64_t n_files;
	/* positions in `snapshots`, which are the newest first */
	size_t newest, oldest;
	struct gv_lifecycle life;
};

struct gv_inventory_snapshot {
	char id[GV_RECORD_ID_LEN + 1];
	int64_t time;
	/* meta/secrets, meta/index-secrets, meta/meta-secrets; or zero */
	struct gv_oid list, staged, meta;
};

struct gv_inventory {
	struct gv_inventory_value *values; /* by scope and id */
	size_t n, cap;
	struct gv_inventory_snapshot *snapshots;
	size_t n_snapshots, cap_snapshots;
	struct gv_buf damaged; /* a sentence a line: what could not be read */
	struct gv_arena arena;
};

struct gv_inventory_opts {
	const char *const *scopes; /* only these; none: all */
	size_t n_scopes;
	bool is_newest; /* only the newest snapshot says what is in use */
};

/* Load it. What is damaged is left out and named in `damaged`. 0; GV_ENOMEM;
 * GV_ERROR; GV_ECANCELED. `opts` may be NULL. To be released in any case. */
int gv_inventory_load(struct gv_inventory *out, struct gv_repo *repo,
    const struct gv_inventory_opts *opts);

/* Free; NULL-safe, zeroed ok. */
void gv_inventory_release(struct gv_inventory *inv);

/* The value that digits at the beginning of its id name, GV_INVENTORY_PREFIX of
 * them or more. 0; GV_ENOTFOUND; GV_EREFUSED where they name several; GV_EUSAGE
 * for what is no such text. */
int gv_inventory_find(const struct gv_inventory_value **out,
    const struct gv_inventory *inv, const char *text);

/* The value of that id, or NULL. */
const struct gv_inventory_value *
gv_inventory_get(const struct gv_inventory *inv, const struct gv_digest *id);

/* Whether the newest of all snapshots withholds it: it is in use now. */
bool gv_inventory_is_current(const struct gv_inventory_value *value);

/* Whether another value is due in its place: it was revoked, and is in use. */
bool gv_inventory_is_due(const struct gv_inventory_value *value);

/* "revoked", "rotated", "unreferenced" or "ok"; static. */
const char *gv_inventory_state(const struct gv_inventory_value *value);

#endif
