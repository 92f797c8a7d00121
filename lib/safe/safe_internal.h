#ifndef GV_SAFE_INTERNAL_H
#define GV_SAFE_INTERNAL_H
/* What the parts of safe share: the identities, by the files they are in; and
 * scopes, each with the values that it has. */

#include <pthread.h>

#include "base/arena.h"
#include "base/map.h"
#include "config/policy.h"
#include "crypto/identity.h"
#include "key/idkey.h"
#include "key/keyring_store.h"
#include "key/plugin_dialog.h"
#include "repo/ref.h"
#include "safe/safe.h"
#include "safe/safe_reader.h"
#include "safe/safe_resealed.h"
#include "vault/ledger.h"

#define GV_SAFE_SUM 32 /* SHA-256, of recipients */

/* A file of identities. */
struct gv_safe_file {
	const char *path;
	bool is_default; /* it may be missing */
	bool is_ssh;     /* a key of ssh that nobody has named */
	bool is_other;   /* one that was replaced, or is yet to replace it */
	bool is_sealed;  /* by a passphrase or a service, and not opened yet */
	bool is_wrapped; /* by a service */
	bool was_asked;  /* for that */
	const char *why; /* the service did not open it; NULL */
	struct gv_identity_list ids;
};

/* A value that is sealed. */
struct gv_safe_entry {
	struct gv_digest id;
	struct gv_oid object;
	bool is_tree; /* of chunks */
	bool is_new;  /* not in the ref yet, or without an object: there yet */
	/* somebody has begun to seal it, others wait; it has no object */
	bool is_pending;
	bool is_stale; /* not for those who read the scope now */
	/* the object is a reference: a vault of others has the value. These are
	 * kept apart from those that are sealed here */
	bool is_ref;
	/* a part of a state, or the sum of one, that was encrypted again: not
	 * listed among the values, and never moved to another vault */
	bool is_part;
	/* where to read it from while it has no object here */
	const struct gv_safe_part *part;
};

/* For whom the entries of a tree are sealed: what its file sealed-for says. */
struct gv_safe_sealed_for {
	unsigned char sum[GV_SAFE_SUM];
	bool is_mixed; /* entries from `from` on are for others yet */
	unsigned char old[GV_SAFE_SUM];
	struct gv_digest from;
};

#define GV_SAFE_KEYS 64 /* foreign ones of a scope that are looked at */

/* A key of ids that some values of a scope were named by, since who sealed them
 * had not that of the keyring. */
struct gv_safe_foreign {
	char name[GV_IDKEY_NAME + 1];
	struct gv_oid object; /* it, sealed for who reads the scope */
	bool is_new;          /* not in the ref yet */
	bool was_opened;      /* or tried */
	struct gv_secret key; /* empty where it could not be opened */
};

struct gv_safe_scope {
	const char *name;
	struct gv_ledger ledger;
	struct gv_oid folders[256]; /* the trees <aa>/; zero: none */
	bool has_sealed_for;
	struct gv_safe_sealed_for sealed_for; /* as the ref has it */

	/* who reads it, once somebody seals */
	struct gv_recipient *recipients;
	const struct gv_recipient **to;
	size_t n_to;
	unsigned char sum[GV_SAFE_SUM];

	pthread_mutex_t lock; /* over what is below */
	pthread_cond_t done;  /* an entry is pending no more */
	struct gv_map known;  /* entries by id */
	struct gv_arena arena;
	struct gv_safe_entry **entries;
	size_t n, cap, n_new, n_parts;
	struct gv_map refs; /* references by id */
	struct gv_safe_entry **ref_list;
	size_t n_refs, cap_refs;
	struct gv_safe_foreign foreign[GV_SAFE_KEYS];
	size_t n_foreign;
};

/* The id keys of a scope, as far as we have them. */
struct gv_safe_keys {
	const char *scope;
	/* 32 bytes each; the first one names new values */
	struct gv_secret list;
	size_t n;
	size_t n_trusted; /* how many of the first ones come from the keyring */
	/* we have the keys of the scope's readers; otherwise the list has only
	 * our own key, by which we name values that we may not read … */
	bool is_reader;
	bool is_random; /* … or a key that only this host knows */
	size_t n_with;  /* identities at hand at that time */
	bool is_kept;   /* with is_random: it was to be stored */
};

struct gv_safe {
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_safe_opts opts;
	struct gv_plugin_dialog talk; /* with plugins of age */
	struct gv_safe_news news;
	bool was_refused; /* a keyring that a fetch brought: none is made */
	bool was_seen;    /* a keyring, though it may be gone or refused now */
	bool has_keyring; /* one that is used */
	struct gv_keyring_kept kept;
	struct gv_arena arena;
	_Atomic uint64_t sealed;

	/* the key of ids, in memory that nobody else sees */
	pthread_mutex_t key_lock; /* taken before the other */
	struct gv_secret idkey;
	bool has_idkey; /* it is the one that the keyring names */
	bool sought_idkey;

	/* those of scopes; replaced ones stay until the safe is closed */
	struct gv_safe_keys **keys;
	size_t n_keys, cap_keys, first_keys;
	bool makes_key; /* store a host key if there is none */

	pthread_mutex_t lock; /* over what is below, and the arena */
	bool files_found;
	struct gv_safe_file *files;
	size_t n_files, room;
	const struct gv_identity **with; /* old ones stay in the arena */
	size_t n_with;
	bool refs_found;
	struct gv_refs refs; /* of all scopes */
	struct gv_safe_scope **scopes;
	size_t n_scopes, cap_scopes;

	pthread_mutex_t vault_lock; /* over what is below, while it is used */
	bool has_policy;
	struct gv_policy policy; /* never changes once it is there */
	struct gv_safe_vault *vaults;
	size_t n_vaults, cap_vaults;
};

struct gv_safe_bytes {
	const void *p;
	size_t len;
};

/* ---- safe_identity.c ---- */

/* Which files there are to look into. 0 or GV_ENOMEM. */
int gv_safe_find_files(struct gv_safe *safe);

/* Ask for the passphrases of files that were not opened yet, and services for
 * what they have wrapped. 1 where there are more identities now, else 0, also
 * where a service opens nothing, which is among the news; a failure. */
int gv_safe_ask(struct gv_safe *safe);

/* The identity that a keyring of this host is made for. NULL where there is
 * none yet, and then `path` is where to make it. 0 or a failure. */
int gv_safe_own_identity(
    const struct gv_identity **out, const char **path, struct gv_safe *safe);

/* Add one that was just made at such a path; it is the safe's from then on. 0
 * or GV_ENOMEM. */
int gv_safe_add_identity(
    struct gv_safe *safe, const char *path, struct gv_identity *id);

void gv_safe_release_files(struct gv_safe *safe);

/* Whether an identity at hand is of this plugin; of the type
 * gv_plugin_dialog_is_own, over a safe. */
bool gv_safe_has_plugin(void *ctx, const char *name);

/* ---- safe_look.c ---- */

/* Ask the remote of the branch for its keyring, and use it if that is agreed
 * to. Where it is not used, or the remote does not answer, it is among the
 * news, and no failure. 0; GV_ECANCELED; GV_ENOMEM; what reading ours fails
 * with. */
int gv_safe_look(struct gv_safe *safe);

/* ---- safe_make.c ---- */

/* Make the first keyring. 0, also where another process was quicker; a
 * failure. */
int gv_safe_make(struct gv_safe *safe);

/* The next version of the keyring, the key that signs it, and the key of ids
 * for all its recipients. */
struct gv_safe_version {
	const struct gv_keyring_edit *edit;
	const struct gv_secret *sign;
	const struct gv_idkey *idkey;
};

/* Make, sign and save it; as gv_keyring_next() and gv_keyring_save(). What the
 * safe has of the keyring is as it was. */
int gv_safe_save(struct gv_safe *safe, const struct gv_safe_version *version);

/* ---- safe_key.c ---- */

/* Find the key of ids that the keyring names, if it can be had. 0 (then
 * safe->has_idkey tells), or a failure. Once. */
int gv_safe_seek_idkey(struct gv_safe *safe);

/* The same, and where it cannot be had, some key: this host's own, made if it
 * is to be kept, else drawn for this safe. 0 or a failure. */
int gv_safe_need_idkey(struct gv_safe *safe, bool make);

/* ---- safe_keys.c ---- */

/* The id keys of a scope. This never asks the user; call gv_safe_seek_idkey()
 * first to let it ask. NULL with the failure in *r. Borrowed from the safe, and
 * valid even after the keys were replaced. */
const struct gv_safe_keys *
gv_safe_keys_of(int *r, struct gv_safe *safe, const char *scope);

/* The key of ids that names a value: that under which the scope has it already,
 * else the newest. It lives as long as the safe. 0 or a failure. (safe_name.c)
 */
int gv_safe_name_key(const unsigned char **key, struct gv_safe *safe,
    const char *name, const void *p, size_t len);

/* Load the keys again when next asked, since the keyring may have changed. */
void gv_safe_keys_forget(struct gv_safe *safe);
void gv_safe_keys_free(struct gv_safe *safe);

/* ---- safe_scope.c ---- */

/* A scope with what its ref has; NULL with the reason in *r. */
struct gv_safe_scope *
gv_safe_scope_get(int *r, struct gv_safe *safe, const char *name);

/* The same of a commit that is not its ref's, to be freed by the caller. */
struct gv_safe_scope *gv_safe_scope_at(
    int *r, struct gv_safe *safe, const char *name, const struct gv_oid *tip);

/* Have its recipients at hand. 0 or a failure. */
int gv_safe_scope_ready(struct gv_safe_scope *scope, struct gv_safe *safe);

/* The entry of an id, and NULL; by who has the lock. */
struct gv_safe_entry *gv_safe_scope_find(
    const struct gv_safe_scope *scope, const struct gv_digest *id);

/* Add an entry of an id that has none; by who has the lock. NULL: no memory. */
struct gv_safe_entry *
gv_safe_scope_add(struct gv_safe_scope *scope, const struct gv_digest *id);

/* Its entries in the order of ids, those that have an object, or those that the
 * ref does not have yet; the caller frees *out. 0 or GV_ENOMEM. */
int gv_safe_scope_list(struct gv_safe_entry ***out, size_t *n,
    struct gv_safe_scope *scope, bool only_new);

void gv_safe_scope_free(struct gv_safe_scope *scope);

/* ---- safe_put.c ---- */

/* What the file sealed-for says once values were sealed for who reads the scope
 * now: those that are for others stay so until somebody seals them again. */
void gv_safe_say_for_whom(
    struct gv_safe_sealed_for *now, const struct gv_safe_scope *scope);

/* Have what is new in a scope in its ref, which says then for whom its values
 * are sealed; a new entry without an object goes. `verb` is what was done with
 * the values, such as "seal". 0 or a failure. */
int
gv_safe_publish_scope(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    const struct gv_safe_sealed_for *now, const char *verb);

/* ---- safe_admit.c ---- */

/* Entries of a scope in the order of ids, which they are a part of. */
struct gv_safe_some {
	struct gv_safe_entry **list; /* to be freed */
	size_t n;
};

/* Which of the entries that others have sealed are in doubt, as far as it can
 * be seen by the identities that are at hand; what `ours` has is not looked at.
 * A stale one is for others than it is said to be; the rest are not what their
 * ids say. 0 or a failure. */
int gv_safe_admit(struct gv_safe_some *doubts, struct gv_safe *safe,
    struct gv_safe_scope *ours, struct gv_safe_scope *theirs);

/* ---- safe_union.c ---- */

/* Whether theirs has all values that ours has, sealed or as references to
 * vaults of the policy: 1, 0 or a failure. */
int gv_safe_keeps(struct gv_safe *safe, const struct gv_safe_scope *ours,
    const struct gv_safe_scope *theirs);

/* Add to an edit the step that makes a scope the union of both, which parted at
 * `base` (zero: nowhere); of theirs without what is in doubt. The scope is
 * ready. 0 or a failure. */
int gv_safe_union(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    const struct gv_safe_scope *theirs, const struct gv_safe_some *doubts,
    const struct gv_oid *base, const char *ref);

/* ---- safe_foreign.c ---- */

/* Take note of an entry at the top of a scope's tree, if it is such a key; one
 * whose name is not known yet and finds no place is passed over. */
void gv_safe_foreign_note(
    struct gv_safe_scope *scope, const char *name, const struct gv_oid *object);

/* Write it: idkey-NAME.age. */
#define GV_SAFE_FOREIGN_NAME (sizeof("idkey-.age") + GV_IDKEY_NAME)
void gv_safe_foreign_name(
    char out[GV_SAFE_FOREIGN_NAME], const struct gv_safe_foreign *f);

/* Where this host names values by a key of its own, have that in the scope,
 * sealed for who reads it. 0 or a failure. */
int gv_safe_foreign_add(struct gv_ledger_edit *edit,
    struct gv_safe_scope *scope, struct gv_safe *safe);

/* Store such a key in the scope, unless it is there. `also` can open it as well
 * (NULL: only the readers). 0 or a failure. */
int
gv_safe_foreign_put(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    const unsigned char *bytes, const struct gv_recipient *also);

/* Seal all of them again for the scope's present readers; what cannot be opened
 * stays. 0 or a failure. */
int gv_safe_foreign_reseal(struct gv_ledger_edit *edit,
    struct gv_safe_scope *scope, struct gv_safe *safe);

/* Open the i-th key by these identities: NULL where they do not. It is the
 * scope's. */
const unsigned char *gv_safe_foreign_key(
    struct gv_safe_scope *scope, size_t i, struct gv_safe *safe);

/* Step through the keys that may have named a value of the scope. Key 0 names
 * new values. *key is NULL for a key that we cannot open. false: there is no
 * i-th key. */
bool gv_safe_scope_key(const unsigned char **key, struct gv_safe_scope *scope,
    size_t i, struct gv_safe *safe);

struct gv_seal_claim;

/* The same for reading a value: set the keys of a claim of the scope. Claim 0
 * is of all keys of the keyring at once, so that a value is opened once however
 * many keys there were before; each other one is of a key of somebody else. */
bool gv_safe_scope_claim(struct gv_seal_claim *claim,
    struct gv_safe_scope *scope, size_t i, struct gv_safe *safe);

/* ---- safe_sealed_for.c ---- */

#define GV_SAFE_SEALED_FOR "sealed-for"

/* Read the file that a blob is. 1; 0 with *out zeroed where it is damaged: then
 * nothing counts as sealed for anybody; GV_ENOMEM. */
int gv_safe_sealed_for_load(struct gv_safe_sealed_for *out, struct gv_odb *odb,
    const struct gv_oid *oid);

/* Read such a file. 0, or GV_ECORRUPT. */
int gv_safe_sealed_for_parse(
    struct gv_safe_sealed_for *out, const char *text, size_t len);

/* Append it. */
void gv_safe_sealed_for_format(
    struct gv_buf *out, const struct gv_safe_sealed_for *f);

/* What names those who read a scope: a digest of their keys. */
int gv_safe_sealed_for_sum(unsigned char out[GV_SAFE_SUM],
    const struct gv_keyring_recipient *const *readers, size_t n);

/* Whether an entry of the ref is sealed for who has this sum. */
bool gv_safe_sealed_for_covers(const struct gv_safe_sealed_for *f,
    const unsigned char sum[GV_SAFE_SUM], const struct gv_digest *id);

/* Who reads a scope of a keyring, also one that it does not name: those who
 * read all scopes, else the owners. The caller frees *out. 0 or GV_ENOMEM. */
int gv_safe_readers(const struct gv_keyring_recipient ***out, size_t *n,
    const struct gv_keyring *k, const char *scope);

/* ---- safe_astray.c ---- */

/* Where the values of a scope are to be. */
struct gv_safe_aim {
	enum gv_policy_where keep;
	const char *vault; /* NULL: in git */
};

/* A value that lies elsewhere. */
struct gv_safe_stray {
	struct gv_digest id;
	bool was_sealed;   /* here */
	const char *vault; /* that its reference leads to, the safe's; "": the
			      reference is damaged; NULL: there is none */
	bool is_moved;     /* since then */
};

struct gv_safe_strays {
	struct gv_safe_aim aim;
	struct gv_safe_scope *scope;
	struct gv_safe_stray *list; /* in the order of ids */
	size_t n, cap;
};

/* List what lies elsewhere, at most `most` that come after an id (NULL: all).
 * Nobody has a writer. 0 or a failure; to be released in any case. */
int gv_safe_strays_load(struct gv_safe_strays *out, struct gv_safe *safe,
    const char *scope, const struct gv_digest *after, size_t most);

/* Free; zeroed ok. */
void gv_safe_strays_release(struct gv_safe_strays *strays);

/* Whether its reference leads to the vault that is to have it. */
bool
gv_safe_is_there(const struct gv_safe_aim *aim, const struct gv_safe_stray *v);

/* ---- safe_vault.c ---- */

/* Have the policy at hand, which says what is kept where. 0 or a failure. */
int gv_safe_read_policy(struct gv_safe *safe);

/* Where the values of a scope are kept, by the policy at hand. */
enum gv_policy_where
gv_safe_keep(const struct gv_safe *safe, const char *scope);

void gv_safe_release_vaults(struct gv_safe *safe);

/* The reference of an id, and NULL; add one where there is none; both by who
 * has the scope's lock. NULL of the second: no memory. */
struct gv_safe_entry *gv_safe_scope_ref(
    const struct gv_safe_scope *scope, const struct gv_digest *id);
struct gv_safe_entry *
gv_safe_scope_add_ref(struct gv_safe_scope *scope, const struct gv_digest *id);

/* Give a value to the vault of its scope, unless there is a reference to it. 1
 * where it was given; 0; a failure. */
int gv_safe_give(struct gv_safe *safe, struct gv_pack_lane *lane,
    struct gv_safe_scope *scope, const struct gv_digest *id,
    const struct gv_safe_bytes *value);

/* Have the vault of a scope keep a value, and give it back: 1 with the object
 * of the reference; 0 with a message where the vault takes none of that size;
 * GV_EEXISTS where it has another one there, GV_ECORRUPT where it gives back
 * another one; a failure. */
int gv_safe_entrust(struct gv_oid *object, struct gv_safe *safe,
    struct gv_pack_lane *lane, const char *scope, const struct gv_digest *id,
    const struct gv_safe_bytes *value);

/* Tell the user once, by the thread's message, that a vault was not reached. */
void gv_safe_note_unreached(struct gv_safe *safe);

/* Where a value is. *ref is set where a vault of others has it. */
enum gv_safe_where {
	GV_SAFE_SEALED, /* here, or nowhere */
	GV_SAFE_ELSEWHERE,
	GV_SAFE_BOTH,
};
enum gv_safe_where gv_safe_where(struct gv_oid *ref, struct gv_safe *safe,
    const struct gv_safe_place *place);

/* Give what such a reference leads to to the sink. 0, or a failure as
 * gv_safe_read() and gv_backend_fetch() have them. */
int gv_safe_take(struct gv_safe *safe, const struct gv_oid *ref,
    const struct gv_safe_place *place, gv_age_sink *sink, void *ctx);

#endif
