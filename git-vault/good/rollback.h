#ifndef ROLLBACK_H
#define ROLLBACK_H
/*
 * A run of `git vault rollback`, shared by its parts: cmd_rollback.c chooses
 * the record, rollback_plan.c finds out what has to change, rollback_keys.c
 * which keys of configuration files differ, rollback_approve.c asks for
 * approvals, rollback_freeze.c whether anything may be changed now,
 * rollback_run.c changes the files, rollback_out.c prints. rollback_commit.c
 * does all of this for a commit, on this branch or on a new one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "git-vault/front/opt.h"
#include "good/approval.h"
#include "graph/depgraph_load.h"
#include "part/tear.h"
#include "record/good.h"
#include "record/record.h"
#include "restore/restore.h"
#include "rollback/rollback.h"
#include "rollback/rollback_env.h"
#include "rollback/rollback_order.h"
#include "rollback/rollback_paths.h"
#include "rollback/rollback_scope.h"
#include "state/track.h"

struct gv_ctx;
struct gv_configkeys_changes;
struct gv_safe;

struct gv_rollback_opts {
	const char *to, *scope, *branch, *undo, *reason;
	bool dry_run, commit, approve, unapproved, cross_scope, unsigned_too;
	bool local_files, yes, in_freeze, force;
	struct gv_opt_list identities;
};

/* A state: where it is, where it is to go. */
struct gv_rollback_stack {
	struct gv_track_version from, to;
	bool is_same;
	struct gv_rollback_order order;
	char *untold;    /* why its resources could not be compared; NULL */
	char *path;      /* that it was made ready in; NULL: not yet */
	bool has_serial; /* and of that number, */
	uint64_t serial;
};

struct gv_rollback_run {
	struct gv_ctx *ctx;
	const struct gv_rollback_opts *o;
	const char *env;
	bool files, states;             /* the scope, */
	unsigned classes;               /* and of files */
	struct gv_good good;            /* what is gone back to … */
	struct gv_rollback_note undone; /* … or what is taken back */
	const char *reason;             /* why; NULL */
	struct gv_approvals approvals;
	bool is_blind;            /* how many are wanted is not known */
	struct gv_buf unapproved; /* the reason of one that lacks them */
	struct gv_record rec;     /* its snapshot; id "": none */
	struct gv_safe *safe;     /* NULL: nothing is sealed */
	/* the plan */
	struct gv_restore_result would, done;
	size_t n_elsewhere;     /* repositories inside, not at their commits */
	bool leaves;            /* the scope leaves a file out */
	const char *state_file; /* one that a tool has here, and that stays;
				   NULL: there is none */
	bool is_all;            /* all paths, whatever environment's */
	struct gv_rollback_env_of own_of;
	struct gv_rollback_env *own; /* which paths are; NULL: all that go */
	bool is_narrow;              /* of the files only these: */
	struct gv_rollback_paths paths;
	struct gv_restore_change *changes; /* by path */
	size_t n_changes, changes_cap;
	struct gv_configkeys_changes *keys; /* of each of them; NULL: of none */
	struct gv_arena arena;
	bool is_full; /* no memory for a change */
	size_t revoked;
	struct gv_depgraph_loaded result; /* the files that it would leave, */
	struct gv_tear tear;              /* and what leads nowhere in them */
	struct gv_rollback_stack *stacks;
	size_t n_stacks, stacks_cap;
	/* what was done */
	struct gv_rollback *job;
	char id[GV_RECORD_ID_LEN + 1];  /* "": nothing was touched */
	unsigned record;                /* that was made of it; 0: none */
	struct gv_rollback_commit made; /* with --as-commit, or its undo */
	char *failed; /* why not, where the restore says it otherwise; NULL */
};

/* Find the versions that the states are at, and are to go to. */
int gv_rollback_plan_states(struct gv_rollback_run *w);

/* Find which paths belong to the environment: w->own, or NULL if all paths go
 * back. 0; as gv_rollback_env_open(). */
int gv_rollback_open_own(struct gv_rollback_run *w);

/* Open the safe where it takes one, and see what would happen. */
int gv_rollback_plan(struct gv_rollback_run *w);

/* Warn of repositories inside that are not at the commits that the snapshot has
 * them at, and count them; the same as an array of the document. */
void gv_rollback_repos_look(struct gv_rollback_run *w);
void gv_rollback_repos_json(const struct gv_rollback_run *w);

/* Warn of those that the commit has elsewhere than they are: git takes them
 * there by it. */
void gv_rollback_repos_look_commit(const struct gv_rollback_run *w);

/* Find what would lead nowhere after a restore of these options. That this
 * cannot be known is reported, and no failure. 0; GV_ECANCELED; GV_ENOMEM. */
int gv_rollback_tear_find(
    struct gv_rollback_run *w, const struct gv_restore_opts *opts);

/* Print it, and refuse: 0; GV_EREFUSED. */
int gv_rollback_tear_check(const struct gv_rollback_run *w);

/* Whether there is nothing to do; an undo always has something. */
bool gv_rollback_plan_is_empty(const struct gv_rollback_run *w);

/* 0 where all of it can be done; GV_EREFUSED, GV_ENOKEY, GV_ECORRUPT. */
int gv_rollback_plan_check(const struct gv_rollback_run *w);

/* Find out which approvals are wanted and there. */
int gv_rollback_ask(struct gv_rollback_run *w);

/* Whether the environment may be changed now, by the policy of HEAD: 0, with a
 * warning where --in-freeze says so or nothing is done; GV_EREFUSED with when
 * it ends; GV_ENOMEM. */
int gv_rollback_check_freeze(const struct gv_rollback_run *w);

/* Whether it may go on with them: 0; GV_EREFUSED. One that goes on without has
 * that in its reason from here on. */
int gv_rollback_check_approvals(struct gv_rollback_run *w);

/* Use up those that it goes on with, once it is certain that it does: before
 * anything is changed. 0; GV_EREFUSED where another one was quicker; as
 * gv_approval_spend(). */
int gv_rollback_use_approvals(struct gv_rollback_run *w);

/* Give one, and tell. */
int gv_rollback_approve(struct gv_rollback_run *w);

/* Print those that are there; the same as a member of the document. */
void gv_rollback_out_approvals(const struct gv_rollback_run *w);
void gv_rollback_out_json_approvals(const struct gv_rollback_run *w);

/* Warn where the policy that wants them is among what goes back: whoever
 * approves a record may not have thought of that. */
void gv_rollback_out_policy(const struct gv_rollback_run *w);

/* The options of a restore that both take. */
void gv_rollback_restore_opts(
    struct gv_restore_opts *out, struct gv_rollback_run *w);

/* Keep a change for the plan; of `run`, which is this one. */
void gv_rollback_plan_keep(void *run, const struct gv_restore_change *c);

/* Put the changes that were kept in order. */
void gv_rollback_plan_sort(struct gv_rollback_run *w);

/* Find out which keys differ in the files that change; of those that this
 * cannot be told of nothing is said. */
void gv_rollback_plan_keys(struct gv_rollback_run *w);

/* Print those of a change, by its place; the same as a member of its object,
 * which has none where they are not known. */
void gv_rollback_out_keys(const struct gv_rollback_run *w, size_t change);
void gv_rollback_out_json_keys(const struct gv_rollback_run *w, size_t change);

/* Take the snapshot of what stands, which a rollback has its id of. */
int gv_rollback_take_safety(
    struct gv_rollback_run *w, char id[GV_RECORD_ID_LEN + 1]);

/* Do it. */
int gv_rollback_carry_out(struct gv_rollback_run *w);

/* Print which files of the record do not go back because they belong to another
 * environment or machine. */
void gv_rollback_out_own(const struct gv_rollback_run *w);

/* Make the branch of --as-branch, and print it. 0, or a failure. */
int gv_rollback_make_branch(struct gv_rollback_run *w);

/* The same as a commit on the current branch, with its plan, and all that is
 * told of it. The exit status, or a failure. */
int gv_rollback_on_branch(struct gv_rollback_run *w);

/* Print the plan; print what was done; all of it as a document. */
void gv_rollback_out_plan(const struct gv_rollback_run *w);
void gv_rollback_out_done(const struct gv_rollback_run *w);
void gv_rollback_out_json(const struct gv_rollback_run *w);

/* "id" of the rollback and "undo", the command that takes it back; null where
 * nothing was done. */
void gv_rollback_out_json_undo(const struct gv_rollback_run *w);

/* Say which files the new commit leaves as HEAD has them, and what to do; the
 * same as members of the document. */
void gv_rollback_out_kept(
    const struct gv_rollback_run *w, size_t n, const struct gv_buf *paths);
void gv_rollback_out_json_kept(
    const struct gv_rollback_run *w, size_t n, const struct gv_buf *paths);

/* Warn of a change that is a path left as it is, and of no other: `how` it is,
 * like "cannot go back". */
void gv_rollback_out_left(const struct gv_rollback_run *w,
    const struct gv_restore_change *c, const char *how);

/* The changes as an array of that document. */
void gv_rollback_out_json_changes(const struct gv_rollback_run *w);

#endif
