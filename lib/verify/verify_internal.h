#ifndef GV_VERIFY_INTERNAL_H
#define GV_VERIFY_INTERNAL_H
/*
 * What the parts of verify share: verify.c goes from snapshot to snapshot,
 * verify_objects.c reads every object once, verify_paths.c says where a
 * damaged one is missed, verify_chunks.c the same of files in chunks,
 * verify_manifest.c holds tree and manifest against each other where they
 * differ from those of the snapshot before, and verify_state.c has the versions
 * of states go the same way.
 *
 *	r = gv_verify_note_root(&run, &root);
 *	r = gv_verify_collect(&run);
 *	r = gv_verify_read(&run, SIZE_MAX);
 */

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/shallow.h"
#include "verify/faulty.h"
#include "verify/verify.h"
#include "verify/verify_cursor.h"

/* An object that some snapshot reaches. */
struct gv_verify_object {
	struct gv_oid oid;
	enum gv_otype type;
	uint64_t size;
	uint64_t place; /* where it is read fastest */
	char *why;      /* NULL: it is whole */
	bool is_known;  /* it was read before this run: its size is not known */
	/* of a tree, once counted: what is below it */
	bool counted;
	uint64_t files, bytes;
	uint8_t state; /* of a tree: whether damage lies below */
};

enum gv_verify_state {
	GV_VERIFY_UNKNOWN,
	GV_VERIFY_WHOLE,
	GV_VERIFY_DAMAGED,
};

/* What a snapshot is to the one before it. */
struct gv_verify_step {
	bool is_sure; /* where that one's tree and manifest fit, so do these */
	uint64_t files, bytes; /* more than it has, or less: modulo 2^64 */
};

struct gv_verify_snapshot {
	char *id;    /* of a version, its commit's */
	char *state; /* of a version of one: "<env>/<stack>"; NULL: it is a
			snapshot */
	struct gv_track_version *version; /* likewise, where it can be read */
	char *why; /* of a version: what is wrong with its commit; NULL */
	struct gv_oid commit;
	struct gv_record rec; /* where `known`; of a version its root alone */
	int64_t verified;     /* when it was before; 0: never */
	bool in_trash;        /* deleted, but can be brought back */
	bool is_save;         /* on a chain of automatic saves */
	bool known;
	bool gone;        /* its commit cannot be read, which was told */
	bool checked;     /* to its end, in this run */
	bool damaged;     /* a fault was told of it */
	bool lost;        /* it was deleted meanwhile: no more faults of it */
	bool trees_whole; /* all but files can be read */
	struct gv_verify_step step;
};

/* Whether it is noted when it was verified. */
static inline bool
gv_verify_is_dated(const struct gv_verify_snapshot *s)
{
	return !s->state && !s->in_trash && !s->is_save;
}

struct gv_verify_list {
	struct gv_verify_object **items;
	size_t n, cap;
};

/* The objects by a byte of their id, each part with a lock of its own. */
#define GV_VERIFY_STRIPES 64

struct gv_verify_stripe {
	pthread_mutex_t lock;
	struct gv_arena arena;
	struct gv_map seen; /* object id -> struct gv_verify_object */
};

/* The files of a snapshot and what of them was not on disk. */
struct gv_verify_counts {
	uint64_t files, bytes;
	uint64_t absent_files, absent_bytes;
	bool is_unsized; /* of some files there are pointers alone */
};

struct gv_verified;
struct gv_verify_revealed;
struct gv_verify_layers;
struct gv_verify_refs;
struct gv_verify_states;
struct gv_ref_ask_answer;
struct gv_track_version;
struct gv_withheld_entry;

struct gv_verify_run {
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_shallow shallow; /* whose parents nobody misses */
	const struct gv_verify_opts *opts;
	struct gv_verify_result *result;
	struct gv_verify_snapshot *snapshots;
	size_t n_snapshots, cap_snapshots;
	struct gv_verify_stripe stripes[GV_VERIFY_STRIPES];
	struct gv_verify_list trees; /* all that were read */
	struct gv_verify_list blobs;
	size_t blobs_read;          /* of these, those at the front */
	struct gv_verify_list todo; /* trees still to be read */
	atomic_uint_fast64_t bad;   /* objects */
	struct gv_verify_cursor cursor;
	struct gv_faulty faulty;          /* what faults were told of */
	struct gv_verify_layers *layers;  /* of verify_manifest.c */
	struct gv_verify_revealed *given; /* of verify_revealed.c */
	struct gv_verify_refs *refs;      /* of verify_ref.c */
	struct gv_verify_states *states;  /* of verify_state.c */
	/* the last one whose tree and manifest were found to fit, or NULL */
	const struct gv_verify_snapshot *fitting;
	struct gv_verify_counts counts; /* its */
};

/* Tell of a fault; counts it. */
void gv_verify_tell(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const char *path, size_t len, const struct gv_oid *oid, const char *reason);

/* verify_faulty.c: remember a fault for doctor, unless the snapshot was
 * deleted; where memory is short, it is only forgotten. At the end, what was
 * found takes the place of what was found before of the same snapshots, or of
 * all. 0 or GV_ENOMEM. */
void gv_verify_faulty_note(
    struct gv_verify_run *run, const struct gv_verify_snapshot *s);
int gv_verify_faulty_save(struct gv_verify_run *run);

struct gv_verify_object *
gv_verify_find(const struct gv_verify_run *run, const struct gv_oid *oid);

/* Note a tree that is to be read. */
int gv_verify_note_root(struct gv_verify_run *run, const struct gv_oid *root);

/* Read all trees that were noted and what is below them, but for what was
 * read before, and note their blobs. On threads. */
int gv_verify_collect(struct gv_verify_run *run);

/* Read the next blobs that were noted, at most `max` of them, on threads. */
int gv_verify_read(struct gv_verify_run *run, size_t max);

/* Ask whoever repairs for an object that could not be read: 0 with *obj set,
 * or `r` with its message. */
int gv_verify_rescue(struct gv_verify_run *run, struct gv_object *obj,
    const struct gv_oid *oid, enum gv_otype type, int r);

/* Add to the uint64_t at `ctx` what gv_odb_stream() hands over. 0. */
int gv_verify_add_bytes(void *ctx, const void *data, size_t len);

/* 1 where nobody has asked for this object yet, 0 after that. */
int gv_verify_meet(struct gv_verify_run *run, const struct gv_oid *oid);

/* For repair: the commits that a snapshot keeps, and all before them, with
 * their trees; `obj` is the snapshot's own commit. Tells of those that are
 * lost. */
int gv_verify_history(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const struct gv_object *obj);

/* Tell opts->reached of every object. */
int gv_verify_reached(const struct gv_verify_run *run);

/* Free what the three above made. */
void gv_verify_forget(struct gv_verify_run *run);

/* Tell of every path of the snapshot that leads to a damaged object; sets
 * s->trees_whole. */
int gv_verify_paths(struct gv_verify_run *run, struct gv_verify_snapshot *s);

/* A file that is kept in chunks. */
struct gv_verify_file {
	const char *path; /* from the top of tree/ */
	size_t len;
	struct gv_oid pointer;
	uint64_t size; /* by the manifest */
};

/* Tell of all that is wrong with its pointer, its tree of chunks and them,
 * with the place in the file. 0, also then; or a failure. */
int gv_verify_chunks(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const struct gv_verify_file *f);

/* The size of a blob. */
int gv_verify_size(
    uint64_t *out, struct gv_verify_run *run, const struct gv_oid *oid);

/* Count files and their bytes below a tree. */
int gv_verify_count(struct gv_verify_run *run, const struct gv_oid *tree,
    uint64_t *files, uint64_t *bytes);

/* How many threads are worth it for this many things. */
int gv_verify_threads(const struct gv_verify_run *run, size_t n);

/* Hold the snapshots `from` to before `to` against the one before each, whose
 * trees were all collected; fills in their steps. 0, whatever is damaged, or
 * a failure. */
int gv_verify_fit(struct gv_verify_run *run, size_t from, size_t to);

/* Tell of all that does not fit in what a snapshot withholds: lists, places and
 * sealed values. Its trees are whole. 0, also then; or a failure. */
int gv_verify_revealed(struct gv_verify_run *run, struct gv_verify_snapshot *s);

/* Look at a sealed object, once: *why is NULL where it is a file of age, a tree
 * of such or a reference. 0, also then; or a failure. */
int gv_verify_look(
    const char **why, struct gv_verify_run *run, const struct gv_oid *oid);

/* The same of all values that the scopes have. */
int gv_verify_scopes(struct gv_verify_run *run);

/* Tell of scopes that no key opened, and free what the three above learned. */
void gv_verify_revealed_free(struct gv_verify_run *run);

/* Whether a vault of others has a value, if it is kept in one: what it did not
 * say counts as there if it is sealed here as well. 0, also where it does not
 * answer; or a failure. */
int gv_verify_ref(struct gv_ref_ask_answer *out, struct gv_verify_run *run,
    const struct gv_withheld_entry *e);

/* Tell of vaults that did not answer, and free what was learned. */
void gv_verify_refs_free(struct gv_verify_run *run);

void gv_verify_layers_free(struct gv_verify_layers *layers);

/* One more snapshot, or version of a state, behind all that there are, zeroed;
 * NULL with the message set. It moves with the next one. */
struct gv_verify_snapshot *gv_verify_add(struct gv_verify_run *run);

/* Add all versions of all states, the newest of each first. */
int gv_verify_states_find(struct gv_verify_run *run);

/* Have the tree of a version read with all others; for repair, the history that
 * it keeps, too. */
int
gv_verify_state_note(struct gv_verify_run *run, struct gv_verify_snapshot *s);

/* Tell of all that is wrong with a version, whose objects were read. 0, also
 * then; or a failure. */
int gv_verify_state(struct gv_verify_run *run, struct gv_verify_snapshot *s);

/* The same of the locks of states. */
int gv_verify_locks(struct gv_verify_run *run);

/* The same for pins and tags, the list of deleted snapshots, the keyring,
 * notes, known-good records, the audit, and the trash. (verify_ledger.c) */
int gv_verify_ledgers(struct gv_verify_run *run);

/* Tell of all that is lost of what pins and tags, the list of what is deleted,
 * the keyring, notes and the scopes were before, once all that they are now was
 * told of. For repair not of the scopes. 0, also then; or a failure.
 * (verify_closure.c) */
int gv_verify_lines(struct gv_verify_run *run);

/* Free what those of states learned. */
void gv_verify_states_free(struct gv_verify_run *run);

/* Find what to verify: either everything, the trash included, reporting refs
 * whose files are damaged; or what opts->snapshots names. 0; GV_ENOTFOUND; a
 * failure. (verify_find.c) */
int gv_verify_find_all(struct gv_verify_run *run);
int gv_verify_find_named(struct gv_verify_run *run);

/* When each snapshot was verified before, and what this run has found: it is
 * remembered, with how far a run in pieces came. 0 or GV_ENOMEM.
 * (verify_dates.c) */
int gv_verify_dates_load(struct gv_verify_run *run, struct gv_verified *dates);
int gv_verify_dates_save(struct gv_verify_run *run, struct gv_verified *dates);

#endif
