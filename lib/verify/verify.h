#ifndef GV_VERIFY_H
#define GV_VERIFY_H
/*
 * Reads and hashes every object of snapshots and of versions of states, each
 * once even if many share it. It compares their parts: commit, parents, trees,
 * manifest and counts; of a version its parts and its index. It reports damage
 * with every snapshot, version and path that is affected, and repairs nothing.
 * verify/verified.h remembers when each was verified, and
 * verify/verify_cursor.h where a run ended that had no time for all: the next
 * run continues there.
 *
 *	struct gv_verify_opts opts = { .fault = print_it };
 *	r = gv_verify_run(&result, repo, &opts);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_object;
struct gv_odb;
struct gv_repo;
struct gv_safe;

struct gv_verify_fault {
	/* the snapshot's id, or the ref that is damaged; "" with `state` */
	const char *snapshot;
	bool in_trash;         /* the snapshot was deleted */
	bool is_save;          /* it is an automatic save */
	const char *state;     /* of a version of one: "<env>/<stack>"; NULL */
	struct gv_oid version; /* its commit, with `state` */
	const char *path; /* from the top of the commit's tree: "tree/a.tf",
			     "meta/manifest/0000"; "" for all of it */
	size_t len;
	struct gv_oid oid; /* the damaged or missing object; zero: none */
	const char *reason;
};

struct gv_verify_opts {
	const char *const *snapshots; /* expressions */
	/* 0: all snapshots, also those in the trash, all automatic saves, and
	 * all versions and locks of states */
	size_t n_snapshots;
	bool deep;   /* restore in memory, too */
	int threads; /* 0: one a processor */
	/* where values that are sealed are sought by their ids, and what opens
	 * them where `deep`; may be NULL */
	struct gv_safe *safe;
	int64_t now;      /* seconds since 1970 */
	int64_t max_time; /* seconds after which to stop between two pieces
			     of work, of all snapshots; 0: at the end */
	/* For repair: what is damaged or missing is asked for here, from any
	 * thread: 1 with *out set (type and bytes; of a blob the length will
	 * do), 0 where it is nowhere, negative to end. With it only objects
	 * are looked at, and no date is kept. */
	int (*rescue)(void *ctx, struct gv_object *out,
	    const struct gv_oid *oid, enum gv_otype type);
	/* at the end, every object that was reached; may be NULL */
	int (*reached)(void *ctx, const struct gv_oid *oid);
	void *rescue_ctx;
	void (*fault)(void *ctx, const struct gv_verify_fault *fault);
	/* of `deep`, at the end: how many values of a scope could not be held
	 * to their ids, since no key opens them; may be NULL */
	void (*unopened)(void *ctx, const char *scope, uint64_t values);
	/* of `deep`, at the end: how many values of an external vault were not
	 * asked for there, and why; may be NULL */
	void (*unasked)(
	    void *ctx, const char *vault, const char *why, uint64_t values);
	void *fault_ctx;
	/* as in restore/restore.h; may be NULL */
	void (*begin)(void *ctx, const char *title, uint64_t total);
	void (*add)(void *ctx, uint64_t count, uint64_t bytes);
	void *progress_ctx;
};

struct gv_verify_result {
	uint64_t snapshots;      /* verified, damaged ones too */
	uint64_t trashed;        /* in the trash, likewise */
	uint64_t saves;          /* automatic ones, likewise */
	uint64_t versions;       /* of states, likewise */
	uint64_t left;           /* of both, that there was no time for */
	uint64_t objects, bytes; /* read */
	uint64_t values;         /* places of them that are withheld */
	uint64_t sealed;         /* values that the scopes have */
	uint64_t damaged;        /* snapshots with a fault, also in the trash */
	uint64_t bad_versions;   /* the same of versions */
	uint64_t shut_versions;  /* of `deep`: that no key opened */
	/* with `deep`: values, and versions, that no key here opens although
	 * the keyring lets one of our identities read them */
	uint64_t owed_values, owed_versions;
	uint64_t faults;
	uint64_t without_base; /* that leave files to a server of Subversion or
				  Mercurial, of which nothing is verified */
};

/* Verify. 0, also where there is damage (out->faults says); GV_ENOTFOUND
 * where an expression names no snapshot; GV_ECANCELED; GV_ERROR. */
int gv_verify_run(struct gv_verify_result *out, struct gv_repo *repo,
    const struct gv_verify_opts *opts);

/* Whether an object is what a value is sealed in: a file of age, a tree of
 * chunks that are such, or a reference to a vault of others; whether it can be
 * opened is not asked. 0; GV_ECORRUPT,
 * GV_ENOTFOUND, GV_EREFUSED; GV_ENOMEM. */
int gv_verify_sealed(struct gv_odb *odb, const struct gv_oid *oid);

#endif
