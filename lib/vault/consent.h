#ifndef GV_CONSENT_H
#define GV_CONSENT_H
/*
 * Which contents of the policy files somebody has accepted. Anybody who may
 * push can change these files, so that what they loosen counts only once it is
 * accepted; a content is, whoever wrote it. What of two contents counts is for
 * config/policy_hold.h.
 *
 *	r = gv_consent_load(&consent, repo);
 *	r = gv_consent_hold(&policy, repo, text, len);
 *	r = gv_consent_accept(&consent, repo, safe, now);
 *
 * The first of these that there is decides: git's configuration vault.policy;
 * the keyring, if this clone has seen it, or vault.keyring names it; the record
 * of this clone, .git/vault/policy. Where there is none of them, a repository
 * that was made here is its user's, and its files count as they are.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "vault/keyring.h"

struct gv_oid;
struct gv_policy;
struct gv_policy_diff;
struct gv_repo;
struct gv_safe;

/* The policy files. All .vaultignore files that Git tracks count as one, which
 * has their patterns; see wish_file.h. */
enum gv_consent_file {
	GV_CONSENT_POLICY, /* .gitvault.yaml */
	GV_CONSENT_IGNORE, /* .vaultignore */
	GV_CONSENT_FILES
};

extern const char *const gv_consent_files[GV_CONSENT_FILES];

enum gv_consent_from {
	GV_CONSENT_NOBODY,  /* nothing is accepted: the defaults count */
	GV_CONSENT_HERE,    /* made here, and nothing recorded yet */
	GV_CONSENT_CLONE,   /* recorded by this clone */
	GV_CONSENT_KEYRING, /* an owner has signed it */
	GV_CONSENT_PINNED,  /* vault.policy names it */
};

struct gv_consent {
	enum gv_consent_from from;
	unsigned version; /* of the keyring that has it first, else 0 */
	char *why;        /* why nothing is accepted, or NULL */
	struct gv_buf texts[GV_CONSENT_FILES];
	bool has[GV_CONSENT_FILES]; /* else: that there is no such file */
};

/* Find out. That it cannot be found out is no failure: nothing is accepted
 * then, and `why` says so. With GV_CONSENT_HERE the texts are the files'. 0;
 * GV_ENOMEM. To be released in any case. */
int gv_consent_load(struct gv_consent *out, struct gv_repo *repo);

/* NULL-safe, zeroed ok. */
void gv_consent_release(struct gv_consent *consent);

/* Read the policy files as they are now. 0; GV_EREFUSED, GV_ERROR where one of
 * them cannot be read; GV_ENOMEM. To be released by gv_consent_release(). */
int gv_consent_read(struct gv_consent *out, struct gv_repo *repo);

/* The id that git gives to the content of a file. */
void gv_consent_name(struct gv_oid *out, const struct gv_consent *consent,
    enum gv_consent_file file);

/* The same of any text. */
void gv_consent_name_text(struct gv_oid *out, const char *text, size_t len);

/* Whether the two have the same contents. */
bool gv_consent_is_same(const struct gv_consent *a, const struct gv_consent *b);

/* Reduce a policy, parsed from these bytes, to what counts of it, and have the
 * repository tell at the end of the command which keys do not. 0; GV_ENOMEM,
 * and then the policy is released. */
int gv_consent_hold(struct gv_policy *policy, struct gv_repo *repo,
    const char *text, size_t len);

/* The same against a given acceptance, with what differs. */
int gv_consent_compare(struct gv_policy *policy, struct gv_policy_diff *diff,
    const struct gv_consent *accepted, const char *text, size_t len);

/* Set *policy to what counts while the policy file cannot be read: what is
 * accepted, as if the file were deleted, which is no more than whoever can push
 * could do. `why` tells what is wrong; the command prints it at its end. 1; 0
 * where nothing is accepted but the file itself; GV_ENOMEM. */
int gv_consent_stand_in(
    struct gv_policy *policy, struct gv_repo *repo, const char *why);

/* Note that these patterns of the .vaultignore files (wish_file.h) leave out
 * what the accepted ones do not. 1 where they differ from the accepted ones, 0
 * where not; GV_ENOMEM. */
int gv_consent_note_files(struct gv_repo *repo,
    const struct gv_consent *accepted, const struct gv_buf *present);

/* Note that the .vaultignore files leave nothing out, and why. 1 or GV_ENOMEM.
 */
int gv_consent_warn(
    struct gv_repo *repo, const struct gv_consent *accepted, const char *why);

/* List those that there are, as a version of the keyring takes them; the
 * number. They are borrowed. */
size_t gv_consent_list(struct gv_keyring_file files[GV_CONSENT_FILES],
    const struct gv_consent *consent);

/* Record, when this clone's vault begins, what is accepted: the files as they
 * are where the repository was made here, else that there are none. Nothing
 * where it is recorded, in the keyring, or pinned. 0, also where the record
 * cannot be written; else a failure to read what there is. */
int gv_consent_settle(struct gv_repo *repo);

/* Accept these contents: an owner signs the next version of the keyring, which
 * all clones take; without a keyring it is recorded for this clone. The audit
 * chain has it. 0; GV_EREFUSED where no owner is at hand, where vault.policy
 * decides, or where a content cannot be read by this program; as
 * gv_key_change(). */
int gv_consent_accept(const struct gv_consent *consent, struct gv_repo *repo,
    struct gv_safe *safe, int64_t now);

#endif
