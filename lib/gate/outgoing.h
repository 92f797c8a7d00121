#ifndef GV_OUTGOING_H
#define GV_OUTGOING_H
/*
 * The gate for everything that leaves this clone: what a push, a sync or a
 * bundle is about to send, and what must not be sent. It searches files and
 * their names, targets of links, extended attributes, the messages of commits
 * and tags, names of refs, and all commits behind vault refs. Encrypted content
 * is skipped.
 *
 *	struct gv_outgoing out = GV_OUTGOING_INIT;
 *	r = gv_outgoing_read(&out, repo, &to, &lines);
 *	r = gv_outgoing_look(&gate, repo, &out, now);
 *	f = gv_outgoing_blame(&gate, &out, &ref);	NULL: it may go
 *	gv_outgoing_gate_release(&gate);
 *	gv_outgoing_release(&out);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "detect/sweep.h"
#include "policy/disclosure.h"

struct gv_repo;

/* Where it goes: a remote's name and its address, as git gives them. */
struct gv_outgoing_to {
	const char *remote, *url; /* url: NULL where it is not known */
};

/* A ref that goes. */
struct gv_outgoing_ref {
	const char *name;      /* that the remote is to have */
	struct gv_oid is, was; /* `was` zero: the remote does not have it */
	bool is_ours; /* a vault ref on both sides: of a snapshot only what it
			 says and its parents are looked at */
};

struct gv_outgoing {
	struct gv_buf revisions; /* commits, for git rev-list --stdin */
	struct gv_buf lacking; /* branches that the remote has not: "NAME\n" */
	struct gv_sweep_loose *loose;
	size_t n_loose, cap_loose;
	struct gv_sweep_pair *trees;
	size_t n_trees, cap_trees;
	struct gv_oid *said; /* tags and snapshots: what they say */
	size_t n_said, cap_said;
	struct gv_sweep_more *more; /* of snapshots: what manifests say */
	size_t n_more, cap_more;
	struct gv_map layers; /* manifest layers by id; "": nothing was found */
	struct gv_disclosure disclosure; /* for these */
	struct gv_buf names;             /* of refs: "NAME\n" */
	/* edges of the graph below these: "ID ID\n" */
	struct gv_buf edges;
	struct gv_arena arena; /* the names in it */
};

#define GV_OUTGOING_INIT                                                       \
	{                                                                      \
		.revisions = GV_BUF_INIT, .lacking = GV_BUF_INIT,              \
		.names = GV_BUF_INIT, .edges = GV_BUF_INIT,                    \
		.layers = GV_MAP_INIT, .disclosure = GV_DISCLOSURE_INIT(NULL), \
		.arena = GV_ARENA_INIT                                         \
	}

/* Add a ref; its name must stay. 0; GV_ECORRUPT for a tag that cannot be read;
 * GV_ENOMEM. */
int gv_outgoing_add_ref(struct gv_outgoing *out, struct gv_repo *repo,
    const struct gv_outgoing_ref *ref);

/* Take away what this commit reaches; one that is not here is passed over. */
void gv_outgoing_exclude(struct gv_outgoing *out, const struct gv_oid *commit);

/* Take away where the refs of the remote were when they were last fetched, if
 * that was from there; it is asked for them where it lacks a branch of those,
 * or has another address since (address.h). 0; GV_ERROR; GV_ENOMEM. */
int gv_outgoing_add_known(struct gv_outgoing *out, const struct gv_repo *repo,
    const struct gv_outgoing_to *to);

/* Add all refs that are pushed, by these lines, and take away what the remote
 * has, as above. Nothing is added where nothing is pushed but deletions. 0;
 * GV_ERROR for invalid lines, or where refs cannot be listed; GV_ECORRUPT
 * for a tag that cannot be read; GV_ENOMEM. */
int gv_outgoing_read(struct gv_outgoing *out, struct gv_repo *repo,
    const struct gv_outgoing_to *to, const struct gv_buf *lines);

bool gv_outgoing_is_empty(const struct gv_outgoing *out);

/* Have all of it searched; `graph` as gv_sweep_push has it. As
 * gv_sweep_add_push(). */
int gv_outgoing_add(struct gv_sweep *sweep, const struct gv_outgoing *out,
    struct gv_buf *graph);

void gv_outgoing_release(struct gv_outgoing *out);

/* ---- outgoing_gate.c ---- */

struct gv_outgoing_gate {
	struct gv_sweep *sweep; /* NULL: there was nothing to look at */
	size_t n;               /* findings that keep something back */
	struct gv_map held;     /* by raw id, to the finding */
	struct gv_arena arena;
	bool built_in; /* set before: neither the policy nor what was allowed
			  here counts, since it cannot be read */
};

#define GV_OUTGOING_GATE_INIT                                                  \
	{                                                                      \
		.held = GV_MAP_INIT, .arena = GV_ARENA_INIT                    \
	}

/* Look for what must not leave; what the last look found nothing in is excluded
 * from `out`. 0 with *gate set, to be released in any case; as gv_sweep_run().
 */
int gv_outgoing_look(struct gv_outgoing_gate *gate, struct gv_repo *repo,
    struct gv_outgoing *out, int64_t now);

/* What keeps a ref back, by what it points at and its name; NULL: it may go.
 * Lives as long as the gate. */
const struct gv_finding *gv_outgoing_blame(const struct gv_outgoing_gate *gate,
    const struct gv_outgoing *out, const struct gv_outgoing_ref *ref);

/* Append a sentence on a finding: where, of which rule, in which commit, and
 * never the value. False where there is no fingerprint to allow it by. */
bool gv_outgoing_describe(struct gv_buf *out,
    const struct gv_outgoing_gate *gate, const struct gv_finding *f);

void gv_outgoing_gate_release(struct gv_outgoing_gate *gate);

/* Say in *why, for the caller to free, what is in a commit, or behind it where
 * no remote has it, that must not leave this clone; NULL: it may be a parent of
 * what is pushed. Where there is no remote nobody looks. 0; as
 * gv_outgoing_look(). */
int gv_outgoing_commit(
    char **why, struct gv_repo *repo, const struct gv_oid *commit, int64_t now);

/* Let what has these fingerprints leave this clone from now on: they are added
 * to vault/allowed, a baseline (see git-vault-format(5)). 0; GV_EUSAGE for what
 * is no fingerprint, or is of another key; GV_ERROR. */
int gv_outgoing_allow(
    struct gv_repo *repo, const char *const *fingerprints, size_t n);

/* ---- outgoing_clear.c ---- */

/* Take away what the last look by these rules found nothing in. 0; GV_ENOMEM.
 */
int gv_outgoing_clear(struct gv_outgoing *out, const struct gv_repo *repo,
    const struct gv_oid *rules);

/* Note that nothing was found in the first `len` bytes of the revisions. */
void gv_outgoing_save_clear(const struct gv_outgoing *out, size_t len,
    struct gv_repo *repo, const struct gv_oid *rules);

#endif
