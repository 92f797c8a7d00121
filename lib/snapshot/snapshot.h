#ifndef GV_SNAPSHOT_H
#define GV_SNAPSHOT_H
/*
 * Takes a snapshot: census, new blobs, trees, manifest, origin, commit, one
 * pack, one ref. Nothing of it is visible before the ref, and the user's
 * files, index, refs and stash are only read.
 *
 *	struct gv_snapshot_opts opts = { .message = "before the upgrade" };
 *	struct gv_snapshot snap;
 *	r = gv_snapshot_take(&snap, repo, &opts);
 *	gv_snapshot_release(&snap);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "policy/wish.h"
#include "record/record_id.h"
#include "repo/oid.h"
#include "snapshot/nested.h"
#include "snapshot/survey.h"

struct gv_record;
struct gv_repo;

/* The boolean of Git's configuration that turns scanning off. */
#define GV_SNAPSHOT_SCAN "vault.scan"

struct gv_snapshot_opts {
	const char *message; /* subject and body; NULL: one is made */
	const char *trigger; /* NULL: "manual" */
	const char *const *tags;
	size_t n_tags;
	/* the environments that it is of, names as of refs (track.h); none:
	 * those that the team's policy gives to the branch */
	const char *const *envs;
	size_t n_envs;
	const char *const *only; /* Git pathspecs; none: everything */
	size_t n_only;
	struct gv_wish_said said; /* --include and --exclude */
	bool force;               /* also where nothing changed */
	/* take none of a working tree whose tree is this; or NULL */
	const struct gv_oid *unless;
	bool dry_run; /* look only: no object, no ref, no cache */
	/* onto the chain of automatic saves (autosave.h), next to other
	 * commands: it takes no lock that they wait for, and is no snapshot
	 * that counts as one; not with `only` or tags */
	bool is_auto;
	bool recurse; /* first take one of each repository inside, and link
			 it; not in a dry run */
	int threads;  /* 0: one a processor */
	bool no_scan; /* withhold only what is sealed as a whole: nothing is
			 looked for in what is in git's reach */
	/* told of what goes on; any may be NULL */
	void (*on_begin)(void *ctx, const char *title, uint64_t total);
	void (*on_size)(void *ctx, uint64_t bytes); /* of all that begins */
	void (*on_add)(void *ctx, uint64_t count, uint64_t bytes);
	void *ctx;
};

/* A file of HEAD that values were taken out of. */
struct gv_snapshot_exposed {
	char *path;
	size_t n;
};

/* A file that is the state of a tool, and was not known to have a version as it
 * is now. */
struct gv_snapshot_state {
	char *path, *env, *stack;
	struct gv_oid version; /* that has it; zero: none was kept */
	bool has_serial;
	bool created; /* false: that version was there */
	uint64_t serial;
	char *damage; /* why what was saved is no intact state, or NULL */
	char *why;    /* why there is none; with one, why the note of the commit
			 does not name it; or NULL */
};

/* One path of a dry run: what would be stored and by which rule. */
struct gv_snapshot_entry {
	char *path;
	uint64_t size;
	char status;     /* 'A' new, 'M' to be read */
	const char *why; /* "tracked", "untracked", "precious", "ignored" */
};

struct gv_snapshot {
	char id[GV_RECORD_ID_LEN + 1]; /* "" in a dry run, or by `unless` */
	struct gv_oid commit;
	bool created; /* false: nothing changed, `id` is the last one's */
	struct gv_survey_found found; /* of the working tree */
	uint64_t secrets;             /* placeholders in its files */
	uint64_t sealed;   /* values that were not in the vault yet */
	uint64_t findings; /* in what is new, as a scan would count them */
	/* the keyring was made just now: the file of the new identity, NULL for
	 * one that was there, and the keyring's fingerprint */
	bool made_keyring;
	bool saw_keyring; /* it came with a fetch, and was not known before */
	bool is_random;   /* values are named by a key of this host's own … */
	bool is_lost; /* … since the key of this user, the only one, is gone */
	char *identity, *print;
	char *unmerged;  /* why something that a fetch brought is not taken; or
			    NULL */
	char *shut;      /* why an identity opens nothing that a service has
			    wrapped; NULL */
	char *unreached; /* why a vault of others was not given a value that is
			    kept in both; NULL */
	uint64_t stored_files; /* files whose bytes were new */
	uint64_t objects, pack_bytes;
	bool borrows; /* objects that another repository may delete */
	/* files whose values are in HEAD, too, of those that were read */
	struct gv_snapshot_exposed *exposed;
	size_t n_exposed;
	struct gv_nested *nested; /* with `recurse`: what came of each */
	size_t n_nested, cap_nested;
	struct gv_snapshot_state *states; /* by their paths */
	size_t n_states, cap_states;
	/* where secrets stand in branches and stashes that were left out of it
	 * and sealed, a line each; NULL: nowhere */
	char *held;
	char *states_why; /* why some of them were not looked at; or NULL */
	struct gv_snapshot_entry *entries; /* of a dry run */
	size_t n_entries, cap_entries;
};

/* Take one, and then keep versions of the states of tools in it that have
 * changed, as far as that goes (see `states`), see stack.h for their names. 0
 * also where some files could not be stored (see `found.notes`), or
 * repositories inside could not be kept (see `nested`); the command then exits
 * with 3. GV_ELOCKED where another of us works; GV_EREFUSED inside a push's
 * quarantine, and where a file cannot be searched for what is to be withheld;
 * GV_ECANCELED; GV_ERROR, also where no commit can be of the time that the
 * clock says. On failure nothing is left behind but a keyring that had to be
 * made. The caller releases *out. */
int gv_snapshot_take(struct gv_snapshot *out, struct gv_repo *repo,
    const struct gv_snapshot_opts *opts);

void gv_snapshot_release(struct gv_snapshot *snap);

#endif
