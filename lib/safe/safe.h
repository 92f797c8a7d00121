#ifndef GV_SAFE_H
#define GV_SAFE_H
/*
 * The safe of a repository, as a command has it open: the keyring, the key of
 * ids, the identities of who we are, and the values that are sealed already, by
 * scope and id, in refs/vault/secrets/<scope>. Here values go in and come out;
 * where they stood in files is for redact.h and withheld.h, how one is sealed
 * for seal.h, who may read it for keyring.h.
 *
 *	r = gv_safe_open(&safe, repo, &opts);
 *	r = gv_safe_prepare(safe);
 *	r = gv_safe_writer_new(&w, safe, lane);		a thread
 *	r = gv_safe_put(w, &id, "prod", value, len);
 *	r = gv_safe_publish(safe, lane, &tx);		and carry out the tx
 *	…
 *	r = gv_safe_reader_new(&reader, safe);		a thread
 *	r = gv_safe_get(reader, &secret, &place);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/age.h"
#include "crypto/digest.h"
#include "repo/oid.h"

struct gv_identity;
struct gv_idkey;
struct gv_keyring_kept;
struct gv_keyring_recipient;
struct gv_ledger_edit;
struct gv_pack_lane;
struct gv_ref_tx;
struct gv_refs;
struct gv_repo;
struct gv_safe;
struct gv_safe_reader;
struct gv_safe_writer;
struct gv_seal;
struct gv_seal_reader;
struct gv_secret;

struct gv_safe_opts {
	int64_t now; /* seconds since 1970 */
	/* files of identities; none: $GIT_VAULT_IDENTITY, else
	 * ~/.config/git-vault/identity and the user's ssh-ed25519 keys */
	const char *const *identities;
	size_t n_identities;
	/* append the passphrase of what the text names. 0, or negative to give
	 * up; NULL: nobody can be asked, and such a file opens nothing */
	int (*ask)(void *ctx, struct gv_secret *out, const char *what);
	void *ctx;
	/* called when the first keyring was made here, with the name of its
	 * owner, to record it in the audit chain: gv_audit_tell_made(). 0, or a
	 * failure. May be NULL */
	int (*made)(struct gv_repo *repo, struct gv_safe *safe,
	    const char *owner, int64_t now);
	bool is_locked; /* the caller has gv_repo_lock() */
	/* the user has asked for what the remote has: where there is no keyring
	 * here, that of the remote is used, and its fingerprint is shown */
	bool takes_keyring;
	/* with that: the repository's asker is asked first, and its no stands
	 */
	bool asks_keyring;
	/* what a bundle has, as sync.h says, to be merged beside what fetches
	 * brought; while the safe is opened. NULL: none */
	const struct gv_refs *given;
};

/* What the user is to be told, each once. Texts live as long as the safe. */
struct gv_safe_news {
	bool is_made;         /* the keyring was made just now … */
	const char *identity; /* … for the key in this file, also just made;
				 NULL: one that was there */
	bool is_first_seen;   /* the keyring was pinned just now */
	const char *print;    /* its fingerprint; NULL: there is no keyring */
	bool is_random;       /* the key of ids is this host's own: values that
				 others sealed are sealed again */
	const char *add;      /* … the command by which an owner has this host
				 among the readers; NULL: not known */
	const char *unmerged; /* why something that a fetch brought is not
				 taken, such as another keyring; NULL */
	const char *put_off;  /* why something that a fetch brought could not
				 be merged now; the next one tries again;
				 NULL */
	int put_off_code;     /* what kind of failure that was */
	const char *exposed;  /* an identity file that others can read; NULL */
	const char *shut;     /* why an identity opens nothing: a service
				 has wrapped it, or it is damaged; NULL */
	const char *unreached; /* why a vault of others was not given a value
				  that is kept in both; NULL */
	const char *barred;    /* why a vault of others gives no value to us;
				  NULL */
	const char *untold;    /* what is done, values that are opened or the
				  keyring made, and why the audit chain does
				  not tell of it; NULL */
};

/* Open it: the keyring is loaded and checked, and what a fetch brought is
 * merged as gv_safe_merge() says; identities are looked at when one is needed.
 * That there is no keyring is no failure. `repo` must outlive it, `opts` is
 * copied. 0; GV_EREFUSED and GV_ECORRUPT as gv_keyring_load(); GV_ENOMEM. */
int gv_safe_open(struct gv_safe **out, struct gv_repo *repo,
    const struct gv_safe_opts *opts);

/* For who has it open for long, after gv_repo_look_again(): whether the keyring
 * is another one by now than that it goes by, by what a fetch brought, too.
 * Then it is to be closed and opened anew. Nobody has a writer or a reader. 0
 * or a failure. */
int gv_safe_look_again(bool *is_outdated, struct gv_safe *safe);

/* Forget what is known of the scopes: what was put and published, too, so that
 * more can be. Nobody has a writer or a reader. */
void gv_safe_forget_scopes(struct gv_safe *safe);

/* NULL-safe; wipes. Readers and writers go first. */
void gv_safe_close(struct gv_safe *safe);

/* The keyring; NULL where there is none. */
const struct gv_keyring_kept *gv_safe_keyring(const struct gv_safe *safe);

const struct gv_safe_news *gv_safe_news(const struct gv_safe *safe);

/* Have it among the news that this is done, such as "values are opened", and by
 * the thread's message why the audit chain does not tell of it. 0 or
 * GV_ENOMEM. */
int gv_safe_note_untold(struct gv_safe *safe, const char *done);

/* The identities that were found. 0; GV_ENOKEY with where they were sought
 * where there is none; GV_ECORRUPT and others for a file that cannot be read.
 * The array is the safe's. */
int gv_safe_identities(
    const struct gv_identity *const **out, size_t *n, struct gv_safe *safe);

/* The same of those that are at hand without asking anybody for a passphrase,
 * nor a service: maybe none. 0, or why a file that was named cannot be read. */
int gv_safe_identities_at_hand(
    const struct gv_identity *const **out, size_t *n, struct gv_safe *safe);

/* The identity that opens the safe: append the recipient (age1..., ssh-...) of
 * the first identity at hand whose recipient is known, and set *who to its
 * entry in the keyring, or NULL. 1; 0 if there is no such identity; or as
 * gv_safe_identities_at_hand(). */
int gv_safe_own(struct gv_buf *key, const struct gv_keyring_recipient **who,
    struct gv_safe *safe);

/* Append the command by which an owner adds that recipient to the keyring. 1; 0
 * if no such identity is at hand; or a failure. */
int gv_safe_add_command(struct gv_buf *out, struct gv_safe *safe);

/* Append the GV_SIGN_KEY bytes by which the first of these signs that can; of
 * those that take a passphrase only if it may ask. Nothing where none can, with
 * this thread's message kept. */
void gv_safe_signer(struct gv_secret *out, struct gv_safe *safe, bool asks);

/* The same, and without leave to ask where no identity was named: who names one
 * wants its signature. 0; GV_ENOKEY where none of those named signs; why one of
 * them cannot be read. */
int gv_safe_signer_as_named(struct gv_secret *out, struct gv_safe *safe);

/* Whether something is sealed that only one recipient can open: who has lost
 * his file has lost all. 0 with the answer, or a failure. */
int gv_safe_is_of_one(bool *out, struct gv_safe *safe);

/* Merge what fetches brought of other clones, in refs/vault-remote/: the
 * keyring where it goes on from ours, or where there is none, and what is
 * sealed as a union, of two of one id the one that is sealed for who reads the
 * scope now. Nobody has a writer or a reader. Costs a look at refs where
 * nothing came since. 0, also where it cannot be written now; what is not taken
 * is among the news; GV_ENOMEM. */
int gv_safe_merge(struct gv_safe *safe);

/* Have the next who opens the safe look at all that fetches brought, also at
 * what was merged before: a prune has a scope begin anew, and then what was
 * merged is not in it any more. 0 or a failure. */
int gv_safe_merge_anew(struct gv_repo *repo);

/* ---- in ---- */

/* Be ready to name and seal values. Where there is no keyring, one is made for
 * a key of this host, which is made too where there is none; the key of ids
 * that refs/vault/idkey has in clear is taken into it, and that ref goes. The
 * key of ids comes from the keyring, else from $GIT_VAULT_ID_KEY, else it is
 * this host's own. 0; GV_EREFUSED; GV_ELOCKED; GV_ERROR; GV_ENOMEM. */
int gv_safe_prepare(struct gv_safe *safe);

/* The same, but nothing is made: names are given by the key of ids as it is
 * known, or by one that is drawn for this safe only. For who looks only. */
int gv_safe_prepare_names(struct gv_safe *safe);

/* The key of ids for who names what he finds, and seals nothing: that of the
 * keyring, if it can be had without asking anybody for a passphrase; where
 * there is no keyring, that of the repository. *has_keyring tells which. 0;
 * GV_ENOTFOUND without a message; GV_ENOKEY where that is because a service
 * opens an identity not now; GV_EREFUSED and others as gv_safe_open(). */
int gv_safe_load_idkey(
    struct gv_idkey *out, bool *has_keyring, struct gv_repo *repo);

/* The id of a value in a scope; after one of the above. From any thread. 0 or
 * GV_ENOMEM. */
int gv_safe_name(struct gv_digest *out, struct gv_safe *safe, const char *scope,
    const void *p, size_t len);

/* One thread's, into a lane of its pack; NULL: values are named only. 0 or
 * GV_ENOMEM. */
int gv_safe_writer_new(struct gv_safe_writer **out, struct gv_safe *safe,
    struct gv_pack_lane *lane);

/* NULL-safe; wipes. */
void gv_safe_writer_free(struct gv_safe_writer *w);

/* Seal a value for who may read the scope, unless it is sealed for them
 * already; *id is its name. Where the team's policy says so, a vault of others
 * keeps it, instead or as well. A scope that the keyring does not have is read
 * by those who read all, else by the owners. 0; GV_EREFUSED; GV_ENOMEM;
 * GV_ERROR.
 */
int gv_safe_put(struct gv_safe_writer *w, struct gv_digest *id,
    const char *scope, const void *p, size_t len);

/* The same of a value to which a reference of the scope does not lead any more:
 * that is replaced, or goes where the value is sealed here. After a failure it
 * is as it was. */
int gv_safe_put_anew(struct gv_safe_writer *w, struct gv_digest *id,
    const char *scope, const void *p, size_t len);

/* The same of one that is too large to be held; as gv_seal_stream(). */
int gv_safe_put_stream(struct gv_safe_writer *w, struct gv_digest *id,
    const char *scope, int64_t (*read)(void *ctx, void *data, size_t len),
    void *ctx);

/* The object that a value is sealed in: what was put, or what the scope had
 * before. 0; GV_ENOTFOUND without a message; GV_ECORRUPT; GV_ENOMEM. */
int gv_safe_find(struct gv_oid *object, struct gv_safe *safe, const char *scope,
    const struct gv_digest *id);

#define GV_SAFE_READERS 32

/* How the values of a scope are named and sealed, after gv_safe_prepare(), for
 * who keeps them elsewhere: all of it but where they go. It is the safe's.
 * *readers is a digest of who opens them. 0; GV_EREFUSED; GV_ENOMEM. */
int gv_safe_how(struct gv_seal *out, unsigned char readers[GV_SAFE_READERS],
    struct gv_safe *safe, const char *scope);

/* The key that names new values of a scope, GV_DIGEST_KEY bytes borrowed from
 * the safe, as far as it is known without changing anything. *out is NULL if
 * the keyring has no key for us. 0 or a failure. */
int gv_safe_naming_key(
    const unsigned char **out, struct gv_safe *safe, const char *scope);

/* The key of this name among those that the keyring has for a scope, or NULL in
 * *out if it has none that we can open. *is_reader: we can open all of them. 0
 * or a failure. */
int gv_safe_trusted_key(const unsigned char **out, bool *is_reader,
    struct gv_safe *safe, const char *scope, const char *name);

/* A digest of the readers of a scope, as in gv_safe_how(). There must be a
 * keyring. 0; GV_ECORRUPT; GV_ENOMEM. */
int gv_safe_readers_sum(unsigned char readers[GV_SAFE_READERS],
    struct gv_safe *safe, const char *scope);

/* Whether the keyring lets one of our identities read a scope. Only identities
 * that work without asking the user count, so plugins do not. 0 or a failure.
 */
int gv_safe_may_read(bool *out, struct gv_safe *safe, const char *scope);

/* The key of this name (of struct gv_idkey) by which values of a scope were
 * named: GV_DIGEST_KEY bytes, borrowed until the safe forgets its scopes; NULL
 * in *out if we do not have it. 0 or a failure. */
int gv_safe_key_named(const unsigned char **out, struct gv_safe *safe,
    const char *scope, const char *name);

/* If we name values of a scope by a key that only this host has, store it in
 * the scope for its readers, as a step of an edit. 0 or a failure. */
int gv_safe_keep_key(
    struct gv_ledger_edit *edit, struct gv_safe *safe, const char *scope);

/* How many values were sealed anew. */
uint64_t gv_safe_sealed(const struct gv_safe *safe);

/* Add what was put to the refs of its scopes: trees and commits to the lane,
 * steps to the transaction, which the caller carries out once the pack is
 * durable. Nothing where nothing was put. GV_EEXISTS of the transaction:
 * another one was quicker; open the safe anew. 0 or a failure. */
int gv_safe_publish(
    struct gv_safe *safe, struct gv_pack_lane *lane, struct gv_ref_tx *tx);

/* ---- out ---- */

/* Which value. */
struct gv_safe_place {
	const char *scope;
	struct gv_digest id;
	struct gv_oid object; /* where it was sealed once; zero: not known */
};

/* One thread's. 0; GV_ENOMEM. That there is no identity is told by each read.
 */
int gv_safe_reader_new(struct gv_safe_reader **out, struct gv_safe *safe);

/* NULL-safe; wipes. */
void gv_safe_reader_free(struct gv_safe_reader *r);

/* Give the bytes of a value to the sink in pieces. What the scope has under the
 * id now comes first, then the object of the place. Held to the id where the
 * key of ids is known. 0; GV_ENOKEY where no identity opens it; GV_ENOTFOUND
 * where no such object is here; GV_ECORRUPT where it is damaged or another
 * value; what the sink returned. What the sink got before a failure is no whole
 * value. */
int gv_safe_read(struct gv_safe_reader *r, const struct gv_safe_place *place,
    gv_age_sink *sink, void *ctx);

/* The same, appended. */
int gv_safe_get(struct gv_safe_reader *r, struct gv_secret *out,
    const struct gv_safe_place *place);

/* Open what the scope has sealed under an id, and hold it to that; no vault of
 * others is asked. As gv_safe_read() otherwise. */
int gv_safe_hold(
    struct gv_safe_reader *r, const char *scope, const struct gv_digest *id);

/* Visit the values of a scope, in the order of ids: fn(ctx, id, object). 0;
 * fn's negative value; GV_ECORRUPT; GV_ENOMEM. A scope without values is none.
 */
int gv_safe_each(struct gv_safe *safe, const char *scope,
    int (*fn)(
	void *ctx, const struct gv_digest *id, const struct gv_oid *object),
    void *ctx);

/* The same for parts of states: those that were encrypted again after a version
 * was saved. */
int gv_safe_each_part(struct gv_safe *safe, const char *scope,
    int (*fn)(
	void *ctx, const struct gv_digest *id, const struct gv_oid *object),
    void *ctx);

/* Find the object that the scope has for a part of this id. 1 with *object; 0
 * if there is none; GV_ECORRUPT; GV_ENOMEM. *is_current (may be NULL): it is
 * encrypted for the present readers of the scope. */
int gv_safe_find_part(struct gv_oid *object, bool *is_current,
    struct gv_safe *safe, const char *scope, const struct gv_digest *id);

/* ---- after a change of who reads ---- */

/* The keyring was changed by us: look at it anew, and forget what is known of
 * the scopes. Nobody has a writer or a reader. 0, or as gv_safe_open(). */
int gv_safe_reload(struct gv_safe *safe);

/* Whether GV_SETTING_NARROWED says that snapshots and values may be missing
 * here. */
bool gv_safe_is_partial(const struct gv_repo *repo);

/* Whether nothing of a scope is here, for that reason. */
bool gv_safe_is_absent(const struct gv_repo *repo, const char *scope);

/* The names of the scopes that have values; the array is the safe's until the
 * next call. 0 or a failure. */
int gv_safe_scopes(const char *const **names, size_t *n, struct gv_safe *safe);

/* What became of a scope. */
struct gv_safe_resealed {
	uint64_t values;   /* that were sealed anew */
	uint64_t unopened; /* that no identity here opens */
	uint64_t damaged;  /* that are missing, or not as they were sealed */
	struct gv_digest *ids; /* of the former, the caller frees them: */
	size_t n_ids, cap_ids; /* those that are published */
};

/* Seal anew all values of a scope that are not sealed for who reads it now, on
 * all processors. What is done stays done: killed in between, the next call
 * goes on where this one was. on_add (may be NULL) is told of progress. 0, also
 * where nothing was to do; GV_ENOKEY where some could not be opened, and these
 * are left; GV_ELOCKED; GV_ECANCELED and others. *out is counted up always. */
int gv_safe_reseal(struct gv_safe_resealed *out, struct gv_safe *safe,
    const char *scope, void (*on_add)(void *ctx, uint64_t n, uint64_t bytes),
    void *ctx);

/* A part of a state that is to be encrypted again. */
struct gv_safe_part {
	struct gv_digest id;
	const void *what; /* the caller's own: where to read it from */
	bool is_done;     /* the scope has it for its present readers */
};

struct gv_safe_parts {
	struct gv_safe_part *list;
	size_t n;
	/* append the bytes of a part, checked against its id, with this
	 * thread's reader: as gv_seal_read() */
	int (*open)(void *ctx, struct gv_secret *out,
	    struct gv_seal_reader *reader, const struct gv_safe_part *part);
	void *ctx;
};

/* Store these parts in a scope, encrypted for its present readers, unless the
 * scope has them already. Sets is_done of each. After a failure the next call
 * continues where this one stopped. As gv_safe_reseal(). */
int gv_safe_reseal_parts(struct gv_safe_resealed *out, struct gv_safe *safe,
    const char *scope, struct gv_safe_parts *parts,
    void (*on_add)(void *ctx, uint64_t n, uint64_t bytes), void *ctx);

/* Whether all values of a scope are sealed for who reads it now. 0 with the
 * answer, or a failure. */
int gv_safe_is_current(bool *out, struct gv_safe *safe, const char *scope);

/* ---- after a change of where values are kept ---- */

/* Visit the values of a scope that lie elsewhere than the team's policy says,
 * in the order of ids: fn(ctx, id). Nothing is opened, no vault is asked, and
 * what is in chunks is where it is to be. Nobody has a writer. 0; fn's negative
 * value; GV_ECORRUPT and others for a damaged scope; as gv_team_load(). */
int gv_safe_each_astray(struct gv_safe *safe, const char *scope,
    int (*fn)(void *ctx, const struct gv_digest *id), void *ctx);

/* What became of the values of a scope, by a vault that they went to or came
 * from. Names live as long as the safe. */
struct gv_safe_move {
	const char *scope, *vault;
	uint64_t given;    /* the vault got them */
	uint64_t taken;    /* it had them alone; they are sealed here now */
	uint64_t unsealed; /* it has them alone now */
	uint64_t released; /* nothing here leads to it any more; it still has
			      them */
};

struct gv_safe_migrated {
	struct gv_safe_move *moves;
	size_t n, cap;
	uint64_t values;   /* that were moved */
	uint64_t unopened; /* that no identity here opens */
	uint64_t unfit;    /* of a size that the vault does not take */
	const char *unfit_why;
	uint64_t left; /* missing, damaged, or not to be had there */
	const char *left_why;
};

struct gv_safe_migrate_opts {
	bool dry_run; /* only say what would be moved */
	/* told of progress; may be NULL */
	void (*on_add)(void *ctx, uint64_t n, uint64_t bytes);
	void *ctx;
};

/* Bring the values of a scope to where the policy keeps them. A vault has given
 * back what it was given before anything here goes; nothing is deleted there.
 * What is done stays done: killed in between, the next call goes on where this
 * one was. `scope` must live as long as *out, to which is added, always. Nobody
 * has a writer or a reader. 0, also where some were left; GV_ENOKEY without the
 * key of ids, or where a vault lets nobody in; GV_ELOCKED; GV_EREFUSED;
 * GV_ECANCELED; GV_ERROR where a vault does not answer; GV_ENOMEM. */
int gv_safe_migrate(struct gv_safe_migrated *out, struct gv_safe *safe,
    const char *scope, const struct gv_safe_migrate_opts *opts);

/* Free; zeroed ok. */
void gv_safe_migrated_release(struct gv_safe_migrated *out);

#endif
