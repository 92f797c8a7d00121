#ifndef GV_KEYRING_AGE_H
#define GV_KEYRING_AGE_H
/*
 * How old the keys of the keyring are: since which version each recipient of
 * the newest one has had the key that they have now. A key itself has no date,
 * and the versions are signed.
 *
 *	r = gv_keyring_ages_load(&ages, repo, &kept);
 *	… ages.items[i].name, ages.items[i].since
 *	gv_keyring_ages_release(&ages);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct gv_keyring;
struct gv_keyring_kept;
struct gv_repo;

/* Of the key that somebody reads by, and of the one that they sign by, if that
 * is another one, the older. */
struct gv_keyring_age {
	const char *name;
	int64_t since; /* seconds since 1970, by the version that brought it */
	/* private: the keys, NULL once a version did not have them */
	const char *key, *signer;
};

struct gv_keyring_ages {
	struct gv_keyring_age *items; /* by name */
	size_t n;
	bool is_begun; /* private */
	struct gv_arena arena;
};

#define GV_KEYRING_AGES_INIT                                                   \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Take a version into account; the first is the newest, then each one before.
 * Pure. 0 or GV_ENOMEM. */
int
gv_keyring_ages_take(struct gv_keyring_ages *ages, const struct gv_keyring *k);

/* Find them, from the version that was loaded back. Nothing is pinned. 0; as
 * gv_keyring_look(). To be released in any case. */
int gv_keyring_ages_load(struct gv_keyring_ages *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept);

/* NULL-safe, zeroed ok. */
void gv_keyring_ages_release(struct gv_keyring_ages *ages);

#endif
