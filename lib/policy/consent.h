#ifndef GV_CONSENT_H
#define GV_CONSENT_H
/*
 * Which contents of the policy files are accepted. Everybody who can push can
 * change these files, so what they loosen counts only once a content is
 * accepted, whoever wrote it. config/policy_hold.h decides what counts when the
 * accepted and the present content differ.
 *
 *	r = gv_consent_load(&consent, repo);
 *	r = gv_consent_hold(&policy, repo, text, len);
 *
 * The first of these that exists decides: vault.policy in git's configuration;
 * the keyring, if this clone has seen it or vault.keyring names it; the record
 * of this clone, .git/vault/policy. Without any of them the files count as they
 * are if only the user of this clone can have written them, and otherwise
 * nothing is accepted (consent_origin.c).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "key/keyring.h"

struct gv_oid;
struct gv_policy;
struct gv_policy_diff;
struct gv_repo;

/* The policy files. All .vaultignore files that Git tracks are one content, the
 * text of wish_file.h. The baseline is the file that the policy's own key
 * check.baseline names; it is called by that key wherever it is. All recovery
 * plans are one content, the text of plan_file.h; all schemas one that has the
 * ids of theirs. */
enum gv_consent_file {
	GV_CONSENT_POLICY, /* .gitvault.yaml */
	GV_CONSENT_IGNORE, /* .vaultignore */
	GV_CONSENT_BASELINE,
	GV_CONSENT_PLANS,   /* .gitvault/plans */
	GV_CONSENT_SCHEMAS, /* that sets of the policy name */
	GV_CONSENT_FILES
};

extern const char *const gv_consent_files[GV_CONSENT_FILES];

/* The same as a keyring has them: a dot, and no '/'. */
extern const char *const gv_consent_entries[GV_CONSENT_FILES];

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
	bool has[GV_CONSENT_FILES]; /* false: that there is no such file */
	/* plans that cannot be accepted and are not in their text: a line each,
	 * "NAME: WHY" */
	struct gv_buf left;
};

/* Load what is accepted. Where it cannot be read, nothing is accepted and `why`
 * has the reason; that is no failure. With GV_CONSENT_HERE the texts are those
 * of the files. 0; GV_ENOMEM. To be released in any case. */
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

/* Reduce a policy, parsed from these bytes, to what counts of it, and note in
 * the repository which keys do not count; the command prints them at its end.
 * 0; GV_ENOMEM, and then the policy is released. */
int gv_consent_hold(struct gv_policy *policy, struct gv_repo *repo,
    const char *text, size_t len);

/* The same against a given acceptance, with what differs. */
int gv_consent_compare(struct gv_policy *policy, struct gv_policy_diff *diff,
    const struct gv_consent *accepted, const char *text, size_t len);

/* Set *policy to what counts while the policy file cannot be read: the same as
 * if the file were deleted, which everybody who can push could do as well.
 * `why` is what is wrong with the file; the command prints it at its end. 1; 0
 * with GV_CONSENT_HERE, where only the file itself could count; GV_ENOMEM. */
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

/* Append the lines of the baseline that a policy names which count: those that
 * are accepted, too. *waiting is how many are not. `commit` says where to read
 * the file; NULL: in the working tree. 0, also where the policy names none;
 * GV_EREFUSED where there is no such file, or it cannot be read; GV_ENOMEM. */
int
gv_consent_baseline(struct gv_buf *out, size_t *waiting, struct gv_repo *repo,
    const struct gv_policy *policy, const struct gv_oid *commit);

/* The schemas of a policy, and the files that they may refer to, are lines of
 * "ID PATH": the blob that a path has; false: it has none. */
#define GV_CONSENT_SCHEMA_DIR ".gitvault/schemas/"
bool gv_consent_schema_id(
    struct gv_oid *out, const struct gv_buf *lines, const char *path);

/* List the files that exist, as gv_key_accept() takes them; returns how many.
 * The texts are borrowed. */
size_t gv_consent_list(struct gv_keyring_file files[GV_CONSENT_FILES],
    const struct gv_consent *consent);

/* Record what is accepted when this clone's vault begins: the files as they are
 * if the repository was made here, else nothing. Does nothing where a record,
 * the keyring or vault.policy decides already. 0, also where the record cannot
 * be written; else a failure to read what there is. */
int gv_consent_settle(struct gv_repo *repo);

#endif
