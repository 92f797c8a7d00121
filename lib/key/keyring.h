#ifndef GV_KEYRING_H
#define GV_KEYRING_H
/*
 * Who may read what: one version of the keyring, a signed text that names the
 * scopes, the recipients of each and the owners who may sign the next version.
 * Here are its bytes and its rules; where it is kept is for keyring_store.h.
 *
 *	r = gv_keyring_parse(&k, text, len);
 *	r = gv_keyring_readers(&list, &n, &k, "prod");
 *	gv_keyring_release(&k);
 *
 * A version that was parsed keeps the rules, but whether to trust it is only
 * known by gv_keyring_check(), from the version before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "crypto/sign.h"

struct gv_buf;
struct gv_identity;

#define GV_KEYRING_SPACE    "git-vault-keyring" /* what ssh-keygen signs for */
#define GV_KEYRING_SHARED   "shared" /* the scope that is always there */
#define GV_KEYRING_MAX      ((size_t)256 * 1024) /* bytes of a text */
#define GV_KEYRING_VERSIONS 100000u              /* the highest version */
#define GV_KEYRING_DIGEST   32                   /* SHA-256 */
#define GV_KEYRING_NAME_MAX 64                   /* characters of a name */
#define GV_KEYRING_PRINT    51 /* SHA256:, 43 digits and a NUL */

enum gv_keyring_role {
	GV_KEYRING_OWNER,    /* signs versions */
	GV_KEYRING_OPERATOR, /* reads, and runs what changes environments */
	GV_KEYRING_READER,   /* reads */
	GV_KEYRING_WRITER,   /* may only seal: has the id key, no scope */
};

struct gv_keyring_recipient {
	const char *name;
	enum gv_keyring_role role;
	bool all;                  /* every scope, also those to come */
	const char *const *scopes; /* those of k->scopes that it may read */
	size_t n_scopes;           /* 0 with `all`, and of a writer */
	const char *key;           /* age1… or ssh-ed25519 AAAA… */
	const char *signer; /* an owner's ssh-ed25519 AAAA…, else NULL */
	unsigned char sign_key[GV_SIGN_PUBLIC]; /* the same as bytes */
	const char *verifier; /* ssh-ed25519 AAAA…, which signs events of
				 the audit too; NULL: by none but the above */
};

/* A policy file whose content an owner has accepted, by its name at the top of
 * the working tree. */
struct gv_keyring_policy {
	const char *file;
	unsigned char digest[GV_KEYRING_DIGEST]; /* of the content */
};

struct gv_keyring {
	unsigned version;                          /* from 1 */
	unsigned char previous[GV_KEYRING_DIGEST]; /* zero in version 1 */
	int64_t time;                              /* seconds since 1970 */
	unsigned char idkey[GV_KEYRING_DIGEST];    /* names the id key */
	const char *const *scopes;                 /* sorted */
	size_t n_scopes;
	struct gv_keyring_recipient *recipients; /* sorted by name */
	size_t n_recipients;
	const struct gv_keyring_policy *policies; /* sorted by file */
	size_t n_policies;
	unsigned char digest[GV_KEYRING_DIGEST]; /* of the text */
	struct gv_arena arena;                   /* what all this points into */
};

/* ---- the text ---- */

/* Read a version. 0; GV_ECORRUPT with the line and what is wrong with it;
 * GV_EREFUSED for a newer format or more than GV_KEYRING_MAX bytes; GV_ENOMEM.
 * `out` is set by success, and then to be released. */
int gv_keyring_parse(struct gv_keyring *out, const char *text, size_t len);

/* Append the text of a version: the one that gv_keyring_parse() reads. 0 or
 * GV_ENOMEM. */
int gv_keyring_format(struct gv_buf *out, const struct gv_keyring *k);

/* NULL-safe, zeroed ok. */
void gv_keyring_release(struct gv_keyring *k);

/* Whether it may be a name, of a recipient or a scope: letters, digits and
 * ._@+- of ASCII, a letter or digit first, no "..", no ".lock" at its end. */
bool gv_keyring_is_name(const char *text, size_t len);

/* Whether it may be the name of a policy file: a dot, then letters, digits and
 * ._- of ASCII. */
bool gv_keyring_is_file(const char *text);

/* owner, operator, reader, writer; and back: 0, or GV_EUSAGE with what there
 * is. */
const char *gv_keyring_role_name(enum gv_keyring_role role);
int
gv_keyring_role_parse(enum gv_keyring_role *out, const char *text, size_t len);

/* ---- trust ---- */

/* Read a version and its signature, which must be of these very bytes. As
 * gv_keyring_parse(), and GV_EREFUSED or GV_ECORRUPT for the signature. */
int gv_keyring_parse_signed(struct gv_keyring *out, struct gv_sign *by,
    const char *text, size_t len, const char *sig, size_t sig_len);

/* Whether `k`, signed `by`, may stand behind `before` (NULL: it may be the
 * first): the version rises by one, names the one before by its digest, and is
 * signed by an owner of that; the first by one of its own. 0 or GV_EREFUSED. */
int gv_keyring_check(const struct gv_keyring *k, const struct gv_sign *by,
    const struct gv_keyring *before);

/* The fingerprint of a digest as ssh shows those of keys, SHA256:…; that of
 * version 1 tells one keyring from another. */
void gv_keyring_print(
    char out[GV_KEYRING_PRINT], const unsigned char digest[GV_KEYRING_DIGEST]);

/* ---- questions ---- */

/* The recipient of that name, or that key as text; NULL where there is none. */
const struct gv_keyring_recipient *
gv_keyring_find(const struct gv_keyring *k, const char *name);
const struct gv_keyring_recipient *
gv_keyring_find_key(const struct gv_keyring *k, const char *key);

/* The recipient who signs by that key, ssh-ed25519 AAAA… without a comment: as
 * an owner, by their key of ssh, or by the one that a line 'verifier' names;
 * NULL where there is none. */
const struct gv_keyring_recipient *
gv_keyring_find_signer(const struct gv_keyring *k, const char *key);

/* The recipient that an identity is: 0 with *out NULL where it is not in the
 * keyring; GV_EREFUSED for a passphrase or a plugin's identity, which only they
 * themselves tell; GV_ENOMEM. */
int gv_keyring_identify(const struct gv_keyring_recipient **out,
    const struct gv_keyring *k, const struct gv_identity *id);

/* Whether there is such a scope. */
bool gv_keyring_has_scope(const struct gv_keyring *k, const char *scope);

/* Whether a recipient of `k` may read a scope of it. */
bool
gv_keyring_reads(const struct gv_keyring_recipient *who, const char *scope);

/* The scope that decides about records of an environment: the one of its name,
 * or else shared. */
const char *gv_keyring_scope_of(const struct gv_keyring *k, const char *env);

/* Whether a recipient of `k` may decide about things of a scope: those who may
 * read it, and owners. */
bool
gv_keyring_speaks(const struct gv_keyring_recipient *who, const char *scope);

/* The scopes that a recipient may decide about, as a text that outlives the
 * keyring: "*" for all. NULL without memory. */
const char *gv_keyring_voice(
    struct gv_arena *arena, const struct gv_keyring_recipient *who);

/* Like gv_keyring_speaks(), from that text. */
bool gv_keyring_voice_has(const char *voice, const char *scope);

/* Those who may read a scope, in the order of their names: what is in it is
 * sealed for them. The caller frees *out; never empty. 0; GV_ENOTFOUND with
 * what scopes there are; GV_ENOMEM. The id key is for all recipients. */
int gv_keyring_readers(const struct gv_keyring_recipient ***out, size_t *n,
    const struct gv_keyring *k, const char *scope);

/* What one key may read in one of two versions and not in the other. */
struct gv_keyring_delta {
	const struct gv_keyring_recipient *who; /* of the version that has it */
	const char *scope;                      /* of that version, too */
	bool gained;                            /* else lost */
};

/* The difference, lost before gained, each by name and scope. Who has another
 * key is another reader: the old key lost what the new one gained. `before`
 * NULL: all is gained. The caller frees *out (NULL for none). 0 or GV_ENOMEM.
 */
int gv_keyring_diff(struct gv_keyring_delta **out, size_t *n,
    const struct gv_keyring *before, const struct gv_keyring *after);

/* ---- edits ---- */

enum gv_keyring_verb {
	GV_KEYRING_ADD,       /* name, role, scopes, key; signer, which only an
				 owner must have */
	GV_KEYRING_REMOVE,    /* name */
	GV_KEYRING_ADD_SCOPE, /* name */
	GV_KEYRING_REKEY,     /* name; key, signer: what of it is not NULL */
	GV_KEYRING_VERIFIER,  /* name, signer: this signs their events, too */
};

struct gv_keyring_change {
	enum gv_keyring_verb verb;
	const char *name;
	enum gv_keyring_role role;
	const char *const
	    *scopes; /* any order; NULL: all, or a writer's none */
	size_t n_scopes;
	const char *key;    /* as gv_recipient_parse() reads it */
	const char *signer; /* an owner's of versions; else the verifier */
};

/* The content of a policy file. */
struct gv_keyring_file {
	const char *file;
	const char *p;
	size_t len;
};

struct gv_keyring_edit {
	const struct gv_keyring *before; /* NULL: make version 1 */
	/* with has_files, the policy files that are accepted from now on;
	 * else those of `before` stay */
	const struct gv_keyring_file *files;
	size_t n_files;
	bool has_files;
	const struct gv_keyring_change *changes; /* in this order */
	size_t n;
	int64_t time;
	const unsigned char
	    *idkey; /* GV_KEYRING_DIGEST bytes; NULL: as before */
};

/* Append the text of the next version, not signed yet. Keys lose their comments
 * and must be such as can be sealed for. 0; GV_EUSAGE, GV_EEXISTS, GV_ENOTFOUND
 * or GV_EREFUSED with the change that cannot be; GV_ENOMEM; `out` is as it was
 * then. */
int gv_keyring_next(struct gv_buf *out, const struct gv_keyring_edit *edit);

#endif
