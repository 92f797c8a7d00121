#ifndef GV_TRACK_REKEY_H
#define GV_TRACK_REKEY_H
/*
 * Digests of a version's items under another key. Digests of an index say
 * nothing of those that another id key made, such as a writer's own, or the
 * one before a key was exchanged. Who can open both versions makes them again.
 *
 *	struct gv_track_rekey how = { repo, safe, &version, key, &arena, { 0 }
 *}; r = gv_track_rekey(&items, &how);
 */

struct gv_arena;
struct gv_map;
struct gv_repo;
struct gv_safe;
struct gv_track_version;

struct gv_track_rekey {
	struct gv_repo *repo;
	struct gv_safe *safe;
	const struct gv_track_version *v;
	const unsigned char *key; /* GV_TRACK_LEAF_KEY bytes */
	struct gv_arena *arena;   /* of what the items point to */
	unsigned char sum[32];    /* set to the SHA-256 of the bytes */
};

/* Open all of a version and set what each of these items has of digests:
 * struct gv_track_item by address, a NUL and the deposed key. An item that the
 * state does not have keeps its digests. 0; as gv_track_reader_new() and
 * gv_state_run(). */
int gv_track_rekey(struct gv_map *items, struct gv_track_rekey *how);

#endif
