#ifndef GV_SNAPSHOT_INTERNAL_H
#define GV_SNAPSHOT_INTERNAL_H
/*
 * What the files of the snapshot share: snapshot.c runs the stages,
 * snapshot_survey.c finds what is to be done, snapshot_capture.c reads files
 * into the pack, snapshot_chunk.c large ones, snapshot_tree.c builds trees,
 * snapshot_manifest.c the manifest's layer, snapshot_staged.c the index,
 * snapshot_watch.c shows who watches what is read,
 * snapshot_nested.c has repositories inside keep themselves.
 * Include it nowhere else.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "store/index.h"
#include "store/odb.h"
#include "store/pack.h"
#include "store/ref.h"
#include "store/repo.h"
#include "store/statcache.h"
#include "vault/census.h"
#include "vault/manifest.h"
#include "vault/snapshot.h"

/* A file whose bytes must be read. */
struct gv_snapshot_job {
	uint32_t dir;
	uint32_t row;
	uint32_t group; /* equal in sister files, ascending */
	uint64_t size;  /* as it was counted */
};

/* A file in chunks: its pointer, and the tree of them. */
struct gv_snapshot_chunked {
	struct gv_oid pointer, tree;
};

/* One thread's, of who watches; NULL: nobody does. */
struct gv_snapshot_view {
	const struct gv_snapshot_watch *watch;
	void *thread;
};

struct gv_snapshot_run {
	const struct gv_snapshot_opts *opts;
	struct gv_snapshot *out;
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_index *index;
	struct gv_statcache *cache; /* NULL: none that holds */
	struct gv_refs refs;
	struct gv_census *census;
	struct gv_pack *pack;
	struct gv_pack_lane *lane; /* of the first thread */
	bool watched;              /* by opts->watch */
	int threads;
	unsigned mask;    /* the umask without what the repository is to have */
	bool partial;     /* --only: the cache is not written */
	bool same_index;  /* git's index is the one of last time */
	bool index_modes; /* the files' own mean nothing (core.fileMode) */
	uint64_t chunk_threshold; /* larger files are chunked; 0: none are */

	/* the survey: reachable directories, parents first */
	uint32_t *order;
	uint32_t n_order;
	struct gv_snapshot_job *jobs;
	size_t n_jobs, cap_jobs;

	/* files in chunks that were read in this run, under `lock` */
	struct gv_snapshot_chunked *chunked;
	size_t n_chunked, cap_chunked;
	bool has_chunks; /* the snapshot names any */
	struct gv_snapshot_crew *crew;

	/* work under way on several threads */
	atomic_size_t next_job;
	pthread_mutex_t lock; /* of notes, and of the trees' stack */
	pthread_cond_t wake;
	uint32_t *ready;
	size_t n_ready, left;
	bool failed;

	struct gv_oid tree; /* of the root */
	struct gv_oid staged, head_tree;
	struct gv_buf layer; /* the manifest's */
	bool whole;          /* it is a base */
	size_t lines;
};

/* What the commit is made of besides the files. */
struct gv_snapshot_parts {
	struct gv_oid old_tree;           /* tree/ of the last snapshot */
	struct gv_oid index_text, stages; /* of meta/, or zero */
	struct gv_oid chunks;             /* meta/chunks, or zero */
	struct gv_oid origin;             /* meta/origin */
	struct gv_oid digest; /* of what counts as a change beside files */
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS];
	size_t n_layers;
};

struct gv_origin;

/* git, run at the top of the working tree or in `cwd`, over its index or
 * `index`. As gv_proc_run(). */
struct gv_snapshot_git {
	const char *const *argv;
	const char *cwd, *index; /* absolute, or NULL */
	const struct gv_buf *in; /* what it reads, or NULL */
};

int gv_snapshot_git(struct gv_proc *p, const struct gv_repo *repo,
    const struct gv_snapshot_git *git);

/* Refs, index, cache, census, survey: all that is looked at. */
int gv_snapshot_open(struct gv_snapshot_run *run);
void gv_snapshot_close(struct gv_snapshot_run *run);

void gv_snapshot_index_stamp(uint64_t stamp[4], const struct gv_index *index);
void gv_snapshot_cache_path(struct gv_buf *out, const struct gv_repo *repo);
void gv_snapshot_forget_notes(struct gv_snapshot *out);

/* meta/origin, and the commit with all of meta/: sets the result's id and
 * commit. */
int gv_snapshot_origin(struct gv_snapshot_run *run,
    const struct gv_origin *origin, struct gv_oid *id);
int gv_snapshot_commit(
    struct gv_snapshot_run *run, struct gv_snapshot_parts *parts);

/* Add a note. Thread safe. */
int gv_snapshot_note(struct gv_snapshot_run *run, enum gv_snapshot_trouble what,
    uint32_t dir, const struct gv_row *row, const char *reason);

/* Find reachable directories, totals, and the files to read. */
int gv_snapshot_survey(struct gv_snapshot_run *run);

/* gv_snapshot_empty_dirs(), of what was surveyed. */
int gv_snapshot_list_empty(struct gv_snapshot_run *run, struct gv_buf *out);

/* Leave only what matches opts->only. */
int gv_snapshot_select(struct gv_snapshot_run *run);

/* Where Git converts between file and blob, the index cannot vouch for bytes:
 * turn its rows into files to read, or into large-file pointers. */
int gv_snapshot_attributes(struct gv_snapshot_run *run);

/* Have each repository inside take a snapshot of its own: run->out->nested. */
int gv_snapshot_nested(struct gv_snapshot_run *run);

/* Enter those that have one as links; and a digest of them, zero for none. */
int gv_snapshot_link(const struct gv_snapshot_run *run, struct gv_record *rec);
int
gv_snapshot_links_digest(const struct gv_snapshot_run *run, struct gv_oid *out);

/* Read and store all files to read. */
int gv_snapshot_capture(struct gv_snapshot_run *run);

/* As struct gv_snapshot_watch has them. */
void gv_snapshot_watch_ready(struct gv_snapshot_run *run);
void gv_snapshot_watch_done(const struct gv_snapshot_run *run);

/* Whether something is staged that was not at the last snapshot; and show it,
 * once its objects are written. */
bool gv_snapshot_watch_is_staged(const struct gv_snapshot_run *run);
void gv_snapshot_watch_staged(
    struct gv_snapshot_run *run, const struct gv_oid *old_tree);
void gv_snapshot_watch_open(
    struct gv_snapshot_view *view, const struct gv_snapshot_run *run);
void gv_snapshot_watch_close(struct gv_snapshot_view *view);
void gv_snapshot_watch_whole(
    const struct gv_snapshot_view *view, const struct gv_snapshot_whole *file);
void
gv_snapshot_watch_begin(const struct gv_snapshot_view *view, const char *path);
void gv_snapshot_watch_add(
    const struct gv_snapshot_view *view, const void *p, size_t len);
void gv_snapshot_watch_skip(const struct gv_snapshot_view *view);
void gv_snapshot_watch_end(const struct gv_snapshot_view *view,
    const struct gv_oid *blob, bool is_new);

/* The threads at one large file. (snapshot_chunk.c) */
struct gv_snapshot_crew;

int gv_snapshot_crew_open(struct gv_snapshot_crew **out);
void gv_snapshot_crew_close(struct gv_snapshot_crew *crew);

/* Work for the crew until it is dismissed. Failures go to who cuts. */
void gv_snapshot_crew_serve(
    struct gv_snapshot_crew *crew, struct gv_pack_lane *lane);
void gv_snapshot_crew_dismiss(struct gv_snapshot_crew *crew);

/* A large file, open at its beginning. */
struct gv_snapshot_large {
	int fd;
	uint64_t size; /* as it was looked at */
	bool sparse;   /* it may have holes */
	bool cut;      /* take no more than `size`, though it grows */
	const struct gv_snapshot_view *view;
};

/* Store it in chunks: *id is its pointer's, *added whether bytes were new. 1
 * stored; 0 where it was longer or shorter (errno is 0) or could not be read;
 * or a failure. Without a lane names are found alone. */
int gv_snapshot_chunk(struct gv_snapshot_run *run,
    struct gv_snapshot_crew *crew, struct gv_pack_lane *lane,
    const struct gv_snapshot_large *from, struct gv_oid *id, bool *added);

/* meta/chunks: the trees of all files in chunks by their pointers; zero where
 * there are none. */
int gv_snapshot_chunks(struct gv_snapshot_run *run, struct gv_oid *id);

/* Store a manifest of the files in chunks alone, as a tree meta/manifest; zero
 * where there are none. */
int gv_snapshot_chunk_lines(struct gv_snapshot_run *run, struct gv_oid *id);

/* Build the trees of all dirty directories, and the manifest beside them. */
int gv_snapshot_trees(struct gv_snapshot_run *run);

/* Fill in what the manifest says of the file of a row, stored or not, by the
 * row alone: type, mode, reason, size in chunks. */
void gv_snapshot_set_row(
    struct gv_manifest_entry *e, const struct gv_row *row, const char *name);

/* Write the manifest's lines into run->layer. */
int gv_snapshot_manifest(struct gv_snapshot_run *run, bool whole);

/* The staged tree, zero where nothing is staged; and what meta/ holds of
 * the index: lines, and the trees of unmerged stages. */
int gv_snapshot_staged(struct gv_snapshot_run *run);
int gv_snapshot_unmerged(
    struct gv_snapshot_run *run, struct gv_oid *text, struct gv_oid *stages);

#endif
