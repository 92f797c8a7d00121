#ifndef GV_REPAIR_H
#define GV_REPAIR_H
/*
 * After damage: looks for each object that is damaged or missing wherever it
 * may still be whole, writes what it finds into a new pack, and puts damaged
 * packs and loose files aside, in vault/damaged/ of the repository, once all
 * that can be read of them stands elsewhere. Says what was found where and
 * what is lost.
 *
 *	struct gv_repair_opts opts = { .found = print, .lost = print_it };
 *	r = gv_repair_run(&result, repo, &opts);
 *
 * Order of writes: new packs, durable; a second name for each damaged file in
 * vault/damaged/; only then the old name goes. Killed anywhere, there is no
 * object less than before, and the next run does the rest.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_repo;
struct gv_safe_opts;
struct gv_verify_fault;

struct gv_repair_found {
	struct gv_oid oid;
	enum gv_otype type;
	const char *source; /* "working tree", "remote", … */
	const char *detail; /* a path, the remote's name; or "" */
};

/* What can be had of a snapshot that has lost something. */
enum gv_repair_left {
	GV_REPAIR_LEFT_NOTHING,
	GV_REPAIR_LEFT_SOME,  /* some of its files, or of what is with them */
	GV_REPAIR_LEFT_FILES, /* all its files, without times, owners and all
				 else that the manifest says */
	GV_REPAIR_LEFT_ALL,   /* all; the history it keeps has lost something */
	GV_REPAIR_LEFT_WHOLE, /* never told */
};

/* What becomes of a vault ref other than a snapshot's, of which something is
 * lost. */
enum gv_repair_step_how {
	GV_REPAIR_STEP_BACK,  /* to an older version; what came since is lost */
	GV_REPAIR_STEP_EMPTY, /* none is whole: all is lost, begun again */
	GV_REPAIR_STEP_LESS,  /* what some of its entries say is lost */
	GV_REPAIR_STEP_SAME,  /* only versions before it are lost: let go of */
	GV_REPAIR_STEP_WAITS, /* nothing, as long as a remote may have it */
	GV_REPAIR_STEP_ASIDE, /* there is no such ref any more */
	GV_REPAIR_STEP_FOUND, /* its file said nothing: it stands again */
};

struct gv_repair_step {
	const char *ref;
	enum gv_repair_step_how how;
	struct gv_oid from; /* the version that it says the same as; or zero */
	int64_t time;       /* when that was written */
};

struct gv_repair_opts {
	const char *const *snapshots; /* expressions */
	size_t n_snapshots;           /* 0: all there are, and all versions of
					 states, and locks of these */
	const char *remote;           /* ask it too; NULL: none */
	bool dry_run;                 /* write nothing */
	/* how to open values, to find them in the working tree again; NULL:
	 * none is opened */
	const struct gv_safe_opts *safe;
	int64_t now; /* seconds since 1970 */
	int threads;
	void (*found)(void *ctx, const struct gv_repair_found *found);
	/* snapshot "" and no state where none is known to hold it */
	void (*lost)(void *ctx, const struct gv_verify_fault *fault);
	/* at the end, of each snapshot that has lost something */
	void (*left)(void *ctx, const char *snapshot, enum gv_repair_left left);
	/* of a ref that is no snapshot's and is lost; may be NULL */
	void (*stepped)(void *ctx, const struct gv_repair_step *step);
	/* a damaged file that was put aside: its path, and where to (NULL: it
	 * was made again) */
	void (*moved)(void *ctx, const char *path, const char *to);
	/* of a scope whose values were not looked for, since sync was told not
	 * to bring them; may be NULL */
	void (*absent)(void *ctx, const char *scope);
	/* of a source that could not be looked into */
	void (*warn)(void *ctx, const char *text);
	void *ctx;
	void (*begin)(void *ctx, const char *title, uint64_t total);
	void (*add)(void *ctx, uint64_t count, uint64_t bytes);
	void *progress_ctx;
};

struct gv_repair_result {
	/* looked at; versions of states */
	uint64_t snapshots, versions, objects;
	uint64_t found, lost; /* objects */
	uint64_t unasked;     /* of those lost: the remote may have them */
	uint64_t moved;       /* files put aside or made again */
};

/* Repair. 0, also where something is lost; GV_ELOCKED; GV_ENOTFOUND where an
 * expression names no snapshot; GV_ECANCELED; GV_ERROR. */
int gv_repair_run(struct gv_repair_result *out, struct gv_repo *repo,
    const struct gv_repair_opts *opts);

#endif
