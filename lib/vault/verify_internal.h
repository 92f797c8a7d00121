#ifndef GV_VERIFY_INTERNAL_H
#define GV_VERIFY_INTERNAL_H
/*
 * What the parts of verify share: verify.c goes from snapshot to snapshot,
 * verify_objects.c reads every object once, verify_paths.c says where a
 * damaged one is missed, verify_chunks.c the same of files in chunks.
 *
 *	r = gv_verify_collect(&run, &root);
 *	r = gv_verify_read(&run);
 */

#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "store/odb.h"
#include "store/tree.h"
#include "vault/record.h"
#include "vault/verify.h"

/* An object that some snapshot reaches. */
struct gv_verify_object {
	struct gv_oid oid;
	enum gv_otype type;
	uint64_t size;
	uint64_t place; /* where it is read fastest */
	char *why;      /* NULL: it is whole */
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

struct gv_verify_snapshot {
	char *id;
	struct gv_oid commit;
	struct gv_record rec; /* where `known` */
	bool known;
	bool damaged;     /* a fault was told of it */
	bool trees_whole; /* all but files can be read */
};

struct gv_verify_run {
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_verify_opts *opts;
	struct gv_verify_result *result;
	struct gv_verify_snapshot *snapshots;
	size_t n_snapshots;
	struct gv_arena arena;
	struct gv_map seen; /* object id -> struct gv_verify_object */
	struct gv_verify_object **blobs;
	size_t n_blobs, blobs_cap;
	struct gv_verify_object **todo; /* trees still to be read */
	size_t n_todo, todo_cap;
	uint64_t bad; /* objects */
	atomic_size_t next;
};

/* Tell of a fault; counts it. */
void gv_verify_tell(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const char *path, size_t len, const struct gv_oid *oid, const char *reason);

struct gv_verify_object *
gv_verify_find(const struct gv_verify_run *run, const struct gv_oid *oid);

/* Read all trees below `root` that were not read yet, and note their blobs. */
int gv_verify_collect(struct gv_verify_run *run, const struct gv_oid *root);

/* Read the blobs that were noted, on threads. */
int gv_verify_read(struct gv_verify_run *run);

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

/* Count files and their bytes below a tree. */
int gv_verify_count(struct gv_verify_run *run, const struct gv_oid *tree,
    uint64_t *files, uint64_t *bytes);

#endif
