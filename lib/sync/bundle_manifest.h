#ifndef GV_BUNDLE_MANIFEST_H
#define GV_BUNDLE_MANIFEST_H
/*
 * What a bundle of a vault says of itself (bundle.h): which refs it is of, by
 * whom and when it was made, and what must be there before it. One text has one
 * form, so that what is signed cannot say two things.
 *
 *	r = gv_bundle_manifest_parse(&m, text, len);
 *	m.refs[i].is_in …
 *	gv_bundle_manifest_release(&m);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "repo/oid.h"

struct gv_buf;

#define GV_BUNDLE_MANIFEST_MAX ((size_t)64 << 20) /* bytes of one */

struct gv_bundle_ref {
	const char *name; /* in full */
	struct gv_oid id;
	bool is_in; /* else the basis had it, and it has not moved since */
};

/* Ids that stand one after the other. */
struct gv_bundle_ids {
	struct gv_oid *ids;
	size_t n, cap;
};

struct gv_bundle_manifest {
	const char *actor;   /* "Name <mail>", as Git has it */
	const char *host;    /* the machine's name */
	const char *keyring; /* its fingerprint; NULL: there is none */
	int64_t time;        /* seconds since 1970 */
	struct gv_oid basis; /* the manifest, as a blob, of the bundle that
				this one goes on from; zero: none */
	bool is_filtered;    /* the vault has, or may have, other refs that
				were left out by choice */
	struct gv_bundle_ref *refs; /* sorted by name, each once */
	size_t n_refs, cap_refs;
	struct gv_bundle_ids needs; /* commits that must be there before */
	struct gv_bundle_ids roots; /* where the project's history begins */
	uint64_t snapshots;         /* how many are in it */
	struct gv_arena arena;      /* of the texts */
};

#define GV_BUNDLE_MANIFEST_INIT                                                \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Free; NULL-safe, zeroed ok. */
void gv_bundle_manifest_release(struct gv_bundle_manifest *m);

/* Add a ref, whose name is copied. 0 or GV_ENOMEM. */
int gv_bundle_manifest_add(struct gv_bundle_manifest *m, const char *name,
    const struct gv_oid *id, bool is_in);

/* Add an id to a list, unless it is in it. 0 or GV_ENOMEM. */
int
gv_bundle_manifest_add_id(struct gv_bundle_ids *list, const struct gv_oid *id);

/* The ref of that name, or NULL. */
const struct gv_bundle_ref *
gv_bundle_manifest_find(const struct gv_bundle_manifest *m, const char *name);

/* Whether a ref of a bundle is HEAD or a branch of the project: git clones by
 * these, and an import leaves them alone. Pure. */
bool gv_bundle_manifest_is_branch(const char *name);

/* Sort all that has an order, and append the text, with a line's end. 0 or
 * GV_ENOMEM. */
int gv_bundle_manifest_format(struct gv_buf *out, struct gv_bundle_manifest *m);

/* Read a text. 0; GV_ECORRUPT for another text, or one not in that form;
 * GV_EREFUSED for a newer form; GV_ENOMEM. *out is to be released whatever
 * comes. */
int gv_bundle_manifest_parse(
    struct gv_bundle_manifest *out, const char *text, size_t len);

#endif
