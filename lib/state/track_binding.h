#ifndef GV_TRACK_BINDING_H
#define GV_TRACK_BINDING_H
/*
 * Binds a version of a state to its place. Anybody who can push can write a
 * commit with the tree of an old version and any trailers. So every version has
 * a keyed digest of everything that its commit says in the trailer
 * Vault-Binding: environment, stack, serial, lineage, the previous version, the
 * tree with its parts and index, and the rest.
 *
 * The key is the scope's id key, which only readers of the environment have, or
 * the own key of a recipient who may only encrypt, such as CI. The keyring has
 * both, so nobody else can make a binding that readers accept.
 *
 *	kind = gv_track_binding_of(&version, key);
 *	r = gv_track_binding_check(&kind, repo, safe, &version);
 *
 * If a version is copied to another place, or its trailers are changed, it does
 * not match its binding any more, and is refused by name.
 */

#include <stdbool.h>
#include <stddef.h>

#include "crypto/age.h"
#include "crypto/digest.h"

struct gv_repo;
struct gv_safe;
struct gv_state_info;
struct gv_track_reader;
struct gv_track_version;

enum gv_track_binding {
	GV_TRACK_BOUND,   /* the key at hand made it of what the commit says */
	GV_TRACK_FORGED,  /* it is of something else */
	GV_TRACK_UNBOUND, /* there is none */
	GV_TRACK_BOUND_ELSE,    /* another key of the scope made it */
	GV_TRACK_BOUND_STRANGE, /* a key made it that the scope does not have */
	GV_TRACK_UNCHECKED,     /* we do not have the key to check it */
	GV_TRACK_BINDINGS
};

/* "bound", "forged", "unbound", "other-key" (twice), "unchecked". */
extern const char *const gv_track_bindings[GV_TRACK_BINDINGS];

/* The binding of a version under an id key: of what its commit says, where its
 * own `binding` is not looked at. */
void gv_track_binding_make(struct gv_digest *out,
    const struct gv_track_version *v, const unsigned char key[GV_DIGEST_KEY]);

/* What a version's binding is to somebody with this key; NULL: with none. */
enum gv_track_binding
gv_track_binding_of(const struct gv_track_version *v, const unsigned char *key);

/* Why a version is not used, a sentence without its subject; NULL: it is.
 * `follows_bound`: a version before it is GV_TRACK_BOUND. */
const char *
gv_track_binding_why(enum gv_track_binding kind, bool follows_bound);

/* Hold a version to its binding by the key that the safe finds without asking
 * anybody; `safe` may be NULL. *kind is set in any case. 0, also where it
 * would be refused and v->is_taken; GV_ECORRUPT with
 * the version and why it is not used; GV_ENOMEM; as reading the versions
 * before. */
int gv_track_binding_check(enum gv_track_binding *kind, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v);

/* The same as an answer: 1 where it is refused, 0 where not, or a failure. */
int gv_track_binding_refuses(struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_track_version *v);

/* The newest before a version that is not refused. 0, and *found; one that is
 * not here or cannot be read ends the search. GV_ENOMEM; as reading them. */
int gv_track_binding_before(struct gv_track_version *out, bool *found,
    struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_track_version *v);

/* Whether what was read of its bytes is what the commit says: serial, lineage,
 * tool and size. NULL, or what is not, as above. */
const char *gv_track_binding_misfit(
    const struct gv_track_version *v, const struct gv_state_info *info);

/* The same of bytes in memory. 0; GV_ECORRUPT; GV_ENOMEM. */
int gv_track_binding_bytes(
    const struct gv_track_version *v, const void *data, size_t len);

/* Read all of a version by a fresh reader, give the bytes to the sink (NULL:
 * nobody) as they come, and hold them to the commit by
 * gv_track_binding_misfit(). Until this returns 0 nothing is certain about what
 * the sink got. 0; GV_ECORRUPT; what the sink returned; as the reader. */
int gv_track_binding_read(struct gv_track_reader *g,
    const struct gv_track_version *v, gv_age_sink *sink, void *ctx);

#endif
