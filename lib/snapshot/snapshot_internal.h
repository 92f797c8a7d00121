#ifndef GV_SNAPSHOT_INTERNAL_H
#define GV_SNAPSHOT_INTERNAL_H
/*
 * What the files of the snapshot share: snapshot.c runs the stages over the
 * working tree that survey_internal.h has, snapshot_capture.c has threads read
 * files into the pack, snapshot_read.c reads one, snapshot_chunk.c a large one,
 * snapshot_tree.c builds trees, snapshot_manifest.c the manifest's layer,
 * snapshot_staged.c the index, snapshot_env.c says of which environments it is,
 * snapshot_search.c what must be searched, snapshot_cipher.c what git encrypts,
 * snapshot_withhold.c lists what is withheld, snapshot_filter.c takes it out of
 * large files, snapshot_nested.c has repositories inside save themselves,
 * snapshot_state.c saves versions of tools' states. Include it nowhere else.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "detect/screen.h"
#include "detect/withhold.h"
#include "object/pack.h"
#include "record/manifest.h"
#include "seal/withheld.h"
#include "snapshot/snapshot.h"
#include "snapshot/survey_internal.h"
#include "foreign/working_copy.h"

/* A file in chunks: its pointer, and the tree of them. */
struct gv_snapshot_chunked {
	struct gv_oid pointer, tree;
	uint64_t size; /* of what is in them */
};

/* A file of git's that values were taken out of: what it was, and became. */
struct gv_snapshot_twin {
	char *path;
	struct gv_oid original, redacted;
	size_t first, n; /* its values in run->withheld */
};

struct gv_snapshot_run {
	const struct gv_snapshot_opts *opts;
	struct gv_snapshot *out;
	struct gv_repo *repo;
	struct gv_survey survey; /* of the working tree */
	struct gv_pack *pack;
	struct gv_pack_lane *lane; /* of the first thread */
	unsigned mask;    /* the umask without what the repository is to have */
	bool partial;     /* --only: the cache is not written */
	bool index_modes; /* the files' own mean nothing (core.fileMode) */
	uint64_t chunk_threshold; /* larger files are chunked; 0: none are */

	/* files in chunks that were read in this run, under `lock` */
	struct gv_snapshot_chunked *chunked;
	size_t n_chunked, cap_chunked;
	struct gv_snapshot_pool *pool;

	/* work under way on several threads */
	atomic_size_t next_job;
	pthread_mutex_t lock; /* of totals, and of the trees' stack */
	pthread_cond_t wake;
	uint32_t *ready;
	size_t n_ready, left;
	bool failed;

	/* what is withheld */
	struct gv_withhold withhold;
	bool judged;                  /* rows are searched that were not */
	struct gv_oid search, policy; /* as in the cache's head */
	struct gv_withheld withheld;  /* of tree/, under `lock` */
	bool is_list_same;            /* it is that of the last snapshot */
	struct gv_withheld index_withheld, meta_withheld;
	struct gv_snapshot_twin *twins;
	size_t n_twins, cap_twins;
	struct gv_oid plain_staged; /* what `staged` is made of */
	bool has_index_secrets;
	struct gv_oid *instead; /* of the index's entries: what stands for their
				   blobs, or zero; NULL: for none */
	struct gv_map ciphered; /* paths of files that git encrypts */
	struct gv_buf cipher_paths; /* the same, one behind the other */
	struct gv_arena arena;      /* … and where they are */

	/* the commits that it hangs on, and those that are left out since they
	 * must not leave (snapshot_held.c) */
	struct gv_snapshot_held {
		struct gv_oid *parents, *out;
		size_t n, cap, n_out, cap_out;
		bool has_head;       /* HEAD is left out */
		struct gv_oid index; /* what is staged, then */
	} held;

	struct gv_working_copy copy; /* of another tool */
	bool stores_base;            /* that failed, so all files are stored */
	bool lacks_tool;             /* it fails now, and files are left out */

	/* of states, when the commit was written; none: not looked at */
	struct gv_refs states;

	struct gv_oid tree; /* of the root */
	struct gv_oid link; /* of an automatic save, in its chain */
	struct gv_oid staged, head_tree;
	struct gv_buf layer; /* the manifest's */
	bool whole;          /* it is a base */
	size_t lines;
};

/* What one begins as; the rest of it is zero. */
#define GV_SNAPSHOT_RUN(run_opts, run_out, run_repo)                           \
	.opts = (run_opts), .out = (run_out), .repo = (run_repo),              \
	.survey = GV_SURVEY_INIT(run_repo, &(run_out)->found),                 \
	.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER,   \
	.withhold = { .repo = (run_repo),                                      \
		.safe_lock = PTHREAD_MUTEX_INITIALIZER,                        \
		.way_out = " (--no-scan stores it unsearched)" },              \
	.layer = GV_BUF_INIT, .cipher_paths = GV_BUF_INIT,                     \
	.ciphered = GV_MAP_INIT, .arena = GV_ARENA_INIT

/* What the commit is made of besides the files. */
struct gv_snapshot_parts {
	struct gv_oid old_tree;           /* tree/ of the last snapshot */
	struct gv_oid index_text, stages; /* of meta/, or zero */
	struct gv_oid chunks;             /* meta/chunks, or zero */
	/* meta/secrets, meta/index-secrets, meta/meta-secrets, or zero */
	struct gv_oid secrets, index_secrets, meta_secrets;
	struct gv_oid origin; /* meta/origin */
	struct gv_oid digest; /* of what counts as a change beside files */
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS];
	size_t n_layers;
};

struct gv_origin;

/* Survey the working tree, ready to be searched. */
int gv_snapshot_open(struct gv_snapshot_run *run);
void gv_snapshot_close(struct gv_snapshot_run *run);

/* meta/origin, and the commit with all of meta/: sets the result's id and
 * commit. */
int gv_snapshot_origin(struct gv_snapshot_run *run,
    const struct gv_origin *origin, struct gv_snapshot_parts *parts);
int gv_snapshot_commit(
    struct gv_snapshot_run *run, struct gv_snapshot_parts *parts);

/* Leave only what matches opts->only. */
int gv_snapshot_select(struct gv_snapshot_run *run);

/* Enter the environments that it is of; none where the policy, which gives them
 * to branches, cannot be read. 0 or GV_ENOMEM. (snapshot_env.c) */
int
gv_snapshot_name_envs(struct gv_record *rec, const struct gv_snapshot_run *run);

/* Enter which states are locked, or got another version meanwhile. 0; GV_ERROR;
 * GV_ENOMEM. (snapshot_settled.c) */
int
gv_snapshot_name_unsettled(struct gv_record *rec, struct gv_snapshot_run *run);

/* Whether the last one says the same of that as one would that is taken now. */
bool gv_snapshot_is_as_settled(
    const struct gv_record *last, const struct gv_snapshot_run *run);

/* Whether the last one, that of the cache, is of each that the caller names. */
bool gv_snapshot_has_envs(const struct gv_snapshot_run *run);

/* Have each repository inside take a snapshot of its own: run->out->nested. */
int gv_snapshot_nested(struct gv_snapshot_run *run);

/* Enter those that have one as links; and a digest of them, zero for none. */
int gv_snapshot_link(const struct gv_snapshot_run *run, struct gv_record *rec);
int
gv_snapshot_links_digest(const struct gv_snapshot_run *run, struct gv_oid *out);

/* How far into the file at hand the caller of the snapshot was told we are: a
 * large one takes long. */
struct gv_snapshot_gauge {
	const struct gv_snapshot_opts *opts;
	uint64_t told; /* bytes */
};

/* One thread that reads files into its lane of the pack. (snapshot_read.c) */
struct gv_snapshot_reader {
	struct gv_snapshot_run *run;
	struct gv_pack_lane *lane;
	struct gv_buf path;
	unsigned char *bytes;
	size_t cap;
	uint64_t stored, findings;
	struct gv_snapshot_pool *pool; /* NULL: none yet */
	struct gv_withhold_worker worker;
	/* of the file at hand: how it is kept; whether what is stored of it is
	 * new to the repository; the name of its own bytes, or zero */
	enum gv_scope_keep keep;
	const char *refused; /* why it is sealed without a rule */
	bool is_new;
	bool has_holes;
	struct gv_oid original;
	struct gv_snapshot_gauge gauge;
};

/* Whether a file is stored in chunks. */
bool gv_snapshot_is_large(const struct gv_snapshot_run *run, uint64_t size);

/* Open one; and close it: its pool, if any, is the caller's to close. */
int gv_snapshot_reader_open(
    struct gv_snapshot_reader *rd, struct gv_snapshot_run *run);
int gv_snapshot_reader_close(struct gv_snapshot_reader *rd);

/* Read and store the file of a job. 0 or a failure. */
int gv_snapshot_read(
    struct gv_snapshot_reader *rd, const struct gv_survey_job *job);

/* Read and store all files to read. */
int gv_snapshot_capture(struct gv_snapshot_run *run);

/* What became of a file that was to be read: it was not stored, for this errno;
 * as many bytes were, in place of those that were counted; git's index vouches
 * for it after all, or not, as its id was this one. (snapshot_settle.c) */
int gv_snapshot_give_up(struct gv_snapshot_run *run,
    const struct gv_survey_job *job, struct gv_row *row, bool was_stored,
    int error);
void gv_snapshot_count_size(struct gv_snapshot_run *run,
    const struct gv_survey_job *job, const struct gv_row *row);
void gv_snapshot_settle_index(struct gv_row *row, const struct gv_oid *was);

/* ---- what is withheld (snapshot_withhold.c, snapshot_search.c) ---- */

/* Move what was taken out into a list, for this path; *first (may be NULL) is
 * where it stands. */
int gv_snapshot_keep_entries(struct gv_snapshot_run *run,
    struct gv_withhold_worker *worker, struct gv_withheld *list,
    const char *path, size_t *first);

/* Take values out of what a stage of the index names: 1 where anything was,
 * then run->instead says what stands for it. (snapshot_exposed.c) */
int gv_snapshot_withhold_index(struct gv_snapshot_run *run, unsigned stage);

/* Whether HEAD has exactly these bytes at the path. Thread safe. */
bool gv_snapshot_is_in_head(const struct gv_snapshot_run *run, const char *path,
    const struct gv_oid *id);

/* Why a file is sealed as a whole without a rule: a strict fsck refuses its
 * bytes, so servers would refuse the snapshot. NULL if fsck accepts it, or if
 * HEAD has it, so that a push of HEAD is refused anyway. Thread safe.
 * (snapshot_refusal.c) */
const char *gv_snapshot_refusal(
    const struct gv_snapshot_run *run, const struct gv_withhold_bytes *file);

/* Add what the last snapshot withheld of files that are as they were. Then
 * store the whole list, unless it is that of the last snapshot: zero where it
 * is empty. */
int gv_snapshot_carry(struct gv_snapshot_run *run);
int gv_snapshot_write_withheld(struct gv_snapshot_run *run, struct gv_oid *id);

/* Tell which values that were taken out are in HEAD, too. */
int gv_snapshot_exposed(struct gv_snapshot_run *run);

/* Store a list; zero where it is empty. */
int gv_snapshot_write_list(
    struct gv_snapshot_run *run, struct gv_oid *id, struct gv_withheld *list);

/* The snapshot stands: keep versions of the states of tools that are in it.
 * What came of each is in run->out; nothing of it takes the snapshot back. */
void gv_snapshot_keep_states(struct gv_snapshot_run *run);

/* Find the files that a filter of git encrypts: what is kept of them is sealed.
 * Their names are part of what decides, and mixed into its digest, unless that
 * is zero. 0; GV_ERROR; GV_ENOMEM. (snapshot_cipher.c) */
int gv_snapshot_ciphered(struct gv_snapshot_run *run);
int
gv_snapshot_mix_ciphered(struct gv_oid *sum, const struct gv_snapshot_run *run);

/* How a file of the working tree is kept. */
enum gv_scope_keep gv_snapshot_keep(const struct gv_snapshot_run *run,
    const struct gv_row *row, const char *path);

/* Open what searches; and find which rows are to be read for its sake. */
int gv_snapshot_search_open(struct gv_snapshot_run *run);
int gv_snapshot_search(struct gv_snapshot_run *run);

/* Bytes on their way that are searched: what goes in comes out, later, without
 * what is withheld. (snapshot_filter.c) */
struct gv_snapshot_filter {
	struct gv_withhold_worker *worker;
	const char *path;
	struct gv_redact *redact;
	struct gv_redact_to to;
	size_t told;    /* spans that `redact` has */
	uint64_t in;    /* bytes since it began, or since a hole */
	uint64_t base;  /* of placeholders: where it began again */
	uint64_t total; /* bytes that came out, and holes */
	struct gv_buf out;
	size_t out_at;
};

int gv_snapshot_filter_open(struct gv_snapshot_filter *s,
    struct gv_withhold_worker *worker, const char *path);
int gv_snapshot_filter_add(
    struct gv_snapshot_filter *s, const void *data, size_t len);
int gv_snapshot_filter_end(struct gv_snapshot_filter *s);

/* After an end: go on behind a hole. */
int gv_snapshot_filter_skip(struct gv_snapshot_filter *s, uint64_t hole);
void gv_snapshot_filter_close(struct gv_snapshot_filter *s);

/* Take out at most `len` bytes that came out; how many. */
size_t
gv_snapshot_filter_take(struct gv_snapshot_filter *s, void *data, size_t len);

#define GV_SNAPSHOT_PIECE ((size_t)128 * 1024)

/* Tell that all before `at` is read; what is read a second time counts once.
 * (snapshot_stream.c) */
void gv_snapshot_stream_tell(struct gv_snapshot_gauge *gauge, uint64_t at);

/* The bytes of an open file, from its beginning on. */
struct gv_snapshot_stream {
	int fd;
	int error;     /* errno of a failed read */
	uint64_t left; /* no more than this are taken */
	uint64_t got;
	struct gv_withhold_worker *worker; /* who searches them; or NULL */
	struct gv_snapshot_filter *filter; /* or what they go through … */
	unsigned char *piece;              /* … by way of this */
	struct gv_snapshot_gauge *gauge;
	bool ended;
};

/* The next bytes, as a pack wants them: as they are; the same, shown to the
 * worker's view; without what is withheld, by the filter. */
int64_t gv_snapshot_stream_read(void *ctx, void *data, size_t len);
int64_t gv_snapshot_stream_watch(void *ctx, void *data, size_t len);
int64_t gv_snapshot_stream_clean(void *ctx, void *data, size_t len);

/* The name of a blob of `size` bytes, which come by way of `piece`. As
 * gv_pack_add_stream(). */
int
gv_snapshot_stream_hash(struct gv_oid *id, uint64_t size, unsigned char *piece,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx);

/* The threads at one large file. (snapshot_chunk.c) */
struct gv_snapshot_pool;

int gv_snapshot_pool_open(struct gv_snapshot_pool **out);
void gv_snapshot_pool_close(struct gv_snapshot_pool *pool);

/* Work for the pool until it is dismissed. Failures go to who cuts. */
void gv_snapshot_pool_serve(
    struct gv_snapshot_pool *pool, struct gv_pack_lane *lane);
void gv_snapshot_pool_dismiss(struct gv_snapshot_pool *pool);

/* A large file, open at its beginning. */
struct gv_snapshot_large {
	int fd;
	uint64_t size; /* as it was looked at */
	bool sparse;   /* it may have holes */
	bool cut;      /* take no more than `size`, though it grows */
	struct gv_withhold_worker *worker;
	const char *path; /* NULL: it is not searched */
	struct gv_snapshot_gauge *gauge;
};

/* Store it in chunks: *id is its pointer's, *added whether bytes were new. 1
 * stored; 0 where it was longer or shorter (errno is 0) or could not be read;
 * or a failure. Without a lane names are found alone. */
int gv_snapshot_chunk(struct gv_snapshot_run *run,
    struct gv_snapshot_pool *pool, struct gv_pack_lane *lane,
    const struct gv_snapshot_large *from, struct gv_oid *id, bool *added);

/* How many bytes are in the chunks that stand for a row's file. */
int gv_snapshot_chunked_size(
    struct gv_snapshot_run *run, const struct gv_row *row, uint64_t *size);

/* meta/chunks: the trees of all files in chunks by their pointers; zero where
 * there are none. */
int gv_snapshot_chunks(struct gv_snapshot_run *run, struct gv_oid *id);

/* Store the files, trees, and the manifest's lines. */
int gv_snapshot_store(struct gv_snapshot_run *run);

/* Append the entries of a directory's tree. 0 or a failure. */
int gv_snapshot_add_rows(
    const struct gv_snapshot_run *run, struct gv_buf *tree, uint32_t dir);

/* Build the trees of all dirty directories, and the manifest beside them. */
int gv_snapshot_trees(struct gv_snapshot_run *run);

/* Fill in what the manifest says of the file of a row, stored or not, by the
 * row alone: type, mode, reason, size in chunks. */
void gv_snapshot_set_row(
    struct gv_manifest_entry *e, const struct gv_row *row, const char *name);

/* Write the manifest's lines into run->layer. */
int gv_snapshot_manifest(struct gv_snapshot_run *run, bool whole);

/* Store a manifest of those lines alone without which the tree misleads, as a
 * tree meta/manifest: files in chunks, and what is there but not stored. Zero
 * where there are none. */
int gv_snapshot_partial(struct gv_snapshot_run *run, struct gv_oid *id);

/* The tree of HEAD, or the empty one. 0, GV_ECORRUPT, GV_ENOTFOUND. */
int
gv_snapshot_head_tree(const struct gv_snapshot_run *run, struct gv_oid *out);

/* The staged tree, zero where nothing is staged; and what meta/ holds of
 * the index: lines, and the trees of unmerged stages. */
int gv_snapshot_staged(
    struct gv_snapshot_run *run, struct gv_snapshot_parts *parts);
int gv_snapshot_unmerged(
    struct gv_snapshot_run *run, struct gv_oid *text, struct gv_oid *stages);

/* ---- snapshot_held.c ---- */

/* What was left out of the parents, as a pack of git, below meta/origin. */
#define GV_SNAPSHOT_HELD "unpushed.pack"

/* Whether a target of this host takes commits in clear. */
bool gv_snapshot_has_target(const struct gv_repo *repo);

/* Find the parents, without those that must not leave. 0 or a failure. */
int gv_snapshot_hold(struct gv_snapshot_run *run);

/* Seal what was left out; worker->clean stands for it. 0 or a failure. */
int gv_snapshot_seal_held(
    struct gv_snapshot_run *run, struct gv_withhold_worker *worker);

/* snapshot_staged.c: where HEAD is left out, the staged tree, without what is
 * withheld, though it is HEAD's. 0 or a failure. */
int gv_snapshot_stage_held(
    struct gv_snapshot_run *run, struct gv_snapshot_parts *parts);

#endif
