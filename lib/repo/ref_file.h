#ifndef GV_REF_FILE_H
#define GV_REF_FILE_H
/*
 * The file of a ref, made and flushed before the ref may move: beside the flush
 * of the objects that it will name, so that the disk is waited for once.
 *
 *	file = gv_ref_file_new(&tx, repo);
 *	…				the objects are on disk now
 *	r = gv_ref_file_move(&tx, repo, file);
 *	gv_ref_file_free(file);
 */

struct gv_ref_file;
struct gv_ref_tx;
struct gv_repo;

/* Make it under a name that no ref has, for a transaction with all its lines.
 * NULL without a message where git is to move the ref, or something is in the
 * way: gv_ref_file_move() does without. The caller frees it. */
struct gv_ref_file *
gv_ref_file_new(const struct gv_ref_tx *tx, const struct gv_repo *repo);

/* Remove it, unless it has become the ref; NULL-safe. */
void gv_ref_file_free(struct gv_ref_file *file);

/* gv_ref_commit() with that file, or NULL. It is used once. */
int gv_ref_file_move(
    struct gv_ref_tx *tx, const struct gv_repo *repo, struct gv_ref_file *file);

#endif
