#ifndef GV_ROLLBACK_KEYS_H
#define GV_ROLLBACK_KEYS_H
/*
 * Which keys of a configuration file change where it goes back to a record, and
 * which of them the record's snapshot withholds: for who is to decide on that
 * in a hurry. What their values are is compared in memory that is wiped, and
 * leaves it in no form.
 *
 *	r = gv_rollback_keys_open(&keys, repo, &rec, safe);
 *	r = gv_rollback_keys_find(&list, keys, "values.yaml", &arena);
 *	gv_rollback_keys_close(keys);
 */

struct gv_arena;
struct gv_configkeys_changes;
struct gv_record;
struct gv_repo;
struct gv_safe;

struct gv_rollback_keys;

/* Be ready to compare the snapshot `rec` with the working tree; with `safe`
 * NULL nothing is opened. All of them must outlive it. 0 or GV_ENOMEM. */
int gv_rollback_keys_open(struct gv_rollback_keys **out, struct gv_repo *repo,
    const struct gv_record *rec, struct gv_safe *safe);

/* Compare a file of the working tree with the record's, by its path from the
 * top; the list is in `arena`. A key is added if the record has it alone. Costs
 * nothing where the name says that it has no keys. 0, also where nothing can be
 * said: one of both is no file, is damaged or too large, see configkeys.h. A
 * value that no key opens is not known, and nothing is said of a change of it.
 * What cannot be read is a failure as of gv_revealed_load(), gv_content_find()
 * and gv_revealed_stream(). */
int gv_rollback_keys_find(struct gv_configkeys_changes *out,
    struct gv_rollback_keys *k, const char *path, struct gv_arena *arena);

/* NULL-safe; wipes. */
void gv_rollback_keys_close(struct gv_rollback_keys *k);

#endif
