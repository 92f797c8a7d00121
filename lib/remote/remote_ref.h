#ifndef GV_REMOTE_REF_H
#define GV_REMOTE_REF_H
/*
 * What our refs are called on a remote. As here, but where the remote takes no
 * such names and vault.<remote>.prefix says where they go: with refs/heads/v/
 * for a prefix refs/vault/X is refs/heads/v/X there, and refs/notes/vault is
 * refs/heads/v/notes/vault. Git lets only commits be branches, so other
 * objects (known-good records, locks) go to refs/tags/v/X then. All code that
 * talks to a remote asks this module.
 *
 *	r = gv_remote_ref_open(&map, &repo->config, "origin", 6);
 *	r = gv_remote_ref_there(&name, &map, "refs/vault/keyring");
 *	r = gv_remote_ref_here(&ref, &map, name.p);
 *	gv_remote_ref_release(&map);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct gv_config;
struct gv_repo;

struct gv_remote_ref {
	const char *remote; /* its name, no NUL behind it; borrowed */
	size_t len;
	/* for refs/vault/, with '/' at the end: of commits, and of what else a
	 * ref can name; both empty where names are as here */
	struct gv_buf commits, others;
};

/* Read what the configuration says of a remote, by its name of `len` bytes,
 * or by its address. 0; GV_ERROR where the prefix cannot be one, or a remote
 * without one may have another name than it had (below); GV_ENOMEM.
 * The caller releases *out in any case; the name must outlive it. */
int gv_remote_ref_open(struct gv_remote_ref *out, const struct gv_config *c,
    const char *remote, size_t len);

/* The next name, of *len bytes and borrowed, of a remote that does not exist
 * and for which this repository has a prefix; *at begins at 0. NULL: no more.
 */
const char *
gv_remote_ref_left(size_t *len, size_t *at, const struct gv_config *c);

/* NULL-safe, zeroed ok. */
void gv_remote_ref_release(struct gv_remote_ref *map);

/* Whether names are others there than here. */
bool gv_remote_ref_is_prefixed(const struct gv_remote_ref *map);

/* Append what a vault ref, or a pattern of such, is called there. 0 or
 * GV_ENOMEM. */
int gv_remote_ref_there(
    struct gv_buf *out, const struct gv_remote_ref *map, const char *ref);

/* Append what a ref there is called here: 1; 0 where it is no vault ref;
 * GV_ENOMEM. */
int gv_remote_ref_here(
    struct gv_buf *out, const struct gv_remote_ref *map, const char *there);

/* Append what `git ls-remote` printed, the lines of vault refs only, with their
 * names here. 0 or GV_ENOMEM. */
int gv_remote_ref_list(
    struct gv_buf *out, const struct gv_remote_ref *map, const char *text);

/* Append the refspecs, a NUL behind each, by which a fetch brings what begins
 * with these `len` bytes (behind refs/vault/; notes are notes/vault) beside
 * ours. Each is a glob, since a plain name that the remote lacks is fatal to a
 * fetch; some may be negative, never the first. 0 or GV_ENOMEM. */
int gv_remote_ref_specs(struct gv_buf *out, const struct gv_remote_ref *map,
    const char *begin, size_t len);

/* Append the refspecs, a NUL behind each, that keep a push from having git move
 * remote-tracking refs, or what stands beside them, for vault refs that it
 * has pushed: given to it with those that are configured (gv_remote_push()
 * does). 0 or GV_ENOMEM. */
int
gv_remote_ref_untracked(struct gv_buf *out, const struct gv_remote_ref *map);

/* Whether a plain fetch by these refspecs brings as branches what stands below
 * the prefix: 1 or 0; GV_ENOMEM. */
int gv_remote_ref_is_fetched(
    const struct gv_remote_ref *map, const struct gv_config *c);

/* Fetch the objects of these vault refs (NULL behind the last), and no ref:
 * from the remote, or another address `from` of it. Nobody is asked for a
 * password. 0 or a failure. */
int gv_remote_ref_fetch(const struct gv_repo *repo, const char *remote,
    const char *from, const char *const *refs);

/* Whether a name, with a NUL or a blank behind it, is one of vault refs:
 * here, as a fetch brings them, or as a remote has them by its prefix. */
bool gv_remote_ref_is_ours(const struct gv_config *c, const char *name);

#endif
