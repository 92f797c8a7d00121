#ifndef GV_SURVEY_INTERNAL_H
#define GV_SURVEY_INTERNAL_H
/*
 * A survey under way, for the snapshot and the status, which are built on it:
 * survey.c opens what is looked at, survey_rows.c goes over the rows of the
 * census, survey_attributes.c finds what Git converts.
 */

#include <pthread.h>

#include "autosave/autosave.h"
#include "foreign/working_copy_rules.h"
#include "object/odb.h"
#include "policy/wish.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "snapshot/survey.h"
#include "walk/base.h"
#include "walk/census.h"
#include "worktree/index.h"
#include "worktree/statcache.h"

struct gv_proc;

/* A file whose bytes must be read. */
struct gv_survey_job {
	uint32_t dir;
	uint32_t row;
	uint32_t group; /* equal in sister files, ascending */
	uint64_t size;  /* as it was counted */
};

struct gv_survey {
	struct gv_repo *repo;
	struct gv_survey_found *found;
	struct gv_odb *odb;
	struct gv_index *index;
	struct gv_statcache *cache; /* NULL: none that holds */
	/* of an automatic save: the end of the chain, zeroed where there is
	 * none; and whether the cache is of that, and of no snapshot */
	bool is_auto, is_by_auto;
	struct gv_autosave end;
	struct gv_refs refs;
	struct gv_wish wish;
	struct gv_working_copy_rules rules;
	struct gv_base base; /* what is omitted; without a tool: nothing */
	struct gv_census *census;
	int threads;
	bool same_index; /* git's index is the one of last time */
	bool names_only; /* what tracked files hold does not matter */
	bool has_chunks; /* a file is in chunks */
	/* reachable directories, parents first */
	uint32_t *order;
	uint32_t n_order;
	struct gv_survey_job *jobs;
	size_t n_jobs, cap_jobs;
	pthread_mutex_t lock; /* of notes */
};

#define GV_SURVEY_INIT(of_repo, to_found)                                      \
	{                                                                      \
		.repo = (of_repo), .found = (to_found),                        \
		.lock = PTHREAD_MUTEX_INITIALIZER                              \
	}

struct gv_survey_opts {
	const struct gv_wish_said *said; /* --include and --exclude */
	int threads;                     /* 0: one a processor */
	bool all_refs; /* all refs of the user's, which a commit tells of; else
			  those that decide what is looked at */
	bool daily;    /* nobody asked for it, and the next may come soon */
	bool is_auto;  /* for the chain of automatic saves */
	bool hints;    /* what watch says was not touched is not looked at */
	bool stores_base; /* whatever the policy says of vcs.base */
	bool may_write;   /* what the tool of a working copy said is cached */
};

/* Open refs, index, cache and wishes. Then take the census, and go over it;
 * between the two the caller may open what searches the files. The caller
 * closes it. 0 or a failure. */
int gv_survey_open(struct gv_survey *s, const struct gv_survey_opts *opts);
int gv_survey_take(struct gv_survey *s, const struct gv_survey_opts *opts);
void gv_survey_close(struct gv_survey *s);

/* The stamp of git's index, to see whether it is the one of last time. */
void gv_survey_index_stamp(uint64_t stamp[4], const struct gv_index *index);
void gv_survey_cache_path(struct gv_buf *out, const struct gv_repo *repo);
/* The cache of automatic saves, so that they leave that of snapshots alone. */
void gv_survey_auto_path(struct gv_buf *out, const struct gv_repo *repo);
void gv_survey_forget_notes(struct gv_survey_found *found);

/* Why a path that git lets nothing have is not stored. */
#define GV_SURVEY_FORBIDDEN "git lets nothing have this name"

/* Add a note of a row, or of a path unless it has one of this kind. Thread
 * safe. 0 or GV_ENOMEM. */
int gv_survey_note(struct gv_survey *s, enum gv_survey_trouble what,
    uint32_t dir, const struct gv_row *row, const char *reason);
int gv_survey_note_path(struct gv_survey *s, enum gv_survey_trouble what,
    const char *path, const char *reason);

/* Find reachable directories, totals, and the files to read. */
int gv_survey_rows(struct gv_survey *s);

/* gv_survey_empty_dirs(), of what was surveyed. */
int gv_survey_list_empty(struct gv_survey *s, struct gv_buf *out);

/* gv_survey_each_held(), the same. */
int gv_survey_list_held(struct gv_survey *s,
    int (*fn)(
	void *ctx, const char *path, size_t len, const struct gv_oid *pointer),
    void *ctx);

/* Whether the user says that a path, or a folder that it is in, is not to be
 * stored. */
bool
gv_survey_is_excluded(const struct gv_survey *s, const char *path, size_t len);

/* The row of a path, and the directory it is in (may be NULL); NULL for none.
 */
const struct gv_row *gv_survey_find_row(
    const struct gv_survey *s, const char *path, size_t len, uint32_t *dir);

/* Where Git converts between file and blob, the index cannot vouch for bytes:
 * turn its rows into files to read, or into large-file pointers. */
int gv_survey_attributes(struct gv_survey *s);

/* The name of a filter, none for large files, of which a key of git's
 * configuration is a command; NULL for all other keys. */
const char *gv_survey_filter_of(size_t *len, const char *key);

/* Whether any file of attributes may name a filter or an encoding. */
bool gv_survey_may_filter(const struct gv_survey *s);

/* git, run at the top of the working tree or in `cwd`, over its index or
 * `index`. As gv_proc_run(). */
struct gv_survey_git {
	const char *const *argv;
	const char *cwd, *index; /* absolute, or NULL */
	const struct gv_buf *in; /* what it reads, or NULL */
};

int gv_survey_git(struct gv_proc *p, const struct gv_repo *repo,
    const struct gv_survey_git *git);

#endif
