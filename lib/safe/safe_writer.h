#ifndef GV_SAFE_WRITER_H
#define GV_SAFE_WRITER_H
/*
 * Values go into a safe (safe.h): they are named, and sealed for those who read
 * their scope.
 *
 *	r = gv_safe_prepare(safe);
 *	r = gv_safe_writer_new(&w, safe, lane);		a thread
 *	r = gv_safe_put(w, &id, "prod", value, len);
 *	r = gv_safe_publish(safe, lane, &tx);		and carry out the tx
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"
#include "repo/oid.h"

struct gv_idkey;
struct gv_ledger_edit;
struct gv_pack_lane;
struct gv_ref_tx;
struct gv_repo;
struct gv_safe;
struct gv_safe_writer;
struct gv_seal;

/* Be ready to name and seal values. Where there is no keyring, one is made for
 * a key of this host, which is made too where there is none; the key of ids
 * that refs/vault/idkey has in clear is taken into it, and that ref goes. The
 * key of ids comes from the keyring, else from $GIT_VAULT_ID_KEY, else it is
 * this host's own. 0; GV_EREFUSED; GV_ELOCKED; GV_ERROR; GV_ENOMEM. */
int gv_safe_prepare(struct gv_safe *safe);

/* The same, but nothing is made: names are given by the key of ids as it is
 * known, or by one that is drawn for this safe only. For who looks only. */
int gv_safe_prepare_names(struct gv_safe *safe);

/* The key of ids for code that names what it finds, and seals nothing: that of
 * the keyring, if it can be had without asking anybody for a passphrase; where
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

/* How many values were sealed again. */
uint64_t gv_safe_sealed(const struct gv_safe *safe);

/* Add what was put to the refs of its scopes: trees and commits to the lane,
 * steps to the transaction, which the caller carries out once the pack is
 * durable. Nothing where nothing was put. GV_EEXISTS of the transaction:
 * another one was quicker; open the safe again. 0 or a failure. */
int gv_safe_publish(
    struct gv_safe *safe, struct gv_pack_lane *lane, struct gv_ref_tx *tx);

#endif
