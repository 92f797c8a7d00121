#ifndef GV_KEY_H
#define GV_KEY_H
/*
 * Changes of readers: a new version of the keyring, signed by an owner whose
 * key is here, and then existing secrets are encrypted again for the present
 * readers. The rules of a keyring are in keyring.h, the new encryption of
 * secrets is in safe.h.
 *
 *	r = gv_key_exposed(&report, safe, "bob");
 *	r = gv_key_change(safe, &change, 1);
 *	r = gv_key_reseal(&report, safe, &calls);
 *	gv_key_report_release(&report);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "crypto/digest.h"
#include "key/keyring.h"
#include "state/track_reseal.h"

struct gv_audit_event;
struct gv_buf;
struct gv_identity;
struct gv_policy_vault;
struct gv_repo;
struct gv_safe;
struct gv_safe_opts;
struct gv_secret;

/* A value that somebody could read. */
struct gv_key_value {
	const char *scope;
	struct gv_digest id;
	const char *rule; /* by which it was found; NULL where no snapshot has
			     it */
	const char *path; /* one of the files that it stood in, or NULL */
	uint64_t places;  /* in how many lines of snapshots it is named */
};

struct gv_key_report {
	struct gv_key_value *values; /* sorted by scope, path and id */
	size_t n_values, cap;
	size_t scopes; /* that were encrypted again */
	uint64_t resealed, unopened, damaged;
	struct gv_digest *resealed_ids;
	size_t n_resealed_ids, cap_resealed_ids;
	const char **resealed_scopes; /* `scopes` of them */
	struct gv_track_resealed states;
	struct gv_arena arena;
};

#define GV_KEY_REPORT_INIT                                                     \
	{                                                                      \
		.states = GV_TRACK_RESEALED_INIT, .arena = GV_ARENA_INIT       \
	}

/* Free; NULL-safe, zeroed ok. */
void gv_key_report_release(struct gv_key_report *report);

/* How progress is reported; may be NULL. */
struct gv_key_calls {
	void (*on_begin)(void *ctx, const char *title, uint64_t total);
	void (*on_add)(void *ctx, uint64_t n, uint64_t bytes);
	void *ctx;
	/* all versions of each state, not only the newest and those that are
	 * named by snapshots and known-good records */
	bool all_versions;
	/* ignore states that we cannot open */
	bool own_only;
};

/* Append the two lines that make an identity known to others: whom to seal for,
 * and by what key it signs. 0; GV_EREFUSED for one of a plugin; GV_ENOMEM. */
int gv_key_describe(struct gv_buf *recipient, struct gv_buf *signer,
    const struct gv_identity *id);

/* Make an identity in a new file, wrapped by a vault unless that is NULL, and
 * append the same of it. As gv_keyfile_make(). */
int gv_key_generate(struct gv_buf *recipient, struct gv_buf *signer,
    const char *path, int64_t now, const struct gv_policy_vault *vault);

/* The recipient who we are: NULL where no identity is one. What is not in clear
 * is opened only where that is needed. 0 or a failure. It is the keyring's. */
int gv_key_own(const struct gv_keyring_recipient **out, struct gv_safe *safe);

/* Append the line of the key that events of the audit are signed by here:
 * ssh-ed25519 AAAA…, of the first identity that can. 0; GV_ENOKEY where none
 * is at hand; GV_ENOMEM. */
int gv_key_signer(struct gv_buf *out, struct gv_safe *safe);

/* Check that these scopes exist: the keyring or the policy names them, or
 * something is encrypted for them. 0; GV_EUSAGE with the most similar name;
 * GV_ENOMEM; GV_ERROR. (key_scope.c) */
int
gv_key_check_scopes(struct gv_safe *safe, const char *const *scopes, size_t n);

/* Sign the next version with these changes, after the audit chain has them. A
 * scope that a change names and the keyring has not is added. 0; GV_EREFUSED
 * where no owner is at hand, or the keyring cannot be so; GV_ENOKEY where the
 * key of ids cannot be opened; GV_EEXISTS where somebody else was quicker; and
 * as gv_keyring_next() and gv_audit_add(). */
int gv_key_change(
    struct gv_safe *safe, const struct gv_keyring_change *changes, size_t n);

/* Whether gv_key_accept() finds a key of an owner at hand, or there is no
 * keyring that it would need one for. */
bool gv_key_may_accept(struct gv_safe *safe);

/* Sign the next version that accepts these contents of policy files, and no
 * others, after the audit chain has the event. As gv_key_change(). */
int gv_key_accept(struct gv_safe *safe, const struct gv_keyring_file *files,
    size_t n, struct gv_audit_event *event);

/* Give this host a new key in place of its own, in the file and in the keyring;
 * the old file is kept beside, under the path that is appended. A file that a
 * vault has wrapped is replaced by one that the same has. Secrets are not
 * encrypted again yet: open the safe again for that. Killed in between, the
 * next call goes on. 0; GV_EREFUSED where this host's key is sealed by a
 * passphrase, or is no owner's; GV_ENOKEY where the vault does not open it; as
 * gv_keyfile_make() and gv_key_change(). */
int gv_key_rotate(struct gv_buf *old, struct gv_safe *safe);

/* List the values that a recipient of the keyring may have read. 0 or a
 * failure. */
int gv_key_exposed(
    struct gv_key_report *report, struct gv_safe *safe, const char *name);

/* Encrypt everything again that is not encrypted for its present readers: the
 * values of all scopes, then versions of states, as track_reseal.h says. After
 * a failure the next call continues where this one stopped. A scope that cannot
 * be opened here does not stop the others. 0; GV_ENOKEY if something could not
 * be opened; other failures. */
int gv_key_reseal(struct gv_key_report *report, struct gv_safe *safe,
    const struct gv_key_calls *calls);

/* Use the keyring of this fingerprint, which a fetch brought, in place of the
 * present one if this user is its only reader, or where there is none. Encrypt
 * existing secrets again for its readers. 0, also where it is ours already;
 * GV_ENOTFOUND; GV_EREFUSED where others are in ours; GV_ENOKEY where
 * something was left, too; GV_EEXISTS where another was quicker; GV_ENOMEM;
 * GV_ERROR. */
int gv_key_adopt(struct gv_key_report *report, struct gv_repo *repo,
    const struct gv_safe_opts *opts, const char *print,
    const struct gv_key_calls *calls);

#endif
