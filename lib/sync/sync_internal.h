#ifndef GV_SYNC_INTERNAL_H
#define GV_SYNC_INTERNAL_H
/*
 * What the files of sync share; nobody else includes it.
 *
 *	sync.c		the run: fetch, merge, push, and again
 *	sync_hold.c	what does not go without its secrets
 *	sync_kind.c	the kinds of refs, and the rule of each
 *	sync_fetch.c	what a remote has and we have not
 *	sync_list.c	both sides
 *	sync_narrow.c	some environments, or what is young, alone
 *	sync_merge.c	all of it in one transaction
 *	sync_chain.c	the rules of chains, and of what is never changed
 *	sync_audit.c	chains of the audit, one a clone
 *	sync_component.c	dumps of components
 *	sync_good.c	known-good records, by number
 *	sync_snapshot.c	snapshots, by pins and tombstones
 *	sync_deleter.c	who deleted those that go
 *	sync_tree.c	trees of statements, a file each
 *	sync_project.c	whether the remote is of this project
 *	sync_gate.c	what of it must not leave
 *	sync_push.c	what the remote lacks
 *	sync_shown.c	whether the remote shows what it has
 *	sync_receipt.c	whether a server's receipts go on from those seen
 */

#include "base/arena.h"
#include "base/map.h"
#include "record/trash.h"
#include "remote/remote_ref.h"
#include "repo/ref.h"
#include "sync/sync.h"
#include "vault/ledger.h"

struct gv_odb;
struct gv_sync_merge;
struct gv_sync_kind;

/* A ref on both sides. */
struct gv_sync_ref {
	const char *name; /* ours, in full; the list's */
	const struct gv_sync_kind *kind;
	struct gv_oid ours, theirs; /* zero: not there */
};

struct gv_sync_refs {
	struct gv_sync_ref *refs; /* by kind, in the table's order */
	size_t n, cap;
	struct gv_refs ours, theirs; /* what names point into */
	char **names;                /* of those that only they have */
	size_t n_names, cap_names;
};

struct gv_sync {
	struct gv_repo *repo;
	const struct gv_sync_opts *opts;
	struct gv_sync_report *report;
	const char *remote;
	struct gv_remote_ref map; /* what refs are called there */
	struct gv_sync_refs refs;
	/* what it said that it has, by our names, as far as this run's pushes
	 * have not changed it; empty before it is asked */
	struct gv_refs there;
	/* sets of names, of this attempt: what is not pushed, since it is in
	 * conflict, and the snapshots that are deleted here */
	struct gv_map held, gone;
	struct gv_map wanted;  /* commits of environments that were named */
	struct gv_map refused; /* the same of what the remote does not take */
	/* the same of what a push of this attempt found there, and its fetch
	 * did not */
	struct gv_map unseen;
	bool has_other_keyring; /* than ours, which stays as it is */
	bool is_short;          /* one is to be ours that was not fetched … */
	bool was_short;         /* … in an attempt before this one, too */
	bool keeps_deleted;     /* it does not take deletions */
	bool is_clearing;       /* some of them went just now, or … */
	bool is_put_off;        /* … wait for what it takes of the rest */
	bool is_elsewhere;      /* what is pushed is not where fetches are of */
	bool is_named_anew;     /* our chain of the audit is, in this run */
	struct gv_arena arena;  /* of the sets */
	unsigned attempt;
};

/* ---- sync.c ---- */

/* Add a name to one of the sets; whether it is in one. 0 or GV_ENOMEM. */
int gv_sync_set_add(struct gv_sync *s, struct gv_map *set, const char *name);
bool gv_sync_set_has(const struct gv_map *set, const char *name);

/* Note what became of a ref; `why` is taken over (NULL: none). 0 or
 * GV_ENOMEM. */
int gv_sync_note(struct gv_sync *s, enum gv_sync_action action,
    const struct gv_sync_ref *ref, char *why);

/* The same with this thread's message for a reason. */
int gv_sync_note_message(struct gv_sync *s, enum gv_sync_action action,
    const struct gv_sync_ref *ref);

/* ---- sync_kind.c ---- */

struct gv_sync_kind {
	const char *name; /* behind refs/, with '/' at its end: all below */
	bool is_always;   /* goes along whatever the patterns say */
	bool is_chain;    /* of commits, each behind the one before */
	int parts;        /* of a name, behind that; -1: as many as there are */
	/* Bring one that differs into the merge. NULL: the safe has done it,
	 * and what still differs is not merged. */
	int (*merge)(struct gv_sync_merge *m, struct gv_sync_ref *ref);
};

/* The kind of a vault ref, by its full name; NULL for one that does not
 * travel. */
const struct gv_sync_kind *gv_sync_kind_of(const char *ref);

/* Whether a record of the kind can have this name: a deeper one, or one less
 * deep, would be in the way of those that are made later. */
bool gv_sync_kind_is_name(const struct gv_sync_kind *kind, const char *ref);

/* The rank of a kind: its place in the table. */
size_t gv_sync_kind_rank(const struct gv_sync_kind *kind);

/* Whether the patterns pick a ref. */
bool gv_sync_kind_is_picked(const struct gv_sync_opts *opts,
    const struct gv_sync_kind *kind, const char *ref);

/* ---- sync_fetch.c ---- */

/* Ask the remote, into s->there, and have git fetch what of it is picked and
 * differs beside ours. 0; GV_EEXISTS where another git moves the same refs;
 * GV_ERROR with git's words. */
int gv_sync_fetch(struct gv_sync *s);

/* How a `git fetch` from the remote ended: 0; GV_EEXISTS where another git was
 * quicker; GV_ERROR with git's words. */
int gv_sync_fetched(const struct gv_sync *s, struct gv_proc *p);

/* Ask the remote for its list of vault refs, by the names that they have
 * here, with what tags are of. 0 or a failure. */
int gv_sync_ask(struct gv_refs *out, struct gv_sync *s);

/* What the copy of a remote's ref is called, which has that name here; and what
 * one is called here that has this name behind refs/vault-remote/<remote>/. In
 * place of what is in *out. 0 or GV_ENOMEM. */
int
gv_sync_name_copy(struct gv_buf *out, const struct gv_sync *s, const char *ref);
int gv_sync_name_ours(struct gv_buf *out, const char *rest);

/* Keep which snapshots the remote has, as s->there says, and drop the copies
 * that are needed no more. 0, also where these cannot be dropped now, or
 * GV_ENOMEM. */
int gv_sync_keep(struct gv_sync *s);

/* What the environment of a git that talks to the remote begins with: put into
 * `env`, which has room for GV_REMOTE_ENV, and how many they are. */
size_t gv_sync_env(const struct gv_sync *s, const char **env);

/* Run such a git, which may ask the user for a password unless nobody is there;
 * the environment of `opts`, NULL for that one, begins with it. 0 whatever its
 * status. */
struct gv_proc_opts;
int gv_sync_git(const struct gv_sync *s, struct gv_proc *p,
    const struct gv_proc_opts *opts);

/* ---- sync_hold.c ---- */

/* Where nobody else is in our keyring and the remote has another one, use that
 * if it is agreed to, and encrypt again what is here. 0, also where it cannot
 * be, which is reported; GV_ECANCELED; GV_ENOMEM. */
int gv_sync_adopt(struct gv_sync *s);

/* Hold what names secrets that are not pushed, and note it. 0 or a failure. */
int gv_sync_hold(struct gv_sync *s);

/* ---- sync_list.c ---- */

/* List both sides into s->refs: theirs as the last fetch brought it, snapshots
 * as s->there has them (asked for where that is empty); where there was no
 * fetch now, what the remote still has of it. 0 or a failure. */
int gv_sync_list(struct gv_sync *s);

/* Whether a ref here is the folder of a vault ref by that name, or in it. */
bool gv_sync_is_in_the_way(const struct gv_sync *s, const char *name);

void gv_sync_refs_release(struct gv_sync_refs *refs);

/* ---- sync_narrow.c ---- */

/* Whether only some environments, or what is young, are wanted. */
bool gv_sync_narrow_is_on(const struct gv_sync_opts *opts);

/* Tell in the report which environments and patterns nothing is of on either
 * side, by the last list. 0 or a failure. */
int gv_sync_narrow_tell(const struct gv_sync *s);

/* Learn which snapshots the known-good records in a remote's list are of. 0 or
 * GV_ENOMEM. */
int gv_sync_narrow_want(struct gv_sync *s, const struct gv_refs *list);

/* The same of those that are here. 0 or a failure. */
int gv_sync_narrow_prepare(struct gv_sync *s);

/* In a clone without snapshots and states, delete what is not picked of what is
 * sealed here and of what stands beside ours (`copies`), as far as the remote
 * has the same just now. 0 or a failure. */
int gv_sync_narrow_drop(struct gv_sync *s, const struct gv_refs *copies);

/* Note in git's configuration, before that is so, that this clone lacks some
 * of what the remote has; and remove the note when it lacks nothing. 0 or a
 * failure. */
int gv_sync_narrow_mark(const struct gv_sync *s);
int gv_sync_narrow_unmark(const struct gv_sync *s);

/* Whether it picks a vault ref, which stands at these, zero for nowhere: 1 or
 * 0, or a failure. */
int gv_sync_narrow_is_picked(struct gv_sync *s, const char *ref,
    const struct gv_oid *ours, const struct gv_oid *theirs);

/* ---- sync_merge.c ---- */

/* What is deleted or pinned on a side, or before the two parted. */
enum gv_sync_where {
	GV_SYNC_AT_BASE,
	GV_SYNC_AT_OURS,
	GV_SYNC_AT_THEIRS,
	GV_SYNC_WHERES
};

struct gv_sync_merge {
	struct gv_sync *s;
	struct gv_odb *odb;
	struct gv_ledger_edit edit;
	struct gv_ledger deleted[GV_SYNC_WHERES];
	struct gv_map stones[GV_SYNC_WHERES]; /* from id to the entry's blob */
	struct gv_ledger marks[GV_SYNC_WHERES];
	struct gv_map pins[GV_SYNC_WHERES]; /* from id to the pin's blob */
	struct gv_arena arena;
	const char *audit_name;   /* that our chain of the audit gets; NULL */
	struct gv_sync_ref audit; /* that it had, with it */
	struct gv_trash_new *dropped; /* snapshots that go to the trash */
	size_t n_dropped, cap_dropped;
	struct gv_map held; /* pins of this clone that theirs took away */
	struct gv_buf kept; /* sentences of what pins keep */
};

/* Merge all that differs, durably, in one transaction. 0, also with conflicts;
 * GV_EEXISTS where somebody else moved a vault ref meanwhile; GV_ELOCKED and
 * others. */
int gv_sync_merge(struct gv_sync *s);

/* ---- the rules ---- */

/* sync_chain.c: one goes on from the other, or it is a conflict; states by the
 * side that was chosen */
int gv_sync_chain(struct gv_sync_merge *m, struct gv_sync_ref *ref);

/* sync_audit.c: as a chain; ours gets another name where another clone has
 * written one under it, which is settled when the refs have moved, or before
 * it tells anything */
int gv_sync_audit(struct gv_sync_merge *m, struct gv_sync_ref *ref);
int gv_sync_audit_settle(const struct gv_sync_merge *m);

/* Note where the chains that have moved end on the remote now, to be looked for
 * by the next sync or check. */
void gv_sync_audit_keep(const struct gv_sync *s);

/* sync_chain.c: made once and never changed */
int gv_sync_made_once(struct gv_sync_merge *m, struct gv_sync_ref *ref);
int gv_sync_report(struct gv_sync_merge *m, struct gv_sync_ref *ref);

/* sync_good.c: all of both sides; ours gets another number where the remote has
 * another record under it */
int gv_sync_good(struct gv_sync_merge *m, struct gv_sync_ref *ref);

/* sync_chain.c: notes, line by line where both have changed one */
int gv_sync_notes(struct gv_sync_merge *m, struct gv_sync_ref *ref);

/* Whether the chains are one, of which theirs is the longer (*behind) or the
 * shorter; *base is where they part. 1 or 0, or a failure. */
int gv_sync_is_line(
    bool *behind, struct gv_oid *base, const struct gv_sync_ref *ref);

/* Note a conflict with this thread's message; the ref is not pushed. */
int gv_sync_conflict(struct gv_sync *s, struct gv_sync_ref *ref);

/* The same of what could be no record of a vault: beside why, the message says
 * by which command of git's a person puts ours in its place. */
int gv_sync_conflict_of_damage(struct gv_sync *s, struct gv_sync_ref *ref);

/* Append " git push REMOTE REFSPEC" as a shell reads it: who may push chooses
 * the names of refs. 0; GV_ENOMEM. */
int gv_sync_add_push(
    struct gv_buf *out, const struct gv_sync *s, const struct gv_buf *refspec);

/* The same of two sides of a shallow clone that have nothing in common: a fetch
 * with a depth cuts our chains as well. */
int gv_sync_conflict_of_cut(struct gv_sync *s, struct gv_sync_ref *ref);

/* Have ours be theirs, an object of that type. */
int gv_sync_take(
    struct gv_sync_merge *m, struct gv_sync_ref *ref, enum gv_otype type);

/* sync_snapshot.c */
int gv_sync_snapshot(struct gv_sync_merge *m, struct gv_sync_ref *ref);
int gv_sync_marks(struct gv_sync_merge *m, struct gv_sync_ref *ref);
int gv_sync_deleted(struct gv_sync_merge *m, struct gv_sync_ref *ref);

/* Whether a tombstone stands for an id, and no pin says otherwise. */
bool gv_sync_is_deleted(const struct gv_sync_merge *m, const char *id);

/* sync_component.c: dumps, made once, less those that are deleted */
int gv_sync_component(struct gv_sync_merge *m, struct gv_sync_ref *ref);

/* Load what marks and tombstones say on both sides. 0 or a failure. */
int gv_sync_snapshot_prepare(struct gv_sync_merge *m);

/* sync_deleter.c: name who deleted those that go. 0 or a failure. */
int gv_sync_name_deleters(struct gv_sync_merge *m);

/* Put the snapshots that go into the trash. 0 or a failure. */
int gv_sync_snapshot_trash(struct gv_sync_merge *m);

/* Where snapshots go, have the transaction fail if one has been pinned since:
 * another working tree has a lock of its own. 0 or a failure. */
int gv_sync_snapshot_guard(struct gv_sync_merge *m);
void gv_sync_snapshot_release(struct gv_sync_merge *m);

/* ---- sync_tree.c ---- */

struct gv_sync_tree {
	struct gv_ledger_edit *edit;
	/* The blob that two become which both sides have changed: of a file in
	 * that folder, "" at the top. 0 or a failure; zero in *out: none. */
	int (*pick)(struct gv_ledger_edit *edit, struct gv_oid *out,
	    const char *folder, const struct gv_oid blobs[GV_SYNC_WHERES]);
	const struct gv_map *out; /* names of files that are to go, if any */
	/* names of files in pinned/ that stand as ours has them, if any */
	const struct gv_map *held;
};

/* Merge three trees into *out, zero where nothing is left. What one side has
 * taken away and the other left as it was goes; what the other has changed
 * stays. 0; GV_ECORRUPT where they have no common form; a failure. */
int gv_sync_tree(const struct gv_sync_tree *t, struct gv_oid *out,
    const struct gv_oid trees[GV_SYNC_WHERES]);

/* What of three objects of one name is to stand where one rule decides: 1 with
 * *out, zero for none; 0 where both sides have changed it. */
int gv_sync_choose(
    struct gv_oid *out, const struct gv_oid *const sides[GV_SYNC_WHERES]);

/* ---- sync_receipt.c ---- */

/* Hold the chains of receipts that the last fetch brought against where they
 * ended before; one that does not go on from there is noted as a conflict. 0 or
 * a failure. */
int gv_sync_receipts(struct gv_sync *s);

/* ---- sync_project.c ---- */

/* Whether what was fetched may be of this project: 0, also where that cannot be
 * seen; GV_EREFUSED where both its keyring and its history are others; a
 * failure. */
int gv_sync_check_project(const struct gv_sync *s);

/* ---- sync_gate.c ---- */

/* Look through what a push would bring, by outgoing.h: refs that lead to what
 * must not leave are noted as refused, and not pushed. 0 or a failure. */
int gv_sync_gate(struct gv_sync *s);

/* ---- sync_push.c ---- */

/* Push what the remote lacks. 0; GV_EEXISTS where it has moved meanwhile;
 * GV_EREFUSED where it takes nothing; GV_ERROR with git's words. */
int gv_sync_push(struct gv_sync *s);

/* Whether it is a ref of theirs that is to go, of a deleted snapshot. */
bool
gv_sync_is_to_clear(const struct gv_sync *s, const struct gv_sync_ref *ref);

/* Whether there are such, and they may go with a push that brings tombstones
 * (`tells`): not from where nobody sees whether one has been pinned. The marks
 * move in it, too. */
bool gv_sync_clears(const struct gv_sync *s, bool tells);

/* ---- sync_shown.c ---- */

/* Ask the remote for what the push found there and no fetch did, if anything.
 * 0, also where nothing is fetched from there; GV_EREFUSED where it does not
 * list it, GV_EEXISTS where that is to be tried once more; a failure. */
int gv_sync_shown(struct gv_sync *s);

#endif
