#ifndef GV_PURGE_INTERNAL_H
#define GV_PURGE_INTERNAL_H
/*
 * What the files of purging share; nobody else includes it.
 *
 *	purge.c		the run: which snapshots, and the refs
 *	purge_seek.c	which objects hold it
 *	purge_tree.c	trees of one snapshot
 *	purge_path.c	files that leave them as a whole
 *	purge_file.c	its files
 *	purge_chunk.c	those in chunks
 *	purge_list.c	what it withholds
 *	purge_manifest.c	what tells of its files
 *	purge_save.c	automatic saves
 *	purge_left.c	what is not ours to change
 */

#include "autosave/autosave.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "config/policy.h"
#include "record/own.h"
#include "repo/ref.h"
#include "seal/withheld.h"
#include "secret/purge.h"
#include "vault/ledger.h"

struct gv_object;
struct gv_odb;
struct gv_record;
struct gv_safe_writer;
struct gv_tree_entry;

/* A run of bytes that left a file. */
struct gv_purge_span {
	uint64_t at, len; /* in the bytes as they were */
	struct gv_withheld_entry entry;
};

/* A file that is rewritten. */
struct gv_purge_file {
	const char *path;
	struct gv_purge_span *spans; /* in order */
	size_t n, cap;
};

/* A file in chunks that is rewritten. */
struct gv_purge_chunks {
	const char *path;
	struct gv_oid was; /* its pointer, before */
	struct gv_oid pointer, tree;
	uint64_t size; /* 0: it is not in chunks any more */
};

/* A part of a snapshot: tree/, index/ or meta/, and its list in meta/. */
struct gv_purge_part {
	const char *name, *list_name;
	bool is_meta; /* no files of the user's: nothing in it is precious */
	struct gv_withheld_entry *old; /* the lines that it has and keeps */
	size_t n_old, cap_old;
	struct gv_purge_file *files;
	size_t n_files, cap_files;
	struct gv_purge_chunks *chunks;
	size_t n_chunks, cap_chunks;
	struct gv_map by_path; /* to 1 + the position in files */
	struct gv_map lined;   /* paths that have lines */
	struct gv_arena arena;
	uint64_t lines; /* that it has in the end */
	bool lost_lines, has_links;
	/* files that are dropped, and what they had; and those in chunks, by
	 * their pointers */
	uint64_t n_dropped, dropped_bytes;
	struct gv_oid *pointers;
	size_t n_pointers, cap_pointers;
};

struct gv_purge_run {
	struct gv_repo *repo;
	const struct gv_purge_opts *opts;
	struct gv_purge_result *result;
	struct gv_odb *odb;
	struct gv_ledger_edit edit;
	struct gv_safe_writer *writer;
	struct gv_map hits;   /* objects that hold it, by id … */
	struct gv_oid *found; /* … and in a row, with what else goes */
	size_t n_found, cap_found, n_shown;
	struct gv_map clean; /* trees that hold nothing, by id */
	struct gv_arena arena;
	struct gv_oid *old; /* commits that were replaced */
	size_t n_old, cap_old;
	struct gv_own own;
	struct gv_buf renewed;       /* of those, lines for gv_own_append() */
	const struct gv_record *rec; /* the snapshot at hand */
	struct gv_autosaves saves;   /* of this working tree */
	struct gv_autosave *save;    /* the one at hand; NULL: a snapshot */
	struct gv_oid base;          /* the tree of its base; zero: none */
	struct gv_policy policy;
};

/* Tell, and count what is left. */
void gv_purge_tell(struct gv_purge_run *run, const struct gv_purge_note *note);

/* Whether an object holds it. */
bool gv_purge_holds(const struct gv_purge_run *run, const struct gv_oid *oid);

/* Find all objects that hold it. */
int gv_purge_seek(struct gv_purge_run *run);

/* Read the list of a part. */
int gv_purge_list_read(struct gv_purge_run *run, struct gv_purge_part *part);

/* Write it as it must be now: *out zero where nothing is withheld. */
int gv_purge_list_write(
    struct gv_purge_run *run, struct gv_purge_part *part, struct gv_oid *out);

void gv_purge_part_release(struct gv_purge_part *part);

/* Whether the file is to be dropped, by its path in the part. Pure. */
bool gv_purge_path_has(const struct gv_purge_opts *opts,
    const struct gv_purge_part *part, const char *path);

/* Remember that an object holds it. 0 or GV_ENOMEM. */
int gv_purge_hit(struct gv_purge_run *run, const struct gv_oid *oid);

/* Remember that an object goes, whatever it holds. The same. */
int gv_purge_found(struct gv_purge_run *run, const struct gv_oid *oid);

/* Find all objects of the files that the snapshot at hand is to lose. */
int gv_purge_path_seek(struct gv_purge_run *run);

/* The same of the history of the user, and that which snapshots are taken on;
 * and of other vault refs that have snapshots' trees. */
int gv_purge_path_history(struct gv_purge_run *run);

/* Append where the tree of a snapshot's commit may have the path: `i` of
 * GV_PURGE_PATH_PLACES places. */
#define GV_PURGE_PATH_PLACES 5
void gv_purge_path_place(struct gv_buf *out, size_t i, const char *path);

/* Drop them from a tree of a part, which is at `path` there: *tree becomes the
 * new one. */
int gv_purge_path_drop(struct gv_purge_run *run, struct gv_purge_part *part,
    const char *path, struct gv_oid *tree);

/* What of meta/ tells of them, once they are dropped; each is zero where it
 * stays as it is, and *no_chunks says that no file in chunks is left. */
struct gv_purge_path_meta {
	struct gv_oid manifest, index, chunks;
	bool no_chunks, no_index;
};
int gv_purge_path_write(struct gv_purge_run *run,
    const struct gv_purge_part *part, struct gv_purge_path_meta *out);

/* Write what a manifest is to be: one layer more, or a new base where there are
 * too many, or where a layer that is there tells what is to be told no more
 * (`needs_base`). *out stays as it was where put() has no lines for a layer.
 * (purge_manifest.c) */
typedef int gv_purge_lines_fn(void *ctx, struct gv_buf *out, bool all);
int gv_purge_manifest_write(struct gv_purge_run *run, struct gv_oid *out,
    const struct gv_oid *old, bool needs_base, gv_purge_lines_fn *put,
    void *ctx);

/* Rewrite a tree of a part, which stands at `path` there ("" for all of it);
 * *out is the new one, or the old one. */
int gv_purge_tree(struct gv_purge_run *run, struct gv_purge_part *part,
    const char *path, const struct gv_oid *tree, struct gv_oid *out);

/* Append to `raw` what the entries of a tree at `path` are to be, which take()
 * says, each with its name behind the path: zero lets it go. *changed is set
 * where one differs. 0; GV_ECORRUPT; GV_ENOMEM; what take() returned. */
typedef int
gv_purge_entry_fn(void *ctx, const struct gv_tree_entry *e, struct gv_oid *out);
int gv_purge_tree_entries(struct gv_buf *raw, bool *changed,
    const struct gv_object *tree, struct gv_buf *path, gv_purge_entry_fn *take,
    void *ctx);

/* A file while it is rewritten. */
struct gv_purge_edit {
	struct gv_purge_run *run;
	struct gv_purge_part *part; /* NULL: a text that has no list */
	const char *path, *scope;
	bool is_link; /* no list has lines for one, so nothing is sealed */
	bool whole;
	struct gv_purge_file taken;
};

/* Rewrite a file of a part; *out is the new blob, or as it was. */
int gv_purge_file(struct gv_purge_run *run, struct gv_purge_part *part,
    const char *path, const struct gv_tree_entry *e, struct gv_oid *out);

/* The same of one in chunks, by its pointer. */
int gv_purge_chunked(struct gv_purge_edit *edit, const struct gv_oid *pointer,
    struct gv_oid *out);

/* What meta/chunks and meta/manifest are to be once files were rewritten; left
 * alone where they stay as they are. */
int gv_purge_meta_write(struct gv_purge_run *run, struct gv_purge_part *part,
    struct gv_oid *chunks, struct gv_oid *manifest);

/* A run of bytes leaves the file; what it is sealed in is for the caller. */
int gv_purge_edit_add(struct gv_purge_span **out, struct gv_purge_edit *f,
    const struct gv_redact_span *span);

/* The same, and it is sealed; then, where its placeholder stands. */
int gv_purge_edit_take(struct gv_purge_edit *f, struct gv_redact_span *span,
    const unsigned char *value);
void
gv_purge_edit_place(struct gv_purge_edit *f, const struct gv_redact_span *span);

/* Whether bytes cross a placeholder that the file has. */
bool gv_purge_edit_crosses(
    const struct gv_purge_edit *f, const struct gv_redact_span *s);

/* All of them are out: tell, and remember it with the part. */
int gv_purge_edit_keep(struct gv_purge_edit *f);

/* Replace what is sought in a text; 1 where there was something. */
int gv_purge_text(
    struct gv_purge_run *run, struct gv_buf *out, const void *data, size_t len);

/* Find the automatic saves of this working tree; none where another clone made
 * them, or where they cannot be read. (purge_save.c) */
int gv_purge_save_load(struct gv_purge_run *run);

/* Visit each of them as a record, with run->save set. What each() returns. */
int gv_purge_save_each(struct gv_purge_run *run,
    int (*each)(struct gv_purge_run *run, const struct gv_record *rec));

/* The save at hand is that commit now. */
void gv_purge_save_put(struct gv_purge_run *run, const struct gv_oid *commit,
    const struct gv_oid *root);

/* Add new links for the saves that were rewritten, and the step of their ref,
 * to the transaction. 0 or a failure. */
int gv_purge_save_publish(struct gv_purge_run *run);

/* Let go of history that snapshots alone keep alive and that holds it. */
int gv_purge_parents(struct gv_purge_run *run);

/* purge_trash.c: drop the snapshots in the trash that hold it. 0 or a failure.
 */
int gv_purge_trash(struct gv_purge_run *run);

/* Name all that still holds it. */
int gv_purge_left(struct gv_purge_run *run);

#endif
