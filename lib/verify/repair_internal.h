#ifndef GV_REPAIR_INTERNAL_H
#define GV_REPAIR_INTERNAL_H
/*
 * What the parts of repair share: repair.c is the order of things,
 * repair_source.c where objects are looked for, repair_worktrees.c,
 * repair_files.c, repair_survey.c, repair_git.c and repair_remote.c those
 * places, repair_compute.c what is made out of other objects, repair_tree.c
 * directories, repair_layer.c the last manifest, repair_chunk.c large files,
 * repair_pointer.c their list, repair_pack.c the damaged files themselves.
 *
 *	r = gv_repair_inspect(&run);
 *	r = gv_repair_find(&item, &run, &oid, type);
 *	r = gv_repair_place(&run);
 */

#include <pthread.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "object/odb.h"
#include "object/odb_health.h"
#include "object/tree.h"
#include "repo/ref.h"
#include "sys/proc.h"
#include "verify/repair.h"
#include "verify/verify.h"

struct gv_ledger_edit;
struct gv_pack;
struct gv_repair_sealed;
struct gv_pack_lane;
struct gv_statcache;
struct stat;

/* An object that could not be read. */
struct gv_repair_item {
	struct gv_oid oid;
	enum gv_otype type; /* 0: not known */
	bool found, is_told;
	bool is_stored;  /* its bytes are in the new pack already */
	bool is_placed;  /* while places are listed */
	bool is_unasked; /* the remote could not be asked for it */
	const char *source, *detail;
	const char *note; /* that says where it was once; or NULL */
	size_t len;
	struct gv_object obj; /* of a tree or commit that was found */
};

/* A pack with something wrong. */
struct gv_repair_pack {
	char *stem;
	struct gv_odb_health health;
	char salvage[GV_OID_HEX + 1]; /* the new pack's name; "": none */
	bool is_mended;               /* only its index was damaged */
	const char *aside;            /* its second name; NULL: none */
};

/* A damaged file, and what could not be read in it. */
struct gv_repair_aside {
	const char *path;
	bool has_note; /* is to stand beside it; of all that follows */
	size_t n_whole;
	const struct gv_oid *damaged;
	size_t n_damaged;
};

/* An object that an earlier repair did not find. */
struct gv_repair_sought {
	struct gv_oid oid;
	const char *note; /* the file that says so */
};

/* A working tree of the repository. */
struct gv_repair_top {
	const char *dir;
	struct gv_statcache *cache; /* of its last snapshot; or NULL */
	bool is_own;                /* the one we run in: run->cache */
	dev_t dev;
	ino_t ino;
};

/* A file or link of a working tree. */
struct gv_repair_file {
	const struct gv_repair_top *top;
	const char *path; /* from there */
	uint64_t size;
	bool is_link;
	bool is_known; /* by name, or cannot be */
};

/* Where a snapshot misses an object that was not found. */
struct gv_repair_place {
	struct gv_repair_item *item;
	struct gv_oid root; /* of the snapshot's commit */
	size_t snapshot;    /* its number, from the oldest on */
	const char *path;   /* from there */
	size_t len;
};

/* Sources that are looked into once, when they are first needed. */
enum gv_repair_tried {
	GV_REPAIR_CACHE = 1 << 0,
	GV_REPAIR_WORKTREE = 1 << 1,
	GV_REPAIR_INDEX = 1 << 2,
	GV_REPAIR_UNPACKED = 1 << 3,
	GV_REPAIR_REMOTE = 1 << 4,
	GV_REPAIR_SURVEY = 1 << 5,
	GV_REPAIR_TOPS = 1 << 6,
};

struct gv_repair_run {
	struct gv_repo *repo;
	const struct gv_repair_opts *opts;
	struct gv_repair_result *result;
	pthread_mutex_t lock; /* of all below, while snapshots are read */
	struct gv_arena arena;
	struct gv_map items; /* object id -> struct gv_repair_item */
	/* `own`: without alternates; `other`: the scratch's */
	struct gv_odb *odb, *own, *lenient, *other;
	struct gv_buf scratch; /* a bare repository of our own; "": none yet */
	unsigned tried;        /* enum gv_repair_tried */
	struct gv_statcache *cache;
	unsigned asked;  /* objects that the remote was asked for by name */
	bool is_unasked; /* not all that the remote has could be fetched */
	struct gv_repair_top **tops; /* our own first */
	size_t n_tops, tops_cap;
	struct gv_repair_file **files; /* of all of them, by size */
	size_t n_files, files_cap;
	struct gv_map by_id; /* object id -> such a file, likely */
	/* trees of the working tree as it is now: path -> tree, id -> tree */
	struct gv_map seen, seen_by_id;
	/* of the present look at all snapshots: what they miss, and one place
	 * of each object; all in `told` */
	struct gv_arena told;
	struct gv_verify_fault *faults;
	size_t n_faults, faults_cap;
	bool is_short;         /* of memory, for one of them */
	struct gv_map reached; /* object id -> itself: what they hold */
	struct gv_repair_place *places;
	size_t n_places, places_cap;
	unsigned char *window;  /* of a large file, while it is cut */
	struct gv_map pointers; /* object id -> what it says, of those made */
	struct gv_repair_pack *packs;
	size_t n_packs, packs_cap;
	struct gv_buf loose; /* paths of damaged ones, a NUL behind each */
	struct gv_oid *loose_ids;
	size_t n_loose;
	struct gv_repair_sought *sought;
	size_t n_sought, sought_cap;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_repair_sealed *sealed; /* NULL: not looked at yet */
};

/* Run git: with the scratch as its repository where `in_scratch`, else in the
 * user's with `env` added (NULL behind the last, at most three; may be NULL).
 * 0 whatever its exit status. */
int gv_repair_git(struct gv_proc *p, struct gv_repair_run *run,
    const char *const *argv, bool in_scratch, const char *const *env,
    const struct gv_buf *in);

/* Open the scratch's objects, or look at them again. 0 or a failure. */
int gv_repair_look_again(struct gv_repair_run *run);

/* An object from the remote, of which all is fetched that can be where it
 * cannot be asked for by its name. 1 with *obj, 0 where it has none.
 * (repair_remote.c)
 */
int gv_repair_from_remote(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item);

/* Make the scratch if it is not there. */
int gv_repair_scratch(struct gv_repair_run *run);

/* Open what the repository has itself, without alternates, and without asking
 * anybody for what is missing. The caller closes it. */
int gv_repair_own(struct gv_odb **out, const struct gv_repo *repo);

/* Open the cache of the last snapshot, once; run->cache may stay NULL. */
void gv_repair_cache(struct gv_repair_run *run);

/* List all working trees of the repository that can be opened, once, with what
 * their caches say. 0 or GV_ENOMEM. (repair_worktrees.c) */
int gv_repair_tops(struct gv_repair_run *run);

/* Whether that is the top of one of them: it is looked into by itself where it
 * lies in another one. */
bool gv_repair_is_top(const struct gv_repair_run *run, const struct stat *st);

void gv_repair_tops_free(struct gv_repair_run *run);

/* List the files of all working trees, once. */
int gv_repair_files(struct gv_repair_run *run);

/* How messages name a file: its path, with its working tree where that is
 * another one. NULL where memory is short. */
const char *
gv_repair_file_name(struct gv_repair_run *run, const struct gv_repair_file *f);

/* Read an object from a database (NULL: none): 1, 0 where it does not have it
 * whole, negative. So do the two below, each where it looks. */
int gv_repair_read_from(struct gv_odb *odb, struct gv_object *obj,
    const struct gv_repair_item *item);
int gv_repair_from_worktree(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item);
int gv_repair_from_git(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item);

/* See what trees the working tree would make, once, if one of run->places is a
 * tree of files; each that is looked for is offered. 0, also where a snapshot
 * could not look either, or negative. */
int gv_repair_survey(struct gv_repair_run *run);

/* Of what was seen: an object that is looked for; the tree at the path of a
 * place. 1 with a copy, 0, negative. */
int gv_repair_from_survey(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item);
int gv_repair_survey_at(
    struct gv_object *out, struct gv_repair_run *run, const char *path);

/* An object was found, or made: have it written. 1 or negative; *obj is taken
 * over. */
int gv_repair_take(struct gv_repair_run *run, struct gv_repair_item *item,
    struct gv_object *obj);

/* An object was made that may be one of those looked for; `source` and `detail`
 * as in struct gv_repair_found. 1 where it is, with its bytes copied; 0; or
 * negative. */
int gv_repair_offer(struct gv_repair_run *run, const struct gv_oid *oid,
    const struct gv_object *obj, const char *source, const char *detail);

/* Read an object that is whole or was found. 1, 0 where it is neither,
 * negative. The caller releases *out. */
int gv_repair_read(struct gv_object *out, struct gv_repair_run *run,
    const struct gv_oid *oid, enum gv_otype type);

/* The entry of a path below a tree (its name is not set): 1, 0 where there is
 * none or a tree on the way is lost, negative. */
int gv_repair_find_path(struct gv_tree_entry *out, struct gv_repair_run *run,
    const struct gv_oid *tree, const char *path);

/* The tree that a commit names, and its first parent: zero where there is none
 * or the commit is lost. 0 or negative. */
int gv_repair_read_head(struct gv_oid *tree, struct gv_oid *parent,
    struct gv_repair_run *run, const struct gv_oid *commit);

/* Whether all that a vault commit reaches can be read, be it that it was
 * found again: 1, 0, negative. With `seek` what cannot is sought where all is,
 * so that it may have come when this is asked again. (repair_closure.c) */
int
gv_repair_line(struct gv_repair_run *run, const struct gv_oid *tip, bool seek);

/* Note a fault, to be told when nothing more can be found. */
void gv_repair_fault(void *run, const struct gv_verify_fault *fault);

/* Tell opts->left of each snapshot that has lost something. */
int gv_repair_tell_left(struct gv_repair_run *run);

/* Append what is to be said of a lost object that is met nowhere: what it may
 * be of. Once all faults are noted. 0 or a failure. (repair_below.c) */
int gv_repair_tell_below(struct gv_buf *out, struct gv_repair_run *run);

/* An object that nothing reaches. */
struct gv_repair_loner {
	struct gv_oid oid;
	enum gv_otype type;
	bool is_used; /* in the tree that is being tried */
};

/* The snapshots there are, and what nothing reaches. */
struct gv_repair_all {
	struct gv_repair_run *run;
	struct gv_refs refs;
	struct gv_oid *roots; /* zero where the commit is lost */
	bool has_loners;
	struct gv_repair_loner *loners;
	size_t n_loners, cap_loners;
	uint64_t hashed;
};

/* Offer bytes as a tree, as gv_repair_offer() does. */
int gv_repair_offer_tree(struct gv_repair_all *all, const void *data,
    size_t len, const char *source);

/* Make a lost tree out of what other snapshots have at its place. 0, also
 * where that does not make it, or negative. */
int
gv_repair_tree(struct gv_repair_all *all, const struct gv_repair_place *place);

/* Make what can be made for run->places: trees, and what belongs to large
 * files. How many were, in *made. */
int gv_repair_compute(struct gv_repair_run *run, uint64_t *made);
int gv_repair_chunks(struct gv_repair_run *run);

/* A pointer that was made, and the tree of chunks that it names. */
int gv_repair_pointer_note(struct gv_repair_run *run,
    const struct gv_oid *pointer, const struct gv_oid *tree);

/* Whether a blob is lost that is a pointer by what the manifest says, for that
 * is asked only where meta/chunks is lost as well. 1 with the size of the file,
 * 0, negative. */
int gv_repair_pointer_size(uint64_t *size, struct gv_repair_run *run,
    const struct gv_repair_place *place);

/* Whether it is the tree meta/chunks that is lost there; make it out of the
 * pointers of the snapshot. 0, also where it cannot be, or negative. */
bool gv_repair_is_chunk_list(const struct gv_repair_place *place);
int gv_repair_chunk_list(
    struct gv_repair_run *run, const struct gv_repair_place *place);

/* Make files that had placeholders, out of what is withheld of them and what
 * stands in the working tree. */
int gv_repair_revealed(struct gv_repair_all *all);

/* Read a file of the working tree that is not too large; no link on the way is
 * followed. 0 or GV_ENOTFOUND. */
int gv_repair_revealed_read(
    struct gv_buf *out, const struct gv_repo *repo, const char *path);

/* Look at all sealed values, find what is damaged of them, and decide what
 * becomes of the rest. 0 or a failure. */
int gv_repair_sealed(struct gv_repair_run *run);

/* Whether nothing needs this lost object, since another one stands for it. */
bool gv_repair_sealed_mends(
    const struct gv_repair_run *run, const struct gv_oid *oid);

/* Note each snapshot and path of what is lost, as faults. 0 or a failure. */
int gv_repair_sealed_faults(struct gv_repair_run *run);

/* Tell of what was mended, and of what nobody could be asked for. 0 or
 * GV_ENOMEM. */
int gv_repair_sealed_tell(struct gv_repair_run *run);

/* All that was found is in place: write the scopes. What a vault does not take
 * counts as lost from then on. */
int gv_repair_sealed_write(struct gv_repair_run *run, int64_t now);

void gv_repair_sealed_free(struct gv_repair_run *run);

/* Before anything is looked at: let the refs of marks, tombstones and notes
 * whose files say nothing stand again at the newest version that is whole, and
 * tell of it. 0 or a failure. (repair_ledger.c) */
int gv_repair_broken(struct gv_repair_run *run);

/* All that was found is in place: let the refs of marks and tombstones that are
 * lost go back to what is whole, and tell of it. 0 or a failure. */
int gv_repair_ledgers(struct gv_repair_run *run);

/* The tree of marks, tombstones or notes (`ref`), of which the trees can be
 * read, without entries whose text is lost, or with what still counts of them;
 * *out is zero where nothing is left. 0 or a failure. (repair_entry.c) */
int gv_repair_entries(struct gv_oid *out, struct gv_repair_run *run,
    struct gv_ledger_edit *edit, const char *ref, const struct gv_oid *tree);

/* Whether what each entry of the marks says can be read, of a tree of theirs:
 * 1, 0, negative. (repair_entry.c) */
int gv_repair_is_said(struct gv_repair_run *run, const struct gv_oid *tree);

/* Note in vault/damaged/ what a ref named that leads to what is lost, with what
 * could be read of it (`rest`; NULL: nothing), and tell of it. 0 or a failure.
 * (repair_ledger.c) */
int gv_repair_ref_aside(struct gv_repair_run *run, const char *ref,
    const struct gv_oid *tip, const struct gv_buf *rest);

/* Whether what was not found is lost: not where there is somebody who was not
 * asked, or could not be. (repair_ledger.c) */
bool gv_repair_may_step(const struct gv_repair_run *run);

/* The same of chains of the audit, which go back to the newest event that all
 * before is whole of, and of records of what is good, whose refs go. 0 or a
 * failure. (repair_chain.c) */
int gv_repair_chains(struct gv_repair_run *run);

/* Make the last layer of the last snapshot's manifest, if it is lost. */
int gv_repair_layer(struct gv_repair_run *run);

/* Put into run->lane what git can unpack of packs that have no index. */
int gv_repair_unpacked(struct gv_repair_run *run);

/* Look for an object everywhere: 1 with its item where it was found, 0 where
 * it is lost (the item too), or a failure that ends us. With the lock held. */
int gv_repair_find(struct gv_repair_item **out, struct gv_repair_run *run,
    const struct gv_oid *oid, enum gv_otype type);

/* Put aside what git can make from whole objects, where it is damaged: before
 * anything else, since git, which is asked for help, would stumble over it. */
int gv_repair_caches(struct gv_repair_run *run);

/* Give a file a second name: 0, -EEXIST, -ENOENT, or GV_ERROR. */
int gv_repair_second_name(const char *from, const char *to);

/* Give a damaged file a second name in vault/damaged/, which `to` is set to, or
 * to nothing where there is no such file any more; with a note of what could
 * not be read in it. Both are durable then; the old name stays. */
int gv_repair_aside(struct gv_buf *to, struct gv_repair_run *run,
    const struct gv_repair_aside *what);

/* Learn from such notes what earlier repairs did not find. */
int gv_repair_seek(struct gv_repair_run *run);

/* All that was found is in place: take it off these notes. */
int gv_repair_settle(struct gv_repair_run *run);

/* Read all packs and loose objects of the repository; mends what an index
 * alone is to blame for. */
int gv_repair_inspect(struct gv_repair_run *run);

/* Write what can be read of damaged packs to the scratch, or to run->lane. */
int gv_repair_salvage(struct gv_repair_run *run);

/* All is written and durable: put the new packs in place and the damaged
 * files aside. */
int gv_repair_place(struct gv_repair_run *run);

#endif
