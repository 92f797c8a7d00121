#ifndef GV_REFSPEC_H
#define GV_REFSPEC_H
/*
 * The vault's refspecs in remote.<name>.fetch: what a plain `git fetch` brings
 * of the vault there, next to this clone's. All of it but the snapshots, which
 * are left to sync: there may be a thousand. In a clone that has some
 * environments alone (vault.<name>.only), or what is young, no more of it than
 * that, as far as names can say it. Where the user has one for all of
 * refs/vault/, that one.
 *
 *	r = gv_refspec_read(&part, &repo->config, &map);
 *	r = gv_refspec_add(&specs, &map, &part);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct gv_config;
struct gv_remote_ref;

/* Which part of a vault. */
struct gv_refspec_part {
	bool is_all;
	bool with_snapshots;     /* of all; the user has said so */
	const char *const *envs; /* else of these; none: what is young of all */
	size_t n_envs;
};

/* What the configuration says that a clone has of a remote. The names stay the
 * configuration's; the caller frees their array, by free(). 0 or GV_ENOMEM. */
int gv_refspec_read(struct gv_refspec_part *out, const struct gv_config *c,
    const struct gv_remote_ref *map);

/* Whether a refspec brings snapshots to where copies of theirs are. 0 or
 * GV_ENOMEM. */
int gv_refspec_brings_snapshots(
    bool *out, const struct gv_config *c, const struct gv_remote_ref *map);

/* Append the refspecs, a NUL behind each. For a remote with a prefix it is the
 * one that leaves the vault to sync. 0 or GV_ENOMEM. */
int gv_refspec_add(struct gv_buf *out, const struct gv_remote_ref *map,
    const struct gv_refspec_part *part);

/* The same, by which to ask for the keyring and what is sealed alone. */
int gv_refspec_add_sealed(struct gv_buf *out, const struct gv_remote_ref *map,
    const struct gv_refspec_part *part);

/* The same, by which to ask for the keyring alone. */
int gv_refspec_add_keyring(struct gv_buf *out, const struct gv_remote_ref *map);

/* The command that begins so (up to a NULL), with the remote's name and these
 * refspecs behind it, a NULL at its end. Its words are borrowed; the caller
 * frees the array, by free(). NULL without memory. */
const char **gv_refspec_argv(
    const char *const *begin, const char *remote, const struct gv_buf *specs);

/* Have the configuration say which part that is; and where it has refspecs of
 * ours for the remote, have it have those of this part instead. Others are let
 * be. 0 or a failure; one that is killed has written some, and the next one
 * writes the rest. */
int gv_refspec_put(const struct gv_config *c, const struct gv_remote_ref *map,
    const struct gv_refspec_part *part);

#endif
